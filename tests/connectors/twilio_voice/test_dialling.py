"""Calls out: the hub's steps, carried out by Twilio as it is played, with people at the telephones."""

import asyncio
import io
import json
import wave
from collections.abc import Sequence

import aiohttp
import pytest

from connectors.twilio_voice.conformance import CUSTOMER, NUMBER
from connectors.twilio_voice.simulator import Habit, Sound, Telephone, TwilioVoiceSimulator
from hub.contract import (
    Address,
    AnsweredBy,
    CallUpdate,
    Ended,
    Fetches,
    File,
    Gather,
    HangUp,
    Join,
    Leg,
    Play,
    Record,
    Recording,
    Refused,
    Say,
    Step,
    Unauthorised,
    Unavailable,
    Uncertain,
)
from hub.testkit import Fault
from tests.connectors.twilio_voice.support import AGENT, ROBIN, SmallHub, build, leg

JOIN = Join("call-5b2e")


async def connected(hub: SmallHub, customer_steps: Sequence[Step] = (JOIN,)) -> tuple[Leg, Leg, Telephone, Telephone]:
    """Robin and the customer talk."""
    robin, maya = hub.twilio.phone(ROBIN), hub.twilio.phone(CUSTOMER)
    agents = leg(ROBIN, "agent", steps=(JOIN,))
    customers = leg(steps=tuple(customer_steps))
    agents = _with(agents, await hub.connector.dial(agents))
    await robin.rings()
    robin.answer()
    customers = _with(customers, await hub.connector.dial(customers))
    await maya.rings()
    maya.answer()
    await maya.meets(ROBIN)
    return agents, customers, robin, maya


def _with(dialled: Leg, ref: str) -> Leg:
    return leg(dialled.to.value, dialled.role, ref=ref, steps=dialled.steps)


async def test_an_agent_is_called_back_first_and_then_the_customer(hub: SmallHub) -> None:
    """The hub says what each leg does next when Twilio asks: press 1, then into the room."""
    robin, maya = hub.twilio.phone(ROBIN), hub.twilio.phone(CUSTOMER)

    def decide(update: CallUpdate) -> tuple[Leg, Sequence[Step]]:
        mine = leg(ROBIN, "agent") if update.leg == "l-agent-7f3a" else leg()
        if mine.role == "agent" and update.digits != "1":
            return mine, [Gather("Press 1 to call Maya")]
        return mine, [Say("This call is recorded"), JOIN]

    hub.decide = decide
    agent_ref = await hub.connector.dial(leg(ROBIN, "agent"))
    await robin.rings()
    assert robin.view()["other"] == NUMBER
    robin.answer()
    await robin.hears("Press 1")
    robin.press("1")
    await robin.hears("recorded")

    customer_ref = await hub.connector.dial(leg())
    await maya.rings()
    maya.answer()
    await maya.meets(ROBIN)
    maya.says("Where is my parcel?")
    assert robin.said(Sound.VOICE) == ["Where is my parcel?"]
    robin.hang_up()
    maya.hang_up()
    await maya.is_free()
    await hub.twilio.callbacks.settled()
    for ref, mine in [(agent_ref, "l-agent-7f3a"), (customer_ref, "l-customer-7f3a")]:
        told = [update for update in hub.updates if update.ref == ref and update.seq is not None]
        assert [(update.seq, update.state, update.leg) for update in told] == [
            (0, "dialling", mine),
            (1, "ringing", mine),
            (2, "active", mine),
            (3, "ended", mine),
        ]
        assert told[-1].ended is Ended.COMPLETED


@pytest.mark.parametrize(
    ("habit", "ended", "reason"),
    [(Habit.BUSY, Ended.BUSY, ""), (Habit.UNREACHABLE, Ended.FAILED, "switched off")],
)
async def test_who_is_not_reached(hub: SmallHub, habit: Habit, ended: Ended, reason: str) -> None:
    hub.twilio.phone(CUSTOMER).habit = habit
    ref = await hub.connector.dial(leg())
    update = await _ended(hub, ref)
    assert update.ended is ended
    assert reason in update.reason


