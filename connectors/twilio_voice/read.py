"""What a request of Twilio's means for a call."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.twilio.webhook import Form, check_account, form_of, given_back, sid_of
from hub.contract import (
    Address,
    AnsweredBy,
    CallUpdate,
    Ended,
    Event,
    Ignored,
    LegState,
    Line,
    Malformed,
    Proof,
    Raw,
    Recording,
    storable,
)

from .listing import LIST
from .names import BEGUN, CONSOLE, LEG, ON, TURN, WHO, On, agent_of
from .reasons import why
from .settings import TwilioVoiceSettings

STATES = {
    "queued": LegState.DIALLING,
    "initiated": LegState.DIALLING,
    "ringing": LegState.RINGING,
    "in-progress": LegState.ACTIVE,
}
ENDS = {
    "completed": Ended.COMPLETED,
    "busy": Ended.BUSY,
    "no-answer": Ended.NO_ANSWER,
    "failed": Ended.FAILED,
    "canceled": Ended.CANCELLED,
}
DECLINED = ("603", "607", "608")
"""SIP's words for somebody who pressed the red key."""
HEARD = {
    "human": AnsweredBy.HUMAN,
    "machine_start": AnsweredBy.MACHINE,
    "machine_end_beep": AnsweredBy.MACHINE_READY,
    "machine_end_silence": AnsweredBy.MACHINE_READY,
    "machine_end_other": AnsweredBy.MACHINE_READY,
    "fax": AnsweredBy.FAX,
    "unknown": AnsweredBy.UNKNOWN,
}
TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav"}
PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
WITHHELD = frozenset({"anonymous", "restricted", "unavailable", "unknown", "private", ""}) | {
    "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"
}  # fmt: skip
"""What stands for a number that isn't shown; the digits spell such words on a telephone's keys."""
LONGEST_LINE = 20_000
LINES_APART = 1000
"""Lines that a transcript may have before the next one of the same leg begins to count."""

Found = Iterator[Event]


def read(raw: Raw, settings: TwilioVoiceSettings) -> Found:
    """Raises `Malformed`."""
    try:
        form = form_of(raw)
        check_account(form, settings)
        yield from _reader(raw, form)(raw, form, settings)
    except ValueError as error:
        raise Malformed(f"The request can't be read: {error}") from error


def dedup_key(raw: Raw) -> str | None:
    """A repetition differs in its headers alone; one call has many events. None: there is nothing to tell it by."""
    try:
        form = form_of(raw)
        key = ":".join(_key(raw, form))
        return storable(key, most=200) if key.isascii() and key.isprintable() else None
    except ValueError:
        return None


def lane(raw: Raw) -> str:
    """One call's events are read in the order they came in."""
    try:
        return sid_of(form_of(raw), "CallSid", "CA")
    except ValueError:
        return ""


def _reader(raw: Raw, form: Form) -> Callable[[Raw, Form, TwilioVoiceSettings], Found]:
    if "RecordingStatus" in form:
        return _recording
    if "TranscriptionEvent" in form:
        return _line
    if "TranscriptionStatus" in form:
        return _voicemail_text
    if "ConferenceSid" in form and "StatusCallbackEvent" in form:
        return _room
    if given_back(raw, ON) == On.MACHINE:
        return _machine
    if "CallSid" in form and "CallStatus" in form:
        return _question if _asks(raw, form) else _status
    return _unknown


def _key(raw: Raw, form: Form) -> Iterator[str]:
    if "RecordingStatus" in form:
        yield sid_of(form, "RecordingSid", "RE")
        yield form["RecordingStatus"]
    elif "TranscriptionEvent" in form:
        yield sid_of(form, "TranscriptionSid", "GT", "TR")
        yield form["TranscriptionEvent"]
        yield form.get("SequenceId", "")
    elif "TranscriptionStatus" in form:
        yield sid_of(form, "TranscriptionSid", "GT", "TR")
        yield form["TranscriptionStatus"]
    elif "ConferenceSid" in form and "StatusCallbackEvent" in form:
        yield sid_of(form, "ConferenceSid", "CF")
        yield form["StatusCallbackEvent"]
        yield form.get("CallSid", "")
        yield form.get("SequenceNumber") or form.get("Timestamp", "")
    elif given_back(raw, ON) == On.MACHINE:
        yield sid_of(form, "CallSid", "CA")
        yield "machine"
        yield form.get("AnsweredBy", "")
    else:
        yield sid_of(form, "CallSid", "CA")
        if _asks(raw, form):
            yield "ask"
            yield given_back(raw, TURN)
        else:
            yield form.get("CallStatus", "")
            if raw.method == LIST and form.get("CallStatus") not in ENDS:
                yield "listed"  # the request that tells when it came to this may still be on its way


