"""Calls through a real hub process: from the first ring to the recording in the thread, and what an outage leaves."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from connectors.twilio_voice.conformance import ACCOUNT, APP, CUSTOMER, NUMBER
from connectors.twilio_voice.simulator import Habit, Sound, Telephone, TwilioVoiceSimulator
from hub.testkit import Mischief
from tests.connectors.twilio_voice.support import KEY, ROBIN, TOKEN
from tests.support.hub import StartHub
from tests.support.owner import Owner

PACE = 0.05


class House:
    """A voice inbox of a running hub, and Twilio as it sees it. The owner takes and makes the calls."""

    def __init__(self, owner: Owner, twilio: TwilioVoiceSimulator, inbox: dict[str, Any], me: str) -> None:
        self.owner, self.twilio, self.inbox, self.me = owner, twilio, inbox, me

    async def configure(self, **line: Any) -> None:
        settings = await self.owner.get("/calls/settings")
        settings["line"] |= line
        await self.owner.call("PUT", "/calls/settings", settings)

    async def thread(self, number: str = CUSTOMER) -> str:
        made = await self.owner.post("/customers", {"name": "Maya", "kind": "phone", "address": number})
        return str(made["thread_id"])

    async def calls(self, thread: str, **more: Any) -> dict[str, Any]:
        body = {
            "client_key": f"call-{len(self.twilio.world.calls)}-7f3a91c0",
            "inbox_id": self.inbox["id"],
            "to": {"kind": "phone", "address": CUSTOMER},
            **more,
        }
        made: dict[str, Any] = await self.owner.post(f"/threads/{thread}/calls", body)
        return made

    async def call(self, call: str, when: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The call, once it is so."""
        for _ in range(300):
            found: dict[str, Any] = await self.owner.get(f"/calls/{call}")
            if when(found):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"{found}\n{self.twilio.world.alerts}\n{self.owner.hub.log}")

    async def only(self, when: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The call of the one thread that has one."""
        for _ in range(300):
            page = await self.owner.get("/customers", limit=100)
            for customer in page["items"]:
                thread = await self.owner.get(f"/threads/{customer['thread_id']}")
                shown = [entry["call"] for entry in thread["entries"] if entry["kind"] == "call"]
                if shown and when(shown[0]):
                    assert len(shown) == 1
                    call: dict[str, Any] = shown[0]
                    return call
            await asyncio.sleep(0.05)
        raise AssertionError(self.owner.hub.log)

    async def sound(self, call: dict[str, Any]) -> bytes:
        """What was recorded, once the hub has fetched it."""
        for _ in range(200):
            thread = await self.owner.get(f"/threads/{call['thread_id']}")
            (entry,) = [entry for entry in thread["entries"] if entry["kind"] == "call"]
            (file,) = entry["attachments"]
            if file["state"] == "ready":
                break
            await asyncio.sleep(0.05)
        headers = {"Cookie": self.owner.cookie}
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self.owner.hub.url}/api/attachments/{file['id']}", headers=headers) as response,
        ):
            assert response.status == 200, file
            return await response.read()

    @property
    def console(self) -> Telephone:
        """The telephone in the owner's browser."""
        return self.twilio.console(self.me)


@pytest.fixture
async def house(start_hub: StartHub) -> AsyncIterator[House]:
    twilio = TwilioVoiceSimulator(ACCOUNT, TOKEN, number=NUMBER, key=KEY, app=APP, pace=PACE)
    async with Owner(start_hub()) as owner, twilio:
        given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER, "recording_format": "wav"}
        keyed = {"api_key_sid": KEY[0], "api_key_secret": KEY[1], "app_sid": APP}
        inbox = await owner.new_inbox("twilio_voice", **given, **keyed, **twilio.settings())
        twilio.hook_url = inbox["hook_url"]
        token = await owner.post("/calls/phone_token", {"inbox_id": inbox["id"]})
        running = House(owner, twilio, inbox, token["identity"])
        await running.configure(allow=["+49"], wrap_up_required=False)
        yield running
        assert twilio.world.alerts == []


async def talking(house: House) -> tuple[dict[str, Any], Telephone]:
    maya = house.twilio.phone(CUSTOMER)
    call = await house.calls(await house.thread())
    await maya.rings()
    maya.answer()
    await maya.meets(house.console.address)
    return await house.call(call["id"], lambda call: call["state"] == "active"), maya


