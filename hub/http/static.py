"""The built web: console, widget and the demo's shop, each page with the strictest policy it can live under."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from hub.http.errors import HttpProblem
from hub.http.pages import page

STATIC = Path(__file__).parent.parent / "static"

CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob: https:; media-src 'self' blob:; frame-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
WIDGET_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors "
)
# its mailbox shows mails in frames without scripts, and mails bring their styles along
DEMO_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"
ASK_AGAIN = "no-cache"
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg", "application/manifest")


@dataclass(frozen=True, slots=True)
class _Loaded:
    content: bytes
    packed: bytes | None
    kind: str
    etag: str
    stamp: tuple[int, int]


class Shelf:
    """One folder of built files, kept in memory and packed once; a file that changed on disk is read anew."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[str, _Loaded] = {}

    async def get(self, name: str) -> _Loaded | None:
        return await asyncio.to_thread(self._get, name)

    def _get(self, name: str) -> _Loaded | None:
        path = self._inside(name)
        if path is None or not path.is_file():
            return None
        told = path.stat()
        stamp = (told.st_mtime_ns, told.st_size)
        known = self._files.get(name)
        if known is None or known.stamp != stamp:
            known = self._files[name] = _load(path, stamp)
        return known

    def _inside(self, name: str) -> Path | None:
        """Nothing outside the folder, whatever the name says; a link that leads out counts as outside."""
        if not name or "\0" in name or "\\" in name:
            return None
        path = (self.root / name).resolve()
        return path if path.is_relative_to(self.root.resolve()) else None


def _load(path: Path, stamp: tuple[int, int]) -> _Loaded:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind == "text/javascript":
        kind = "application/javascript"
    packed = gzip.compress(content, 6, mtime=0) if kind.startswith(COMPRESSED) and len(content) > 1000 else None
    return _Loaded(content, packed, kind, hashlib.sha256(content).hexdigest()[:20], stamp)


def answer(request: web.Request, file: _Loaded, cache: str, policy: str = "") -> web.Response:
    headers = {"Cache-Control": cache, "ETag": f'"{file.etag}"', "Vary": "Accept-Encoding"}
    if policy:
        headers["Content-Security-Policy"] = policy
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self), payment=()"
    if f'"{file.etag}"' in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    body = file.content
    if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = file.packed, "gzip"
    charset = "utf-8" if file.kind.startswith(("text/", "application/javascript")) else None
    return web.Response(body=body, content_type=file.kind, charset=charset, headers=headers)


class Web:
    """Which address shows which built file."""

    def __init__(self, root: Path = STATIC, hosts: Callable[[], Iterable[str]] = tuple) -> None:
        """`hosts` are what else the console may speak to besides the hub."""
        self._hosts = hosts
        self.console, self.widget, self.demo = Shelf(root / "console"), Shelf(root / "widget"), Shelf(root / "demo")

    def install(self, router: web.UrlDispatcher) -> None:
        router.add_get("/w.js", self.loader)
        router.add_get("/widget/assets/{name}", self.widget_asset)
        router.add_get("/chat/{inbox}", self.chat)
        router.add_get("/c/{token}", self.chat_link)
        router.add_get("/demo", self.demo_page)
        router.add_get("/demo/", self.demo_page)
        router.add_get("/demo/assets/{name}", self.demo_asset)
        router.add_get("/assets/{name}", self.console_asset)
        router.add_get("/{page:.*}", self.console_page)

    async def loader(self, request: web.Request) -> web.Response:
        """Other sites load it: an hour in their visitors' caches, checked by its tag afterwards."""
        response = answer(request, await _need(self.widget, "w.js"), AN_HOUR)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    async def widget_asset(self, request: web.Request) -> web.Response:
        return await _asset(request, self.widget)

    async def console_asset(self, request: web.Request) -> web.Response:
        return await _asset(request, self.console)

    async def demo_asset(self, request: web.Request) -> web.Response:
        return await _asset(request, self.demo)

    async def chat(self, request: web.Request) -> web.Response:
        """The chat in a frame of any site, or full screen; which sites may talk is the inbox's own setting."""
        return await self._widget_page(request, "*")

    async def chat_link(self, request: web.Request) -> web.Response:
        """The page behind an emailed link. Showing it spends nothing; its button does."""
        return await self._widget_page(request, "'none'")

    async def _widget_page(self, request: web.Request, ancestors: str) -> web.Response:
        file = await self.widget.get("index.html")
        if file is None:
            return not_built("widget")
        response = answer(request, file, ASK_AGAIN, WIDGET_POLICY + ancestors)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    async def demo_page(self, request: web.Request) -> web.Response:
        file = await self.demo.get("index.html")
        return answer(request, file, ASK_AGAIN, DEMO_POLICY) if file else not_built("demo")

    async def console_page(self, request: web.Request) -> web.Response:
        """A file of the console's folder, or its page for any of its addresses; never for what looks like a file."""
        name = request.match_info["page"]
        if name and name != "index.html" and (file := await self.console.get(name)):
            return answer(request, file, AN_HOUR)
        if "." in name.rpartition("/")[2] or name.startswith(("api/", "hooks/", "socket.io")):
            raise web.HTTPNotFound
        index = await self.console.get("index.html")
        policy = CONSOLE_POLICY.replace("connect-src 'self'", " ".join(["connect-src 'self'", *self._hosts()]))
        return answer(request, index, ASK_AGAIN, policy) if index else not_built("console")


async def _asset(request: web.Request, shelf: Shelf) -> web.Response:
    """Names of assets hold a hash of their content, so what was fetched once never changes."""
    return answer(request, await _need(shelf, f"assets/{request.match_info['name']}"), FOR_EVER)


async def _need(shelf: Shelf, name: str) -> _Loaded:
    file = await shelf.get(name)
    if file is None:
        raise HttpProblem(404, "This file isn't part of the installed version. Reload the page.")
    return file


def not_built(what: str) -> web.Response:
    return page(
        f"The {what} isn't built",
        f"<p>The hub runs, but this installation holds no {what}.</p>"
        "<p>In a checkout, run <code>make demo</code> or <code>python web/build_web.py</code>. "
        "An installed package always has it.</p>",
        status=503,
    )
