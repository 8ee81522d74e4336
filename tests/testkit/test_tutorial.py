"""“Write a connector in an hour”: the page's own blocks, built into a package, installed, and put to the suite."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import registry
from hub.testkit import scaffold
from hub.testkit.run import run
from tests.testkit.pages import blocks

PAGE = "connectors/write-a-connector.md"
REPORT = "report"


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package, installed as `pip install --editable` leaves it: a folder on the path and a dist-info beside it."""
    for name, text in blocks(PAGE).items():
        if name != REPORT:
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.refresh()
    yield tmp_path
    for module in [name for name in sys.modules if name.partition(".")[0] == "onethread_pigeon"]:
        del sys.modules[module]
    registry.refresh()


def install(folder: Path) -> None:
    """What an installer makes of the page's pyproject.toml."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items()) for group, points in groups
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


def test_the_connector_of_the_page_conforms_as_the_page_says(pigeon: Path) -> None:
    said: list[str] = []
    assert run("pigeon", say=said.append) == 0
    assert "\n".join(said) + "\n" == blocks(PAGE)[REPORT]


def test_the_page_shows_what_new_connector_writes() -> None:
    shown = {name: text for name, text in blocks(PAGE).items() if name != REPORT}
    assert shown == scaffold.render("pigeon")