async def test_a_call_from_the_thread(house: House) -> None:
    """The agent's console first, then the customer; held, recorded, ended, and all of it in one entry."""
    await house.configure(transcribe=True, record=True)
    call, maya = await talking(house)
    robin = house.console
    assert "This call is recorded." in maya.said(Sound.SPEECH)
    maya.says("Where is my parcel?")
    await house.owner.post(f"/calls/{call['id']}/hold")
    await maya.until(lambda phone: phone.held)
    await house.owner.post(f"/calls/{call['id']}/resume")
    await maya.until(lambda phone: not phone.held)
    await house.owner.post(f"/calls/{call['id']}/keys", {"digits": "1#"})
    await maya.hears("1#")
    await house.owner.post(f"/calls/{call['id']}/mute")
    await robin.until(lambda phone: phone.view()["muted"])
    await house.owner.post(f"/calls/{call['id']}/unmute")
    await robin.until(lambda phone: not phone.view()["muted"])
    robin.says("It left this morning.")
    await house.owner.post(f"/calls/{call['id']}/hang_up")
    await maya.is_free()
    await robin.is_free()
    ended = await house.call(call["id"], lambda call: call["recording"]["state"] == "ready")
    assert (ended["state"], ended["end_reason"]) == ("ended", "completed")
    assert [(line["role"], line["text"]) for line in ended["transcript"]] == [
        ("customer", "Where is my parcel?"),
        ("agent", "It left this morning."),
    ]
    shown = await house.only()
    assert (shown["id"], shown["recording"]["state"]) == (call["id"], "ready")
    with wave.open(io.BytesIO(await house.sound(call))) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8000)


@pytest.mark.parametrize(("habit", "reason"), [(Habit.BUSY, "busy"), (Habit.UNREACHABLE, "failed")])
async def test_the_customer_is_not_reached(house: House, habit: Habit, reason: str) -> None:
    house.twilio.phone(CUSTOMER).habit = habit
    call = await house.calls(await house.thread())
    ended = await house.call(call["id"], lambda call: call["state"] == "ended")
    assert ended["end_reason"] == reason
    await house.console.is_free()


async def test_an_agent_on_a_telephone_of_their_own_presses_a_key(house: House) -> None:
    robin, maya = house.twilio.phone(ROBIN), house.twilio.phone(CUSTOMER)
    maya.habit = Habit.ANSWERS
    call = await house.calls(await house.thread(), mode="phone", agent_phone=ROBIN)
    await robin.rings()
    robin.answer()
    await robin.hears("Press 1")
    assert maya.call is None
    robin.press("1")
    await maya.meets(ROBIN)
    maya.hang_up()
    await robin.is_free()
    assert (await house.call(call["id"], lambda call: call["state"] == "ended"))["end_reason"] == "completed"


async def test_a_message_is_left_on_a_machine_and_the_agent_is_free(house: House) -> None:
    await house.configure(machines=True)
    maya = house.twilio.phone(CUSTOMER)
    maya.habit = Habit.MACHINE
    call = await house.calls(await house.thread())
    await house.call(call["id"], lambda call: call["answered_by"] == "machine_ready")
    await house.owner.post(f"/calls/{call['id']}/drop", {"text": "Your parcel is on its way."})
    await house.console.is_free()
    await maya.hears("Your parcel is on its way.")
    await maya.is_free()
    assert (await house.call(call["id"], lambda call: call["state"] == "ended"))["end_reason"] == "voicemail_left"


async def test_a_colleague_is_asked_while_the_customer_waits_and_takes_over(house: House) -> None:
    call, maya = await talking(house)
    ada = house.twilio.phone(ROBIN)
    await house.owner.post(f"/calls/{call['id']}/transfer", {"phone": ROBIN, "kind": "warm"})
    await ada.rings()
    ada.answer()
    await ada.hears("Press 1")
    ada.press("1")
    await ada.meets(house.console.address)
    assert maya.held
    await house.owner.post(f"/calls/{call['id']}/transfer/complete")
    await house.console.is_free()
    await maya.until(lambda phone: not phone.held)
    assert maya.with_whom == [ROBIN]
    maya.says("Hello Ada")
    assert "Hello Ada" in ada.said(Sound.VOICE)
    maya.hang_up()
    await ada.is_free()


