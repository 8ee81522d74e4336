"""Signing in and out, one's own sessions, settings and password, and one-time links."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import Connection

from hub.core import sessions
from hub.core.access import Right
from hub.core.errors import Conflict, NotFound
from hub.core.read.agents import agent_out, workspace_name
from hub.db import insert_missing
from hub.http.ask import Ask
from hub.http.bodies import require_json
from hub.http.errors import HttpProblem
from hub.http.limits import Limit, Tries, spend
from hub.http.openapi import Routes
from hub.http.passwords import Passwords
from hub.http.shapes import LinkOut, LinkSignIn, Me, MeChange, PasswordIn, SessionOut, SignIn
from hub.models import Agent, Workspace, new_id, utcnow

AGENT, WORKSPACE = Agent.__table__, Workspace.__table__  # type: ignore[attr-defined]

PASSWORDS = web.AppKey("passwords", Passwords)
TRIES: web.AppKey[Tries] = web.AppKey("tries")

PER_PAIR = Limit("sign-in", 10, 600)
PER_ACCOUNT = Limit("sign-in-account", 100, 600)
PER_ADDRESS = Limit("sign-in-address", 50, 600)
LINK_TRIES = Limit("link", 60, 600)
SHORTEST_PASSWORD = 10
MOST_SETTINGS = 20_000
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

routes = Routes("session")


def me_out(conn: Connection, agent_id: UUID, csrf: str) -> dict[str, Any]:
    row = conn.execute(sa.select(AGENT).where(AGENT.c.id == agent_id)).one()
    return {
        **agent_out(conn, row),
        "workspace": workspace_name(conn),
        "csrf": csrf,
        "settings": row.settings,
        "needs_password": not row.password_hash,
    }


@routes.get("/me", Right.READ)
async def get_me(ask: Ask) -> Me:
    """Who is signed in.

    Also gives the value that every change must send back as `X-CSRF-Token`.
    """
    assert ask.signed
    return Me.model_validate(await ask.read(me_out, ask.me.id, ask.signed.csrf))


@routes.post("/session", None)
async def sign_in(ask: Ask, given: SignIn) -> Me:
    """Sign in with email and password; the answer sets the session's cookie."""
    require_json(ask.request)
    tries, email = ask.request.app[TRIES], given.email.casefold()
    pair = f"{email} {ask.ip}"
    for limit, who in ((PER_ADDRESS, ask.ip), (PER_PAIR, pair), (PER_ACCOUNT, email)):
        await spend(tries, limit, who)
    known = await ask.read(_account, email)
    stored = known.password_hash if known else ""
    if not await ask.request.app[PASSWORDS].matches(stored, given.password) or known is None:
        raise HttpProblem(401, "Email or password is wrong.", type="wrong-password")
    await tries.forget(PER_PAIR, pair)
    await tries.forget(PER_ACCOUNT, email)
    if ask.request.app[PASSWORDS].outdated(stored):
        await ask.write(_set_password, known.id, await ask.request.app[PASSWORDS].hash(given.password))
    return await _begin(ask, known.id)


def _account(conn: Connection, email: str) -> Any:
    return conn.execute(
        sa.select(AGENT.c.id, AGENT.c.password_hash).where(sa.func.lower(AGENT.c.email) == email, AGENT.c.active)
    ).first()


async def _begin(ask: Ask, agent_id: UUID) -> Me:
    """A new session; the one this browser came with ends, so that nobody can plant one beforehand."""
    secret, me = await ask.write(_open, ask, agent_id)
    ask.keep_session(secret)
    return Me.model_validate(me)


def _open(conn: Connection, ask: Ask, agent_id: UUID) -> tuple[str, dict[str, Any]]:
    if ask.signed and ask.signed.session_id:
        sessions.revoke(conn, ask.signed.viewer.id, ask.signed.session_id)
    secret, _ = sessions.open_session(conn, agent_id, ip=ask.ip, user_agent=ask.user_agent)
    signed = sessions.by_cookie(conn, secret)
    assert signed, "the session was made in this very transaction"
    return secret, me_out(conn, agent_id, signed.csrf)


@routes.delete("/session", Right.SELF)
async def sign_out(ask: Ask) -> None:
    """Sign this browser out; its open sockets end too."""
    assert ask.signed
    assert ask.signed.session_id
    await ask.write(sessions.revoke, ask.me.id, ask.signed.session_id)
    ask.drop_session()


@routes.get("/sessions", Right.SELF)
async def list_sessions(ask: Ask) -> list[SessionOut]:
    """Every browser you are signed in with."""
    current = ask.signed.session_id if ask.signed else None
    found = await ask.read(sessions.of_agent, ask.me.id)
    return [SessionOut.model_validate({**row, "current": row["id"] == current}) for row in found]


@routes.delete("/sessions/{id}", Right.SELF)
async def revoke_session(ask: Ask, id: UUID) -> None:
    """Sign another browser of yours out."""
    if not await ask.write(sessions.revoke, ask.me.id, id):
        raise NotFound("session")


@routes.patch("/me", Right.SELF)
async def change_me(ask: Ask, change: MeChange) -> Me:
    """Change your name or your console's settings; the settings given are merged into those that are kept."""
    assert ask.signed
    return Me.model_validate(await ask.write(_change_me, ask.me.id, change, ask.signed.csrf))


