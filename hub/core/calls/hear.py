"""What the provider tells of a call, in any order and more than once, becomes its state under the thread's lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from hub.contract import Address, CallUpdate, Ended, LegState, Line, Message, Recording
from hub.core import route as routing
from hub.core.addresses import canonical
from hub.core.batch import Batch
from hub.core.calls import cases, destinations, ring
from hub.core.calls.follow import follow, noted_hold
from hub.core.calls.legs import end_leg, new_leg
from hub.core.calls.line import Line as LineSettings
from hub.core.calls.rows import touch
from hub.core.calls.script import leg_of, speaks_for
from hub.core.calls.states import climbs
from hub.core.calls.steps import ACCEPT
from hub.core.changes import Actor
from hub.core.desk import InboxFacts
from hub.core.receive import Heard
from hub.core.states import Row, Wants
from hub.models import new_id
from hub.models.tables import CALL_LINE, CUSTOMER, RECORDING, UNINDEXED

HIDDEN = "Number withheld"


@dataclass(slots=True)
class Told:
    """One update, and who calls where that is new to us."""

    update: CallUpdate
    caller: Heard | None = None

    @classmethod
    def of(cls, update: CallUpdate) -> Told:
        if update.caller is None or update.leg:
            return cls(update)
        said = Message(update.ref, _caller(update), "", proof=update.proof, at=update.at)
        return cls(update, Heard(said))


def _caller(update: CallUpdate) -> Address:
    """A number that can be called back; who hides it is somebody else each time."""
    assert update.caller is not None
    _, number = canonical(update.caller)
    if number.startswith("+") and destinations.country(number):
        return Address("phone", number, update.caller.name)
    return Address("withheld", update.ref, update.caller.name or HIDDEN)


def wants(wants: Wants, inbox: InboxFacts, told: Told) -> None:
    if leg_id := leg_of(told.update.leg):
        wants.legs.add(leg_id)
    wants.leg_refs.add((inbox.id, told.update.ref))


def hear(batch: Batch, inbox: InboxFacts, told: Told, envelope_id: UUID | None) -> tuple[Row, dict[str, Any] | None]:
    """The call, and its entry where it is new. Raises `LookupError` for what is about no call of ours."""
    update = told.update
    leg, entry = _known(batch, inbox, update), None
    if leg is None:
        if told.caller is None:
            raise LookupError("It is about a call that isn't here.")
        leg, entry = _arrived(batch, inbox, told.caller, update, envelope_id)
    call = batch.calls.call(leg["call_id"])
    _take(batch, call, leg, update)
    follow(batch, call)
    return call, entry


def _known(batch: Batch, inbox: InboxFacts, update: CallUpdate) -> Row | None:
    leg = batch.calls.legs.get(leg_of(update.leg) or UUID(int=0))
    if leg is None or leg["inbox_id"] != inbox.id:
        leg = batch.calls.legs.get(batch.calls.by_ref.get((inbox.id, update.ref)) or UUID(int=0))
    return leg if leg is not None and speaks_for(leg, update.caller) else None


def _arrived(
    batch: Batch, inbox: InboxFacts, caller: Heard, update: CallUpdate, envelope_id: UUID | None
) -> tuple[Row, dict[str, Any]]:
    """Somebody calls: the entry is there from the first ring, in the thread of the number, in a case."""
    assert caller.thread_id is not None
    thread = batch.thread(caller.thread_id)
    line = batch.calls.line(batch.conn, inbox.id)
    sender = caller.message.sender
    name = _name(batch, thread.customer_id) or sender.name or sender.value
    chosen = routing.route(batch, thread, caller, inbox.ref_space, inbox.channel)
    origin = {"inbox": inbox.id.hex, "channel": inbox.channel}
    case = chosen.case or batch.new_case(
        thread, subject=f"Call from {name}"[:300], channel=inbox.channel, origin=origin
    )
    actor = Actor("customer", caller.identity_id, name[:200])
    entry = batch.append(
        thread,
        case=case,
        public=False,
        kind="call",
        direction="in",
        channel=inbox.channel,
        inbox_id=inbox.id,
        envelope_id=envelope_id,
        case_reason=chosen.reason,
        author_kind="customer",
        author_id=actor.id,
        author_name=actor.name,
        proof=update.proof.value,
        data={"from": {"kind": sender.kind, "address": sender.value, "name": sender.name}},
    )
    call = batch.calls.add_call(
        new_call(
            batch,
            inbox,
            line,
            thread.id,
            entry["id"],
            direction="in",
            from_address=sender.value if sender.kind == "phone" else "",
            to_address=canonical(update.called)[1] if update.called else inbox.address,
            customer_name=name[:200],
            proof=update.proof.value,
            path="closed" if line.hours and not line.hours.open_at(batch.now) else "queue",
        ),
        case["id"],
    )
    leg = batch.calls.add_leg(new_leg(batch, call, "customer", sender, None, line.ring_s, False) | {"ref": update.ref})
    cases.began(batch, call, entry, case, actor, is_new=chosen.case is None)
    return leg, entry


def new_call(
    batch: Batch, inbox: InboxFacts, line: LineSettings, thread_id: UUID, entry_id: UUID, **values: Any
) -> dict[str, Any]:
    """The row of a call that begins; the rule for recording is fixed here."""
    features = inbox.capabilities.calls
    can_record = bool(features and features.record)
    return {
        "id": new_id(),
        "thread_id": thread_id,
        "entry_id": entry_id,
        "inbox_id": inbox.id,
        "direction": "out",
        "mode": "",
        "agent_id": None,
        "agent_phone": "",
        "from_address": "",
        "to_address": "",
        "customer_name": "",
        "proof": "",
        "state": "created",
        "path": "room",
        "rung": None,
        "rung_at": None,
        "transfer": None,
        "drop_text": "",
        "created_at": batch.now,
        "ringing_at": None,
        "answered_at": None,
        "held_at": None,
        "ended_at": None,
        "ring_s": 0,
        "wait_s": 0,
        "talk_s": 0,
        "hold_s": 0,
        "end_reason": "",
        "end_detail": "",
        "answered_by": "",
        "problem": "",
        "disposition": "",
        "note": "",
        "wrapped_at": None,
        "consent": line.consent if can_record else "never",
        "record": line.record and can_record and line.consent != "never",
        "recording": "none",
        "recording_s": 0,
        "attachment_id": None,
        "voicemail": False,
        "features": _features(features),
        "next_at": None,
        "rev": 0,
        **values,
    }


def _features(features: Any) -> dict[str, bool]:
    return {name: getattr(features, name) for name in features.__slots__} if features else {}


def _name(batch: Batch, customer_id: UUID) -> str:
    for customer in batch.new_customers:
        if customer["id"] == customer_id:
            return str(customer["name"])
    return batch.conn.scalar(sa.select(CUSTOMER.c.name).where(CUSTOMER.c.id == customer_id)) or ""


# --- one update ---


def _take(batch: Batch, call: Row, leg: Row, update: CallUpdate) -> None:
    at = min(update.at or batch.now, batch.now)
    if update.ref and not leg["ref"]:
        leg.set(ref=update.ref)
    overtaken = update.seq is not None and leg["seq"] is not None and update.seq <= leg["seq"]
    if update.seq is not None and not overtaken:
        leg.set(seq=update.seq)
    _climb(batch, call, leg, update, at)
    if update.asks and leg["state"] != "ended":
        _asked(batch, call, leg, update)
    if not overtaken and leg["state"] != "ended":
        _flags(batch, call, leg, update)
    if update.answered_by and leg["role"] == "customer" and call["answered_by"] != "machine_ready":
        call.set(answered_by=update.answered_by.value)
    if update.recording:
        _recorded(batch, call, update.recording, voicemail=update.voicemail)
    if update.line:
        _said(batch, call, leg, update.line)


def _climb(batch: Batch, call: Row, leg: Row, update: CallUpdate, at: Any) -> None:
    """States only climb; a time that is told late is still taken, if it is the earliest."""
    state = update.state
    if state is None and not update.asks:
        return
    if state is LegState.RINGING and (leg["ringing_at"] is None or at < leg["ringing_at"]):
        leg.set(ringing_at=at)
        if leg["role"] == "customer" and call["direction"] == "out":
            call.set(ringing_at=at)
    if update.asks and state is not LegState.ENDED and leg["state"] != "ended":
        state = LegState.ACTIVE  # who asks what to do is on the line
    if state is LegState.ACTIVE and (leg["answered_at"] is None or at < leg["answered_at"]):
        leg.set(answered_at=at)
        if leg["joined_at"] and leg["to_kind"] == "agent":
            leg.set(joined_at=at)
    if state is LegState.ENDED:
        end_leg(batch, leg, update.ended or Ended.COMPLETED, update.reason, at)
    elif state is not None and climbs(leg["state"], state):
        leg.set(state=state.value)
    if leg["state"] == "active" and leg["role"] != "customer" and leg["to_kind"] == "agent" and not leg["joined_at"]:
        leg.set(joined_at=leg["answered_at"])


def _asked(batch: Batch, call: Row, leg: Row, update: CallUpdate) -> None:
    """What was pressed is taken first; the answer then follows from the rows alone."""
    leg.set(turn=leg["turn"] + 1)
    if leg["role"] == "customer":
        if call["path"] == "consent" and leg["turn"] > 1:
            _consented(call, leg, agreed=update.digits == ACCEPT)
        return
    if leg["joined_at"] is None and update.digits == ACCEPT:
        _accepted(batch, call, leg)


def _consented(call: Row, leg: Row, *, agreed: bool) -> None:
    leg.set(turn=1)
    call.set(path="room", recording="on" if agreed else "none")
    if not agreed:
        call.set(record=False, consent="never", problem="The customer did not agree to be recorded.")


def _accepted(batch: Batch, call: Row, leg: Row) -> None:
    """A key was pressed: the first has the call, the others are told who."""
    if leg["role"] == "agent" and call["agent_id"] is None:
        claim(batch, call, leg["agent_id"], "phone", leg["to_address"], keep=leg["id"])
    if leg["role"] == "colleague" or call["agent_id"] == leg["agent_id"]:
        leg.set(joined_at=batch.now)


def claim(batch: Batch, call: Row, agent_id: UUID, mode: str, phone: str, *, keep: UUID | None = None) -> None:
    """It is this agent's call now; nobody else is rung any more."""
    rung = dict(call["rung"] or {})
    known = rung.get(agent_id.hex) or {"why": "", "name": cases.agent_name(batch, agent_id)}
    rung[agent_id.hex] = {**known, "state": "accepted"}
    call.set(agent_id=agent_id, mode=mode, agent_phone=phone, rung=rung)
    ring.stop_ringing(batch, call, "over", keep=[keep] if keep else [])


