"""SIGKILL round the moment in which a telephone is dialled: nobody is rung twice, and the agent is told."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.support.hub import Hub, StartHub
from tests.support.owner import Owner

MAYA = "+4915112345678"


def installed(folder: Path) -> Path:
    """A folder from which Python takes the line as an installed package."""
    info = folder / "line-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: line\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hub.connectors]\nline = tests.support.line:TestLine\n")
    return folder


def dialled(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize(("moment", "rung"), [("before_call_command", 0), ("before_dial", 0), ("after_dial", 1)])
async def test_a_telephone_is_never_dialled_twice(
    db_url: str, tmp_path: Path, start_hub: StartHub, moment: str, rung: int
) -> None:
    log = tmp_path / "dialled"
    env = {"PYTHONPATH": str(installed(tmp_path))}
    hub: Hub = await asyncio.to_thread(start_hub, db_url=db_url, env=env)
    async with Owner(hub) as owner:
        line = {"connector": "line", "name": "Hotline", "settings": {"secret": "a secret", "log": str(log)}}
        inbox = await owner.call("POST", "/inboxes", line)
        thread = (await owner.call("POST", "/customers", {"kind": "phone", "address": MAYA}))["thread_id"]
        await asyncio.to_thread(hub.restart, ONETHREAD_FAIL_AT=moment)
        body = {"client_key": uuid4().hex, "inbox_id": inbox["id"], "to": {"address": MAYA}}
        with suppress(aiohttp.ClientError):
            await owner.call("POST", f"/threads/{thread}/calls", body)
        assert await asyncio.to_thread(hub.wait_for_end) == -signal.SIGKILL
        await asyncio.to_thread(hub.start)
        # the agent's browser asks again, with the same key
        call = await owner.call("POST", f"/threads/{thread}/calls", body)
        async with asyncio.timeout(10):
            while (call := await _again(owner, call))["state"] != "ended":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert call["end_reason"] == "failed"
        assert call["end_reason_text"].startswith("Failed: The hub stopped before the provider answered.")
        await asyncio.sleep(1.5)
        assert len(dialled(log)) == rung
        await asyncio.to_thread(hub.stop)


async def _again(owner: Owner, call: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await owner.call("GET", f"/calls/{call['id']}")
    return found
