"""The API's documentation, written from its own description and served by the hub: no script, no request elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import escape
from typing import Any

import orjson
from aiohttp import web

from hub.http.pages import page

REF = "#/components/schemas/"
INTRODUCTION = """
<p>Everything the console does goes through this API. The whole description, for generators of clients:
<a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<p>Programs send <code>Authorization: Bearer ot_…</code>, with a token from Settings, API tokens. Browsers have a
session cookie and send <code>X-CSRF-Token</code>, from <code>GET /api/me</code>, with every change.</p>
<p>Errors are <code>application/problem+json</code>: <code>detail</code> says what to do, <code>fields</code> names what
is wrong. Lists give <code>next</code>, to be sent back as <code>cursor</code>. A <code>POST</code> with an
<code>Idempotency-Key</code> can be sent again without being done again.</p>
"""


class Docs:
    def __init__(self, openapi: Callable[[], Mapping[str, Any]]) -> None:
        self._json = cache(lambda: orjson.dumps(openapi()))
        self._page = cache(lambda: "".join(_body(openapi())))

    def install(self, router: web.UrlDispatcher) -> None:
        router.add_get("/openapi.json", self.document)
        router.add_get("/api/docs", self.show)

    async def document(self, request: web.Request) -> web.Response:
        return web.Response(body=self._json(), content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def show(self, request: web.Request) -> web.Response:
        return page("Onethread API", self._page())


def _body(document: Mapping[str, Any]) -> Iterator[str]:
    schemas = document["components"]["schemas"]
    yield INTRODUCTION
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2>"
        for path, methods in document["paths"].items():
            for method, told in methods.items():
                if told["tags"] == [tag["name"]]:
                    yield from _operation(method, path, told)
    yield "<h2>Shapes</h2>"
    for name, schema in sorted(schemas.items()):
        yield from _shape(name, schema)


def _operation(method: str, path: str, told: Mapping[str, Any]) -> Iterator[str]:
    yield f'<details id="{escape(told["operationId"])}"><summary><code>{method.upper()} {escape(path)}</code> '
    yield f"{_words(told['summary'])}</summary>"
    if more := told.get("description"):
        yield f"<p>{_words(more)}</p>"
    right = told.get("x-right")
    yield f"<p>Needs the right <code>{escape(right)}</code>.</p>" if right else "<p>Open to everybody.</p>"
    rows = [
        (
            f"<code>{escape(p['name'])}</code>",
            escape(p["in"]) + (", needed" if p.get("required") else ""),
            _kind(p["schema"]),
        )
        for p in told["parameters"]
    ]
    for kind, content in told.get("requestBody", {}).get("content", {}).items():
        rows.append(("body", escape(kind), _kind(content.get("schema", {}))))
    for status, answer in told["responses"].items():
        if status == "default":
            rows.append(("any other answer", "", _kind({"$ref": f"{REF}Problem"})))
            continue
        contents: Mapping[str, Any] = answer.get("content", {})
        shown = [_kind(content["schema"]) for content in contents.values() if "schema" in content]
        rows.append((f"answer {escape(status)}", "", shown[0] if shown else escape(", ".join(contents)) or "nothing"))
    yield _table(rows)
    yield "</details>"


def _shape(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
    if said := schema.get("description"):
        yield f"<p>{_words(said)}</p>"
    needed = schema.get("required", [])
    yield _table(
        [
            (f"<code>{escape(field)}</code>", "needed" if field in needed else "", _kind(kind) + _said(kind))
            for field, kind in schema.get("properties", {}).items()
        ]
    )
    yield "</details>"


def _said(kind: Mapping[str, Any]) -> str:
    return f"<br>{_words(kind['description'])}" if kind.get("description") else ""


def _words(text: str) -> str:
    """Docstrings name things between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, with links to the shapes it is made of."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(REF))
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ", ".join(f"<code>{escape(str(value)) or '&nbsp;'}</code>" for value in values)
    kind = escape(str(schema.get("format") or schema.get("type") or "anything"))
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    words = {"maxLength": "at most {} characters", "minLength": "at least {}", "minimum": "from {}", "maximum": "to {}"}
    limits = ", ".join(text.format(schema[name]) for name, text in words.items() if name in schema)
    return f"{kind} ({limits})" if limits else kind


def _table(rows: list[tuple[str, str, str]]) -> str:
    return f"<table>{''.join(f'<tr><td>{a}</td><td>{b}</td><td>{c}</td></tr>' for a, b, c in rows)}</table>"