@pytest.mark.parametrize("mischief", [None, Mischief.DUPLICATE, Mischief.REORDER])
async def test_a_caller_waits_in_line_and_is_taken(house: House, mischief: Mischief | None) -> None:
    house.twilio.misbehaves(*([mischief] if mischief else []))
    maya = house.twilio.call_in(CUSTOMER)
    await maya.hears("number 1 in line")
    waiting = await house.only()
    assert (waiting["direction"], waiting["state"], waiting["attested"]) == ("in", "waiting", True)
    await house.owner.post(f"/calls/{waiting['id']}/answer", {"mode": "browser"})
    await maya.until(lambda phone: bool(phone.with_whom))
    taken = await house.call(waiting["id"], lambda call: call["state"] == "active")
    assert taken["mode"] == "browser"
    maya.hang_up()
    await house.console.is_free()
    assert (await house.call(waiting["id"], lambda call: call["state"] == "ended"))["end_reason"] == "completed"


async def test_a_caller_who_gives_up_is_shown(house: House) -> None:
    maya = house.twilio.call_in(CUSTOMER, attested="")
    await maya.hears("number 1 in line")
    maya.hang_up()
    call = await house.only(lambda call: call["state"] == "ended")
    assert (call["end_reason"], call["attested"]) == ("abandoned", False)


async def test_after_hours_a_message_is_taken(house: House) -> None:
    await house.configure(hours={"zone": "UTC", "days": {}}, transcribe=True)
    maya = house.twilio.call_in(CUSTOMER)
    await maya.hears("We are closed right now")
    await maya.hears("beep")
    maya.says("Please call me back about the second cup.")
    await maya.is_free()
    call = await house.only(lambda call: bool(call["end_reason"] and call["voicemail"] and call["transcript"]))
    assert call["end_reason"] == "voicemail_left"
    assert call["transcript"][0]["text"] == "Please call me back about the second cup."


async def test_what_happened_while_the_hub_was_away(house: House) -> None:
    """Killed in the middle of a talk: its end, its recording and a caller who reached nobody are there afterwards."""
    await house.configure(record=True)
    call, maya = await talking(house)
    house.owner.hub.kill()
    maya.hang_up()
    other = house.twilio.call_in("+4915100000018")
    await other.hears("application error")
    await other.is_free()
    await house.twilio.callbacks.settled()
    house.twilio.world.alerts.clear()
    house.owner.hub.start()
    await house.owner.sign_in()
    ended = await house.call(call["id"], lambda call: call["recording"]["state"] == "ready")
    assert (ended["state"], ended["end_reason"]) == ("ended", "completed")
    assert await house.sound(call)
    for _ in range(200):
        page = await house.owner.get("/customers", limit=100)
        found = [one for one in page["items"] if "+4915100000018" in one["addresses"]]
        if found:
            break
        await asyncio.sleep(0.05)
    thread = await house.owner.get(f"/threads/{found[0]['thread_id']}")
    (missed,) = [entry["call"] for entry in thread["entries"] if entry["kind"] == "call"]
    assert (missed["direction"], missed["state"], missed["end_reason"]) == ("in", "ended", "abandoned")
    await house.console.is_free()


async def test_a_forged_call_leaves_no_trace(house: House) -> None:
    house.twilio.misbehaves(Mischief.FORGED)
    await house.twilio.call_in(CUSTOMER).is_free()
    house.twilio.world.alerts.clear()
    assert (await house.owner.get("/customers", limit=100))["items"] == []


async def test_a_console_speaks_on_its_own_agents_leg_alone(house: House) -> None:
    """The ids of legs are no secret among colleagues, and no number that a browser sends is dialled."""
    call = await house.calls(await house.thread())
    maya = house.twilio.phone(CUSTOMER)
    await maya.rings()
    dialled = len(house.twilio.world.calls)
    (agents,) = [leg["id"] for leg in call["legs"] if leg["role"] == "agent"]
    for leg in (agents.replace("-", ""), "ab" * 16):
        stranger = house.twilio.client_connects("0198c7a2-41d0", leg)
        await stranger.is_free()
        assert stranger.heard == []
    assert len(house.twilio.world.calls) == dialled + 2
    maya.answer()
    await maya.meets(house.console.address)


async def test_the_connection_is_tried_from_the_settings(house: House) -> None:
    settings = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER, **house.twilio.settings()}
    tried = await house.owner.post(
        "/inboxes/test", {"connector": "twilio_voice", "name": "Voice", "settings": settings}
    )
    assert tried["ok"], tried
    assert tried["message"].startswith("Connected to the Twilio account “Example”.")
