"""The report and its exit codes, and recording what fixtures mean."""

import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from connectors.webhook import Webhook
from connectors.webhook.conformance import WebhookKit
from hub import registry
from hub.contract import Raw
from hub.testkit import run as runner
from hub.testkit.run import NoKit, kit_of, run


class Deaf(Webhook):
    def dedup_key(self, raw: Raw) -> str:
        return "same"


class DeafKit(WebhookKit):
    connector = Deaf
    exempt: ClassVar[dict[str, str]] = {"echo": "This provider never repeats what we say."}


@pytest.fixture
def fixtures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The suite told that the webhook's kit is the deaf one, with its own copy of the fixtures."""
    copy = tmp_path / "fixtures"
    shutil.copytree(WebhookKit().fixtures, copy)
    monkeypatch.setattr(DeafKit, "fixtures", copy)
    monkeypatch.setattr(runner, "kit_of", lambda connector: DeafKit())
    return copy


def report(*, record_missing: bool = False) -> tuple[int, str]:
    said: list[str] = []
    code = run("webhook", record_missing=record_missing, say=said.append)
    return code, "\n".join(said)


def test_a_failed_check_is_named_with_its_reason_and_ends_with_1(fixtures: Path) -> None:
    code, text = report()
    assert code == 1
    assert "FAILED dedup      bad-file and delivered must not have the same dedup key" in text
    assert "exempt echo       This provider never repeats what we say." in text
    assert text.endswith("1 of 19 checks failed. 17 passed, 1 exempt.")


def test_a_missing_expectation_is_recorded_when_asked_and_never_overwritten(fixtures: Path) -> None:
    recorded, kept = fixtures / "text.expect.json", fixtures / "read.expect.json"
    before = recorded.read_text()
    recorded.unlink()
    kept.write_text('{"events": []}')
    assert "FAILED fixtures   read, first time, means" in report()[1]
    kept.unlink()
    assert "FAILED fixtures   read has no expectation: run with --record" in report()[1]
    assert f"Wrote {recorded}: read it before you commit it." in report(record_missing=True)[1]
    assert recorded.read_text() == before
    kept.write_text('{"events": []}')
    report(record_missing=True)
    assert kept.read_text() == '{"events": []}'


def test_a_spoilt_fixture_is_named(fixtures: Path) -> None:
    (fixtures / "text.request.json").write_text('{"header": {}}')
    assert "text.request.json: unknown field header; known are headers, method" in report()[1]
    (fixtures / "text.request.json").write_text("{")
    assert "text.request.json is no JSON" in report()[1]
    (fixtures / "text.request.json").unlink()
    (fixtures / "alone.expect.json").write_text("{}")
    assert "alone has no body; add a file such as alone.json" in report()[1]
    (fixtures / "alone.json").write_text("{}")
    (fixtures / "alone.eml").write_text("{}")
    assert "two bodies are named alone; rename one" in report()[1]


def test_an_unknown_connector_ends_with_2() -> None:
    said: list[str] = []
    assert run("pigeon", say=said.append) == 2
    assert "No connector “pigeon” is installed" in said[0]


def test_a_connector_without_a_kit_is_told_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(Webhook):
        __module__ = "email.message"

    with pytest.raises(NoKit, match=r"no module conformance beside email\.message"):
        kit_of(Bare)
    empty: Any = ModuleType("connectors.webhook.conformance")
    monkeypatch.setitem(sys.modules, "connectors.webhook.conformance", empty)
    monkeypatch.setattr(runner, "_exists", lambda module: True)
    with pytest.raises(NoKit, match="has no KIT"):
        kit_of(Webhook)


def test_an_exemption_from_what_is_no_check_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WebhookKit, "exempt", {"forgery": "misspelt"})
    with pytest.raises(NoKit, match="exempts forgery, which is no check"):
        kit_of(registry.find("webhook"))
