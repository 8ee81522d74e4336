"""The examples of `docs/connectors/webhook.md`, run."""

import asyncio
import json
import os
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.webhook import Webhook
from hub.contract import Context, Message, Raw, Status
from hub.registry import validate
from tests.testkit.pages import DOCS, blocks

PAGE = "connectors/webhook.md"
SECRET = "a-secret-for-the-page"


def build() -> Webhook:
    nothing: Any = None
    context = Context(nothing, nothing, lambda: datetime.now(UTC), "", "", str)
    return Webhook(validate(Webhook, {"secret": SECRET}), context)  # type: ignore[arg-type]


def post(body: bytes, signature: str) -> Raw:
    return Raw("POST", "", {"x-onethread-signature": signature}, body, datetime.now(UTC))


def test_the_python_example_signs_what_we_accept() -> None:
    names: dict[str, Any] = {}
    exec(blocks(PAGE)["sign.py"], names)
    build().verify(post(b"{}", names["signature"](SECRET, b"{}")))


async def test_the_shell_example_sends_a_message_we_accept() -> None:
    raws: list[Raw] = []

    async def take(request: web.Request) -> web.Response:
        raws.append(post(await request.read(), request.headers["x-onethread-signature"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    async with TestServer(app) as server:
        env = {**os.environ, "SECRET": SECRET, "HOOK_URL": str(server.make_url("/hook"))}
        script = await asyncio.create_subprocess_exec("bash", "-euc", blocks(PAGE)["send.sh"], env=env)
        assert await script.wait() == 0
    build().verify(raws[0])
    (message,) = build().normalise(raws[0])
    assert isinstance(message, Message)
    assert message.text == "Where is my parcel?"


def test_the_json_examples_mean_what_the_page_says() -> None:
    page = (DOCS / PAGE).read_text()
    said, told, answered = [part.split("```")[0] for part in page.split("```json\n")[1:]]
    (message,) = build().normalise(post(said.encode(), ""))
    assert isinstance(message, Message)
    assert (message.ref, message.reply_to, message.files[0].content) == ("41", ("m-7f3a",), b"It came in two.")
    (status,) = build().normalise(post(told.encode(), ""))
    assert isinstance(status, Status)
    assert set(json.loads(answered)) == {"id", "to", "author", "text", "reply_to", "files"}
