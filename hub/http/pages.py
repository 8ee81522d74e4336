"""Plain pages made here: the API's documentation, and what stands in for a page that isn't built. No script."""

from __future__ import annotations

import base64
import hashlib
import html

from aiohttp import web

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem;color:#12161d}"
    "h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}"
    "code{background:#eef0f4;padding:.1em .3em;border-radius:4px}"
    "table{border-collapse:collapse;width:100%}td{border-top:1px solid #e3e6ec;padding:.35rem .6rem .35rem 0;"
    "vertical-align:top}td:first-child{width:30%}summary{cursor:pointer;padding:.2rem 0}"
    "details>table{margin:.3rem 0 1rem;font-size:.9rem}"
    "a{color:#4338ca}@media(prefers-color-scheme:dark){body{background:#12161d;color:#e8eaee}"
    "code{background:#2a303a}a{color:#a5a0ff}}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(title: str, body: str, *, status: int = 200) -> web.Response:
    """`body` is HTML of ours; whatever else goes in must be escaped by who calls."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>{html.escape(title)}</h1>{body}</body></html>"
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
