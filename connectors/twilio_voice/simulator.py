"""Twilio's voice cloud, played: its API over HTTP, telephones that a test or a demonstration picks up.

async with TwilioVoiceSimulator(account, token, number="+15005550006", hook_url=hook, pace=0.05) as twilio:
    maya = twilio.call_in("+4915100000017")         she calls us
    robin = twilio.phone("+4915100000099")          Robin's own telephone, which the hub calls
    await robin.rings()
    robin.answer()
    await maya.meets(robin.address)
    maya.says("Where is my parcel?")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from connectors.twilio.simulator import ROOT, AccountSimulator, Asked, Problem
from hub.testkit import Mischief, Shown

from .cloud import sound, tables
from .cloud.call import Call
from .cloud.callbacks import Callbacks
from .cloud.play import Document, Wrong, announce, parse
from .cloud.room import Participant, Room
from .cloud.taping import Tape
from .cloud.telephone import Habit, Heard, Sound, Telephone
from .cloud.world import World
from .names import client_name

__all__ = ["Habit", "Heard", "Sound", "Telephone", "TwilioVoiceSimulator"]

PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
CLIENT = re.compile(r"client:[A-Za-z0-9_]{1,121}", re.ASCII)
LONGEST_TWIML = 4000


class TwilioVoiceSimulator(AccountSimulator):
    """One account with one number, at most one TwiML App, and everybody's telephones."""

    def __init__(
        self,
        account: str,
        token: str,
        *,
        number: str,
        key: tuple[str, str] = ("", ""),
        app: str = "",
        hook_url: str = "",
        pace: float = 1.0,
    ) -> None:
        super().__init__(account, token, key)
        self.number, self.app, self.hook_url = number, app, hook_url
        self.callbacks = Callbacks(self)
        self.world = World(account, self.callbacks, pace)
        self.no_permission: tuple[str, ...] = ()
        """Beginnings of numbers in countries that the account may not call."""
        self.not_ready = 0
        """So many requests for a recording's file are answered with 404."""
        self.stored_elsewhere = False
        """A recording's file is where another host keeps it, which takes no credentials."""

    # --- what people do ---

    def phone(self, address: str) -> Telephone:
        """Somebody's telephone."""
        return self.world.phone(address)

    def call_in(self, caller: str, *, attested: str = "A", shown_as: str = "") -> Telephone:
        """Somebody calls us. `attested` is A, B or C by STIR/SHAKEN, or empty; `shown_as` hides who it is."""
        stir = {"StirVerstat": f"TN-Validation-Passed-{attested}"} if attested else {}
        shown = {"From": shown_as, "Caller": shown_as} if shown_as else {}
        return self._calls(self.phone(caller), self.number, {"CallToken": "a-token", **stir, **shown})

    def console(self, agent: str) -> Telephone:
        """The telephone in this agent's console."""
        return self.phone(f"client:{client_name(agent)}")

    def client_connects(self, agent: str, leg: str) -> Telephone:
        """An agent's console connects itself: Twilio asks the TwiML App's address, and gives what the console gave."""
        return self._calls(self.console(agent), "", {"call": leg, "ApplicationSid": self.app})

    def _calls(self, phone: Telephone, number: str, with_it: Mapping[str, str]) -> Telephone:
        assert phone.call is None, f"{phone.address} is in a call already"
        kept = {name: [self.hook_url] for name in ("Url", "FallbackUrl", "StatusCallback")}
        call = self.world.call(phone, number, kept, "inbound")
        call.with_it = with_it
        call.start()
        return phone

    def misbehaves(self, *mischief: Mischief, silent: bool = False) -> None:
        """How deliveries go wrong from now on; with nothing named, they are all right again."""
        self.callbacks.twice = Mischief.DUPLICATE in mischief
        self.callbacks.shuffled = Mischief.REORDER in mischief
        self.callbacks.forged = Mischief.FORGED in mischief
        self.callbacks.silent = silent

    async def start(self) -> None:
        await super().start()
        self.world.api = self.url
        await self.callbacks.start()

    async def stop(self) -> None:
        await self.world.stop()
        await self.callbacks.stop()
        await super().stop()

    # --- its API ---

    def resources(self) -> Sequence[web.RouteDef]:
        taken = [
            ("GET", "/Calls.json", self._list_calls),
            ("POST", "/Calls.json", self._create_call),
            ("GET", "/Calls/{call}.json", self._get_call),
            ("POST", "/Calls/{call}.json", self._update_call),
            ("GET", "/Calls/{call}/Recordings.json", self._list_recordings),
            ("POST", "/Calls/{call}/Recordings.json", self._create_recording),
            ("POST", "/Calls/{call}/Recordings/{recording}.json", self._update_recording),
            ("GET", "/Recordings.json", self._list_recordings),
            ("GET", "/Recordings/{recording}.{type}", self._get_recording),
            ("DELETE", "/Recordings/{recording}.json", self._delete_recording),
            ("GET", "/Conferences.json", self._list_conferences),
            ("GET", "/Conferences/{room}.json", self._get_conference),
            ("GET", "/Conferences/{room}/Participants.json", self._list_participants),
            ("GET", "/Conferences/{room}/Participants/{call}.json", self._get_participant),
            ("POST", "/Conferences/{room}/Participants/{call}.json", self._update_participant),
            ("DELETE", "/Conferences/{room}/Participants/{call}.json", self._delete_participant),
            ("GET", "/IncomingPhoneNumbers.json", self._list_numbers),
            ("GET", "/Applications/{app}.json", self._get_app),
        ]
        routes = [web.route(method, ROOT + path, self.answering(handler)) for method, path, handler in taken]
        return [*routes, web.get("/stored/{recording}.{type}", self._stored)]

    async def _list_calls(self, request: web.Request) -> web.Response:
        wanted = self.query(request, tables.LIST_CALLS)
        since = _day(wanted.get("StartTime>"))
        found = [
            _call_of(self.account, call)
            for call in self.world.calls.values()
            if wanted.get("To", call.to) == call.to
            and wanted.get("From", call.from_) == call.from_
            and wanted.get("Status", call.status) == call.status
            and (since is None or call.created >= since)
        ]
        return self.page(request, "calls", found[::-1])

    async def _create_call(self, request: web.Request) -> web.Response:
        asked = await self.form(request, tables.CREATE_CALL)
        self._check_call(asked)
        call = self.world.call(self.phone(asked["To"][0]), asked["From"][0], asked)
        self.shown.append(Shown(call.sid, call.to, ""))
        call.start()
        return web.json_response(_call_of(self.account, call), status=201)

    def _check_call(self, asked: Asked) -> None:
        to, caller = _one(asked, "To"), _one(asked, "From")
        if not to:
            raise Problem(21201, "No 'To' number is specified")
        if not PHONE.fullmatch(to) and not CLIENT.fullmatch(to):
            raise Problem(21211, f"Invalid 'To' Phone Number: {to}")
        if not caller:
            raise Problem(21213, "No 'From' number is specified")
        if caller != self.number:
            raise Problem(21210, f"The source phone number provided, {caller}, is not yet verified for your account.")
        if self.no_permission and to.startswith(self.no_permission):
            raise Problem(21215, f"Account not authorized to call {to}.")
        if not (_one(asked, "Url") or _one(asked, "Twiml") or _one(asked, "ApplicationSid")):
            raise Problem(21205, "Url parameter is required.")
        _check_urls(asked)
        _check_events(asked, "StatusCallbackEvent", tables.CALL_EVENTS)
        _check_word(asked, "AsyncAmd", {"true", "false"})
        _check_word(asked, "MachineDetection", {"Enable", "DetectMessageEnd"})
        _check_document(asked)
        if not re.fullmatch("[0-9]{1,3}", timeout := _one(asked, "Timeout") or "60") or not 1 <= int(timeout) <= 600:
            raise Problem(20001, f"Timeout {timeout} is not valid")

    async def _get_call(self, request: web.Request) -> web.Response:
        return web.json_response(_call_of(self.account, self._call(request)))

    async def _update_call(self, request: web.Request) -> web.Response:
        call, asked = self._call(request), await self.form(request, tables.UPDATE_CALL)
        _check_urls(asked)
        _check_document(asked)
        _check_word(asked, "Status", {"canceled", "completed"})
        if _one(asked, "Url") and _one(asked, "Twiml"):
            raise Problem(20001, "Twiml and Url can't both be given")
        if call.over:
            raise Problem(21220, "Call is not in-progress. Cannot redirect.")
        if status := _one(asked, "Status"):
            if status == "completed" or call.answered_at is None:
                call.end("completed" if call.answered_at else "canceled", "" if call.answered_at else "487")
        elif call.answered_at is None and not call.is_inbound:
            raise Problem(21220, "Call is not in-progress. Cannot redirect.")
        elif _one(asked, "Url") or _one(asked, "Twiml"):
            call.steer(Document(_one(asked, "Url"), _one(asked, "Twiml")))
        return web.json_response(_call_of(self.account, call))

    # recordings

    async def _create_recording(self, request: web.Request) -> web.Response:
        call, asked = self._call(request), await self.form(request, tables.CREATE_RECORDING)
        _check_urls(asked)
        _check_word(asked, "RecordingChannels", {"mono", "dual"})
        _check_events(asked, "RecordingStatusCallbackEvent", frozenset({"in-progress", "completed", "absent"}))
        if call.over or call.answered_at is None:
            raise Problem(21220, "Requested resource is not eligible for recording")
        given = {
            "channels": _one(asked, "RecordingChannels"),
            "recordingStatusCallback": _one(asked, "RecordingStatusCallback"),
            "recordingStatusCallbackEvent": " ".join(asked.get("RecordingStatusCallbackEvent", ())),
        }
        tape = self.world.record(call, "StartCallRecordingAPI", given)
        return web.json_response(self._recording_of(tape), status=201)

    async def _update_recording(self, request: web.Request) -> web.Response:
        call, asked = self._call(request), await self.form(request, tables.UPDATE_RECORDING)
        if not _one(asked, "Status"):
            raise Problem(20001, "Status is required")
        _check_word(asked, "Status", {"in-progress", "paused", "stopped"})
        _check_word(asked, "PauseBehavior", {"skip", "silence"})
        sid = request.match_info["recording"]
        tapes = [tape for tape in call.tapes if tape.running and sid in ("Twilio.CURRENT", tape.sid)]
        if not tapes:
            raise _unknown(request)
        tapes[-1].set(_one(asked, "Status"))
        return web.json_response(self._recording_of(tapes[-1]))

    async def _list_recordings(self, request: web.Request) -> web.Response:
        wanted = self.query(request, tables.LIST_RECORDINGS)
        sid = request.match_info.get("call") or wanted.get("CallSid")
        since = _day(wanted.get("DateCreated>"))
        found = [
            self._recording_of(tape)
            for tape in self.world.tapes.values()
            if sid in (None, tape.call.sid) and (since is None or tape.begun >= since)
        ]
        return self.page(request, "recordings", found[::-1])

    async def _get_recording(self, request: web.Request) -> web.Response:
        tape, kind = self._tape(request), request.match_info["type"]
        if kind == "json":
            return web.json_response(self._recording_of(tape))
        if self.not_ready > 0 or tape.status != "completed":
            self.not_ready -= 1
            raise _unknown(request)
        if self.stored_elsewhere:
            return web.Response(status=307, headers={"Location": f"{self.url}/stored/{tape.sid}.{kind}?signed=yes"})
        return self._sound(tape, kind, request.query.get("RequestedChannels") == "2")

    async def _stored(self, request: web.Request) -> web.Response:
        """Storage of somebody else: our credentials have no business there."""
        tape = self.world.tapes.get(request.match_info["recording"])
        if tape is None or "authorization" in request.headers or request.query.get("signed") != "yes":
            return web.Response(status=403)
        return self._sound(tape, request.match_info["type"], both=False)

    def _sound(self, tape: Tape, kind: str, both: bool) -> web.Response:
        if kind == "mp3":
            return web.Response(body=sound.mp3(tape.seconds), content_type="audio/mpeg")
        channels = 2 if both and tape.channels == 2 else 1
        return web.Response(body=sound.wav(tape.seconds, channels), content_type="audio/x-wav")

    async def _delete_recording(self, request: web.Request) -> web.Response:
        del self.world.tapes[self._tape(request).sid]
        return web.Response(status=204)

    def _tape(self, request: web.Request) -> Tape:
        tape = self.world.tapes.get(request.match_info["recording"])
        if tape is None:
            raise _unknown(request)
        return tape

    def _recording_of(self, tape: Tape) -> Mapping[str, Any]:
        return {
            "sid": tape.sid,
            "account_sid": self.account,
            "call_sid": tape.call.sid,
            "conference_sid": None,
            "channels": tape.channels,
            "source": tape.source,
            "status": tape.status,
            "duration": str(tape.seconds) if not tape.running else None,
            "start_time": format_datetime(tape.begun),
            "date_created": format_datetime(tape.begun),
            "date_updated": format_datetime(tape.updated),
            "media_url": tape.url,
            "error_code": None,
            "uri": f"/2010-04-01/Accounts/{self.account}/Recordings/{tape.sid}.json",
        }

    # conferences

    async def _list_conferences(self, request: web.Request) -> web.Response:
        wanted = self.query(request, tables.LIST_CONFERENCES)
        found = [
            self._conference_of(room)
            for room in self.world.rooms.values()
            if wanted.get("FriendlyName", room.name) == room.name and wanted.get("Status", room.status) == room.status
        ]
        return self.page(request, "conferences", found[::-1])

    async def _get_conference(self, request: web.Request) -> web.Response:
        return web.json_response(self._conference_of(self._room(request)))

    async def _list_participants(self, request: web.Request) -> web.Response:
        room = self._room(request)
        return self.page(request, "participants", [self._participant_of(room, each) for each in room.participants])

    async def _get_participant(self, request: web.Request) -> web.Response:
        return web.json_response(self._participant_of(*self._participant(request)))

    async def _update_participant(self, request: web.Request) -> web.Response:
        room, participant = self._participant(request)
        asked = await self.form(request, tables.UPDATE_PARTICIPANT)
        _check_urls(asked)
        for name in ("Muted", "Hold"):
            _check_word(asked, name, {"true", "false"})
        if hold := _one(asked, "Hold"):
            room.hold(participant, hold == "true", _one(asked, "HoldUrl"))
        if muted := _one(asked, "Muted"):
            room.mute(participant, muted == "true")
        if url := _one(asked, "AnnounceUrl"):
            await announce(participant.call, self.world, url)
        return web.json_response(self._participant_of(room, participant))

    async def _delete_participant(self, request: web.Request) -> web.Response:
        room, participant = self._participant(request)
        room.leave(participant, "participant_removed_via_api")
        return web.Response(status=204)

    def _room(self, request: web.Request) -> Room:
        room = self.world.rooms.get(request.match_info["room"])
        if room is None:
            raise _unknown(request)
        return room

    def _participant(self, request: web.Request) -> tuple[Room, Participant]:
        room, call = self._room(request), self._call(request)
        participant = room.of(call)
        if participant is None:
            raise _unknown(request)
        return room, participant

    def _conference_of(self, room: Room) -> Mapping[str, Any]:
        return {
            "sid": room.sid,
            "account_sid": self.account,
            "friendly_name": room.name,
            "status": room.status,
            "region": "us1",
            "uri": f"/2010-04-01/Accounts/{self.account}/Conferences/{room.sid}.json",
        }

    def _participant_of(self, room: Room, participant: Participant) -> Mapping[str, Any]:
        return {
            "account_sid": self.account,
            "call_sid": participant.call.sid,
            "conference_sid": room.sid,
            "label": None,
            "muted": participant.muted,
            "hold": participant.held,
            "coaching": False,
            "call_sid_to_coach": None,
            "status": "connected",
            "start_conference_on_enter": participant.starts,
            "end_conference_on_exit": participant.ends,
        }

    # the account's number and app

    async def _list_numbers(self, request: web.Request) -> web.Response:
        wanted = self.query(request, tables.LIST_NUMBERS)
        owned = {
            "sid": "PN" + "1a" * 16,
            "account_sid": self.account,
            "phone_number": self.number,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "voice_url": self.hook_url,
            "voice_method": "POST",
            "voice_fallback_url": self.hook_url,
            "status_callback": self.hook_url,
            "status_callback_method": "POST",
            "voice_application_sid": "",
            "trunk_sid": None,
        }
        mine = wanted.get("PhoneNumber", self.number) == self.number
        return self.page(request, "incoming_phone_numbers", [owned] if mine else [])

    async def _get_app(self, request: web.Request) -> web.Response:
        if not self.app or request.match_info["app"] != self.app:
            raise _unknown(request)
        return web.json_response(
            {"sid": self.app, "account_sid": self.account, "friendly_name": "Console", "voice_url": self.hook_url}
        )

    def _call(self, request: web.Request) -> Call:
        call = self.world.calls.get(request.match_info["call"])
        if call is None:
            raise _unknown(request)
        return call


