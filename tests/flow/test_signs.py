"""Writing and reading are told where the channel can; not too often, never to who asked for silence."""

from __future__ import annotations

import asyncio
from uuid import UUID

from hub.contract import Address, Consent
from tests.flow.test_fetch import until
from tests.support.pager import Paging


async def test_writing_is_told_once_in_a_while(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    for _ in range(5):
        paging.hub.signs.typing(thread, on=True)
    paging.hub.signs.typing(thread, on=False)
    paging.hub.signs.typing(thread, on=False)

    async def told() -> bool:
        return len(paging.provider.typing) == 2

    await until(told)
    await asyncio.sleep(0.2)
    assert sorted(one["on"] for one in paging.provider.typing) == [False, True]
    assert {one["to"] for one in paging.provider.typing} == {"maya"}


async def test_what_was_read_is_marked_once(paging: Paging) -> None:
    thread = (await paging.says("maya", ref="m1")).threads[0]
    for _ in range(3):
        assert (await paging.api("POST", f"/api/threads/{thread}/seen", json={"seq": 1}))[0] == 200
        await asyncio.sleep(0.1)
    assert paging.provider.read == [{"to": "maya", "ref": "m1"}]
    await paging.says("maya", ref="m2")
    await paging.api("POST", f"/api/threads/{thread}/seen", json={"seq": 2})

    async def told() -> bool:
        return [one["ref"] for one in paging.provider.read] == ["m1", "m2"]

    await until(told)


async def test_who_asked_for_silence_hears_nothing(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    await paging.post(Consent(Address("pager", "maya"), False, "STOP"))
    paging.hub.signs.typing(thread, on=True)
    paging.hub.signs.read(thread)
    paging.hub.signs.typing(UUID(int=1), on=True)
    await asyncio.sleep(0.3)
    assert (paging.provider.typing, paging.provider.read) == ([], [])


async def test_a_provider_that_fails_is_nobodys_trouble(paging: Paging) -> None:
    thread = (await paging.says("maya")).threads[0]
    await paging.provider.server.close()
    paging.hub.signs.typing(thread, on=True)
    await asyncio.sleep(0.3)
    assert (await paging.api("POST", f"/api/threads/{thread}/seen", json={"seq": 1}))[0] == 200
