"""The webhook connector through a real hub process: what is signed comes in once, what isn't leaves no trace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from connectors.webhook.simulator import YourSystem
from hub.testkit import Mischief, broken
from tests.support.hub import Hub, StartHub
from tests.support.owner import ApiError, Owner
from tests.support.processes import wait_until

SECRET = "a-secret-of-this-shop"
MOST = 20_000


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Shop:
    """A webhook inbox of a running hub, and the system that posts to it."""

    def __init__(self, owner: Owner, system: YourSystem, inbox: dict[str, Any]) -> None:
        self.owner, self.system, self.inbox = owner, system, inbox
        self.hub = owner.hub

    async def customers(self, address: str) -> list[dict[str, Any]]:
        page = await self.owner.get("/customers", limit=100)
        return [customer for customer in page["items"] if address in customer["addresses"]]

    async def thread_of(self, address: str) -> dict[str, Any]:
        """The one thread of the customer with this address."""
        found = await self.customers(address)
        assert len(found) == 1, found
        thread: dict[str, Any] = await self.owner.get(f"/threads/{found[0]['thread_id']}")
        return thread

    async def envelopes(self, state: str) -> list[dict[str, Any]]:
        """This inbox's, so that tests can share a hub."""
        page = await self.owner.get("/envelopes", state=state, limit=100)
        return [envelope for envelope in page["items"] if envelope["inbox_id"] == self.inbox["id"]]

    async def stored(self) -> int:
        return sum([len(await self.envelopes(state)) for state in ("new", "done", "ignored", "dead")])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Owner]:
    hub = Hub(tmp_path_factory.mktemp("shop"), env={"ONETHREAD_MAX_BODY": str(MOST)}).start()
    try:
        async with Owner(hub) as owner:
            yield owner
    finally:
        hub.kill()


@asynccontextmanager
async def opened(owner: Owner) -> AsyncIterator[Shop]:
    async with YourSystem(SECRET) as system:
        inbox = await owner.new_inbox("webhook", secret=SECRET, **system.settings())
        system.hook_url = inbox["hook_url"]
        yield Shop(owner, system, inbox)


@pytest_asyncio.fixture(loop_scope="module")
async def shop(owner: Owner) -> AsyncIterator[Shop]:
    async with opened(owner) as open_shop:
        yield open_shop


@pytest_asyncio.fixture(loop_scope="module")
async def shop_on_each(start_hub: StartHub, db_url: str) -> AsyncIterator[Shop]:
    """A hub of its own, on SQLite and on PostgreSQL: for what the database decides."""
    async with Owner(start_hub(db_url=db_url)) as owner, opened(owner) as open_shop:
        yield open_shop


def words(thread: dict[str, Any]) -> list[str]:
    return [entry["text"] for entry in thread["entries"] if entry["kind"] == "message"]


async def test_a_message_comes_in_and_its_answer_goes_out(shop: Shop) -> None:
    assert await shop.system.deliver(shop.system.says("41", "ada", "Where is my parcel?")) == [200]
    thread = await shop.thread_of("ada")
    assert words(thread) == ["Where is my parcel?"]
    (entry,) = [entry for entry in thread["entries"] if entry["kind"] == "message"]
    assert (entry["channel"], entry["proof"], entry["author"]["kind"]) == ("webhook", "provider", "customer")

    reply = {
        "client_key": "answer-0001",
        "last_seen_seq": thread["last_seq"],
        "inbox_id": shop.inbox["id"],
        "to": {"kind": "webhook", "address": "ada"},
        "text": "It left this morning.",
        "undo_s": 0,
    }
    await shop.owner.post(f"/threads/{thread['id']}/replies", reply)

    await asyncio.to_thread(wait_until, lambda: bool(shop.system.shown), 10, lambda: shop.hub.log)
    (shown,) = shop.system.shown
    assert (shown.to, shown.text) == ("ada", "It left this morning.")
    assert shop.system.requests[0]["reply_to"] == "41"

    assert await shop.system.deliver(shop.system.tells(shown.key, "delivered")) == [200]

    answer = (await shop.thread_of("ada"))["entries"][-1]
    assert [delivery["state"] for delivery in answer["deliveries"]] == ["delivered"]