def _flags(batch: Batch, call: Row, leg: Row, update: CallUpdate) -> None:
    if update.muted is not None:
        leg.set(muted=update.muted)
    if update.held is not None and update.held != leg["held"]:
        leg.set(held=update.held)
        if leg["role"] == "customer":
            noted_hold(call, update.held, batch.now)


def _recorded(batch: Batch, call: Row, recording: Recording, *, voicemail: bool) -> None:
    """The sound is fetched after the commit, as any file that a provider keeps."""
    known = batch.conn.execute(
        sa.select(RECORDING.c.id).where(RECORDING.c.inbox_id == call["inbox_id"], RECORDING.c.ref == recording.ref)
    ).first()
    if known or any(row["ref"] == recording.ref for row in batch.calls.new_recordings):
        return
    attachment = None if recording.failed else _attachment(batch, call, recording, voicemail)
    batch.calls.new_recordings.append(
        {
            "id": new_id(),
            "call_id": call["id"],
            "inbox_id": call["inbox_id"],
            "ref": recording.ref,
            "attachment_id": attachment,
            "seconds": recording.seconds,
            "channels": recording.channels,
            "voicemail": voicemail,
            "failed": recording.failed,
            "created_at": batch.now,
        }
    )
    if recording.failed:
        call.set(recording="failed", problem="The recording failed at the provider.")
        return
    call.set(recording="ready", recording_s=recording.seconds, attachment_id=attachment)
    if voicemail:
        call.set(voicemail=True)
        if call["ended_at"] and call["end_reason"] in ("missed", "abandoned"):
            call.set(end_reason="voicemail_left", end_detail="")
            cases.left_message(batch, call)


