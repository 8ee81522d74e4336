"""Instagram and Messenger through a real hub process: events come in once, answers go out, what is told climbs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.meta.conformance import APP
from connectors.meta.instagram.conformance import ACCOUNT as INSTAGRAM_ID
from connectors.meta.messenger.conformance import ACCOUNT as PAGE_ID
from connectors.meta.people import Person
from connectors.meta.simulator import MetaSimulator
from hub.testkit import Fault, Mischief
from tests.connectors.meta.support import SECRET, TOKEN, WORD
from tests.support.hub import StartHub
from tests.support.owner import Owner


class Shop:
    """One inbox of a running hub, Meta as it sees it, and a customer there."""

    def __init__(self, owner: Owner, meta: MetaSimulator, inbox: dict[str, Any]) -> None:
        self.owner, self.meta, self.inbox = owner, meta, inbox
        self.maya: Person = meta.person("Maya")

    @property
    def kind(self) -> str:
        return str(self.inbox["connector"])

    async def customer(self, person: Person) -> dict[str, Any]:
        page = await self.owner.get("/customers", limit=100)
        (found,) = [customer for customer in page["items"] if person.id in customer["addresses"]]
        return dict(found)

    async def thread(self) -> dict[str, Any]:
        """The customer's one thread."""
        thread: dict[str, Any] = await self.owner.get(f"/threads/{(await self.customer(self.maya))['thread_id']}")
        return thread

    async def said(self) -> list[dict[str, Any]]:
        return [entry for entry in (await self.thread())["entries"] if entry["kind"] == "message"]

    async def upload(self, name: str, type: str, content: bytes) -> str:
        url = f"{self.owner.hub.url}/api/attachments"
        headers = {"X-File-Name": name, "Content-Type": type, "X-CSRF-Token": self.owner._csrf}
        async with self.owner._session.post(url, data=content, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["id"])

    async def reply(self, text: str, **more: Any) -> None:
        thread = await self.thread()
        body = {
            "client_key": f"answer-{len(self.meta.asked)}-0001",
            "last_seen_seq": thread["last_seq"],
            "inbox_id": self.inbox["id"],
            "to": {"kind": self.kind, "address": self.maya.id},
            "text": text,
            "undo_s": 0,
            **more,
        }
        await self.owner.post(f"/threads/{thread['id']}/replies", body)

    async def until(self, reached: Callable[[], Awaitable[bool]]) -> None:
        for _ in range(600):
            if await reached():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(self.owner.hub.log[-3000:])

    async def shows(self, state: str) -> None:
        """The last message's delivery gets into this state."""

        async def reached() -> bool:
            deliveries = (await self.said())[-1]["deliveries"]
            return [delivery["state"] for delivery in deliveries] == [state]

        await self.until(reached)


async def open_shop(owner: Owner, meta: MetaSimulator, connector: str, **account: str) -> Shop:
    inbox = await owner.new_inbox(
        connector, access_token=TOKEN, app_id=APP, app_secret=SECRET, verify_token=WORD, **account, **meta.settings()
    )
    meta.hook_url = inbox["hook_url"]
    return Shop(owner, meta, inbox)


def at_meta(platform: Any, account: str) -> MetaSimulator:
    return MetaSimulator(platform, account, token=TOKEN, app_id=APP, app_secret=SECRET, verify_token=WORD)


@asynccontextmanager
async def messenger_shop(start_hub: StartHub) -> AsyncIterator[Shop]:
    async with Owner(start_hub()) as owner, at_meta("page", PAGE_ID) as meta:
        yield await open_shop(owner, meta, "messenger", page_id=PAGE_ID)


@asynccontextmanager
async def instagram_shop(start_hub: StartHub) -> AsyncIterator[Shop]:
    async with Owner(start_hub()) as owner, at_meta("instagram", INSTAGRAM_ID) as meta:
        yield await open_shop(owner, meta, "instagram", instagram_id=INSTAGRAM_ID)


@pytest.fixture
async def messenger(start_hub: StartHub) -> AsyncIterator[Shop]:
    async with messenger_shop(start_hub) as shop:
        yield shop


@pytest.fixture
async def instagram(start_hub: StartHub) -> AsyncIterator[Shop]:
    async with instagram_shop(start_hub) as shop:
        yield shop