def _change_me(conn: Connection, agent_id: UUID, change: MeChange, csrf: str) -> dict[str, Any]:
    values: dict[str, Any] = {"name": change.name} if change.name else {}
    if change.settings is not None:
        kept = conn.execute(sa.select(AGENT.c.settings).where(AGENT.c.id == agent_id)).scalar_one()
        values["settings"] = {name: value for name, value in (kept | change.settings).items() if value is not None}
        if len(str(values["settings"])) > MOST_SETTINGS:
            raise HttpProblem(422, "These settings are too large to keep.", fields={"settings": "Keep less."})
    if values:
        conn.execute(sa.update(AGENT).where(AGENT.c.id == agent_id).values(values))
    return me_out(conn, agent_id, csrf)


@routes.put("/me/password", Right.SELF)
async def change_password(ask: Ask, given: PasswordIn) -> None:
    """Set a new password; every other browser is signed out."""
    passwords = ask.request.app[PASSWORDS]
    await spend(ask.request.app[TRIES], PER_ACCOUNT, str(ask.me.id))
    stored = await ask.read(_password_of, ask.me.id)
    if stored and not await passwords.matches(stored, given.current):
        raise HttpProblem(
            422, "The current password is wrong.", fields={"current": "This isn't your current password."}
        )
    hashed = await passwords.hash(given.new)
    keep = ask.signed.session_id if ask.signed else None
    await ask.write(_replace_password, ask.me.id, hashed, keep)


def _password_of(conn: Connection, agent_id: UUID) -> str:
    return str(conn.execute(sa.select(AGENT.c.password_hash).where(AGENT.c.id == agent_id)).scalar_one())


def _set_password(conn: Connection, agent_id: UUID, hashed: str) -> None:
    conn.execute(sa.update(AGENT).where(AGENT.c.id == agent_id).values(password_hash=hashed))


def _replace_password(conn: Connection, agent_id: UUID, hashed: str, keep: UUID | None) -> None:
    _set_password(conn, agent_id, hashed)
    sessions.revoke_others(conn, agent_id, keep)


# --- one-time links ---

GONE = "This link was used already, or is too old. Ask for a new one."


@routes.get("/links/{token}", None)
async def look_at_link(ask: Ask, token: str) -> LinkOut:
    """What a one-time link is for. Looking doesn't use it up."""
    await spend(ask.request.app[TRIES], LINK_TRIES, ask.ip)
    found = await ask.read(sessions.look_at_link, token)
    if found is None:
        raise HttpProblem(410, GONE)
    name = await ask.read(workspace_name)
    return LinkOut(purpose=found["purpose"], email=found["email"] or "", workspace=name)


@routes.post("/links", None)
async def sign_in_by_link(ask: Ask, given: LinkSignIn) -> Me:
    """Sign in by a one-time link.

    The owner of a fresh hub gives name, email, password and the workspace's name; who was invited gives a password;
    a sign-in link needs nothing else.
    """
    require_json(ask.request)
    await spend(ask.request.app[TRIES], LINK_TRIES, ask.ip)
    found = await ask.read(sessions.look_at_link, given.token)
    if found is None:
        raise HttpProblem(410, GONE)
    _check_link_fields(found["purpose"], given)
    hashed = await ask.request.app[PASSWORDS].hash(given.password) if given.password else ""
    agent_id = await ask.write(_spend, given, hashed)
    return await _begin(ask, agent_id)


def _check_link_fields(purpose: str, given: LinkSignIn) -> None:
    wrong: dict[str, str] = {}
    if purpose == "owner":
        wrong |= {} if given.name else {"name": "Your name is needed; customers see it."}
        wrong |= {} if EMAIL.fullmatch(given.email) else {"email": "An email address is needed to sign in with later."}
        wrong |= {} if given.workspace else {"workspace": "The name of your company or team is needed."}
    if purpose != "signin" and len(given.password) < SHORTEST_PASSWORD:
        wrong["password"] = f"The password needs at least {SHORTEST_PASSWORD} characters."
    if wrong:
        raise HttpProblem(422, f"Please correct: {', '.join(wrong)}.", fields=wrong)


def _spend(conn: Connection, given: LinkSignIn, hashed: str) -> Any:
    """Use the link and set up who it is for, in one transaction: of two who press at once, one gets in."""
    found = sessions.look_at_link(conn, given.token)
    if found is None or not sessions.spend_link(conn, given.token):
        raise HttpProblem(410, GONE)
    if found["purpose"] == "owner":
        return _make_owner(conn, given, hashed)
    values = {"name": given.name} if given.name else {}
    if found["purpose"] == "invite":
        values |= {"password_hash": hashed}
    if values:
        conn.execute(sa.update(AGENT).where(AGENT.c.id == found["agent_id"]).values(values))
    return found["agent_id"]


def _make_owner(conn: Connection, given: LinkSignIn, hashed: str) -> UUID:
    # the workspace's row is what two with different links wait for: the second then finds an owner
    name_workspace(conn, given.workspace)
    if conn.execute(sa.select(AGENT.c.id).where(AGENT.c.role == "owner")).first():
        raise Conflict("This hub has an owner already. Sign in, or ask the owner for an invitation.")
    agent_id = new_id()
    row = {"email": given.email, "name": given.name, "role": "owner", "password_hash": hashed}
    conn.execute(sa.insert(AGENT).values(id=agent_id, **row, active=True, settings={}, created_at=utcnow()))
    return agent_id


def name_workspace(conn: Connection, name: str) -> None:
    insert_missing(conn, WORKSPACE, [{"id": 1, "name": name, "settings": {}, "created_at": utcnow()}], ("id",))
    conn.execute(sa.update(WORKSPACE).where(WORKSPACE.c.id == 1).values(name=name))
