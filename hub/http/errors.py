"""What a failure becomes: problem+json with a sentence that names the thing, the cause and the next step (RFC 9457).

The only module that knows status codes of other layers' errors. Nothing of a trace ever leaves the hub.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from secrets import token_hex
from typing import Any

import orjson
from aiohttp import web
from pydantic import ValidationError

from hub.contract import ConnectorError, TooLarge, Unauthorised, Unavailable, Unverified
from hub.core.errors import Conflict, CoreError, Forbidden, NotFound, NotPermitted, Stale, TooLate
from hub.db import DatabaseGone
from hub.registry import InvalidSettings, UnknownConnector

log = logging.getLogger(__name__)

TITLES = {
    400: ("bad-request", "This request can't be read"),
    401: ("signed-out", "You are not signed in"),
    403: ("forbidden", "You may not do this"),
    404: ("not-found", "There is nothing here"),
    405: ("method", "This address doesn't take that method"),
    408: ("too-slow", "The request took too long"),
    409: ("conflict", "It was changed meanwhile"),
    410: ("gone", "This is no longer valid"),
    413: ("too-large", "This is too large"),
    415: ("media-type", "This kind of content isn't taken here"),
    422: ("invalid", "Some of it can't be used as it is"),
    429: ("too-many", "Too many tries"),
    500: ("failed", "Something failed on our side"),
    503: ("unavailable", "Onethread can't do this right now"),
}
RETRY_AFTER_S = 5
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")


class HttpProblem(Exception):
    """A refusal that already knows its status."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        type: str = "",
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.type = type or TITLES[status][0]
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        """What this type of problem carries besides, such as the newer entries."""


def explain(error: Exception) -> HttpProblem | None:
    """The problem that an error of the layers below is; `None` if nobody foresaw it."""
    match error:
        case HttpProblem():
            return error
        case ValidationError():
            return invalid(error)
        case InvalidSettings():
            return HttpProblem(
                422, str(error), fields={f"settings.{at}" if at else "settings": to for at, to in error.problems}
            )
        case NotFound():
            return HttpProblem(404, str(error))
        case NotPermitted():
            return HttpProblem(403, str(error), type="not-permitted")
        case Forbidden():
            return HttpProblem(403, str(error))
        case Stale():
            return HttpProblem(409, str(error), type="stale")
        case TooLate():
            return HttpProblem(409, str(error), type="too-late")
        case Conflict():
            return HttpProblem(409, str(error))
        case CoreError() | UnknownConnector():
            return HttpProblem(422, str(error))
        case DatabaseGone():
            sentence = "The database can't be reached, or has no room. Nothing was stored; try again in a moment."
            return HttpProblem(503, sentence, type="database", headers={"Retry-After": str(RETRY_AFTER_S)})
        case Unverified():
            return HttpProblem(401, str(error) or "The signature is missing or wrong.", type="unverified")
        case TooLarge():
            return HttpProblem(413, str(error) or "This is larger than this inbox takes.")
        case Unauthorised():
            return HttpProblem(422, str(error), type="credentials")
        case Unavailable():
            wait = max(1, round(error.retry_after or RETRY_AFTER_S))
            return HttpProblem(503, str(error) or "Try again in a moment.", headers={"Retry-After": str(wait)})
        case ConnectorError():
            return HttpProblem(422, str(error))
    return None


def invalid(error: ValidationError) -> HttpProblem:
    """Every wrong field with a sentence; what was typed is never repeated, it may be a secret."""
    fields: dict[str, str] = {}
    for detail in error.errors(include_url=False, include_input=False, include_context=True):
        if detail["type"] == "json_invalid":
            why = str(detail.get("ctx", {}).get("error", ""))
            return HttpProblem(422, f"The body is not valid JSON: {why}." if why else "The body is not valid JSON.")
        name = ".".join(str(part) for part in detail["loc"]) or "body"
        fields.setdefault(name, _sentence(detail["type"], detail["msg"]))
    wrong = ", ".join(fields)
    return HttpProblem(422, f"Please correct: {wrong}.", fields=fields)


def _sentence(kind: str, message: str) -> str:
    match kind:
        case "missing":
            return "This is needed."
        case "extra_forbidden":
            return "There is no such field here: check its spelling, or leave it out."
    message = message.removeprefix("Value error, ")
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")


def unreadable_text(value: str) -> bool:
    """Text that no database stores: NUL, or half a character."""
    return "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)


def response_of(problem: HttpProblem, request_id: str) -> web.Response:
    content = {
        "type": problem.type,
        "title": TITLES.get(problem.status, TITLES[500])[1],
        "status": problem.status,
        "detail": problem.detail,
        "fields": problem.fields,
        "request_id": request_id,
        **problem.more,
    }
    return web.Response(
        body=orjson.dumps(content),
        status=problem.status,
        content_type="application/problem+json",
        headers=problem.headers,
    )


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives each request an id, turns what went wrong into a problem, and sets the headers that every answer has."""
    given = request.headers.get("X-Request-ID", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(8)
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = response_of(_of_aiohttp(error), request_id)
    except Exception as error:
        problem = explain(error)
        if problem is None:
            log.exception("A request failed: %s %s, request_id=%s", request.method, request.path, request_id)
            sentence = (
                f"This is our mistake. Try again; if it goes on, give the number {request_id} to whoever runs this."
            )
            problem = HttpProblem(500, sentence)
        response = response_of(problem, request_id)
        if problem.status == 413:
            response.force_close()  # what is still on its way isn't worth reading
    if not response.prepared:
        _set_headers(response.headers, request_id, _ALWAYS)
    return response


_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
)


def _set_headers(headers: Any, request_id: str, defaults: Iterable[tuple[str, str]]) -> None:
    headers["X-Request-ID"] = request_id
    for name, value in defaults:
        headers.setdefault(name, value)


def _of_aiohttp(error: web.HTTPException) -> HttpProblem:
    known = {
        404: "There is no such address here. The API's addresses are listed at /api/docs.",
        405: "This address is there, but not for this method.",
        413: "This is larger than what is allowed here.",
    }
    status = error.status if error.status in TITLES else 500 if error.status >= 500 else 400
    allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return HttpProblem(status, known.get(status, "The request can't be read as it is."), headers=allowed)