@pytest.fixture(params=[messenger_shop, instagram_shop], ids=["messenger", "instagram"])
async def either(start_hub: StartHub, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    async with request.param(start_hub) as shop:
        yield shop


async def test_a_message_comes_in_its_answer_goes_out_once_and_what_meta_tells_climbs(messenger: Shop) -> None:
    meta, maya = messenger.meta, messenger.maya
    assert await meta.subscribe()
    await meta.tells(maya.writes("Gibt’s die Stiefel in 39? 🥾"), mischief=Mischief.DUPLICATE)
    (entry,) = await messenger.said()
    assert (entry["text"], entry["channel"], entry["proof"]) == (
        "Gibt’s die Stiefel in 39? 🥾",
        "messenger",
        "provider",
    )

    await messenger.reply("Ja, ab Montag.")
    await messenger.shows("delivered")
    await meta.settled()
    await meta.tells(*maya.reads())
    await messenger.shows("read")
    assert [turn.text for turn in maya.turns] == ["Gibt’s die Stiefel in 39? 🥾", "Ja, ab Montag."]
    assert [(one["direction"], one["text"]) for one in await messenger.said()] == [
        ("in", "Gibt’s die Stiefel in 39? 🥾"),
        ("out", "Ja, ab Montag."),
    ]


async def test_the_same_at_instagram_where_one_message_is_read_by_its_id(instagram: Shop) -> None:
    meta, maya = instagram.meta, instagram.maya
    assert await meta.subscribe()
    await meta.tells(maya.answers_story("In my size?"))
    (entry,) = await instagram.said()
    assert (entry["text"], entry["channel"]) == ("In my size?", "instagram")
    await instagram.reply("In every size.")
    await instagram.shows("sent")
    await meta.settled()
    await meta.tells(*maya.reads())
    await instagram.shows("read")
    assert len(await instagram.said()) == 2


async def test_what_was_uncertain_is_settled_by_the_echo(either: Shop) -> None:
    """The line broke before Meta's id came: our own key in the echo finds the delivery."""
    await either.meta.tells(either.maya.writes("Hello"))
    hook_url, either.meta.hook_url = either.meta.hook_url, ""  # the echo is late
    either.meta.misbehave(Fault.DROPPED)
    await either.reply("Hello too")
    await either.shows("uncertain")
    either.meta.hook_url = hook_url
    turn = either.maya.turns[-1]
    await either.meta.tells(either.maya.told(turn, app_id=int(APP), metadata=turn.metadata))
    await either.shows("sent")
    assert len(either.meta.shown) == 1
    assert len(await either.said()) == 2


async def test_what_the_team_writes_in_metas_inbox_is_shown_as_theirs(messenger: Shop) -> None:
    meta, maya = messenger.meta, messenger.maya
    await meta.tells(maya.writes("Hello"))
    await meta.answers_in_app(maya, "We call you.")
    assert [(one["direction"], one["text"]) for one in await messenger.said()] == [
        ("in", "Hello"),
        ("out", "We call you."),
    ]


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "bare"])
async def test_an_echo_that_overtakes_the_answer_to_its_send_is_not_shown_twice(messenger: Shop, marked: bool) -> None:
    meta, maya = messenger.meta, messenger.maya
    meta.echoes_marks = marked

    async def echoed() -> bool:
        await meta.settled()
        return bool(meta.shown)

    await meta.tells(maya.writes("Hello"))
    meta.answers_after_s = 1.0
    await messenger.reply("Slowly")
    await messenger.until(echoed)
    assert len(await messenger.said()) == 2
    await messenger.shows("delivered")
    await asyncio.sleep(meta.answers_after_s)
    assert len(await messenger.said()) == 2


async def test_what_customers_do_to_what_was_said_is_in_the_thread(instagram: Shop) -> None:
    meta, maya = instagram.meta, instagram.maya
    await meta.tells(maya.writes("These run smal"), maya.writes("My number is 17"))
    first, second = maya.turns
    await meta.tells(maya.edits(first, "These run small"), maya.reacts(second, "👍"), maya.unsends(second))
    texts = [entry["text"] for entry in await instagram.said()]
    assert "My number is 17" not in texts
    assert {"These run smal", "These run small"} <= set(texts)


async def test_a_forged_event_leaves_no_trace(messenger: Shop) -> None:
    meta = messenger.meta
    raw = meta.webhook(messenger.maya.writes("Hello"))
    assert await meta.deliver(raw, mischief=Mischief.FORGED) == [401]
    meta.verify_token = "another word"
    assert not await meta.subscribe()
    assert (await messenger.owner.get("/customers", limit=100))["items"] == []


async def test_the_connection_is_tried_from_the_settings(instagram: Shop) -> None:
    settings = {
        "access_token": TOKEN,
        "app_id": APP,
        "app_secret": SECRET,
        "verify_token": WORD,
        "instagram_id": INSTAGRAM_ID,
        **instagram.meta.settings(),
    }
    form = {"connector": "instagram", "name": "Instagram", "settings": settings}
    tried = await instagram.owner.post("/inboxes/test", form)
    assert (tried["ok"], tried["message"]) == (True, "Connected to Instagram as @Example.")
    instagram.meta.fields = ["message_reactions"]
    tried = await instagram.owner.post("/inboxes/test", form)
    assert not tried["ok"]
    assert "nothing arrives" in tried["message"]