async def _ended(hub: SmallHub, ref: str) -> CallUpdate:
    for _ in range(500):
        found = [update for update in hub.updates if update.ref == ref and update.ended]
        if found:
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError(hub.updates)


async def test_nobody_answers_a_declined_call_and_one_that_is_taken_back(hub: SmallHub) -> None:
    maya = hub.twilio.phone(CUSTOMER)
    ref = await hub.connector.dial(leg(ring_s=5))
    assert (await _ended(hub, ref)).ended is Ended.NO_ANSWER
    ref = await hub.connector.dial(leg())
    await maya.rings()
    maya.decline()
    told = await _ended(hub, ref)
    assert (told.ended, told.reason) == (Ended.REJECTED, "The call was declined (SIP 603)")
    ref = await hub.connector.dial(leg())
    await maya.rings()
    await hub.connector.hang_up(leg(ref=ref))
    assert (await _ended(hub, ref)).ended is Ended.CANCELLED
    await hub.connector.hang_up(leg(ref=ref))


async def test_it_rings_no_longer_than_the_line_allows(hub: SmallHub) -> None:
    await hub.connector.dial(leg(ring_s=500))
    (call,) = hub.twilio.world.calls.values()
    assert call.asked("Timeout") == "30"


async def test_hold_mute_and_keys(hub: SmallHub) -> None:
    _, customers, robin, maya = await connected(hub)
    await hub.connector.hold(customers, True)
    shown = json.loads(json.dumps(maya.view()))
    assert (shown["state"], shown["held"], shown["with"], shown["other"]) == ("talking", True, [ROBIN], NUMBER)
    robin.says("She can't hear this")
    maya.says("Nor can he hear me")
    await hub.connector.hold(customers, False)
    robin.says("I am back")
    assert maya.said(Sound.VOICE) == ["I am back"]
    assert robin.said(Sound.VOICE) == []
    await hub.connector.mute(customers, True)
    maya.says("Hello?")
    await hub.connector.mute(customers, False)
    assert robin.said(Sound.VOICE) == []
    await hub.connector.keys(customers, "12*#")
    assert maya.said(Sound.KEYS) == ["12*#"]
    assert robin.said(Sound.KEYS) == []
    assert maya.with_whom == [ROBIN]
    await hub.twilio.callbacks.settled()
    mine = [update for update in hub.updates if update.ref == customers.ref]
    assert [update.held for update in mine if update.held is not None] == [False, True, False]
    assert [update.muted for update in mine if update.muted is not None] == [False, True, False]


async def test_a_colleague_takes_over(hub: SmallHub) -> None:
    """A warm transfer: consulted while the customer waits, then left alone with her."""
    agents, customers, robin, maya = await connected(hub)
    colleague = leg("+4915100000088", "colleague", steps=(JOIN,))
    await hub.connector.hold(customers, True)
    await hub.connector.dial(colleague)
    ada = hub.twilio.phone("+4915100000088")
    await ada.rings()
    ada.answer()
    await ada.meets(ROBIN, CUSTOMER)
    robin.says("Maya's cup broke")
    assert (ada.said(Sound.VOICE), maya.said(Sound.VOICE)) == (["Maya's cup broke"], [])
    await hub.connector.hold(customers, False)
    await hub.connector.hang_up(agents)
    await robin.is_free()
    maya.says("Hello Ada")
    assert ada.said(Sound.VOICE)[-1] == "Hello Ada"
    assert maya.with_whom == ["+4915100000088"]


async def test_when_the_leg_that_ends_the_room_leaves_the_next_step_follows(hub: SmallHub) -> None:
    robin, maya = hub.twilio.phone(ROBIN), hub.twilio.phone(CUSTOMER)
    maya.habit = Habit.ANSWERS
    await hub.connector.dial(leg(ROBIN, "agent", steps=(Join("call-5b2e", ends_room=True),)))
    await robin.rings()
    robin.answer()
    await hub.connector.dial(leg(steps=(JOIN, Say("Goodbye"))))
    await maya.meets(ROBIN)
    robin.hang_up()
    await maya.hears("Goodbye")
    await maya.is_free()


