"""What customers were asked: for agents as data, for the customer as a page that works without script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import Connection

from hub.core import forms, questions
from hub.core.access import Right, Viewer, require
from hub.core.errors import Conflict, NotFound
from hub.http.ask import Ask
from hub.http.bodies import read_body
from hub.http.limits import Limit, spend
from hub.http.openapi import Routes
from hub.http.session import TRIES
from hub.http.shapes.asking import AskOut, QuestionOut
from hub.models.tables import CASE
from hub.runtime import HUB, client_address

FORMS = Limit("forms", 60, 60)
MOST_BYTES = 200_000
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem;color:#12161d}"
    "h1{font-size:1.3rem}label,legend{display:block;font-weight:600;margin:1.2rem 0 .3rem}"
    "fieldset{border:0;padding:0;margin:0}fieldset label{font-weight:400;margin:.2rem 0}"
    "input:not([type=radio]),textarea{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;"
    "border:1px solid #8a93a3;border-radius:6px;background:inherit;color:inherit}"
    "button{font:inherit;margin-top:1.6rem;padding:.6rem 1.4rem;border:0;border-radius:6px;"
    "background:#4338ca;color:#fff}.problem{color:#b42318;margin:.3rem 0 0}"
    "@media(prefers-color-scheme:dark){body{background:#12161d;color:#e8eaee}.problem{color:#ffb4ab}}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}
GONE = "This form was sent already, or its time has run out. Answer the message it came with instead."
INPUTS = {"email": "email", "phone": "tel", "date": "date"}

routes = Routes("questions")


@routes.get("/cases/{id}/questions", Right.READ)
async def list_questions(ask: Ask, id: UUID) -> list[QuestionOut]:
    """What the customer was asked in this case, the latest first, with the answers."""
    return [_out(row) for row in await ask.read(_of_case, ask.me, id)]


def _of_case(conn: Connection, me: Viewer, case_id: UUID) -> list[dict[str, Any]]:
    thread_id = conn.scalar(sa.select(CASE.c.thread_id).where(CASE.c.id == case_id))
    if thread_id is None:
        raise NotFound("case")
    require(conn, me, Right.READ, thread_id)
    return questions.of_case(conn, case_id)


def _out(row: Mapping[str, Any]) -> QuestionOut:
    return QuestionOut(
        id=row["id"],
        entry_id=row["entry_id"],
        state=row["state"],
        ask=AskOut.model_validate({"id": row["id"], **row["ask"]}),
        values=row["given"] or {},
        answered_by=row["answered_by"],
        expires_at=row["expires_at"],
    )


# --- the customer's page ---


def pages() -> list[web.RouteDef]:
    return [web.get("/q/{token}", show), web.post("/q/{token}", take)]


async def show(request: web.Request) -> web.Response:
    """The form, with what is known filled in; after it was sent, a word of thanks."""
    question = await _question(request)
    if question is None:
        return _page("This form is gone", f"<p>{GONE}</p>", status=404)
    if question["state"] == "answered":
        return _page("Thank you", "<p>We have your answer. You can close this page.</p>")
    if question["expires_at"] <= request.app[HUB].now():
        return _page("This form is gone", f"<p>{GONE}</p>", status=410)
    known = await request.app[HUB].db.read(lambda conn: forms.known(conn, question))
    return _form(question, known, {})


async def take(request: web.Request) -> web.Response:
    """Keep what was filled in, or show the form again with a word on what can't be taken."""
    question, hub = await _question(request), request.app[HUB]
    if question is None:
        return _page("This form is gone", f"<p>{GONE}</p>", status=404)
    given = _given((await read_body(request, MOST_BYTES)).decode("ascii", "replace"))
    values, problems = forms.read(question["ask"], given)
    if problems or not values:
        return _form(question, given, problems or {forms.fields(question["ask"])[0]["key"]: "Please fill this in."})
    try:
        await hub.writer.submit(forms.FillIn(question["id"], question["thread_id"], question["case_id"], values))
    except (Conflict, NotFound):
        return _page("This form is gone", f"<p>{GONE}</p>", status=410)
    raise web.HTTPSeeOther(request.path)


def _given(body: str) -> dict[str, str]:
    """What a form posts; too many fields are none."""
    try:
        pairs = parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=100)
    except ValueError:
        return {}
    return {name: value.replace("\0", "") for name, value in pairs}


async def _question(request: web.Request) -> dict[str, Any] | None:
    hub, token = request.app[HUB], request.match_info["token"]
    await spend(request.app[TRIES], FORMS, client_address(request))
    return await hub.db.read(lambda conn: questions.of_token(conn, hub.keys, token))


def _form(question: dict[str, Any], filled: Mapping[str, str], problems: Mapping[str, str]) -> web.Response:
    ask = question["ask"]
    rows = "".join(
        _row(field, filled.get(field["key"], ""), problems.get(field["key"], "")) for field in forms.fields(ask)
    )
    title = ask.get("title") or "Please fill in this form"
    body = f'<form method="post" accept-charset="utf-8" novalidate>{rows}<button>Send</button></form>'
    return _page(title, body, status=422 if problems else 200)


def _row(field: dict[str, Any], value: str, problem: str) -> str:
    name, label = f"f-{field['key']}", escape(field["label"]) + ("" if field.get("required") else " (optional)")
    told = f'<p class="problem" id="{name}-problem">{escape(problem)}</p>' if problem else ""
    more = f' aria-invalid="true" aria-describedby="{name}-problem"' if problem else ""
    if field["type"] == "choice":
        return f"<fieldset{more}><legend>{label}</legend>{_radios(field, value)}{told}</fieldset>"
    kind = INPUTS.get(field["type"], "text")
    mode = ' inputmode="decimal"' if field["type"] == "number" else ""
    key, shown = escape(field["key"]), escape(value)
    entry = f'<input type="{kind}"{mode} id="{name}" name="{key}" value="{shown}"{more}>'
    return f'<label for="{name}">{label}</label>{entry}{told}'


def _radios(field: dict[str, Any], value: str) -> str:
    marked = [option["label"] == value or str(option["value"]) == value for option in field["options"]]
    return "".join(
        f'<label><input type="radio" name="{escape(field["key"])}" value="{escape(option["label"])}"'
        f"{' checked' if on else ''}> {escape(option['label'])}</label>"
        for option, on in zip(field["options"], marked, strict=True)
    )


def _page(title: str, body: str, *, status: int = 200) -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