async def test_a_long_answer_goes_out_in_order_and_none_of_its_parts_is_shown_twice(instagram: Shop) -> None:
    meta, maya = instagram.meta, instagram.maya
    await meta.tells(maya.writes("Tell me all"))
    text = " ".join(f"Größe {size} läuft klein." for size in range(80))
    await instagram.reply(text)

    async def all_there() -> bool:
        return " ".join(shown.text for shown in meta.shown) == text

    await instagram.until(all_there)
    await meta.settled()
    assert len(meta.shown) > 1
    assert all(len(shown.text.encode()) <= 1000 for shown in meta.shown)
    assert [(one["direction"], one["text"]) for one in await instagram.said()] == [("in", "Tell me all"), ("out", text)]


async def test_meta_insists_until_a_hub_that_was_killed_is_back(messenger: Shop) -> None:
    meta, maya, hub = messenger.meta, messenger.maya, messenger.owner.hub
    await meta.tells(maya.writes("One"))
    hub.kill()
    telling = asyncio.create_task(meta.tells(maya.writes("Two"), maya.writes("Three")))
    await asyncio.sleep(0.2)
    assert not telling.done()
    await asyncio.to_thread(hub.start)
    await telling
    assert [one["text"] for one in await messenger.said()] == ["One", "Two", "Three"]


async def test_somebody_new_is_called_what_meta_calls_them(either: Shop) -> None:
    meta, maya = either.meta, either.meta.person("Maya Lind")

    async def named() -> bool:
        return bool((await either.customer(maya))["name"] == "Maya Lind")

    await meta.tells(maya.writes("Hello"), maya.writes("Anybody there?"))
    await either.until(named)
    hidden = meta.person("Somebody")
    hidden.private = True
    await meta.tells(hidden.writes("Hello"))
    assert (await either.customer(hidden))["name"] != "Somebody"


async def test_a_picture_is_copied_before_its_address_expires(either: Shop) -> None:
    meta, maya = either.meta, either.maya
    await meta.tells(maya.sends(bytes(range(256)), "image/png", "boots.png"))

    async def kept() -> bool:
        return bool((await either.said())[-1]["attachments"][0]["state"] == "ready")

    await either.until(kept)
    meta.expire_files()
    (file,) = (await either.said())[-1]["attachments"]
    assert (file["type"], file["size"]) == ("image/png", 256)
    async with either.owner._session.get(either.owner.hub.url + file["url"]) as answer:
        assert await answer.read() == bytes(range(256))


async def test_a_file_that_had_expired_already_is_told_of(instagram: Shop) -> None:
    meta, maya = instagram.meta, instagram.maya
    picture = maya.sends(b"...", "image/png", "boots.png")
    meta.expire_files()
    await meta.tells(picture)

    async def told() -> bool:
        return bool((await instagram.said())[-1]["attachments"][0]["state"] == "failed")

    await instagram.until(told)
    assert "expired" in (await instagram.said())[-1]["attachments"][0]["problem"]


async def test_text_and_picture_of_one_answer_go_out_apart_and_in_order(instagram: Shop) -> None:
    meta, maya = instagram.meta, instagram.maya
    await meta.tells(maya.writes("What do they look like?"))
    picture = await instagram.upload("boots.png", "image/png", b"\x89PNG not really")
    await instagram.reply("Like this.", attachments=[picture])
    await instagram.until(lambda: _are(meta, 2))
    await meta.settled()
    assert [(shown.text, shown.files) for shown in meta.shown] == [
        ("Like this.", ()),
        ("", (b"\x89PNG not really",)),
    ]
    assert [entry["direction"] for entry in await instagram.said()] == ["in", "out"]


async def test_a_question_has_buttons_and_the_one_pressed_is_the_answer(either: Shop) -> None:
    meta, maya = either.meta, either.maya
    await meta.tells(maya.writes("My boots are too small"))
    await either.reply("Which size?", ask={"kind": "choice", "key": "size", "options": [38, 39, 40]})
    await either.until(lambda: _are(meta, 1))
    asked = maya.turns[-1]
    assert [title for title, _ in asked.choices] == ["38", "39", "40"]
    await meta.settled()
    await meta.tells(maya.picks(asked, "39"))
    case_id = (await either.said())[0]["case_id"]
    (question,) = await either.owner.get(f"/cases/{case_id}/questions")
    assert (question["state"], question["values"]) == ("answered", {"size": 39})


async def _are(meta: MetaSimulator, messages: int) -> bool:
    return len(meta.shown) == messages
