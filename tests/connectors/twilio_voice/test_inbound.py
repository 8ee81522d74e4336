"""Calls in: who calls, what they hear, and what is left when something goes wrong on the way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.twilio_voice.conformance import CUSTOMER, NUMBER
from connectors.twilio_voice.simulator import Sound
from hub.contract import (
    Address,
    Ended,
    Gather,
    HangUp,
    Join,
    Leg,
    LegState,
    Proof,
    Raw,
    Reconciles,
    Say,
    Step,
    TakeMessage,
    Unverified,
    Wait,
)
from hub.testkit import Mischief
from tests.connectors.twilio_voice.support import AGENT, ROBIN, SmallHub, leg


def always(*steps: Step) -> tuple[Leg, Sequence[Step]]:
    return leg(), steps


async def test_a_caller_waits_is_told_their_place_and_is_put_through(hub: SmallHub) -> None:
    places = iter(range(3, 0, -1))
    hub.decide = lambda update: always(Say(f"You are number {next(places, 1)} in line"), Wait(20))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("number 2")
    first = hub.updates[0]
    assert (first.caller, first.called, first.proof, first.leg, first.asks, first.state) == (
        Address("phone", CUSTOMER),
        Address("phone", NUMBER),
        Proof.PROVIDER,
        "",
        True,
        None,
    )
    again = [update for update in hub.updates if update.asks][1]
    assert (again.ref, again.leg) == (first.ref, "l-customer-7f3a")

    robin = hub.twilio.phone(ROBIN)
    await hub.connector.dial(leg(ROBIN, "agent", steps=(Join("call-5b2e"),)))
    await robin.rings()
    robin.answer()
    await hub.connector.steer(leg(ref=first.ref), [Join("call-5b2e")])
    await maya.meets(ROBIN)
    maya.hang_up()
    await hub.twilio.callbacks.settled()
    assert hub.updates[-1].ref == first.ref
    assert {update.ended for update in hub.updates if update.ref == first.ref and update.ended} == {Ended.COMPLETED}


async def test_who_gives_up_in_the_line_is_known_to_have_left(hub: SmallHub) -> None:
    hub.decide = lambda update: always(Say("Please wait"), Wait(60))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("Please wait")
    maya.hang_up()
    await hub.twilio.callbacks.settled()
    assert hub.updates[-1].ended is Ended.COMPLETED


@pytest.mark.parametrize(("attested", "proof"), [("A", Proof.PROVIDER), ("B", Proof.CLAIMED), ("", Proof.CLAIMED)])
async def test_a_number_is_proven_by_full_attestation_only(hub: SmallHub, attested: str, proof: Proof) -> None:
    phone = hub.twilio.call_in(CUSTOMER, attested=attested)
    await phone.is_free()
    assert hub.updates[0].proof is proof


async def test_callers_who_hide_their_number_are_not_one_person(hub: SmallHub) -> None:
    for number in (CUSTOMER, "+4915100000018"):
        await hub.twilio.call_in(number, shown_as="anonymous", attested="").is_free()
    callers = {update.caller.value for update in hub.updates if update.caller}
    assert len(callers) == 2
    assert CUSTOMER not in callers


async def test_a_message_is_taken(hub: SmallHub) -> None:
    hub.decide = lambda update: always(Say("Leave a message"), TakeMessage(30, transcribe=True))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("beep")
    maya.says("Please call me back about the second cup.")
    await maya.is_free()
    await hub.twilio.callbacks.settled()
    (left,) = [update for update in hub.updates if update.recording]
    assert left.recording
    assert (left.voicemail, left.leg, left.recording.seconds >= 1) == (True, "l-customer-7f3a", True)
    (line,) = [update.line for update in hub.updates if update.line]
    assert (line.text, line.role) == ("Please call me back about the second cup.", "customer")
    assert len([update for update in hub.updates if update.asks]) == 1


async def test_silence_is_no_message(hub: SmallHub) -> None:
    hub.decide = lambda update: always(TakeMessage(30))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("beep")
    maya.hang_up()
    await hub.twilio.callbacks.settled()
    (left,) = [update.recording for update in hub.updates if update.recording]
    assert left.failed


async def test_keys_are_told_and_so_is_that_none_was_pressed(hub: SmallHub) -> None:
    hub.decide = lambda update: always(Gather("1 for parcels", digits=2, within_s=3))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("1 for parcels")
    maya.press("42")
    await maya.until(lambda phone: len(phone.heard) == 3)
    maya.hang_up()
    assert [update.digits for update in hub.updates if update.asks] == ["", "42", ""]


async def test_a_line_that_is_closed_is_busy_without_an_answer(hub: SmallHub) -> None:
    hub.decide = lambda update: always(HangUp(busy=True))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.is_free()
    await hub.twilio.callbacks.settled()
    assert hub.updates[-1].ended is Ended.BUSY
    assert maya.last
    assert maya.last.answered_at is None


async def test_a_console_connects_for_the_leg_it_was_given(hub: SmallHub) -> None:
    """Whom to reach is the hub's own knowledge: no number that comes with the request is read."""
    agents = leg(AGENT, "agent")
    hub.decide = lambda update: (agents, [Join("call-5b2e")])
    console = hub.twilio.client_connects(AGENT, agents.id)
    await console.until(lambda phone: bool(phone.said(Sound.MUSIC)))
    asked = hub.updates[0]
    assert (asked.leg, asked.caller, asked.called, asked.proof) == (
        agents.id,
        Address("agent", AGENT),
        None,
        Proof.PROVIDER,
    )
    await hub.twilio.callbacks.settled()
    assert hub.updates[-1].state is LegState.ACTIVE
    console.hang_up()
    await hub.twilio.callbacks.settled()
    assert hub.updates[-1].ended is Ended.COMPLETED


