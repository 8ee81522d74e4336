"""Who is signed in: sessions, API tokens, one-time links. Only hashes are stored, so a stolen table opens nothing."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.core.access import Viewer, rights
from hub.models import Agent, ApiToken, OneTimeLink, Session, new_id, utcnow

AGENT, SESSION = Agent.__table__, Session.__table__  # type: ignore[attr-defined]
TOKEN, LINK = ApiToken.__table__, OneTimeLink.__table__  # type: ignore[attr-defined]

SESSION_LIFE = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=5)
LINK_LIFE = {"owner": timedelta(days=7), "signin": timedelta(days=1), "invite": timedelta(days=7)}
COOKIE = "onethread_session"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session or token."""

    viewer: Viewer
    session_id: UUID | None
    csrf: str
    touch: bool
    """It was last noted as used a while ago: note it again, after answering."""


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """A plain hash is enough for 256 random bits; nobody can guess their way to one."""
    return hashlib.sha256(secret.encode()).digest()


def open_session(conn: Connection, agent_id: UUID, *, ip: str, user_agent: str) -> tuple[str, UUID]:
    """A new session with a new secret, at every sign-in."""
    secret, session_id, now = new_secret(), new_id(), utcnow()
    conn.execute(
        sa.insert(SESSION).values(
            id=session_id,
            token_hash=digest(secret),
            agent_id=agent_id,
            csrf=new_secret(),
            ip=ip,
            user_agent=user_agent[:300],
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return secret, session_id


_BY_SECRET = (
    sa.select(
        SESSION.c.id.label("session_id"),
        SESSION.c.csrf,
        SESSION.c.last_seen_at,
        AGENT.c.id,
        AGENT.c.name,
        AGENT.c.email,
        AGENT.c.role,
    )
    .join_from(SESSION, AGENT, SESSION.c.agent_id == AGENT.c.id)
    .where(
        SESSION.c.token_hash == sa.bindparam("hash"),
        SESSION.c.expires_at > sa.bindparam("now", type_=SESSION.c.expires_at.type),
        AGENT.c.active,
    )
)


def by_cookie(conn: Connection, secret: str) -> SignedIn | None:
    """Who holds this session's secret; nothing once it was revoked, ran out, or the agent was switched off."""
    if not _SECRET.fullmatch(secret):
        return None
    now = utcnow()
    row = conn.execute(_BY_SECRET, {"hash": digest(secret), "now": now}).first()
    if row is None:
        return None
    viewer = Viewer(row.id, row.name, row.email, row.role, rights(row.role))
    return SignedIn(viewer, row.session_id, row.csrf, now - row.last_seen_at > TOUCH_EVERY)


def touch(conn: Connection, session_id: UUID) -> None:
    now = utcnow()
    values = {"last_seen_at": now, "expires_at": now + SESSION_LIFE}
    conn.execute(sa.update(SESSION).where(SESSION.c.id == session_id).values(values))


def of_agent(conn: Connection, agent_id: UUID) -> list[Any]:
    live = sa.select(SESSION).where(SESSION.c.agent_id == agent_id, SESSION.c.expires_at > utcnow())
    return [row._mapping for row in conn.execute(live.order_by(SESSION.c.last_seen_at.desc()).limit(200))]


def revoke(conn: Connection, agent_id: UUID, session_id: UUID) -> bool:
    own = sa.delete(SESSION).where(SESSION.c.id == session_id, SESSION.c.agent_id == agent_id)
    return bool(conn.execute(own).rowcount)


def revoke_others(conn: Connection, agent_id: UUID, keep: UUID | None) -> None:
    """After a new password, or when somebody is switched off: every other browser has to sign in again."""
    statement = sa.delete(SESSION).where(SESSION.c.agent_id == agent_id)
    conn.execute(statement if keep is None else statement.where(SESSION.c.id != keep))


# --- API tokens ---

_BY_TOKEN = (
    sa.select(
        TOKEN.c.id.label("token_id"),
        TOKEN.c.scopes,
        TOKEN.c.last_used_at,
        AGENT.c.id,
        AGENT.c.name,
        AGENT.c.email,
        AGENT.c.role,
    )
    .join_from(TOKEN, AGENT, TOKEN.c.agent_id == AGENT.c.id)
    .where(
        TOKEN.c.token_hash == sa.bindparam("hash"),
        sa.or_(TOKEN.c.expires_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now", type_=TOKEN.c.expires_at.type)),
        AGENT.c.active,
    )
)


def by_token(conn: Connection, secret: str) -> SignedIn | None:
    """Who an `ot_…` token speaks for."""
    if not secret.startswith("ot_") or not _SECRET.fullmatch(secret[3:]):
        return None
    now = utcnow()
    row = conn.execute(_BY_TOKEN, {"hash": digest(secret), "now": now}).first()
    if row is None:
        return None
    viewer = Viewer(row.id, row.name, row.email, row.role, rights(row.role, row.scopes))
    stale = row.last_used_at is None or now - row.last_used_at > TOUCH_EVERY
    return SignedIn(viewer, row.token_id, "", stale)


def touch_token(conn: Connection, token_id: UUID) -> None:
    conn.execute(sa.update(TOKEN).where(TOKEN.c.id == token_id).values(last_used_at=utcnow()))


def make_token(
    conn: Connection, agent_id: UUID, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> dict[str, Any]:
    secret = f"ot_{new_secret()}"
    row = {
        "id": new_id(),
        "agent_id": agent_id,
        "name": name,
        "scopes": list(scopes),
        "created_at": utcnow(),
        "expires_at": expires_at,
    }
    conn.execute(sa.insert(TOKEN).values(**row, token_hash=digest(secret)))
    return {**row, "secret": secret}


def tokens_of(conn: Connection, agent_id: UUID) -> list[Any]:
    own = sa.select(TOKEN).where(TOKEN.c.agent_id == agent_id).order_by(TOKEN.c.id.desc()).limit(200)
    return [row._mapping for row in conn.execute(own)]


def remove_token(conn: Connection, agent_id: UUID, token_id: UUID) -> bool:
    return bool(conn.execute(sa.delete(TOKEN).where(TOKEN.c.id == token_id, TOKEN.c.agent_id == agent_id)).rowcount)


# --- one-time links ---


def make_link(conn: Connection, purpose: str, agent_id: UUID | None = None) -> str:
    """A secret for one sign-in; an earlier unused one for the same purpose and person stops working.

    The owner's is for nobody yet: each process tells one at its start, and all of them work until there is an owner.
    """
    if agent_id is not None:
        unused = LINK.c.purpose == purpose, LINK.c.agent_id == agent_id, LINK.c.used_at.is_(None)
        conn.execute(sa.delete(LINK).where(*unused))
    secret = new_secret()
    row = {
        "token_hash": digest(secret),
        "purpose": purpose,
        "agent_id": agent_id,
        "expires_at": utcnow() + LINK_LIFE[purpose],
    }
    conn.execute(sa.insert(LINK).values(row))
    return secret


_HAS_OWNER = sa.exists().where(AGENT.c.role == "owner").correlate(None)


def look_at_link(conn: Connection, secret: str) -> Any:
    """What the link is for; looking doesn't use it up, so a mail scanner's GET spends nothing."""
    if not _SECRET.fullmatch(secret):
        return None
    row = conn.execute(
        sa.select(LINK.c.purpose, LINK.c.agent_id, AGENT.c.email)
        .join_from(LINK, AGENT, LINK.c.agent_id == AGENT.c.id, isouter=True)
        .where(
            LINK.c.token_hash == digest(secret),
            LINK.c.used_at.is_(None),
            LINK.c.expires_at > utcnow(),
            sa.or_(LINK.c.purpose != "owner", ~_HAS_OWNER),
        )
    ).first()
    return row._mapping if row else None


def spend_link(conn: Connection, secret: str) -> bool:
    """Use the link up; of two who press at once, one gets True."""
    now = utcnow()
    unused = sa.update(LINK).where(
        LINK.c.token_hash == digest(secret), LINK.c.used_at.is_(None), LINK.c.expires_at > now
    )
    return bool(conn.execute(unused.values(used_at=now)).rowcount)