def _asks(raw: Raw, form: Form) -> bool:
    """Does Twilio wait for a document? Not for a call that is over, whatever the address is for."""
    asking = given_back(raw, ON) in ("", On.NEXT) and raw.method != LIST
    return asking and form.get("CallStatus") not in ENDS


def _unknown(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    yield Ignored("Nothing about a call that we know")


def _question(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    """A call that comes in, a console that connects, or a leg that wants to know what is next.

    Twilio calls it ringing until our answer; no later request tells that it isn't.
    """
    ours = given_back(raw, LEG)
    caller = _caller(form) if _inbound(form) else None
    if not ours and caller is not None and caller.kind == "agent":
        ours = storable(form.get("call"), "")
        if not ours:
            yield Ignored("A console connected without saying for which call")
            return
    if not ours and caller is None:
        yield Ignored("A question about a call that isn't ours")
        return
    yield CallUpdate(
        ref=sid_of(form, "CallSid", "CA"),
        leg=ours,
        state=LegState.ACTIVE if form["CallStatus"] == "in-progress" else None,
        caller=caller,
        called=_called(form),
        proof=_proof(form),
        digits=_digits(form),
        asks=True,
    )


def _status(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    told = form["CallStatus"]
    if told not in STATES and told not in ENDS:
        yield Ignored(f"An unknown state: {storable(told, '')}")
        return
    if raw.method == LIST and told not in ENDS and _inbound(form):
        yield Ignored("A call that is still going on")
        return
    ended = _ended(form)
    caller = _caller(form) if _inbound(form) and not given_back(raw, LEG) else None
    yield CallUpdate(
        ref=sid_of(form, "CallSid", "CA"),
        seq=_count(form, "SequenceNumber"),
        leg=given_back(raw, LEG),
        state=LegState.ENDED if ended else STATES[told],
        at=_time(form),
        ended=ended,
        reason=why(form, ended) if ended else "",
        caller=caller if caller and caller.kind == "phone" else None,
        called=_called(form),
        proof=_proof(form),
        answered_by=HEARD.get(form.get("AnsweredBy", "")),
    )


def _machine(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    told = form.get("AnsweredBy", "")
    if told in HEARD:
        yield CallUpdate(ref=sid_of(form, "CallSid", "CA"), leg=given_back(raw, LEG), answered_by=HEARD[told])
    else:
        yield Ignored(f"It was not found out who answered: {storable(told, '')}")


def _room(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    """A room counts its own events, not each leg's: their order is told by their time."""
    event = form["StatusCallbackEvent"].removeprefix("participant-")
    if "CallSid" not in form:
        yield Ignored(f"About a room: {storable(form['StatusCallbackEvent'], '')}")
        return
    ref, at = sid_of(form, "CallSid", "CA"), _time(form)
    left = ENDS.get(form.get("ParticipantCallStatus", ""))
    if event == "join":
        yield CallUpdate(ref=ref, state=LegState.ACTIVE, at=at, held=_true(form, "Hold"), muted=_true(form, "Muted"))
    elif event == "leave" and left:
        yield CallUpdate(ref=ref, state=LegState.ENDED, at=at, ended=left)
    elif event in ("hold", "unhold"):
        yield CallUpdate(ref=ref, at=at, held=event == "hold")
    elif event in ("mute", "unmute"):
        yield CallUpdate(ref=ref, at=at, muted=event == "mute")
    else:
        yield Ignored(f"Nothing changes by {storable(form['StatusCallbackEvent'], '')}")


def _recording(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    told, sid = form["RecordingStatus"], sid_of(form, "RecordingSid", "RE")
    if told not in ("completed", "absent"):
        yield Ignored(f"A recording is {storable(told, '')}")
        return
    channels = _count(form, "RecordingChannels") or 1
    yield CallUpdate(
        ref=sid_of(form, "CallSid", "CA"),
        leg=given_back(raw, LEG),
        voicemail=form.get("RecordingSource") == "RecordVerb" or given_back(raw, ON) == On.VOICEMAIL,
        recording=Recording(
            ref=sid,
            url=_file(sid, channels, settings),
            type=TYPES[settings.recording_format],
            seconds=_count(form, "RecordingDuration") or 0,
            channels=channels,
            failed=told == "absent",
        ),
    )


def _file(sid: str, channels: int, settings: TwilioVoiceSettings) -> str:
    """Built from the id: whatever a request says, our credentials go to our own account's files alone."""
    root = f"{settings.api}/2010-04-01/Accounts/{settings.account_sid}/Recordings"
    return f"{root}/{sid}.{settings.recording_format}" + ("?RequestedChannels=2" if channels == 2 else "")


def _line(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    if form["TranscriptionEvent"] != "transcription-content":
        yield Ignored(f"Of a transcript: {storable(form['TranscriptionEvent'], '')}")
        return
    said = _said(form.get("TranscriptionData", ""))
    seq = _count(form, "SequenceId") or 0
    yield CallUpdate(
        ref=sid_of(form, "CallSid", "CA"),
        leg=given_back(raw, LEG),
        line=Line(
            seq=_begun(raw) * LINES_APART + seq % LINES_APART,
            text=said,
            role=_role(raw, form.get("Track", "")),
            at=_time(form),
            final=_true(form, "Final"),
        ),
    )


def _begun(raw: Raw) -> int:
    """Small enough for a column of 32 bits: seconds, which come round after 23 days."""
    begun = given_back(raw, BEGUN)
    return int(begun) % 2_000_000 if re.fullmatch("[0-9]{1,12}", begun, re.ASCII) else 0


def _role(raw: Raw, track: str) -> str:
    """The inbound track is who holds this leg's telephone; the outbound one is what they hear."""
    who = given_back(raw, WHO) or "customer"
    return who if track == "inbound_track" else ("agent" if who == "customer" else "customer")


def _said(data: str) -> str:
    try:
        content: Any = json.loads(data)
    except RecursionError:
        raise ValueError("TranscriptionData is nested too deep") from None
    said = content.get("transcript") if isinstance(content, dict) else None
    if not isinstance(said, str):
        raise ValueError("TranscriptionData holds no transcript")
    return _clean(said)


def _voicemail_text(raw: Raw, form: Form, settings: TwilioVoiceSettings) -> Found:
    if form["TranscriptionStatus"] != "completed":
        yield Ignored(f"A voicemail's transcript is {storable(form['TranscriptionStatus'], '')}")
        return
    line = Line(seq=0, text=_clean(form.get("TranscriptionText", "")), role="customer")
    yield CallUpdate(ref=sid_of(form, "CallSid", "CA"), leg=given_back(raw, LEG), line=line)


def _clean(said: str) -> str:
    """A lone half of a surrogate pair can't be stored."""
    return storable(said.encode(errors="ignore").decode(), "", most=LONGEST_LINE)


def _inbound(form: Form) -> bool:
    return form.get("Direction") == "inbound"


def _caller(form: Form) -> Address:
    told = form.get("From", "")
    if told.startswith("client:"):
        return Address("agent", storable(agent_of(told)))
    if told.lower() in WITHHELD:
        return Address("phone", f"withheld-{form['CallSid'][-12:]}", "Number withheld")
    return Address("phone", storable(told))


def _called(form: Form) -> Address | None:
    told = form.get("To", "")
    if PHONE.fullmatch(told):
        return Address("phone", told)
    return Address("agent", storable(agent_of(told))) if told.startswith(CONSOLE) else None


def _proof(form: Form) -> Proof:
    """STIR/SHAKEN: only a full attestation says that the caller may use this number."""
    if form.get("From", "").startswith("client:"):
        return Proof.PROVIDER
    told = form.get("StirVerstat", "")
    if told == "TN-Validation-Passed-A":
        return Proof.PROVIDER
    return Proof.FAILED if told.startswith("TN-Validation-Failed") else Proof.CLAIMED


def _digits(form: Form) -> str:
    digits = form.get("Digits", "")
    return digits if re.fullmatch(r"[0-9*#]{1,60}", digits, re.ASCII) else ""


def _ended(form: Form) -> Ended | None:
    ended = ENDS.get(form["CallStatus"])
    declined = ended in (Ended.BUSY, Ended.FAILED, Ended.NO_ANSWER) and form.get("SipResponseCode") in DECLINED
    return Ended.REJECTED if declined else ended


def _true(form: Form, name: str) -> bool:
    return form.get(name) == "true"


def _count(form: Form, name: str) -> int | None:
    told = form.get(name, "")
    if told and not re.fullmatch("[0-9]{1,9}", told, re.ASCII):
        raise ValueError(f"{name} is no number")
    return int(told) if told else None


def _time(form: Form) -> datetime | None:
    """RFC 2822 in most requests, ISO 8601 in a transcript's."""
    told = form.get("Timestamp", "")
    if not told:
        return None
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, IndexError, OverflowError):
        moment = _iso(told)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _iso(told: str) -> datetime:
    try:
        return datetime.fromisoformat(told)
    except (ValueError, OverflowError):
        raise ValueError("Timestamp is no time") from None
