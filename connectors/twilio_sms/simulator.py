"""Twilio, played: takes what Twilio takes, refuses what it refuses, keeps it, signs and reports as it does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import aiohttp
from aiohttp import web

from connectors.twilio.settings import API
from connectors.twilio.simulator import ROOT, AccountSimulator, Problem
from connectors.twilio.store import Store
from hub.contract import Raw
from hub.testkit import Shown

from .consent import OPT_OUT_TYPE, allows
from .segments import segments
from .tables import COMPARISONS, FILTERS, LONGEST, MEDIA_FILTERS, MOST_MEDIA, PARAMETERS, day, mistyped

PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
MESSAGE = ROOT + "/Messages/{sid:[SM]M[0-9a-f]{32}}"
MEDIA = MESSAGE + "/Media/{media:ME[0-9a-f]{32}}"


@dataclass(frozen=True)
class Picture:
    """A file as a customer sends it."""

    type: str
    content: bytes = b"\x89PNG\r\n\x1a\n"
    name: str = ""


@dataclass(frozen=True)
class Taken:
    """One message that was taken: where its reports go, and all that we asked for."""

    sid: str
    asked: Mapping[str, str]
    media: tuple[str, ...] = ()


@dataclass
class Kept:
    """A message as Twilio's list shows it afterwards, from either side."""

    sid: str
    inbound: bool
    sender: str | None
    to: str
    body: str
    status: str
    service: str | None = None
    media: dict[str, Picture] = field(default_factory=dict)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    code: int = 0

    @property
    def sent(self) -> datetime | None:
        """What still waits at Twilio has no such time."""
        return None if self.status in ("queued", "accepted", "scheduled") else self.created


