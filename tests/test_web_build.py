"""The web is built when its sources changed and at no other time."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "web" / "build_web.py"


@pytest.fixture
def build_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_web", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "app.ts").write_text("one")
    monkeypatch.setattr(module, "WEB", tmp_path / "web")
    monkeypatch.setattr(module, "STAMP", tmp_path / "built-from")
    return module


def test_fresh_only_as_long_as_the_sources_are_the_same(build_web: ModuleType) -> None:
    assert build_web.is_stale()
    build_web.STAMP.write_text(build_web.digest())
    assert not build_web.is_stale()
    (build_web.WEB / "app.ts").write_text("two")
    assert build_web.is_stale()


def test_a_moved_file_is_a_change(build_web: ModuleType) -> None:
    build_web.STAMP.write_text(build_web.digest())
    (build_web.WEB / "app.ts").rename(build_web.WEB / "other.ts")
    assert build_web.is_stale()


def test_what_npm_installs_and_writes_is_no_source(build_web: ModuleType) -> None:
    build_web.STAMP.write_text(build_web.digest())
    (build_web.WEB / "node_modules" / "preact").mkdir(parents=True)
    (build_web.WEB / "node_modules" / "preact" / "index.js").write_text("")
    assert not build_web.is_stale()
