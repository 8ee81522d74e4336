"""Twilio, played: takes what Twilio takes, refuses what it refuses, signs and reports as it does."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from hub.contract import Raw
from hub.testkit import HttpSimulator, Shown

from .segments import segments

# fmt: off
PARAMETERS = frozenset({
    "To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid",
    "ContentVariables", "StatusCallback", "ApplicationSid", "ProvideFeedback", "Attempt", "ValidityPeriod",
    "ForceDelivery", "ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType",
    "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "RiskCheck", "FallbackFrom",
    "MaxPrice",
})
# fmt: on
"""What a message may have; anything else is a mistake of ours."""
LONGEST = 1600
CODES = {400: 21211, 401: 20003, 404: 20404, 429: 20429, 503: 20503}
PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


@dataclass(frozen=True)
class Taken:
    """One message that was taken: where its reports go, and all that we asked for."""

    sid: str
    asked: Mapping[str, str]


class TwilioSimulator(HttpSimulator):
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
        super().__init__()
        self.account, self.token, self.number, self.service, self.key = account, token, number, service, key
        self.hook_url = hook_url
        self.status = "active"
        self.opted_out: set[str] = set()
        self.taken: list[Taken] = []
        self._sids = 0

    def settings(self) -> Mapping[str, Any]:
        return {"api": self.url}

    def routes(self) -> Sequence[web.RouteDef]:
        root = "/2010-04-01/Accounts/{account}"
        return [
            web.get(root + ".json", self._account),
            web.get(root + "/Messages.json", self._list),
            web.post(root + "/Messages.json", self._create),
        ]

    def failure(self, status: int, reason: str) -> web.Response:
        return self._problem(status, CODES.get(status, 20500), reason)

    def _problem(self, status: int, code: int, reason: str) -> web.Response:
        more = f"https://www.twilio.com/docs/errors/{code}"
        return web.json_response({"code": code, "message": reason, "more_info": more, "status": status}, status=status)

    def sign(self, raw: Raw) -> Raw:
        """Written a second time, from the description, so that a mistake in the connector's shows."""
        named: dict[str, set[str]] = {}
        for name, value in parse_qsl(raw.body.decode("latin-1"), keep_blank_values=True):
            named.setdefault(name, set()).add(value)
        text = raw.url + "".join(name + value for name in sorted(named) for value in sorted(named[name]))
        proof = hmac.new(self.token.encode(), text.encode(), hashlib.sha1).digest()
        return replace(raw, headers={**raw.headers, "x-twilio-signature": b64encode(proof).decode()})

    # --- its API ---

    async def _account(self, request: web.Request) -> web.Response:
        if not self._knows(request, key_too=False):
            return self.failure(401, "Authenticate")
        return web.json_response({"sid": self.account, "friendly_name": "Example", "status": self.status})

    async def _list(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return self.failure(401, "Authenticate")
        return web.json_response({"messages": [], "page": 0, "page_size": int(request.query.get("PageSize", "50"))})

    async def _create(self, request: web.Request) -> web.Response:
        if not self._knows(request):
            return self.failure(401, "Authenticate")
        form = await request.post()
        asked = {name: str(value) for name, value in form.items()}
        if unknown := set(asked) - PARAMETERS:
            return self._problem(400, 20001, f"Unknown parameter {min(unknown)}")
        if problem := self._wrong(asked):
            return self._problem(400, *problem)
        sid = self._next_sid()
        self.taken.append(Taken(sid, asked))
        self.shown.append(Shown(sid, asked["To"], asked["Body"]))
        return web.json_response(self._message(sid, asked), status=201)

    def _wrong(self, asked: Mapping[str, str]) -> tuple[int, str] | None:
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
        if not body:
            return 21602, "Message body is required."
        if len(body) > LONGEST:
            return 21617, f"The concatenated message body exceeds the {LONGEST} character limit."
        return (21610, "Attempt to send to unsubscribed recipient") if to in self.opted_out else None

    def _message(self, sid: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        now = format_datetime(datetime.now(UTC))
        return {
            "sid": sid,
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": asked["Body"],
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": asked.get("From"),
            "messaging_service_sid": asked.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": str(segments(asked["Body"]).parts),
            "status": "accepted" if asked.get("MessagingServiceSid") else "queued",
            "to": asked["To"],
            "uri": f"/2010-04-01/Accounts/{self.account}/Messages/{sid}.json",
        }

    def _knows(self, request: web.Request, key_too: bool = True) -> bool:
        """A standard API key may do anything but ask about the account."""
        if request.match_info["account"] != self.account:
            return False
        held = [(self.account, self.token), *([self.key] if key_too and self.key[0] else [])]
        proofs = ["Basic " + b64encode(f"{user}:{secret}".encode()).decode() for user, secret in held]
        return request.headers.get("authorization") in proofs

    def _next_sid(self) -> str:
        self._sids += 1
        return f"SM{self._sids:032x}"

    # --- what it sends ---

    def event(self, url: str, fields: Mapping[str, str]) -> Raw:
        """An unsigned request for `deliver`."""
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        return Raw("POST", url, headers, urlencode(fields).encode(), datetime.now(UTC))

    def says(self, sender: str, text: str, media: Sequence[str] = (), **more: str) -> Raw:
        """A customer's message; `media` are the types of its files."""
        sid = more.pop("MessageSid", "") or self._next_sid()
        fields = {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account,
            "From": sender,
            "To": self.number,
            "Body": text,
            "NumSegments": str(segments(text).parts),
            "NumMedia": str(len(media)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "FromCity": "",
        }
        for number, kind in enumerate(media):
            fields[f"MediaUrl{number}"] = (
                f"{self.url}/2010-04-01/Accounts/{self.account}/Messages/{sid}/Media/ME{number:032x}"
            )
            fields[f"MediaContentType{number}"] = kind
        return self.event(self.hook_url, fields | more)

    def tells(self, taken: Taken, state: str, code: int = 0) -> Raw:
        """A report about one of our messages, to the address that it named."""
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
