"""The customer's phone: texts, Instagram and calls, through the providers as they would really go."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, Literal

import aiohttp
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from connectors.meta.people import Happened, Turn
from connectors.twilio_sms.simulator import Kept, Picture
from connectors.twilio_voice.simulator import Telephone
from hub.demo.providers import HANDLE, MINE, NUMBER, Providers
from hub.http.bodies import read_body, read_json
from hub.http.errors import HttpProblem
from hub.http.files import response

LIMIT = 8 * 1024 * 1024
CONSOLE = "client:"
"""How the telephone in an agent's console is addressed."""


class PictureIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=200)] = "photo"
    type: Annotated[str, StringConstraints(pattern=r"^image/[a-z0-9.+-]{1,40}$")]
    data: str


class Write(BaseModel):
    """A message, by SMS or on Instagram."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(max_length=1600)] = ""
    picture: PictureIn | None = None


class Touch(BaseModel):
    """What Maya does to a message on Instagram."""

    model_config = ConfigDict(extra="forbid")

    do: Literal["react", "unreact", "unsend", "pick", "read"]
    id: str = ""
    value: Annotated[str, StringConstraints(max_length=80)] = ""


class Ring(BaseModel):
    """What Maya does with her telephone."""

    model_config = ConfigDict(extra="forbid")

    do: Literal["call", "answer", "decline", "hang_up", "press", "say"]
    value: Annotated[str, StringConstraints(max_length=500)] = Field(default="")


class Phone:
    def __init__(self, providers: Providers) -> None:
        self._providers = providers
        self.maya, self.telephone = providers.maya, providers.telephone

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/demo/phone", self.view),
            web.post("/demo/phone/sms", self.text),
            web.post("/demo/phone/instagram", self.write),
            web.post("/demo/phone/instagram/touch", self.touch),
            web.post("/demo/phone/call", self.ring),
            web.get("/demo/phone/sms/{message}/{file}", self.text_file),
            web.get("/demo/phone/instagram/{message}", self.instagram_file),
        ]

    # --- what is on its screen ---

    async def view(self, _request: web.Request) -> web.Response:
        texts = [kept for kept in self._providers.sms.kept.values() if MINE in (kept.sender, kept.to)]
        last = self.telephone.last
        shown = {
            "number": MINE,
            "shop": NUMBER,
            "handle": HANDLE,
            "sms": [_text(kept) for kept in texts],
            "instagram": [
                _turn(turn) for turn in self.maya.turns if turn.text or turn.file or turn.about or turn.removed
            ],
            "unread": sum(turn.by == "account" and not turn.read for turn in self.maya.turns),
            "typing": self.maya.typing,
            "call": {**self.telephone.view(), "with": [_who(other) for other in self.telephone.with_whom]},
            "last": {"status": last.status, "seconds": last.seconds, "inbound": last.is_inbound} if last else None,
        }
        return web.json_response(shown, headers={"Cache-Control": "no-store"})

    async def text_file(self, request: web.Request) -> web.Response:
        kept = self._providers.sms.kept.get(request.match_info["message"])
        file = kept.media.get(request.match_info["file"]) if kept else None
        if file is None:
            raise _gone()
        return response(file.content, file.name or "photo", file.type)

    async def instagram_file(self, request: web.Request) -> web.Response:
        file = self._found(request.match_info["message"]).file
        if file is None:
            raise _gone()
        return response(file.content, file.name, file.type)

    # --- what its owner does ---

    async def text(self, request: web.Request) -> web.Response:
        said, sms = read_json(Write, await read_body(request, LIMIT)), self._providers.sms
        _check(said)
        pictures = [Picture(said.picture.type, _bytes(said.picture), said.picture.name)] if said.picture else []
        try:
            (status,) = await sms.deliver(sms.says(MINE, said.text, pictures))
        except aiohttp.ClientError:
            status = 0
        if status != 200:
            raise HttpProblem(503, f"The hub didn't take the text message (it answered {status}). Send it again.")
        return web.json_response({}, status=202)

    async def write(self, request: web.Request) -> web.Response:
        said = read_json(Write, await read_body(request, LIMIT))
        _check(said)
        if said.picture:
            await self._tell(self.maya.sends(_bytes(said.picture), said.picture.type, said.picture.name))
        if said.text:
            await self._tell(self.maya.writes(said.text))
        return web.json_response({}, status=202)

    async def touch(self, request: web.Request) -> web.Response:
        touch = read_json(Touch, await read_body(request, LIMIT))
        if touch.do == "read":
            await self._tell(*self.maya.reads())
            return web.json_response({}, status=202)
        turn = self._found(touch.id)
        match touch.do:
            case "react":
                await self._tell(self.maya.reacts(turn, touch.value))
            case "unreact":
                await self._tell(self.maya.unreacts(turn))
            case "unsend":
                await self._tell(self.maya.unsends(turn))
            case "pick" if touch.value in dict(turn.choices):
                await self._tell(self.maya.picks(turn, touch.value))
            case _:
                raise HttpProblem(422, "This message has no such button.")
        return web.json_response({}, status=202)

    async def ring(self, request: web.Request) -> web.Response:
        ring = read_json(Ring, await read_body(request, LIMIT))
        phone = self.telephone
        allowed, act = self._acts(phone, ring.value)[ring.do]
        if not allowed:
            raise HttpProblem(409, "The phone can't do that right now: the call has moved on.")
        act()
        return web.json_response(phone.view(), status=202)

    def _acts(self, phone: Telephone, value: str) -> dict[str, tuple[bool, Callable[[], object]]]:
        """When each may be done, and how."""
        busy = phone.call is not None
        return {
            "call": (not busy, lambda: self._providers.voice.call_in(MINE)),
            "answer": (phone.ringing, phone.answer),
            "decline": (phone.ringing, phone.decline),
            "hang_up": (busy, phone.hang_up),
            "press": (busy and set(value) <= set("0123456789*#"), lambda: phone.press(value)),
            "say": (busy and bool(value), lambda: phone.says(value)),
        }

    async def _tell(self, *events: Happened) -> None:
        await self._providers.instagram.tells(*events)

    def _found(self, mid: str) -> Turn:
        turn = next((turn for turn in self.maya.turns if turn.mid == mid), None)
        if turn is None:
            raise _gone()
        return turn


def _text(kept: Kept) -> dict[str, Any]:
    return {
        "id": kept.sid,
        "mine": kept.inbound,
        "at": kept.created.isoformat(),
        "text": kept.body,
        "files": [f"/demo/phone/sms/{kept.sid}/{file}" for file in kept.media],
    }


def _shows(turn: Turn) -> bool:
    """Of what was said before this process began, only that it was is known."""
    return bool(turn.text or turn.file or turn.about or turn.removed)


def _turn(turn: Turn) -> dict[str, Any]:
    picture = turn.file is not None and turn.file.kind == "image"
    return {
        "id": turn.mid,
        "mine": turn.by == "customer",
        "at": turn.at.isoformat(),
        "text": turn.text,
        "about": turn.about or (turn.file.name if turn.file and not picture else ""),
        "files": [f"/demo/phone/instagram/{turn.mid}"] if picture else [],
        "choices": [title for title, _ in turn.choices],
        "reaction": turn.reaction,
        "removed": turn.removed,
    }


def _who(address: str) -> str:
    """Agents talk in their console, which has no number."""
    return "the shop" if address.startswith(CONSOLE) else address


def _check(said: Write) -> None:
    if not said.text.strip() and not said.picture:
        raise HttpProblem(422, "The message is empty. Write something, or choose a picture.")


def _bytes(picture: PictureIn) -> bytes:
    try:
        return base64.b64decode(picture.data, validate=True)
    except binascii.Error:
        raise HttpProblem(422, f"{picture.name} can't be read.", fields={"picture": "Send it as base64."}) from None


def _gone() -> HttpProblem:
    return HttpProblem(404, "This message isn't on the phone any more.")
