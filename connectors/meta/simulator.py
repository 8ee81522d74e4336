"""Meta, played: takes what the Graph API takes, refuses what it refuses, signs and tells as it does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from hub.contract import Raw
from hub.testkit import HttpSimulator, Mischief, Shown

from .people import Happened, Held, Person, Turn, milliseconds
from .rules import CLOSED, DAY_S, WEEK_S, Asked, GraphError, Platform, Words, check_file, read

FAILURES = {400: 100, 401: 190, 404: 803, 429: 613, 503: 2}
FIELDS = {"id", "name", "username", "user_id", "first_name", "last_name"}
INBOX_APP = 26390203743090
"""Whose messages those are that people write in Meta's own inbox."""
PAUSE_S, LONGEST_PAUSE_S = 0.05, 2.0


class MetaSimulator(HttpSimulator):
    """One app with one account, a page or one at Instagram, and the people who write to it."""

    def __init__(
        self,
        platform: Platform,
        account_id: str,
        *,
        token: str,
        app_id: str,
        app_secret: str,
        verify_token: str = "",
        hook_url: str = "",
    ) -> None:
        super().__init__()
        self.object: Platform = platform
        self.account_id, self.token, self.app_id, self.app_secret = account_id, token, app_id, app_secret
        self.verify_token, self.hook_url = verify_token, hook_url
        self.name = "Example"
        self.human_agent = False
        """Whether the app was granted answers after the window."""
        self.fields: list[str] = []
        """What the account is subscribed to; empty: everything."""
        self.busy_minutes = 0
        """For how long the account has used up its requests."""
        self.echoes = True
        self.echoes_marks = True
        """Whether echoes say which app wrote, and what it noted: not everywhere certain."""
        self.answers_after_s = 0.0
        """How long after a message was taken its answer comes: the echo may overtake it."""
        self.patience_s = 30.0
        """How long an event is sent again and again until the hub takes it; hours, at Meta."""
        self.ahead = timedelta(0)
        """Moves the clock, to see windows close."""
        self.people: dict[str, Person] = {}
        self.on_change: Callable[[Person], None] | None = None
        """Called when somebody's conversation looks different now."""
        self.asked: list[Asked] = []
        """Every request to send that was taken."""
        self._files: dict[str, Held] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._run, self._count = secrets.token_urlsafe(9), 0

    def settings(self) -> Mapping[str, Any]:
        return {"graph_base_url": self.url}

    def routes(self) -> Sequence[web.RouteDef]:
        root = "/{version:v[0-9]+[.][0-9]+}/{node}"
        return [
            web.get("/cdn/{id}/{name}", self._cdn),
            web.get(root, self._guarded(self._node)),
            web.get(root + "/subscribed_apps", self._guarded(self._subscribed)),
            web.post(root + "/subscribed_apps", self._guarded(self._subscribe)),
            web.post(root + "/messages", self._guarded(self._send)),
        ]

    async def stop(self) -> None:
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        await super().stop()

    @web.middleware
    async def _misbehaving(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Names are asked for at any moment: a fault is meant for what a test does."""
        if request.match_info.get("node") in self.people:
            profile: web.StreamResponse = await handler(request)
            return profile
        return await super()._misbehaving(request, handler)

    # --- people and their conversations ---

    def person(self, name: str) -> Person:
        """The customer of this name, who comes into being with it."""
        for person in self.people.values():
            if person.name == name:
                return person
        person = Person(self, name)
        self.people[person.id] = person
        return person

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def next_mid(self) -> str:
        """As long as Meta's; new in every run."""
        self._count += 1
        start = "m_" if self.object == "page" else "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEO"
        return f"{start}{self._run}{self._count:040d}"

    def keep(self, name: str, type: str, content: bytes) -> Held:
        family = type.partition("/")[0]
        kind: Any = family if family in ("image", "video", "audio") else "file"
        self._count += 1
        number = f"{self._run}{self._count}"
        held = Held(name, kind, type, content, f"{self.url}/cdn/{number}/{quote(name)}?oh=00_AfB&oe=6789ABCD")
        self._files[number] = held
        return held

    def expire_files(self) -> None:
        """As after some days: the addresses in old webhooks lead nowhere."""
        self._files.clear()

    async def answers_in_app(self, person: Person, text: str) -> Turn:
        """Somebody of the team answers in Meta's own inbox."""
        turn = Turn(self.next_mid(), "account", self.now(), text)
        self._show(person, turn)
        await self.tells(person.told(turn, app_id=INBOX_APP))
        return turn

    # --- its API ---

    def _guarded(self, handler: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        async def guarded(request: web.Request) -> web.Response:
            try:
                if request.headers.get("authorization") != f"Bearer {self.token}":
                    raise GraphError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
                answer: Mapping[str, Any] = await handler(request)
                return web.json_response(answer)
            except GraphError as error:
                return self._problem(error)

        return guarded

    def failure(self, status: int, reason: str) -> web.Response:
        return self._problem(GraphError(FAILURES.get(status, 1), reason, status=status, transient=status == 503))

    def _problem(self, error: GraphError) -> web.Response:
        headers = {"WWW-Authenticate": f'OAuth "Facebook Platform" "invalid_request" "{error.message}"'}
        if error.code == 613 and self.busy_minutes:
            limit = {"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": self.busy_minutes}
            headers["X-Business-Use-Case-Usage"] = json.dumps({self.account_id: [limit]})
        return web.json_response(error.body(), status=error.status, headers=headers)

    async def _node(self, request: web.Request) -> Mapping[str, Any]:
        asked = self._asked_fields(request)
        node = request.match_info["node"]
        if node in ("me", self.account_id):
            known = {"id": self.account_id, "user_id": self.account_id, "name": self.name, "username": self.name}
            return {field: known[field] for field in asked & set(known)}
        if node in self.people:
            return self._profile(self.people[node], asked)
        raise GraphError(100, f"Unsupported get request. Object with ID '{node}' does not exist", 33)

    def _profile(self, person: Person, asked: set[str]) -> Mapping[str, Any]:
        if person.private:
            raise GraphError(100, "Object does not exist, cannot be loaded due to missing permission", 2018247)
        first, _, last = person.name.partition(" ")
        known = {"id": person.id, "first_name": first, "last_name": last}
        if self.object == "instagram":
            known = {"id": person.id, "name": person.name, "username": person.name.lower().replace(" ", ".")}
        if odd := asked - set(known):
            raise GraphError(100, f"Tried accessing nonexisting field ({min(odd)})")
        return {field: known[field] for field in asked | {"id"}}

    def _asked_fields(self, request: web.Request) -> set[str]:
        if unknown := set(request.query) - {"fields"}:
            raise GraphError(100, f"Unknown parameter {min(unknown)}")
        asked = set(filter(None, request.query.get("fields", "id").split(",")))
        if unknown := asked - FIELDS:
            raise GraphError(100, f"Tried accessing nonexisting field ({min(unknown)})")
        return asked

    async def _subscribed(self, request: web.Request) -> Mapping[str, Any]:
        self._own(request)
        return {"data": [{"id": self.app_id, "name": "Example app", "subscribed_fields": self.fields or EVERYTHING}]}

    async def _subscribe(self, request: web.Request) -> Mapping[str, Any]:
        self._own(request)
        fields = [field for field in request.query.get("subscribed_fields", "").split(",") if field]
        if unknown := set(fields) - set(EVERYTHING):
            raise GraphError(100, f"Param subscribed_fields must be one of its values, not {min(unknown)}")
        if not fields:
            raise GraphError(100, "The parameter subscribed_fields is required.")
        self.fields = fields
        return {"success": True}

    def _own(self, request: web.Request) -> None:
        node = request.match_info["node"]
        if node not in ("me", self.account_id):
            raise GraphError(100, f"Unsupported request. Object with ID '{node}' does not exist", 33)

    async def _send(self, request: web.Request) -> Mapping[str, Any]:
        self._own(request)
        if request.content_type != "application/json" or request.query:
            raise GraphError(100, "The body must be JSON, without parameters in the address")
        if self.busy_minutes:
            raise GraphError(613, "Calls to this api have exceeded the rate limit.")
        asked = read(await request.text(), self.object)
        person = self._recipient(asked)
        if asked.message is None:
            self._act(person, asked.sender_action)
            self.asked.append(asked)
            return {"recipient_id": person.id}
        turn = await self._take(asked.message)
        self.asked.append(asked)
        self._show(person, turn)
        files = (turn.file.content,) if turn.file else ()
        self.shown.append(Shown(turn.mid, person.id, turn.text, files))
        self._report(person, turn)
        await asyncio.sleep(self.answers_after_s)
        return {"recipient_id": person.id, "message_id": turn.mid}

    def _recipient(self, asked: Asked) -> Person:
        person = self.people.get(asked.recipient.id)
        if person is None:
            raise GraphError(100, "No matching user found", 2018001)
        if person.blocked:
            raise GraphError(551, "This person isn't available right now.", 1545041)
        wrote = person.last_wrote
        age = (self.now() - wrote).total_seconds() if wrote else WEEK_S + 1
        late = self.human_agent and asked.tag == "HUMAN_AGENT"
        if age > (WEEK_S if late else DAY_S):
            raise GraphError(10, "This message is sent outside of allowed window.", CLOSED[self.object])
        return person

    def _act(self, person: Person, action: str | None) -> None:
        if action == "mark_seen":
            person.seen = True
        else:
            person.typing = action == "typing_on"
        self._changed(person)

    async def _take(self, message: Words) -> Turn:
        return Turn(
            self.next_mid(),
            "account",
            self.now(),
            message.text or "",
            file=await self._fetch(message) if message.attachment else None,
            choices=tuple((quick.title, quick.payload) for quick in message.quick_replies),
            reply_to=message.reply_to.mid if message.reply_to else "",
            metadata=message.metadata,
        )

    async def _fetch(self, message: Words) -> Held:
        """Meta comes and takes the file before it answers."""
        assert message.attachment
        url = message.attachment.payload.url
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                if response.status != 200:
                    raise GraphError(100, "Failed to fetch the file from the url", 2018008)
                content = await response.read()
                check_file(message.attachment.type, len(content), self.object)
                return self.keep(url.rpartition("/")[2].partition("?")[0], response.content_type, content)
        except aiohttp.ClientError:
            raise GraphError(100, "Failed to fetch the file from the url", 2018008) from None

    def _show(self, person: Person, turn: Turn) -> None:
        person.turns.append(turn)
        person.typing = False
        self._changed(person)

    def _changed(self, person: Person) -> None:
        if self.on_change:
            self.on_change(person)

    async def _cdn(self, request: web.Request) -> web.Response:
        held = self._files.get(request.match_info["id"])
        if held is None:
            return web.Response(status=403, text="URL signature expired")
        return web.Response(body=held.content, content_type=held.type)

    # --- what it sends ---

    def sign(self, raw: Raw) -> Raw:
        """Written a second time, from the description, so that a mistake in the connector's shows."""
        if raw.method == "GET":
            return raw
        proof = hmac.new(self.app_secret.encode(), raw.body, hashlib.sha256).hexdigest()
        return replace(raw, headers={**raw.headers, "x-hub-signature-256": f"sha256={proof}"})

    def webhook(self, *events: Happened, account_id: str = "") -> Raw:
        """Unsigned, several events in one request; characters beyond ASCII and slashes escaped, as Meta does."""
        entry = {"time": milliseconds(self.now()), "id": account_id or self.account_id, "messaging": list(events)}
        body = json.dumps({"object": self.object, "entry": [entry]}, separators=(",", ":")).replace("/", "\\/")
        return Raw("POST", self.hook_url, {"content-type": "application/json"}, body.encode(), self.now())

    async def subscribe(self) -> bool:
        """Meta asks the address whether it is meant, before it delivers there."""
        challenge = str(secrets.randbelow(10**10))
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": self.verify_token}
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.hook_url, params=asked) as response,
        ):
            return response.status == 200 and await response.text() == challenge

    async def tells(self, *events: Happened, mischief: Mischief | None = None) -> None:
        """Deliver each event, again and again until the hub has taken it; `mischief` delivers them wrongly, once."""
        for person in self.people.values():
            self._changed(person)
        raws = [self.webhook(event) for event in events]
        if mischief:
            await self.deliver(*raws, mischief=mischief)
            return
        for raw in raws:
            await self._insist(raw)

    async def settled(self) -> None:
        """Until all that follows from what was sent is told."""
        while self._telling:
            await asyncio.gather(*self._telling)

    def _report(self, person: Person, turn: Turn) -> None:
        """In the background: the answer to the send may come later than its echo."""
        if not self.hook_url:
            return
        events = []
        if self.echoes:
            marks = {"app_id": int(self.app_id), "metadata": turn.metadata} if self.echoes_marks else {}
            events.append(person.told(turn, **marks))
        if self.object == "page":
            events.append(person.event(delivery={"mids": [turn.mid], "watermark": milliseconds(turn.at)}))
        task = asyncio.create_task(self._insist_all([self.webhook(event) for event in events]))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _insist_all(self, raws: Sequence[Raw]) -> None:
        for raw in raws:
            await self._insist(raw)

    async def _insist(self, raw: Raw) -> None:
        until, pause = time.monotonic() + self.patience_s, PAUSE_S
        while not await self._taken(raw) and time.monotonic() < until:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _taken(self, raw: Raw) -> bool:
        try:
            return await self.deliver(raw) == [200]
        except aiohttp.ClientError:
            return False


EVERYTHING = [
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_referral",
    "messaging_handovers",
    "messaging_seen",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_echoes",
    "message_edits",
    "message_edit",
    "standby",
]
"""Webhook fields, of pages and of Instagram together."""