async def test_a_recording_is_begun_paused_resumed_stopped_and_fetched(hub: SmallHub) -> None:
    _, customers, _, maya = await connected(hub)
    for what in (Record.START, Record.PAUSE, Record.RESUME, Record.STOP):
        await hub.connector.record(customers, what)
    await hub.twilio.callbacks.settled()
    (recording,) = _recordings(hub)
    assert (recording.type, recording.channels, recording.seconds, recording.failed) == ("audio/wav", 2, 1, False)
    with pytest.raises(Refused):
        await hub.connector.record(customers, Record.PAUSE)
    hub.twilio.not_ready = 1
    file = File("recording.wav", recording.type, url=recording.url)
    assert isinstance(hub.connector, Fetches)
    with pytest.raises(Unavailable, match="ready yet"):
        await hub.connector.fetch(file, 10_000_000)
    hub.twilio.stored_elsewhere = True
    fetched = await hub.connector.fetch(file, 10_000_000)
    with wave.open(io.BytesIO(fetched.content)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (8000, 8000)
    maya.hang_up()


async def test_only_our_own_recordings_are_fetched(hub: SmallHub) -> None:
    for url in ("https://elsewhere.example/RE", f"{hub.twilio.url}/2010-04-01/Accounts/AC00/Recordings/RE00.wav"):
        with pytest.raises(Refused):
            await hub.connector.fetch(File("r", "audio/wav", url=url), 1000)


def _recordings(hub: SmallHub) -> list[Recording]:
    return [update.recording for update in hub.updates if update.recording]


async def test_a_room_is_entered_recorded_and_written_down(hub: SmallHub) -> None:
    steps = (Join("call-5b2e", record=True, transcribe=True),)
    _, customers, robin, maya = await connected(hub, steps)
    maya.says("Where’s my parcel? 📦")
    robin.says("It left this morning.")
    maya.hang_up()
    await maya.is_free()
    await hub.twilio.callbacks.settled()
    lines = [update.line for update in hub.updates if update.line]
    assert [(line.role, line.text, line.final) for line in lines] == [
        ("customer", "Where’s my parcel? 📦", True),
        ("agent", "It left this morning.", True),
    ]
    assert lines[0].seq < lines[1].seq
    (recording,) = _recordings(hub)
    assert recording.channels == 2
    assert {update.leg for update in hub.updates if update.recording or update.line} == {customers.id}


@pytest.mark.parametrize(
    ("habit", "heard"),
    [
        (Habit.ANSWERS, AnsweredBy.HUMAN),
        (Habit.MACHINE, AnsweredBy.MACHINE_READY),
        (Habit.FAX, AnsweredBy.FAX),
    ],
)
async def test_machines_are_told_from_people(hub: SmallHub, habit: Habit, heard: AnsweredBy) -> None:
    maya = hub.twilio.phone(CUSTOMER)
    maya.habit = habit
    ref = await hub.connector.dial(leg(machines=True, steps=(JOIN,)))
    for _ in range(300):
        if found := [update.answered_by for update in hub.updates if update.answered_by]:
            break
        await asyncio.sleep(0.01)
    assert found == [heard]
    assert maya.said(Sound.MUSIC)
    await hub.connector.steer(leg(ref=ref), [Play("https://shop.example/voicemail.mp3"), HangUp()])
    await maya.hears("voicemail.mp3")
    await maya.is_free()


async def test_nobody_listens_in_where_the_line_does_not_want_it(http: aiohttp.ClientSession) -> None:
    async with SmallHub(machines=False) as hub:
        assert hub.connector.capabilities.calls
        assert not hub.connector.capabilities.calls.machines
        await hub.connector.dial(leg(machines=True))
        (call,) = hub.twilio.world.calls.values()
        assert not call.asked("MachineDetection")


async def test_a_console_is_rung_and_takes_the_call(hub: SmallHub) -> None:
    console = hub.twilio.console(AGENT)
    await hub.connector.dial(leg(AGENT, "agent", steps=(JOIN,), machines=True))
    await console.until(lambda phone: bool(phone.said(Sound.MUSIC)))
    (call,) = hub.twilio.world.calls.values()
    assert (call.to, call.asked("MachineDetection")) == (console.address, "")
    assert {update.called for update in hub.updates if update.called} == {Address("agent", AGENT)}


async def test_a_line_without_an_app_cant_ring_consoles(
    twilio: TwilioVoiceSimulator, http: aiohttp.ClientSession
) -> None:
    line = build(http, **twilio.settings())
    assert line.capabilities.calls
    assert not line.capabilities.calls.browser
    with pytest.raises(Refused, match="TwiML App"):
        await line.dial(leg(AGENT, "agent"))
    with pytest.raises(Refused, match="TwiML App"):
        line.phone_token(AGENT)


@pytest.mark.parametrize("number", ["110", "maya", "+", "+49 151 1", "client:agent_1", ""])
async def test_only_numbers_are_dialled(hub: SmallHub, number: str) -> None:
    with pytest.raises(Refused):
        await hub.connector.dial(leg(number))
    assert not hub.twilio.world.calls


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault.REFUSED, Refused, "number is not valid"),
        (Fault.UNAUTHORISED, Unauthorised, "20003"),
        (Fault.BUSY, Unavailable, "too many requests"),
        (Fault.DOWN, Unavailable, "not available"),
        (Fault.DROPPED, Uncertain, "may be ringing"),
    ],
)
async def test_a_call_that_twilio_does_not_take(
    twilio: TwilioVoiceSimulator, http: aiohttp.ClientSession, fault: Fault, kind: type[Exception], said: str
) -> None:
    twilio.misbehave(fault)
    with pytest.raises(kind, match=said):
        await build(http, **twilio.settings()).dial(leg())
    assert len(twilio.world.calls) == (fault is Fault.DROPPED)