def _call_of(account: str, call: Call) -> Mapping[str, Any]:
    ended = format_datetime(call.ended_at) if call.ended_at else None
    return {
        "sid": call.sid,
        "account_sid": account,
        "api_version": "2010-04-01",
        "from": call.from_,
        "to": call.to,
        "direction": call.direction,
        "status": call.status,
        "answered_by": call.answered_by or None,
        "date_created": format_datetime(call.created),
        "date_updated": ended or format_datetime(call.created),
        "start_time": format_datetime(call.created),
        "end_time": ended,
        "duration": str(call.seconds) if ended else None,
        "parent_call_sid": None,
        "price": None,
        "price_unit": "USD",
        "uri": f"/2010-04-01/Accounts/{account}/Calls/{call.sid}.json",
    }


def _unknown(request: web.Request) -> Problem:
    return Problem(20404, f"The requested resource {request.path} was not found", 404)


def _one(asked: Asked, name: str) -> str:
    return (asked.get(name) or [""])[0]


def _day(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told).replace(tzinfo=UTC) if told else None


def _check_urls(asked: Asked) -> None:
    for name in asked:
        if name.endswith(("Url", "Callback")) and (url := _one(asked, name)):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise Problem(21205, f"{name} is not a valid URL: {url}")


def _check_word(asked: Asked, name: str, known: set[str]) -> None:
    if name in asked and _one(asked, name) not in known:
        raise Problem(20001, f"{name} can't be {_one(asked, name)!r}")


def _check_events(asked: Asked, name: str, known: frozenset[str]) -> None:
    if unknown := set(asked.get(name, ())) - known:
        raise Problem(21626, f"{name} has no event {min(unknown)}")


def _check_document(asked: Asked) -> None:
    twiml = _one(asked, "Twiml")
    if len(twiml) > LONGEST_TWIML:
        raise Problem(20001, f"Twiml is longer than {LONGEST_TWIML} characters")
    try:
        if twiml:
            parse(twiml)
    except Wrong as error:
        raise Problem(12100, str(error)) from error