async def test_a_system_that_vouches_for_mail_addresses_speaks_for_them_and_answers_them(shop: Shop) -> None:
    """One customer, whether the words come by this inbox or by mail; and the answer may go out here."""
    inbox = await shop.owner.new_inbox("webhook", secret=SECRET, identity="email", **shop.system.settings())
    shop.system.hook_url = inbox["hook_url"]
    assert await shop.system.deliver(shop.system.says("1", "ada@shop.example", "From the form on your site")) == [200]
    thread = await shop.thread_of("ada@shop.example")
    assert [(i["kind"], i["trust"]) for i in thread["customer"]["identities"]] == [("email", "verified")]
    usable = [target for target in thread["targets"] if target["usable"]]
    assert [(target["inbox_id"], target["to"]["kind"]) for target in usable] == [(inbox["id"], "email")]


async def test_fifty_deliveries_at_once_are_one_entry(shop_on_each: Shop) -> None:
    shop = shop_on_each
    fifty = [shop.system.says("41", "ben", "Where is my parcel?")] * 50
    answers = await asyncio.gather(*(shop.system.deliver(raw) for raw in fifty))
    assert answers == [[200]] * 50
    assert words(await shop.thread_of("ben")) == ["Where is my parcel?"]
    assert len(await shop.envelopes("done")) == 1


async def test_a_redelivery_in_other_bytes_is_the_same_message(shop: Shop) -> None:
    await shop.system.deliver(shop.system.says("41", "cleo", "Hello"))
    again = shop.system.event({"text": "Hello", "from": {"address": "cleo"}, "id": "41", "a_new_field": 1})
    assert await shop.system.deliver(again) == [200]
    assert words(await shop.thread_of("cleo")) == ["Hello"]


async def test_a_forged_webhook_is_refused_and_nothing_is_stored(shop: Shop) -> None:
    raws = [shop.system.says(str(number), "mallory", "Let me in") for number in range(5)]
    assert await shop.system.deliver(*raws, mischief=Mischief.FORGED) == [401] * 5
    assert await shop.customers("mallory") == []
    assert await shop.stored() == 0


async def test_a_webhook_for_another_inbox_is_refused(shop: Shop) -> None:
    other = await shop.owner.new_inbox("webhook", secret="another-secret-altogether")
    misled = replace(shop.system.says("1", "mallory", "Let me in"), url=other["hook_url"])
    assert await shop.system.deliver(misled) == [401]
    assert await shop.customers("mallory") == []


async def test_a_body_over_the_limit_is_refused_with_a_sentence(shop: Shop) -> None:
    raw = shop.system.sign(shop.system.says("41", "dora", "x" * MOST))
    async with aiohttp.ClientSession() as http, http.post(raw.url, data=raw.body, headers=raw.headers) as response:
        problem = await response.json(content_type=None)
    assert response.status == 413
    assert "larger than" in problem["detail"]
    assert await shop.customers("dora") == []


async def test_what_cannot_be_read_is_kept_shown_and_can_be_replayed(shop: Shop) -> None:
    shop_says = shop.system.says("41", "emil", "Hello")
    broken = shop.system.event({"id": "42", "text": "Who am I?"})
    assert await shop.system.deliver(broken, shop_says) == [200, 200]
    assert words(await shop.thread_of("emil")) == ["Hello"]
    (dead,) = await shop.envelopes("dead")
    assert "'from'" in dead["reason"]
    assert (dead["inbox_name"], dead["attempts"]) == ("Webhook", 0)

    replayed = await shop.owner.post(f"/envelopes/{dead['id']}/replay")
    assert (replayed["state"], replayed["attempts"]) == ("dead", 1)
    assert await shop.system.deliver(broken) == [200]
    assert len(await shop.envelopes("dead")) == 1


