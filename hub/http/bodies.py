"""Reading request bodies: within a limit, within a time, and nothing in them that a database can't store."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel

from hub.http.errors import HttpProblem

B = TypeVar("B", bound=BaseModel)

JSON_LIMIT = 4 * 1024 * 1024
BODY_TIME_S = 60
NUL = b"\\u0000"


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises a 413 as soon as it is known to be too long, a 408 when it comes too slowly."""
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    if not request.body_exists:
        return b""
    if request.content.is_eof():
        # it came with the headers, as small ones do: nothing to wait for
        whole = request.content.read_nowait()
        if len(whole) > limit:
            raise too_large(limit)
        return whole
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_TIME_S):
            async for part in request.content.iter_any():
                content += part
                if len(content) > limit:
                    raise too_large(limit)
    except TimeoutError:
        raise HttpProblem(408, f"The body did not arrive within {BODY_TIME_S} seconds. Send it again.") from None
    return bytes(content)


def too_large(limit: int) -> HttpProblem:
    size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit // 1024} KB"
    return HttpProblem(413, f"This is larger than the {size} that are allowed here. Send less, or in several parts.")


def read_json(shape: type[B], body: bytes) -> B:
    """Raises pydantic's `ValidationError`, which knows which field is wrong."""
    if NUL in body:  # no database stores it, and nobody can type it
        body = orjson.dumps(without_nul(_loads(body)))
    return shape.model_validate_json(body)


def _loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise HttpProblem(422, f"The body is not valid JSON: {error}.") from None


def without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {without_nul(name): without_nul(item) for name, item in value.items()}
        case list():
            return [without_nul(item) for item in value]
    return value


def require_json(request: web.Request) -> None:
    """A form of another site can send text/plain without asking; it can't send this."""
    if request.content_type != "application/json":
        raise HttpProblem(415, "Send the body as JSON, with the header content-type: application/json.")
