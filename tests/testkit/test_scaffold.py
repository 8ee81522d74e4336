"""`onethread new-connector`: a package that conforms under any name."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.testkit.checks import CHECKS
from hub.testkit.run import examine_all
from hub.testkit.scaffold import CantWrite, next_steps, write
from tests.testkit.packages import install


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = write("my_sms", tmp_path)
    monkeypatch.syspath_prepend(str(made))
    return made


async def test_a_new_connector_conforms_at_once(folder: Path) -> None:
    kit = importlib.import_module("onethread_my_sms.conformance").KIT
    results = await examine_all(kit)
    assert [(result.check, result.why) for result in results if result.state == "disagrees"] == []
    assert len(results) == len(CHECKS)
    assert (kit.connector.key, kit.connector.label) == ("my_sms", "MySms")


def test_nothing_of_the_skeletons_name_is_left(folder: Path) -> None:
    for path in folder.rglob("*"):
        assert "pigeon" not in path.name.lower()
        assert path.is_dir() or "pigeon" not in path.read_text().lower()


def test_what_is_written_is_typed_and_tidy(folder: Path) -> None:
    for command in (["mypy", "--strict", "onethread_my_sms"], ["ruff", "check", "."]):
        done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_it_says_what_to_do_next(folder: Path) -> None:
    assert f"pip install --editable {folder}\n  onethread conformance my_sms\n" in next_steps("my_sms", folder)


def test_the_command_writes_it_and_conformance_agrees(tmp_path: Path) -> None:
    made = onethread(tmp_path, "new-connector", "swift")
    assert (made.returncode, made.stderr) == (0, "")
    folder = tmp_path / "onethread-swift"
    assert made.stdout == next_steps("swift", folder) + "\n"
    again = onethread(tmp_path, "new-connector", "swift")
    assert (again.returncode, "is there already" in again.stderr) == (1, True)

    install(folder)
    checked = onethread(tmp_path, "conformance", "swift", PYTHONPATH=str(folder))
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.endswith("The connector conforms. 18 passed, 1 exempt.\n")


def onethread(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *arguments],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_overwrites_nothing(folder: Path) -> None:
    with pytest.raises(CantWrite, match="is there already"):
        write("my_sms", folder.parent)


@pytest.mark.parametrize("name", ["", "My", "1sms", "my-sms", "../up", "sms\n", "ü"])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CantWrite, match="lower-case letters"):
        write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []
