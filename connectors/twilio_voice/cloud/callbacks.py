"""What the cloud asks and tells the hub: signed, with retries, and gone wrong on command."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl

import aiohttp
from yarl import URL

from hub.contract import Raw

WITHIN_S = 15
GATHERED_S = 0.05
"""While deliveries are shuffled, so long is waited for others to shuffle with."""

Form = Mapping[str, str]


class Signer(Protocol):
    def event(self, url: str, fields: Form) -> Raw: ...
    def sign(self, raw: Raw) -> Raw: ...
    def forge(self, raw: Raw) -> Raw: ...


@dataclass(frozen=True, slots=True)
class Told:
    """One request to the hub and what it answered; 0: it could not be reached."""

    url: str
    form: Form
    status: int
    body: str = ""


class Callbacks:
    """Tells in order, one after another, unless it is told otherwise."""

    def __init__(self, signer: Signer) -> None:
        self.twice = self.shuffled = self.forged = self.silent = False
        self.told: list[Told] = []
        self._signer = signer
        self._waiting: asyncio.Queue[tuple[str, Form]] = asyncio.Queue()
        self._http: aiohttp.ClientSession | None = None
        self._teller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WITHIN_S))
        self._teller = asyncio.create_task(self._tell_all())

    async def stop(self) -> None:
        if self._teller:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)
        if self._http:
            await self._http.close()

    async def settled(self) -> None:
        """Everything told so far has been answered."""
        await self._waiting.join()

    def tell(self, url: str, form: Form) -> None:
        if url and not self.silent:
            self._waiting.put_nowait((url, form))

    async def ask(self, url: str, form: Form) -> Told:
        """A document, for which a call waits; a question that comes twice is answered twice, and one answer counts."""
        if self.twice:
            return (await asyncio.gather(self._post(url, form), self._post(url, form)))[0]
        return await self._post(url, form)

    async def _tell_all(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            if self.shuffled:
                await asyncio.sleep(GATHERED_S)
                while not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                batch.reverse()
            for url, form in batch:
                await asyncio.gather(*(self._post(url, form) for _ in range(2 if self.twice else 1)))
                self._waiting.task_done()

    async def _post(self, url: str, form: Form) -> Told:
        """What stands behind # is not sent, and not signed."""
        url, _, overrides = url.partition("#")
        retries, after = _policy(overrides)
        raw = self._signer.event(url, form)
        raw = self._signer.forge(raw) if self.forged else self._signer.sign(raw)
        told = await self._try(raw, form)
        while retries and (after & _failures(told)):
            retries -= 1
            told = await self._try(raw, form)
        self.told.append(told)
        return told

    async def _try(self, raw: Raw, form: Form) -> Told:
        assert self._http, "the simulator runs"
        url = URL(raw.url, encoded=True)  # the characters that were signed
        try:
            async with self._http.post(url, data=raw.body, headers=dict(raw.headers)) as response:
                return Told(raw.url, form, response.status, await response.text(errors="replace"))
        except (aiohttp.ClientError, TimeoutError):
            return Told(raw.url, form, 0)


def _policy(overrides: str) -> tuple[int, set[str]]:
    """How many retries, and after what: one, if it can't connect, unless the address says otherwise."""
    said = dict(parse_qsl(overrides))
    return int(said.get("rc", "1")), set(said.get("rp", "ct").split(","))


def _failures(told: Told) -> set[str]:
    if told.status == 0:
        return {"ct", "rt", "all"}
    return {f"{told.status // 100}xx", "all"} if told.status >= 400 else set()