async def test_our_own_message_and_unknown_kinds_are_ignored_with_a_reason(shop: Shop) -> None:
    own = shop.system.event({"id": "m-1", "to": {"kind": "webhook", "address": "fay"}, "text": "Ours"})
    assert await shop.system.deliver(own, shop.system.event({"typing": True})) == [200, 200]
    assert await shop.customers("fay") == []
    ignored = await shop.envelopes("ignored")
    assert {envelope["reason"] for envelope in ignored} >= {"Our own message came back"}
    assert len(ignored) == 2


async def test_messages_of_many_at_once_stay_in_their_threads_in_order(shop_on_each: Shop) -> None:
    shop = shop_on_each

    async def speak(name: str) -> None:
        for number in range(10):
            said = shop.system.says(f"{name}-{number}", name, f"{name} says {number}")
            assert await shop.system.deliver(said, mischief=Mischief.DUPLICATE) == [200, 200]

    names = [f"customer-{number}" for number in range(8)]
    await asyncio.gather(*(speak(name) for name in names))
    for name in names:
        assert words(await shop.thread_of(name)) == [f"{name} says {number}" for number in range(10)]


async def test_a_wrong_setting_is_named_with_what_to_do(shop: Shop) -> None:
    with pytest.raises(ApiError) as caught:
        await shop.owner.new_inbox("webhook", secret="short", url="ftp://shop.example")
    fields = caught.value.problem["fields"]
    assert caught.value.status == 422
    assert fields["settings.secret"] == "Secret is too short: it needs at least 16 characters."
    assert fields["settings.url"].startswith("URL is not of the right form")


async def test_the_secret_never_comes_back_and_a_rotation_loses_nothing(shop: Shop) -> None:
    assert SECRET not in str(await shop.owner.get("/inboxes"))
    fresh = "a-fresh-secret-for-the-shop"
    settings = {**shop.inbox["settings"], "secret": fresh, "previous_secret": SECRET}
    await shop.owner.call("PATCH", f"/inboxes/{shop.inbox['id']}", {"settings": settings})
    assert await shop.system.deliver(shop.system.says("1", "gus", "Signed with the old one")) == [200]
    shop.system.secret = fresh
    assert await shop.system.deliver(shop.system.says("2", "gus", "Signed with the new one")) == [200]
    await shop.owner.call(
        "PATCH", f"/inboxes/{shop.inbox['id']}", {"settings": {**shop.inbox["settings"], "previous_secret": None}}
    )
    shop.system.secret = SECRET
    assert await shop.system.deliver(shop.system.says("3", "gus", "Too late")) == [401]
    assert words(await shop.thread_of("gus")) == ["Signed with the old one", "Signed with the new one"]
    assert SECRET not in shop.hub.log
    assert fresh not in shop.hub.log


async def test_bodies_that_break_parsers_are_kept_and_never_an_error_of_ours(shop: Shop) -> None:
    """A 5xx would make the provider repeat them for ever."""
    bodies = sorted({body for body in broken.ALWAYS if len(body) <= MOST})
    raws = [replace(shop.system.event({}), body=body) for body in bodies]
    assert await shop.system.deliver(*raws) == [200] * len(bodies)
    kept = len(await shop.envelopes("dead")) + len(await shop.envelopes("ignored"))
    assert kept == len(bodies)
    assert await shop.customers("hana") == []
    assert await shop.system.deliver(shop.system.says("41", "hana", "Still there?")) == [200]
    assert "Traceback" not in shop.hub.log


async def test_a_signature_of_any_bytes_is_refused_and_never_an_error_of_ours(shop: Shop) -> None:
    """Sent byte by byte, as no well-behaved client would."""
    latin = "t=1,v1=é".encode("latin-1")
    digits = b"t=" + b"9" * 5000 + b",v1=" + b"0" * 64
    for header in (b"", b"t=1", latin, b"\xff\xfe", digits):
        status = await post_raw(shop, header)
        assert status.split()[1] in (b"400", b"401"), (header, status)
    assert await shop.envelopes("dead") == []


async def post_raw(shop: Shop, signature: bytes) -> bytes:
    path = shop.inbox["hook_url"].removeprefix(shop.hub.url).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", shop.hub.port)
    writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: 2\r\n")
    writer.write(b"x-onethread-signature: " + signature + b"\r\n\r\n{}")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return status