class TwilioSimulator(AccountSimulator):
    """One account with one number, one messaging service and at most one API key."""

    def __init__(
        self,
        account: str,
        token: str,
        *,
        number: str = "",
        service: str = "",
        key: tuple[str, str] = ("", ""),
        hook_url: str = "",
    ) -> None:
        super().__init__(account, token, key)
        self.number, self.service, self.hook_url = number, service, hook_url
        self.advanced_opt_out = False
        """Twilio looks for the words of STOP by itself, and says so."""
        self.reports: Sequence[str] = ()
        """The states that each message we take goes through, each told to its callback."""
        self.opted_out: set[str] = set()
        self.taken: list[Taken] = []
        self.kept: dict[str, Kept] = {}
        self.store = Store()
        self._telling: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await super().start()
        await self.store.start()

    async def stop(self) -> None:
        for task in self._telling:
            task.cancel()
        await self.store.stop()
        await super().stop()

    def resources(self) -> Sequence[web.RouteDef]:
        return [
            web.get(ROOT + "/Messages.json", self.answering(self._list)),
            web.post(ROOT + "/Messages.json", self.answering(self._create)),
            web.get(MESSAGE + ".json", self.answering(self._one)),
            web.delete(MESSAGE + ".json", self.answering(self._delete)),
            web.get(MESSAGE + "/Media.json", self.answering(self._list_media)),
            web.get(MEDIA + ".json", self.answering(self._one_media)),
            web.delete(MEDIA + ".json", self.answering(self._delete_media)),
            web.get(MEDIA, self.answering(self._file)),
        ]

    # --- its API ---

    async def _list(self, request: web.Request) -> web.Response:
        """The latest first."""
        query = self.query(request, FILTERS)
        found = [
            kept
            for kept in reversed(self.kept.values())
            if query.get("To", kept.to) == kept.to and query.get("From", kept.sender) == kept.sender
        ]
        for name, fits in COMPARISONS.items():
            if name in query:
                found = [kept for kept in found if kept.sent and fits(kept.sent.date(), day(query[name]))]
        return self.page(request, "messages", [self._message(kept) for kept in found])

    async def _create(self, request: web.Request) -> web.Response:
        form = await self.form(request, PARAMETERS)
        asked, media = {name: values[0] for name, values in form.items()}, tuple(form.get("MediaUrl", ()))
        if problem := mistyped(form) or self._wrong(asked, media):
            raise Problem(*problem)
        files = [await _taken_from(url) for url in media]
        kept = Kept(
            self.next_sid("MM" if media else "SM"),
            False,
            asked.get("From"),
            asked["To"],
            asked.get("Body", ""),
            "accepted" if asked.get("MessagingServiceSid") else "queued",
            asked.get("MessagingServiceSid"),
            {self.next_sid("ME"): file for file in files},
        )
        self._take(kept, Taken(kept.sid, asked, media))
        return web.json_response(self._message(kept), status=201)

    def _take(self, kept: Kept, taken: Taken) -> None:
        self.kept[kept.sid] = kept
        self.taken.append(taken)
        self.shown.append(Shown(kept.sid, kept.to, kept.body, tuple(file.content for file in kept.media.values())))
        if self.reports and "StatusCallback" in taken.asked:
            task = asyncio.create_task(self._report(taken))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _report(self, taken: Taken) -> None:
        for state in self.reports:
            await self.deliver(self.tells(taken, state))

    def _wrong(self, asked: Mapping[str, str], media: Sequence[str]) -> tuple[int, str] | None:
        body, to = asked.get("Body", ""), asked.get("To", "")
        if not to:
            return 21604, "A 'To' phone number is required."
        if not PHONE.fullmatch(to):
            return 21211, f"The 'To' number {to} is not a valid phone number."
        if bool(asked.get("From")) == bool(asked.get("MessagingServiceSid")):
            return 21603, "Either a 'From' phone number or a messaging service is required."
        if asked.get("From", self.number) != self.number or asked.get("MessagingServiceSid", "") not in (
            "",
            self.service,
        ):
            return 21606, "The 'From' phone number is not a valid message-capable number of this account."
        if not body and not media:
            return 21602, "Message body is required."
        if len(body) > LONGEST:
            return 21617, f"The concatenated message body exceeds the {LONGEST} character limit."
        if len(media) > MOST_MEDIA:
            return 21623, f"Number of media files exceeds allowed limit of {MOST_MEDIA}."
        return (21610, "Attempt to send to unsubscribed recipient") if to in self.opted_out else None

    async def _one(self, request: web.Request) -> web.Response:
        return web.json_response(self._message(self._kept(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        del self.kept[self._kept(request).sid]
        return web.Response(status=204)

    async def _list_media(self, request: web.Request) -> web.Response:
        self.query(request, MEDIA_FILTERS)
        kept = self._kept(request)
        return self.page(request, "media_list", [self._media(kept, sid) for sid in kept.media])

    async def _one_media(self, request: web.Request) -> web.Response:
        kept, sid = self._kept_media(request)
        return web.json_response(self._media(kept, sid))

    async def _delete_media(self, request: web.Request) -> web.Response:
        kept, sid = self._kept_media(request)
        del kept.media[sid]
        return web.Response(status=204)

    async def _file(self, request: web.Request) -> web.Response:
        kept, sid = self._kept_media(request)
        file = kept.media[sid]
        return web.Response(status=307, headers={"Location": self.store.keep(file.content, file.type, file.name)})

    def _kept(self, request: web.Request) -> Kept:
        kept = self.kept.get(request.match_info["sid"])
        if kept is None:
            raise Problem(20404, f"The requested resource {request.path} was not found", 404)
        return kept

    def _kept_media(self, request: web.Request) -> tuple[Kept, str]:
        kept, sid = self._kept(request), request.match_info["media"]
        if sid not in kept.media:
            raise Problem(20404, f"The requested resource {request.path} was not found", 404)
        return kept, sid

    def _message(self, kept: Kept) -> Mapping[str, Any]:
        uri = f"{ROOT.format(account=self.account)}/Messages/{kept.sid}"
        return {
            "sid": kept.sid,
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": kept.body,
            "date_created": format_datetime(kept.created),
            "date_sent": format_datetime(kept.sent) if kept.sent else None,
            "date_updated": format_datetime(kept.updated),
            "direction": "inbound" if kept.inbound else "outbound-api",
            "error_code": kept.code or None,
            "error_message": None,
            "from": kept.sender,
            "messaging_service_sid": kept.service,
            "num_media": str(len(kept.media)),
            "num_segments": str(segments(kept.body).parts),
            "price": None,
            "price_unit": "USD",
            "status": kept.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": kept.to,
            "uri": f"{uri}.json",
        }

    def _media(self, kept: Kept, sid: str) -> Mapping[str, Any]:
        at = format_datetime(kept.created)
        return {
            "sid": sid,
            "account_sid": self.account,
            "parent_sid": kept.sid,
            "content_type": kept.media[sid].type,
            "date_created": at,
            "date_updated": at,
            "uri": f"{ROOT.format(account=self.account)}/Messages/{kept.sid}/Media/{sid}.json",
        }

    # --- what it sends ---

    def says(self, sender: str, text: str, media: Sequence[str | Picture] = (), **more: str) -> Raw:
        """A customer's message, as the webhook that tells of it; `media` are its files, or their types alone."""
        files = [Picture(part) if isinstance(part, str) else part for part in media]
        sid = more.pop("MessageSid", "") or self.next_sid("MM" if files else "SM")
        kept = Kept(sid, True, sender, self.number, text, "received", self.service or None)
        kept.media.update({self.next_sid("ME"): file for file in files})
        self.kept[sid] = kept
        fields = {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account,
            "From": sender,
            "To": self.number,
            "Body": text,
            "NumSegments": str(segments(text).parts),
            "NumMedia": str(len(files)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "FromCity": "",
            **self._opting(sender, text),
        }
        for number, (media_sid, file) in enumerate(kept.media.items()):
            uri = f"{ROOT.format(account=self.account)}/Messages/{sid}/Media/{media_sid}"
            fields[f"MediaUrl{number}"] = (self.url or API) + uri
            fields[f"MediaContentType{number}"] = file.type
        return self.event(self.hook_url, fields | more)

    def _opting(self, sender: str, text: str) -> Mapping[str, str]:
        """Twilio obeys STOP and START by itself."""
        allowed = allows({"Body": text})
        if allowed is None:
            return {}
        (self.opted_out.discard if allowed else self.opted_out.add)(sender)
        return {OPT_OUT_TYPE: "START" if allowed else "STOP"} if self.advanced_opt_out else {}

    def tells(self, taken: Taken, state: str, code: int = 0) -> Raw:
        """A report about one of our messages, to the address that it named."""
        if kept := self.kept.get(taken.sid):
            kept.status, kept.code, kept.updated = state, code, datetime.now(UTC)
        fields = {
            "MessageSid": taken.sid,
            "SmsSid": taken.sid,
            "AccountSid": self.account,
            "From": taken.asked.get("From", self.number),
            "To": taken.asked["To"],
            "MessageStatus": state,
            "SmsStatus": state,
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": str(code)} if code else {}),
        }
        return self.event(taken.asked["StatusCallback"], fields)


async def _taken_from(url: str) -> Picture:
    """Twilio comes and takes the file where we said it is."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            if response.status == 200:
                return Picture(response.content_type, await response.read())
    except (aiohttp.ClientError, ValueError):
        pass
    raise Problem(21620, f"Invalid media URL: {url}")
