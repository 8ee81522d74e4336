"""Who asks: a browser's session or a program's token. Writes from a browser must prove that our own page sent them."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from hub.core import sessions
from hub.core.access import Right
from hub.core.sessions import COOKIE, SignedIn
from hub.http.ask import Ask
from hub.http.errors import HttpProblem
from hub.runtime import HUB

SAFE = ("GET", "HEAD", "OPTIONS")
CSRF = "X-CSRF-Token"


async def admit(request: web.Request, right: Right | None) -> Ask:
    """Let a request in, or raise a 401 or 403. Routes that need no right are open, but not for other sites' forms."""
    ask = Ask(request, request.app[HUB])
    given = request.headers.get("Authorization", "")
    if given:
        ask.signed = await _by_token(ask, given)
    elif request.method not in SAFE:
        refuse_other_sites(request)
    if ask.signed is None and (secret := request.cookies.get(COOKIE)):
        ask.signed = await ask.read(sessions.by_cookie, secret)
    if right is None:
        return ask
    me = ask.me
    if not given and request.method not in SAFE:
        _check_csrf(request, ask.signed)
    if right not in me.rights:
        raise HttpProblem(403, "Your role or token doesn't allow this. Ask an administrator of this workspace.")
    if ask.signed and ask.signed.touch and ask.signed.session_id:
        note = sessions.touch_token if given else sessions.touch
        await ask.write(note, ask.signed.session_id)
    return ask


async def _by_token(ask: Ask, header: str) -> SignedIn:
    scheme, _, secret = header.partition(" ")
    signed = await ask.read(sessions.by_token, secret.strip()) if scheme.lower() == "bearer" else None
    if signed is None:
        sentence = "This API token is wrong, was removed or has run out. Make a new one in the settings."
        raise HttpProblem(401, sentence, headers={"WWW-Authenticate": "Bearer"})
    return signed


def refuse_other_sites(request: web.Request) -> None:
    """A browser says where a request was made; ours come from this very host or from the configured public address."""
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin", "")
    own = {request.host, urlsplit(request.app[HUB].config.address).netloc}
    if site == "cross-site" or (origin and urlsplit(origin).netloc not in own):
        sentence = (
            "This came from another site. Open Onethread at its own address, and check the configured public URL."
        )
        raise HttpProblem(403, sentence, type="origin")


def _check_csrf(request: web.Request, signed: SignedIn | None) -> None:
    given = request.headers.get(CSRF, "")
    if not signed or not given or not hmac.compare_digest(given.encode(), signed.csrf.encode()):
        raise HttpProblem(403, "The page is out of date. Reload it, then try again.", type="csrf")