@pytest.mark.parametrize("mischief", [Mischief.DUPLICATE, Mischief.REORDER])
async def test_whatever_comes_twice_or_late_is_told_apart(hub: SmallHub, mischief: Mischief) -> None:
    hub.twilio.misbehaves(mischief)
    maya = hub.twilio.phone(CUSTOMER)
    ref = await hub.connector.dial(leg(steps=(Join("call-5b2e"),)))
    await maya.rings()
    maya.answer()
    await maya.until(lambda phone: phone.talking)
    maya.hang_up()
    await hub.twilio.callbacks.settled()
    counted = [update.seq for update in hub.updates if update.ref == ref and update.seq is not None]
    assert sorted(counted) == [0, 1, 2, 3]
    assert hub.repeated >= (4 if mischief is Mischief.DUPLICATE else 0)
    assert mischief is Mischief.DUPLICATE or counted != sorted(counted)


async def test_a_call_lives_through_a_short_outage(hub: SmallHub) -> None:
    """The number's second address is asked where the first fails; our own addresses are tried again and again."""
    hub.decide = lambda update: always(Gather("Press 1", within_s=20))
    hub.down = 1
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("Press 1")
    hub.down = 5
    maya.press("1")
    await maya.until(lambda phone: len(phone.heard) == 2)
    assert [update.digits for update in hub.updates if update.asks] == ["", "1"]
    hub.down = 4
    maya.hang_up()
    await hub.twilio.callbacks.settled()
    assert hub.down == 3, "an address without a word on retries is tried again only where nobody is there"


async def test_nobody_else_can_say_what_a_call_does(hub: SmallHub) -> None:
    hub.twilio.misbehaves(Mischief.FORGED)
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.is_free()
    await hub.twilio.callbacks.settled()
    assert hub.updates == []
    assert hub.refused >= 2
    hub.twilio.world.alerts.clear()


async def test_what_twilio_did_not_tell_is_listed(hub: SmallHub) -> None:
    """Its callbacks were lost: a call in, a call out and a recording are found again, once."""
    begun = datetime.now(UTC)
    hub.twilio.misbehaves(silent=True)
    hub.decide = lambda update: always(TakeMessage(30))
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.hears("beep")
    maya.says("Please call me back.")
    maya.hang_up()
    robin = hub.twilio.phone(ROBIN)
    ref = await hub.connector.dial(leg(ROBIN, "agent", steps=(Join("call-5b2e"),)))
    await robin.rings()
    robin.decline()
    running = await hub.connector.dial(leg(ROBIN, "agent", steps=(Join("call-5b2e"),)))
    await robin.rings()
    hub.updates.clear()

    assert isinstance(hub.connector, Reconciles)
    found = [raw async for raw in hub.connector.reconcile(begun)]
    for raw in found:
        assert raw.method == "LIST"
        hub.connector.verify(raw)
        hub.take(raw)
    assert {(update.ref, update.ended) for update in hub.updates if update.ended} >= {(ref, Ended.BUSY)}
    assert [update.state for update in hub.updates if update.ref == running] == [LegState.RINGING]
    (missed,) = [update for update in hub.updates if update.caller]
    assert (missed.caller, missed.asks, missed.ended) == (Address("phone", CUSTOMER), False, Ended.COMPLETED)
    (left,) = [update for update in hub.updates if update.recording]
    assert left.voicemail

    known = len(hub.updates)
    async for raw in hub.connector.reconcile(begun):
        hub.take(raw)
    assert len(hub.updates) == known
    assert [raw async for raw in hub.connector.reconcile(begun + timedelta(minutes=5))][1:] == []


async def test_what_is_listed_early_hides_nothing(hub: SmallHub) -> None:
    """The report itself names our leg and its time, so it is read although the list was quicker."""
    maya = hub.twilio.phone(CUSTOMER)
    hub.twilio.misbehaves(silent=True)
    ref = await hub.connector.dial(leg(steps=(Join("call-5b2e"),)))
    await maya.rings()
    maya.answer()
    await maya.until(lambda phone: phone.talking)
    async for raw in hub.connector.reconcile(datetime.now(UTC) - timedelta(hours=1)):
        hub.take(raw)
    assert [(update.state, update.leg) for update in hub.updates] == [(LegState.ACTIVE, "")]
    hub.twilio.misbehaves()
    told = hub.twilio.world.calls[ref].form({"SequenceNumber": "2", "CallStatus": "in-progress"})
    await hub.twilio.deliver(hub.twilio.event(f"{hub.twilio.hook_url}?leg=l-customer-7f3a&on=status", told))
    assert (hub.updates[-1].seq, hub.updates[-1].leg) == (2, "l-customer-7f3a")
    maya.hang_up()


async def test_what_was_told_and_is_listed_is_one(hub: SmallHub) -> None:
    maya = hub.twilio.call_in(CUSTOMER)
    await maya.is_free()
    await hub.twilio.callbacks.settled()
    known = len(hub.updates)
    async for raw in hub.connector.reconcile(datetime.now(UTC) - timedelta(hours=1)):
        hub.take(raw)
    assert len(hub.updates) == known


async def test_the_keys_of_an_address_are_read_only_if_twilio_signed_them(hub: SmallHub) -> None:
    raw = Raw("POST", hub.twilio.hook_url + "?on=keys&digits=12", {}, b"CallSid=CA1", datetime.now(UTC))
    signed = hub.twilio.sign(raw)
    assert 'digits="12"' in hub.connector.verify(signed).body
    assert hub.connector.verify(signed).final
    with pytest.raises(Unverified, match="does not match"):
        hub.connector.verify(replace(signed, url=raw.url + "3"))
