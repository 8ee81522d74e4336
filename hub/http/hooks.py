"""Where providers deliver: the raw bytes go to the intake, and the provider is answered after the commit (rule 4).

A path of its own, without the typed layer: it is the busiest there is.
"""

from __future__ import annotations

from urllib.parse import unquote
from uuid import UUID

from aiohttp import web

from hub.contract import Raw
from hub.http.bodies import read_body
from hub.http.calls import script
from hub.http.errors import HttpProblem
from hub.runtime import HUB, client_address

NO_INBOX = "There is no inbox with this id. Copy its address from Settings, Channels."


async def hook(request: web.Request) -> web.Response:
    """Any method: some providers prove an address by a GET."""
    hub = request.app[HUB]
    inbox_id = inbox_of(request)
    if request.method == "LIST":
        raise HttpProblem(405, "No provider delivers by LIST.")  # what we list ourselves passes as proven
    if hub.inboxes.get(inbox_id) is None:
        _refuse(hub.inboxes.problem(inbox_id))
    body = await read_body(request, hub.config.max_body)
    raw = Raw(
        method=request.method,
        url=hub.config.address + _raw_path(request),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        received_at=hub.now(),
        remote=client_address(request),
    )
    answer = await hub.intake(inbox_id, raw)
    connector = hub.inboxes.get(inbox_id)
    if connector is not None and connector.capabilities.calls:
        answer = await script(hub, connector, inbox_id, raw) or answer
    if answer is None:
        return web.Response()
    return web.Response(text=answer.body, status=answer.status, content_type=answer.content_type)


def inbox_of(request: web.Request) -> UUID:
    try:
        return UUID(unquote(request.match_info["inbox"]))
    except ValueError:
        raise HttpProblem(404, NO_INBOX) from None


def _refuse(problem: str) -> None:
    """A broken inbox is mended some day: the provider shall come back, so it isn't told "no such thing"."""
    if problem:
        raise HttpProblem(503, f"This inbox can't take anything yet: {problem}", headers={"Retry-After": "60"})
    raise HttpProblem(404, NO_INBOX)


def _raw_path(request: web.Request) -> str:
    """Path and query as they were sent, undecoded: providers sign exactly these characters."""
    path = request.raw_path
    return path if path.startswith("/") else request.rel_url.raw_path_qs


def install(router: web.UrlDispatcher) -> None:
    router.add_route("*", "/hooks/{inbox}", hook)
    router.add_route("*", "/hooks/{inbox}/{tail:.*}", hook)
