"""Twilio, played: takes what Twilio takes, refuses what it refuses, signs and reports as it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from connectors.twilio.simulator import ROOT, AccountSimulator, Problem
from hub.contract import Raw
from hub.testkit import Shown

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
PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


@dataclass(frozen=True)
class Taken:
    """One message that was taken: where its reports go, and all that we asked for."""

    sid: str
    asked: Mapping[str, str]


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
        self.opted_out: set[str] = set()
        self.taken: list[Taken] = []

    def resources(self) -> Sequence[web.RouteDef]:
        return [
            web.get(ROOT + "/Messages.json", self.answering(self._list)),
            web.post(ROOT + "/Messages.json", self.answering(self._create)),
        ]

    # --- its API ---

    async def _list(self, request: web.Request) -> web.Response:
        return self.page(request, "messages", [])

    async def _create(self, request: web.Request) -> web.Response:
        asked = {name: values[0] for name, values in (await self.form(request, PARAMETERS)).items()}
        if problem := self._wrong(asked):
            raise Problem(*problem)
        sid = self.next_sid("SM")
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

    # --- what it sends ---

    def says(self, sender: str, text: str, media: Sequence[str] = (), **more: str) -> Raw:
        """A customer's message; `media` are the types of its files."""
        sid = more.pop("MessageSid", "") or self.next_sid("SM")
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