async def test_a_call_whose_answer_was_lost_is_known_by_its_reports(hub: SmallHub) -> None:
    hub.twilio.misbehave(Fault.DROPPED)
    with pytest.raises(Uncertain):
        await hub.connector.dial(leg())
    await hub.twilio.phone(CUSTOMER).rings()
    await hub.twilio.callbacks.settled()
    assert {update.leg for update in hub.updates} == {"l-customer-7f3a"}


async def test_twilios_refusals_in_words(twilio: TwilioVoiceSimulator, http: aiohttp.ClientSession) -> None:
    line = build(http, **twilio.settings())
    twilio.no_permission = ("+49",)
    with pytest.raises(Refused, match=r"may not call this country.*21215"):
        await line.dial(leg())
    with pytest.raises(Refused, match=r"not one of this Twilio account.*21210"):
        await line.dial(leg("+15005550099", caller="+15005550007"))


async def test_what_can_t_be_done_to_a_leg_says_why(hub: SmallHub) -> None:
    with pytest.raises(Refused, match="not told yet"):
        await hub.connector.hang_up(leg())
    with pytest.raises(Refused, match="Nobody else"):
        await hub.connector.hold(leg(ref="CA" + "00" * 16), True)
    with pytest.raises(Refused, match="no longer"):
        await hub.connector.steer(leg(ref="CA" + "00" * 16), [HangUp()])
    with pytest.raises(Refused, match="keys"):
        await hub.connector.keys(leg(ref="CA" + "00" * 16), "12;34")
    ref = await hub.connector.dial(leg())
    await hub.connector.hang_up(leg(ref=ref))
    with pytest.raises(Refused, match="ended already"):
        await hub.connector.steer(leg(ref=ref), [HangUp()])


async def test_a_lost_answer_to_what_may_be_repeated_is_no_riddle(hub: SmallHub) -> None:
    _, customers, _, maya = await connected(hub)
    hub.twilio.misbehave(Fault.DROPPED)
    with pytest.raises(Unavailable):
        await hub.connector.hang_up(customers)
    await maya.is_free()
