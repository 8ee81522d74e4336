"""The other direction: an agent answers while the hub is killed, and two providers count what they accepted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

import aiohttp
from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.owner import ApiError, Owner

SAID_SENT = ("sent", "delivered", "read")
STILL_GOING = ("queued", "sending")
GIVES_UP_AFTER_S = 90
PAUSE_S = 0.3


@dataclass
class Accepted:
    """What the providers took: for each answer's token, how many different times."""

    keys: dict[str, set[str]] = field(default_factory=dict)
    mails: Counter[str] = field(default_factory=Counter)

    def times(self, token: str) -> int:
        """A webhook with a known Idempotency-Key is no second acceptance; two mails are two, whatever their ids."""
        return len(self.keys.get(token, ())) + self.mails[token]


def token_in(text: str) -> str:
    return next((word for word in text.split() if word.startswith("answer-")), "")


@asynccontextmanager
async def webhook_sink(accepted: Accepted, port: int) -> AsyncIterator[str]:
    """The customer's own system, which takes everything and remembers the keys, as `idempotent_send` promises."""

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        accepted.keys.setdefault(token_in(body.get("text", "")), set()).add(request.headers["idempotency-key"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}/"
    await runner.cleanup()


@asynccontextmanager
async def mail_sink(accepted: Accepted, port: int) -> AsyncIterator[None]:
    """The mail server of all customers."""

    class Taking:
        async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
            accepted.mails[token_in(plain_text(envelope.content))] += 1
            return "250 Taken"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Taking(), loop=loop), "127.0.0.1", port)
    yield
    server.close()
    await server.wait_closed()


def plain_text(mail: bytes | str | None) -> str:
    assert isinstance(mail, bytes)
    for part in message_from_bytes(mail).walk():
        if part.get_content_type() == "text/plain":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content.decode()
    return ""


@dataclass
class Answer:
    token: str
    thread: str
    tries: int = 0
    accepted: bool = False


@dataclass
class AnswerVerdict:
    """All must be 0; `uncertain` is no fault but the honest word for what nobody can know."""

    silently_lost: list[str] = field(default_factory=list)
    sent_twice: list[str] = field(default_factory=list)
    called_failed: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    entered_twice: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    uncertain: int = 0

    @property
    def broken(self) -> dict[str, list[str]]:
        return {name: tokens[:5] for name, tokens in vars(self).items() if isinstance(tokens, list) and tokens}


class Agent:
    """Writes one answer after the other, each until the hub says 201, as the console does after a lost connection."""

    def __init__(self, owner: Owner, run: str) -> None:
        self.answers: list[Answer] = []
        self._owner = owner
        self._run = run

    async def answer(self, thread: str, times: int, over: asyncio.Event) -> None:
        """So many answers at least, and on until it is `over`."""
        number = 0
        while number < times or not over.is_set():
            number += 1
            answer = Answer(f"answer-{self._run}-{thread}-{number}", thread)
            self.answers.append(answer)
            async with asyncio.timeout(GIVES_UP_AFTER_S):
                await self._until_accepted(answer)
            await asyncio.sleep(PAUSE_S)

    async def _until_accepted(self, answer: Answer) -> None:
        while not answer.accepted:
            answer.tries += 1
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                try:
                    await self._send(answer)
                    answer.accepted = True
                except ApiError as error:
                    if error.status < 500:
                        raise
            if not answer.accepted:
                await asyncio.sleep(0.2)

    async def _send(self, answer: Answer) -> None:
        targets = await self._owner.get(f"/threads/{answer.thread}/targets")
        target = next(target for target in targets if target["usable"])
        reply = {
            "client_key": answer.token,
            "last_seen_seq": 0,
            "send_anyway": True,
            "undo_s": 0,
            "inbox_id": target["inbox_id"],
            "to": target["to"],
            "text": f"{answer.token} is on its way",
        }
        await self._owner.post(f"/threads/{answer.thread}/replies", reply)


def judge(answers: Iterable[Answer], accepted: Accepted, entries: Iterable[dict[str, Any]]) -> AnswerVerdict:
    """Holds what the hub says of each answer against what the providers took."""
    verdict = AnswerVerdict()
    shown: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        if entry["direction"] == "out" and entry["kind"] == "message":
            shown.setdefault(entry["client_key"], []).append(entry)
    for answer in answers:
        entry_list = shown.get(answer.token, [])
        if not answer.accepted:
            verdict.gave_up.append(answer.token)
        elif not entry_list:
            verdict.missing.append(answer.token)
        if len(entry_list) > 1:
            verdict.entered_twice.append(answer.token)
        for entry in entry_list[:1]:
            judge_states(verdict, answer.token, [d["state"] for d in entry["deliveries"]], accepted.times(answer.token))
    return verdict


def judge_states(verdict: AnswerVerdict, token: str, states: list[str], times: int) -> None:
    uncertain = "uncertain" in states
    verdict.uncertain += uncertain
    if any(state in STILL_GOING for state in states):
        verdict.unsettled.append(token)
    if any(state in SAID_SENT for state in states) and not times:
        verdict.silently_lost.append(token)
    if times > 1 and not uncertain:
        verdict.sent_twice.append(token)
    if "failed" in states and times and not uncertain:
        verdict.called_failed.append(token)
