"""Telephone calls: placing and taking them, what is done during one, and what is said of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection

from hub.contract import Address, Answer, CallUpdate, Connector, Dials, Raw
from hub.core.access import Right
from hub.core.calls import acts, start, transfer, wrap
from hub.core.calls.commands import shape
from hub.core.calls.line import Disposition, Line, Lines, keep, lines
from hub.core.calls.script import speaks_for, stored
from hub.core.calls.steps import steps
from hub.core.errors import Conflict, NotFound
from hub.core.read import calls as read
from hub.http.ask import Ask
from hub.http.errors import HttpProblem
from hub.http.openapi import Routes
from hub.http.shapes.calls import (
    AnswerIn,
    CallIn,
    CallNoteIn,
    CallOut,
    CallSettings,
    DropIn,
    KeysIn,
    MyCalls,
    PhoneTokenIn,
    PhoneTokenOut,
    RecordIn,
    RingingOut,
    TransferIn,
    WrapUpIn,
)
from hub.runtime import Hub

routes = Routes("calls")


@routes.post("/threads/{id}/calls", Right.WORK, status=201)
async def start_call(ask: Ask, id: UUID, call: CallIn) -> CallOut:
    """Call the customer. Your own telephone rings first; the customer's only once you are there.

    403 `not-permitted` says why this number is not called. The same `client_key` again gives the same call.
    """
    await ask.allow(Right.WORK, id)
    job = start.StartCall(
        ask.me.actor,
        id,
        call.client_key,
        call.inbox_id,
        Address(call.to.kind, call.to.address),
        call.mode,
        call.agent_phone,
        call.record,
        call.case_id,
    )
    return await _out(ask, await ask.submit(job))


@routes.get("/calls/ringing", Right.READ)
async def list_ringing(ask: Ask) -> list[RingingOut]:
    """What rings for you, then what waits in the queue: for a console that just came back."""
    return [RingingOut.model_validate(item) for item in await ask.read(read.ringing, ask.me.id)]


@routes.get("/calls/mine", Right.READ)
async def list_my_calls(ask: Ask) -> MyCalls:
    """The calls you are in, and those that wait for your disposition."""
    current, due = await ask.read(read.mine, ask.me.id, ask.hub.now() - start.WRAP_UP_WITHIN)
    settings = await ask.read(lines)
    return MyCalls(
        current=[CallOut.model_validate(call) for call in current],
        wrap_up=[CallOut.model_validate(call) for call in due],
        wrap_up_required=settings.line.wrap_up_required,
        dispositions=settings.dispositions,
    )


@routes.get("/calls/dispositions", Right.READ)
async def list_dispositions(ask: Ask) -> list[Disposition]:
    """How a call can have gone."""
    return (await ask.read(lines)).dispositions


@routes.post("/calls/phone_token", Right.WORK)
async def phone_token(ask: Ask, body: PhoneTokenIn) -> PhoneTokenOut:
    """What the browser's telephone signs in with at the provider of this line."""
    connector = ask.hub.inboxes.get(body.inbox_id)
    if connector is None:
        raise NotFound("inbox")
    features = connector.capabilities.calls
    if not isinstance(connector, Dials) or features is None or not features.browser:
        raise Conflict("This line can't be used in the browser. Use your own telephone.")
    identity = ask.me.id.hex
    return PhoneTokenOut(token=connector.phone_token(identity), identity=identity)


@routes.get("/calls/settings", Right.READ)
async def get_call_settings(ask: Ask) -> CallSettings:
    """How the lines behave: hours, what is said, whom they ring, where they may call."""
    return CallSettings.model_validate((await ask.read(lines)).model_dump())


@routes.put("/calls/settings", Right.MANAGE)
async def change_call_settings(ask: Ask, settings: CallSettings) -> CallSettings:
    """Say anew how the lines behave."""
    for inbox_id, own in settings.inboxes.items():
        _check_own(inbox_id, own, settings)
    await ask.write(keep, Lines.model_validate(settings.model_dump()))
    return CallSettings.model_validate((await ask.read(lines)).model_dump())


def _check_own(inbox_id: UUID, own: Mapping[str, Any], settings: Lines) -> None:
    try:
        Line.model_validate(settings.line.model_dump() | dict(own))
    except ValidationError as error:
        fields = {f"inboxes.{inbox_id}.{'.'.join(map(str, e['loc']))}": e["msg"] for e in error.errors()}
        raise HttpProblem(422, "Please correct what one line has of its own.", fields=fields) from None


@routes.get("/calls/{id}", Right.READ)
async def get_call(ask: Ask, id: UUID) -> CallOut:
    """One call as it is now."""
    return CallOut.model_validate(await ask.read(read.one, ask.me, id))


@routes.post("/calls/{id}/answer", Right.WORK)
async def answer_call(ask: Ask, id: UUID, answer: AnswerIn) -> CallOut:
    """Take a call that rings or waits: the first has it, 409 says who that was. Your own telephone is called then."""
    return await _do(ask, id, acts.Answer(ask.me.actor, id, answer.mode, answer.agent_phone))


