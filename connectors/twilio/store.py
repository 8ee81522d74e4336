"""The store behind Twilio's files, played: another host, whose addresses are signed and hold for one file each."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from aiohttp import web


class Store:
    """Refuses our credentials as the real one does: two ways to prove oneself at once are one too many."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        """Where it was asked, refusals included."""
        self._files: dict[str, tuple[bytes, str, str]] = {}
        self._runner: web.AppRunner | None = None

    def keep(self, content: bytes, kind: str, name: str = "") -> str:
        """A signed address of the file, as Twilio redirects to."""
        proof = secrets.token_urlsafe(12) + "+/="
        self._files[proof] = (content, kind, name)
        return f"{self.url}/files/{len(self._files)}?Expires=4102444800&Signature={quote(proof, safe='')}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/files/{number}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://localhost:{1}".format(*self._runner.addresses[0])

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if "authorization" in request.headers:
            return web.Response(status=400, text="Only one auth mechanism allowed")
        file = self._files.get(request.query.get("Signature", ""))
        if file is None:
            return web.Response(status=403, text="Access denied")
        content, kind, name = file
        headers = {"Content-Type": kind}
        if name:
            headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
        return web.Response(body=content, headers=headers)