def _attachment(batch: Batch, call: Row, recording: Recording, voicemail: bool) -> UUID:
    ending = "mp3" if "mpeg" in recording.type or "mp3" in recording.type else "wav"
    attachment_id = new_id()
    batch.thread(call["thread_id"]).fetches = True
    batch.new_attachments.append(
        {
            "id": attachment_id,
            "entry_id": call["entry_id"],
            "position": len([r for r in batch.calls.new_recordings if r["call_id"] == call["id"]]),
            "name": f"{'voicemail' if voicemail else 'call'}-{call['created_at']:%Y-%m-%d-%H%M}.{ending}",
            "type": recording.type or "audio/wav",
            "size": 0,
            "sha256": "",
            "cid": "",
            "source": recording.url,
            "inbox_id": call["inbox_id"],
            "state": "waiting",
            "next_at": batch.now,
            "created_at": batch.now,
        }
    )
    return attachment_id


def _said(batch: Batch, call: Row, leg: Row, line: Line) -> None:
    """The same number again replaces what wasn't final."""
    here = sa.and_(CALL_LINE.c.leg_id == leg["id"], CALL_LINE.c.seq == line.seq)
    for row in batch.calls.new_lines:
        if row["leg_id"] == leg["id"] and row["seq"] == line.seq:
            if not row["final"]:
                row.update(text=line.text, final=line.final, role=line.role)
            return
    known = batch.conn.execute(sa.select(CALL_LINE.c.id, CALL_LINE.c.final).where(here)).first()
    values = {"role": line.role, "text": line.text[:5000], "final": line.final}
    if known is None:
        row = {"id": new_id(), "call_id": call["id"], "leg_id": leg["id"], "seq": line.seq}
        batch.calls.new_lines.append({**row, **values, "at": min(line.at or batch.now, batch.now)})
    elif not known.final:
        batch.at_end(sa.update(CALL_LINE).where(here).values(**values))
    touch(batch, call)
    if line.final and call["ended_at"]:
        batch.at_end_insert_missing(UNINDEXED, [{"entry_id": call["entry_id"]}], ("entry_id",))