@routes.post("/calls/{id}/decline", Right.WORK)
async def decline_call(ask: Ask, id: UUID) -> CallOut:
    """Don't ring here any more; the others go on."""
    return await _do(ask, id, acts.Decline(ask.me.actor, id))


@routes.post("/calls/{id}/hang_up", Right.WORK)
async def hang_up_call(ask: Ask, id: UUID) -> CallOut:
    """End the call, or cancel it before it is answered."""
    return await _do(ask, id, acts.HangUp(ask.me.actor, id))


@routes.post("/calls/{id}/hold", Right.WORK)
async def hold_call(ask: Ask, id: UUID) -> CallOut:
    """The customer hears music."""
    return await _do(ask, id, acts.Hold(ask.me.actor, id, True))


@routes.post("/calls/{id}/resume", Right.WORK)
async def resume_call(ask: Ask, id: UUID) -> CallOut:
    """Back to the customer."""
    return await _do(ask, id, acts.Hold(ask.me.actor, id, False))


@routes.post("/calls/{id}/mute", Right.WORK)
async def mute_call(ask: Ask, id: UUID) -> CallOut:
    """Nobody hears you."""
    return await _do(ask, id, acts.Mute(ask.me.actor, id, True))


@routes.post("/calls/{id}/unmute", Right.WORK)
async def unmute_call(ask: Ask, id: UUID) -> CallOut:
    """They hear you again."""
    return await _do(ask, id, acts.Mute(ask.me.actor, id, False))


@routes.post("/calls/{id}/keys", Right.WORK)
async def press_keys(ask: Ask, id: UUID, keys: KeysIn) -> CallOut:
    """Send tones to the customer's side; `w` waits half a second."""
    return await _do(ask, id, acts.Keys(ask.me.actor, id, keys.digits))


@routes.post("/calls/{id}/record", Right.WORK)
async def record_call(ask: Ask, id: UUID, record: RecordIn) -> CallOut:
    """Start, pause, resume or stop the recording; the rule of the call's beginning holds."""
    return await _do(ask, id, acts.RecordCall(ask.me.actor, id, record.what))


@routes.post("/calls/{id}/transfer", Right.WORK)
async def transfer_call(ask: Ask, id: UUID, to: TransferIn) -> CallOut:
    """Bring a colleague or a number in: `warm` with the customer on hold, `cold` with you gone at once."""
    if (to.agent_id is None) == (not to.phone):
        raise HttpProblem(422, "Name a colleague or a number.", fields={"agent_id": "Name one of the two."})
    return await _do(ask, id, transfer.Transfer(ask.me.actor, id, to.kind, to.agent_id, to.phone))


@routes.post("/calls/{id}/transfer/{what}", Right.WORK)
async def change_transfer(ask: Ask, id: UUID, what: Literal["swap", "complete", "cancel"]) -> CallOut:
    """Speak with the other of the two, hand over, or take the customer back."""
    return await _do(ask, id, transfer.ChangeTransfer(ask.me.actor, id, what))


@routes.post("/calls/{id}/drop", Right.WORK)
async def drop_voicemail(ask: Ask, id: UUID, drop: DropIn) -> CallOut:
    """Leave a message on the answering machine; you are free at once."""
    return await _do(ask, id, acts.Drop(ask.me.actor, id, drop.text))


@routes.put("/calls/{id}/note", Right.WORK)
async def note_call(ask: Ask, id: UUID, note: CallNoteIn) -> CallOut:
    """Your note, while talking and after: each save replaces the last."""
    return await _do(ask, id, acts.NoteCall(ask.me.actor, id, note.note))


@routes.post("/calls/{id}/wrap_up", Right.WORK)
async def wrap_up_call(ask: Ask, id: UUID, wrapped: WrapUpIn) -> CallOut:
    """Say how it went; what the disposition does besides happens at once."""
    at = wrapped.follow_up.at if wrapped.follow_up else None
    return await _do(ask, id, wrap.WrapUp(ask.me.actor, id, wrapped.disposition, wrapped.note, at))


async def _do(ask: Ask, call_id: UUID, job: acts.OfCall) -> CallOut:
    await ask.read(read.one, ask.me, call_id, Right.WORK)
    await ask.submit(job)
    return await _out(ask, call_id)


async def _out(ask: Ask, call_id: UUID) -> CallOut:
    return CallOut.model_validate(await ask.read(read.one, ask.me, call_id))


# --- what a leg asks ---


async def script(hub: Hub, connector: Connector[Any], inbox_id: UUID, raw: Raw) -> Answer | None:
    """The answer to a leg that asks what to do next: from what is committed alone, so that a repetition gets it too."""
    if not isinstance(connector, Dials):
        return None
    try:
        events = list(connector.normalise(raw))
    except Exception:
        return None  # kept as dead by the intake, which says why
    asking = next((event for event in events if isinstance(event, CallUpdate) and event.asks), None)
    if asking is None:
        return None

    def next_steps(conn: Connection) -> Answer | None:
        found = stored(conn, inbox_id, asking.leg, asking.ref)
        if found is None or not speaks_for(found[1], asking.caller):
            return None
        call, leg, scene = found
        return connector.script(shape(call, leg), steps(scene))

    return await hub.db.read(next_steps)
