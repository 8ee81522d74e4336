"""Other people's connectors: a mistake in one loses nothing, a broken or a missing one stops nobody else."""

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.testkit import HttpSimulator, Kit
from hub.testkit.scaffold import write
from tests.support.hub import StartHub
from tests.support.owner import Owner
from tests.testkit.packages import install

SOUND = "return contract.Message(said.id, "
MISTAKEN = 'return contract.Message({}["no such key"], '


class Mistaken:
    """An installed connector, whose code can be spoilt and mended under a running hub's feet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.module = folder / "onethread_swift" / "__init__.py"
        self.kit: Kit = importlib.import_module("onethread_swift.conformance").KIT

    def spoil(self) -> None:
        self._swap(SOUND, MISTAKEN)

    def mend(self) -> None:
        self._swap(MISTAKEN, SOUND)

    def spoil_import(self) -> None:
        self._swap("import hashlib\n", "import hashlib\nimport a_module_nobody_has\n")

    def mend_import(self) -> None:
        self._swap("import a_module_nobody_has\n", "")

    def _swap(self, old: str, new: str) -> None:
        code = self.module.read_text()
        assert code.count(old) == 1
        self.module.write_text(code.replace(old, new))


@pytest.fixture
def connector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mistaken]:
    folder = write("swift", tmp_path)
    install(folder)
    monkeypatch.syspath_prepend(str(folder))
    yield Mistaken(folder)
    for module in [name for name in sys.modules if name.partition(".")[0] == "onethread_swift"]:
        del sys.modules[module]


async def test_what_a_mistake_left_unread_is_read_after_the_repair(start_hub: StartHub, connector: Mistaken) -> None:
    kit = connector.kit
    provider = kit.simulator(kit.connector.Settings(**kit.settings))
    assert isinstance(provider, HttpSimulator)
    connector.spoil()
    hub = start_hub(env={"PYTHONPATH": str(connector.folder)})
    async with Owner(hub) as owner:
        inbox = await owner.new_inbox("swift", **kit.settings)
        said = replace(kit.incoming("Hello"), url=inbox["hook_url"], received_at=datetime.now(UTC))
        assert await provider.deliver(said) == [200]
        (dead,) = await envelopes(owner, "dead")
        assert "The connector failed: KeyError" in dead["reason"]
        assert (await owner.get("/customers"))["items"] == []

        connector.mend()
        hub.restart()
        assert (await owner.post(f"/envelopes/{dead['id']}/replay"))["state"] == "done"
        assert await provider.deliver(said) == [200]
        assert await envelopes(owner, "dead") == []
        (customer,) = (await owner.get("/customers"))["items"]
        thread = await owner.get(f"/threads/{customer['thread_id']}")
        assert [entry["text"] for entry in thread["entries"] if entry["kind"] == "message"] == ["Hello"]


async def envelopes(owner: Owner, state: str) -> list[dict[str, Any]]:
    page: dict[str, Any] = await owner.get("/envelopes", state=state)
    return list(page["items"])


async def test_a_connector_that_is_gone_for_a_while_is_waited_for(start_hub: StartHub, connector: Mistaken) -> None:
    kit = connector.kit
    provider = kit.simulator(kit.connector.Settings(**kit.settings))
    assert isinstance(provider, HttpSimulator)
    hub = start_hub(env={"PYTHONPATH": str(connector.folder)})
    async with Owner(hub) as owner:
        inbox = await owner.new_inbox("swift", **kit.settings)
        webhook = await owner.new_inbox("webhook", secret="a-secret-of-this-shop")
        said = replace(kit.incoming("Hello"), url=inbox["hook_url"], received_at=datetime.now(UTC))

        connector.spoil_import()
        hub.restart()
        shown = {shown["id"]: shown for shown in await owner.get("/inboxes")}
        assert (shown[webhook["id"]]["state"], shown[inbox["id"]]["state"]) == ("active", "paused")
        assert (
            "The connector “swift” can't be used: No module named 'a_module_nobody_has'"
            in (shown[inbox["id"]]["paused_reason"])
        )
        assert "swift" not in {form["key"] for form in await owner.get("/connectors")}
        assert "The connector swift (onethread_swift:Swift) can't be used" in hub.log
        assert await provider.deliver(said) == [503]

        connector.mend_import()
        hub.restart()
        assert await provider.deliver(said) == [200]
        (customer,) = (await owner.get("/customers"))["items"]
        assert customer["addresses"] == ["+4930555123"]
