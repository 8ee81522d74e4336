"""The API's documentation, served by the hub itself: no request leaves it."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
from aiohttp import web

from hub.http.pages import page
from hub.http.static import ASK_AGAIN, STATIC, Shelf, answer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SHELL = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Onethread API</title>'
    '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>'
    '<body><div id="swagger-ui"></div><script src="/api/docs/swagger-ui-bundle.js"></script>'
    '<script src="/api/docs/start.js"></script></body></html>'
)
START = (
    "SwaggerUIBundle({url:'/openapi.json',dom_id:'#swagger-ui',deepLinking:true,validatorUrl:null,"
    "requestInterceptor:async(r)=>{if(!['GET','HEAD'].includes((r.method||'GET').toUpperCase())"
    "&&!r.headers.Authorization&&r.url.startsWith(location.origin)){const me=await fetch('/api/me');"
    "if(me.ok)r.headers['X-CSRF-Token']=(await me.json()).csrf}return r}})\n"
)
"""Whoever is signed in may try the API out: the page fetches the CSRF token that changes need."""


class Docs:
    def __init__(self, openapi: Callable[[], Mapping[str, Any]]) -> None:
        self._openapi = cache(openapi)
        self._json = cache(lambda: orjson.dumps(self._openapi()))
        self._shelf = Shelf(STATIC / "docs")

    def install(self, router: web.UrlDispatcher) -> None:
        router.add_get("/openapi.json", self.document)
        router.add_get("/api/docs", self.show)
        router.add_get("/api/docs/start.js", self.start)
        router.add_get("/api/docs/{name}", self.file)

    async def document(self, request: web.Request) -> web.Response:
        headers = {"Cache-Control": ASK_AGAIN}
        return web.Response(body=self._json(), content_type="application/json", headers=headers)

    async def show(self, request: web.Request) -> web.Response:
        if await self._shelf.get("swagger-ui-bundle.js") is None:
            return page("Onethread API", plain(self._openapi()))
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": ASK_AGAIN}
        return web.Response(text=SHELL, content_type="text/html", headers=headers)

    async def start(self, request: web.Request) -> web.Response:
        headers = {"Cache-Control": ASK_AGAIN}
        return web.Response(text=START, content_type="application/javascript", headers=headers)

    async def file(self, request: web.Request) -> web.Response:
        file = await self._shelf.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        return answer(request, file, ASK_AGAIN)


def plain(document: Mapping[str, Any]) -> str:
    """Every operation in a table, for an installation without the built documentation page."""
    rows: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            cells = (f"<code>{method.upper()} {html.escape(path)}</code>", html.escape(told["summary"]))
            rows[told["tags"][0]].append(f"<tr><td>{cells[0]}</td><td>{cells[1]}</td></tr>")
    tables = (f"<h2>{html.escape(tag)}</h2><table>{''.join(lines)}</table>" for tag, lines in rows.items() if lines)
    return f'<p>The whole description: <a href="/openapi.json">openapi.json</a></p>{"".join(tables)}'
