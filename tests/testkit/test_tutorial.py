"""“Write a connector in an hour”: the page's own blocks, built into a package, installed, and put to the suite."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import registry
from hub.testkit import scaffold
from hub.testkit.run import run
from tests.support.hub import StartHub
from tests.support.owner import Owner
from tests.support.processes import wait_until
from tests.testkit.packages import install
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


def test_the_connector_of_the_page_conforms_as_the_page_says(pigeon: Path) -> None:
    said: list[str] = []
    assert run("pigeon", say=said.append) == 0
    assert "\n".join(said) + "\n" == blocks(PAGE)[REPORT]


async def test_a_message_goes_through_a_running_hub_and_its_answer_comes_back(
    pigeon: Path, start_hub: StartHub
) -> None:
    hub = start_hub(env={"PYTHONPATH": str(pigeon)})
    kit = importlib.import_module("onethread_pigeon.conformance").KIT
    async with Owner(hub) as owner, kit.simulator(kit.connector.Settings(**kit.settings)) as provider:
        form = next(form for form in await owner.get("/connectors") if form["key"] == "pigeon")
        assert list(form["schema"]["properties"]) == ["number", "token", "signing_secret", "api"]
        settings = {**kit.settings, **provider.settings()}
        tried = await owner.post("/inboxes/test", {"connector": "pigeon", "name": "Pigeon", "settings": settings})
        assert tried["message"] == "Connected to the account Example."
        inbox = await owner.new_inbox("pigeon", **settings)

        said = replace(kit.incoming("Is the shop open today?"), url=inbox["hook_url"], received_at=datetime.now(UTC))
        assert await provider.deliver(said) == [200]
        (customer,) = (await owner.get("/customers"))["items"]
        thread = await owner.get(f"/threads/{customer['thread_id']}")
        assert [entry["text"] for entry in thread["entries"] if entry["kind"] == "message"] == [
            "Is the shop open today?"
        ]

        reply = {
            "client_key": "answer-0001",
            "last_seen_seq": thread["last_seq"],
            "inbox_id": inbox["id"],
            "to": {"kind": "phone", "address": "+4930555123"},
            "text": "Until six.",
            "undo_s": 0,
        }
        await owner.post(f"/threads/{thread['id']}/replies", reply)
        await asyncio.to_thread(wait_until, lambda: bool(provider.shown), 10, lambda: hub.log)
        assert [(shown.to, shown.text) for shown in provider.shown] == [("+4930555123", "Until six.")]


def test_the_page_shows_what_new_connector_writes() -> None:
    shown = {name: text for name, text in blocks(PAGE).items() if name != REPORT}
    assert shown == scaffold.render("pigeon")
