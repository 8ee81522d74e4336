"""Customers on three connectors. Each says one thing at a time and again until it is accepted, as providers do."""

import asyncio
import random
from abc import ABC, abstractmethod
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP

import aiohttp
import aiosmtplib

from tests.bench.posts import post
from tests.support.sockets import ConnectRefused, Socket
from tests.torture.ledger import Ledger, Said

AGAIN = 0.1
"""How often the answer is lost on the way back: the sender says the same again although it was accepted."""
ANSWER_WITHIN_S = 15
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 0.5
GIVES_UP_AFTER_S = 90
LONGEST_SILENCE_S = 0.1


class Broken(Exception):
    """The try failed or nobody knows: it has to be made again."""


class Sender(ABC):
    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self._chance = random.Random(f"{seed} {name}")

    async def say(self, ledger: Ledger, messages: int, over: asyncio.Event | None = None) -> None:
        """So many messages at least, and on until it is `over`, so that no kill finds a quiet hub."""
        number = 0
        while number < messages or not (over is None or over.is_set()):
            number += 1
            said = ledger.write(self.name, number)
            if not await self._until_accepted(said):
                return
            if self._chance.random() < AGAIN:
                await self._until_accepted(said)
            await asyncio.sleep(self._chance.uniform(0, LONGEST_SILENCE_S))

    async def _until_accepted(self, said: Said) -> bool:
        loop, pause = asyncio.get_running_loop(), SHORTEST_PAUSE_S
        deadline = loop.time() + GIVES_UP_AFTER_S
        while loop.time() < deadline:
            said.tries += 1
            try:
                await self.send(said)
            except Broken:
                await asyncio.sleep(pause * self._chance.uniform(0.5, 1.5))
                pause = min(pause * 2, LONGEST_PAUSE_S)
            else:
                said.accepted = True
                return True
        return False

    @abstractmethod
    async def send(self, said: Said) -> None:
        """One try; returns if the hub said that it has it, raises `Broken` otherwise."""

    @abstractmethod
    async def close(self) -> None:
        """Hang up."""


class WebhookSender(Sender):
    def __init__(self, name: str, seed: int, session: aiohttp.ClientSession, hook: str) -> None:
        super().__init__(name, seed)
        self._session = session
        self._hook = hook

    async def send(self, said: Said) -> None:
        made = post(said.token, f"customer-{said.sender}", said.text)
        within = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        try:
            async with self._session.post(self._hook, data=made.body, headers=made.headers, timeout=within) as response:
                if response.status != 200:
                    raise Broken(f"{response.status} {await response.text()}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Broken(str(error)) from error

    async def close(self) -> None:
        """Every request stood alone."""


class MailSender(Sender):
    def __init__(self, name: str, seed: int, port: int, to: str) -> None:
        super().__init__(name, seed)
        self._port = port
        self._to = to

    async def send(self, said: Said) -> None:
        try:
            await aiosmtplib.send(
                self._mail(said).as_bytes(policy=SMTP),
                sender=self._address,
                recipients=[self._to],
                hostname="127.0.0.1",
                port=self._port,
                start_tls=False,
                timeout=ANSWER_WITHIN_S,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Broken(str(error)) from error

    async def close(self) -> None:
        """Every mail had a connection of its own."""

    @property
    def _address(self) -> str:
        return f"{self.name}@customers.example"

    def _mail(self, said: Said) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = f"Customer {self.name} <{self._address}>"
        mail["To"] = self._to
        mail["Subject"] = f"Question {said.number}"
        mail["Message-ID"] = f"<{said.token}@customers.example>"
        mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
        mail.set_content(said.text + "\n")
        return mail


class VisitorSender(Sender):
    """Somebody with the chat open; comes back as the same visitor when the line drops."""

    def __init__(self, name: str, seed: int, session: aiohttp.ClientSession, url: str, inbox: str) -> None:
        super().__init__(name, seed)
        self._session = session
        self._url = url
        self._inbox = inbox
        self._token: str | None = None
        self._socket: Socket | None = None

    async def send(self, said: Said) -> None:
        try:
            socket = await self._open()
            answer = await socket.call("say", {"client_key": said.token, "text": said.text}, ANSWER_WITHIN_S)
        except (aiohttp.ClientError, TimeoutError, OSError, TypeError, ConnectRefused) as error:
            await self.close()
            raise Broken(str(error)) from error
        if not answer["ok"]:
            raise Broken(answer["error"])
        self._token = answer.get("visitor") or self._token

    async def close(self) -> None:
        if self._socket:
            with suppress(aiohttp.ClientError, OSError):
                await self._socket.close()
            self._socket = None

    async def _open(self) -> Socket:
        if self._socket and not self._socket.closed:
            return self._socket
        welcomed: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

        def heard(event: str, value: dict[str, str | None]) -> None:
            if event == "ready" and not welcomed.done():
                welcomed.set_result(value["visitor"])

        hello = {"inbox": self._inbox, **({"visitor": self._token} if self._token else {})}
        async with asyncio.timeout(ANSWER_WITHIN_S):
            self._socket = await Socket.connect(
                self._session, self._url, namespace="/visitor", auth=hello, headers={"Origin": self._url}, heard=heard
            )
            self._token = await welcomed or self._token
        return self._socket
