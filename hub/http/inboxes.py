"""Channels: which connectors there are, and the inboxes made of them. Secrets come in here and never go out again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy import Connection

from hub import registry
from hub.contract import ConnectorError, Converses, Unauthorised
from hub.core import fit
from hub.core.access import Right
from hub.core.errors import NotFound
from hub.core.read import inboxes as read
from hub.core.read.ways import capabilities
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import ConnectorOut, FitIn, FitOut, InboxChange, InboxIn, InboxOut, InboxTest, Trouble
from hub.models import Inbox, new_id, utcnow

INBOX = Inbox.__table__  # type: ignore[attr-defined]
TEST_TIME_S = 30

routes = Routes("inboxes")


@routes.get("/connectors", Right.READ)
async def list_connectors(ask: Ask) -> list[ConnectorOut]:
    """What can be connected, with the settings each needs as a JSON schema to draw a form from."""
    return [
        ConnectorOut(
            key=key,
            label=connector.label,
            description=connector.description,
            schema_=registry.schema(connector),
            capabilities=capabilities(connector.capabilities),
        )
        for key, connector in registry.available().items()
    ]


@routes.get("/inboxes", Right.READ)
async def list_inboxes(ask: Ask) -> list[InboxOut]:
    """Every connected channel; settings are shown to administrators alone, and without secrets."""
    return [_out(ask, row) for row in await ask.read(read.inboxes)]


@routes.post("/inboxes", Right.MANAGE, status=201)
async def add_inbox(ask: Ask, inbox: InboxIn) -> InboxOut:
    """Connect a channel."""
    settings = _checked(inbox.connector, inbox.settings, {})
    sealed = ask.hub.inboxes.seal_settings(settings)
    inbox_id = new_id()
    channel = registry.find(inbox.connector).capabilities.channel
    row = {"id": inbox_id, "connector": inbox.connector, "channel": channel, "name": inbox.name, "settings": sealed}
    await ask.write(_insert, row)
    return await _running(ask, inbox_id)


@routes.patch("/inboxes/{id}", Right.MANAGE)
async def change_inbox(ask: Ask, id: UUID, change: InboxChange) -> InboxOut:
    """Rename, pause, resume, or change settings; a secret that is sent back empty stays as it is.

    An inbox that was paused because its credentials were refused goes on at once with the new ones.
    """
    row = await ask.read(read.inbox, id)
    values: dict[str, Any] = change.model_dump(include={"name", "active"}, exclude_none=True)
    if change.settings is not None:
        settings = _checked(row["connector"], change.settings, ask.hub.inboxes.open_settings(row["settings"]))
        values["settings"] = ask.hub.inboxes.seal_settings(settings)
        if row["paused_reason"]:
            values["active"] = values.get("active", True)
    if values.get("active"):
        values["paused_reason"] = ""
    await ask.write(_update, id, values)
    return await _running(ask, id)


@routes.post("/inboxes/{id}/fit", Right.WORK)
async def try_fit(ask: Ask, id: UUID, written: FitIn) -> FitOut:
    """How many messages a text with files would be through this channel, or why it can't be sent."""
    facts = ask.hub.inboxes.facts(id)
    if facts is None:
        raise NotFound("inbox")
    try:
        return FitOut(messages=fit.count(written.text, written.files, facts.capabilities, facts.name))
    except fit.TooLong as error:
        return FitOut(messages=0, problem=str(error))


@routes.delete("/inboxes/{id}", Right.MANAGE)
async def remove_inbox(ask: Ask, id: UUID) -> None:
    """Disconnect a channel. What was said through it stays; its settings are destroyed."""
    await ask.read(read.inbox, id)
    await ask.write(_update, id, {"active": False, "removed_at": utcnow(), "settings": b""})
    await ask.hub.inboxes.refresh()


@routes.post("/inboxes/test", Right.MANAGE)
async def try_inbox(
    ask: Ask, inbox: InboxIn, id: Annotated[UUID | None, Field(description="Use this inbox's stored secrets")] = None
) -> InboxTest:
    """Try settings without keeping them; a failure names the field, where it is known which one is wrong."""
    stored: dict[str, Any] = {}
    if id is not None:
        row = await ask.read(read.inbox, id)
        if row["connector"] == inbox.connector:
            stored = ask.hub.inboxes.open_settings(row["settings"])
    try:
        settings = _checked(inbox.connector, inbox.settings, stored)
        connector = registry.build(inbox.connector, settings, ask.hub.inboxes.context(id or new_id(), inbox.connector))
        async with asyncio.timeout(TEST_TIME_S):
            return InboxTest(ok=True, message=await connector.health())
    except registry.InvalidSettings as error:
        return InboxTest(ok=False, message=str(error), field=error.problems[0][0])
    except TimeoutError:
        sentence = f"There was no answer within {TEST_TIME_S} seconds. Check the addresses and ports, and any firewall."
        return InboxTest(ok=False, message=sentence)
    except (ConnectorError, OSError) as error:
        return InboxTest(ok=False, message=str(error), field=_blamed(error, settings))


def _blamed(error: Exception, settings: Mapping[str, Any]) -> str:
    """The field a failure is about: the host it names, or the password where a sign-in was refused."""
    hosts = [
        name
        for name, value in settings.items()
        if name.endswith(("host", "url")) and value and str(value) in str(error)
    ]
    if not isinstance(error, Unauthorised):
        return hosts[0] if hosts else ""
    side = hosts[0].removesuffix("host") if hosts else ""
    secrets = [name for name in settings if name.endswith(("password", "secret", "token"))]
    return next((name for name in secrets if side and name.startswith(side)), secrets[0] if secrets else "")


def _checked(key: str, given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Complete settings, secrets in clear, ready to be sealed. Raises `InvalidSettings` or `UnknownConnector`."""
    connector = registry.find(key)
    merged = registry.merge(connector, stored, given)
    registry.validate(connector, merged)
    return merged


def _insert(conn: Connection, row: dict[str, Any]) -> None:
    conn.execute(sa.insert(INBOX).values(**row, active=True, version=1, created_at=utcnow()))


def _update(conn: Connection, inbox_id: UUID, values: dict[str, Any]) -> None:
    here = sa.and_(INBOX.c.id == inbox_id, INBOX.c.removed_at.is_(None))
    if not conn.execute(sa.update(INBOX).where(here).values(**values, version=INBOX.c.version + 1)).rowcount:
        raise NotFound("inbox")


async def _running(ask: Ask, inbox_id: UUID) -> InboxOut:
    """The inbox after a change, its connector rebuilt and its address known."""
    await ask.hub.inboxes.refresh()
    connector = ask.hub.inboxes.get(inbox_id)
    if connector is not None:
        await ask.write(_note_address, inbox_id, connector.address)
    return _out(ask, await ask.read(read.inbox, inbox_id))


def _note_address(conn: Connection, inbox_id: UUID, address: str) -> None:
    conn.execute(sa.update(INBOX).where(INBOX.c.id == inbox_id).values(address=address))


def _out(ask: Ask, row: Mapping[str, Any]) -> InboxOut:
    running = ask.hub.inboxes.get(row["id"])
    problem = ask.hub.inboxes.problem(row["id"])
    base = ask.hub.config.address
    live = isinstance(running, Converses)
    return InboxOut(
        id=row["id"],
        connector=row["connector"],
        name=row["name"],
        address=row["address"],
        channel=row["channel"],
        state="active" if row["active"] and not problem else "paused",
        capabilities=capabilities(running.capabilities) if running is not None else _of_connector(row["connector"]),
        paused_reason=problem or row["paused_reason"],
        trouble=_trouble(row),
        settings=_settings(ask, row) if Right.MANAGE in ask.me.rights else {},
        hook_url=f"{base}/hooks/{row['id']}" if running is not None and running.has_webhook else "",
        snippet=f'<script async src="{base}/w.js" data-inbox="{row["id"]}"></script>' if live else "",
        last_in_at=max(filter(None, (row["last_in_at"], ask.hub.inboxes.last_heard(row["id"]))), default=None),
        last_out_at=row["last_out_at"],
        reconciled_at=row["reconciled_at"],
        reconciled_found=row["reconciled_found"],
        reconcile_problem=row["reconcile_problem"],
    )


def _of_connector(key: str) -> dict[str, Any]:
    """What it could do if it ran; nothing where its connector isn't installed any more."""
    connector = registry.available().get(key)
    return capabilities(connector.capabilities) if connector is not None else {}


def _trouble(row: Mapping[str, Any]) -> Trouble | None:
    if not row["next_try_at"]:
        return None
    return Trouble(since=row["trouble_since"], reason=row["trouble"], next_try_at=row["next_try_at"])


def _settings(ask: Ask, row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        connector = registry.find(row["connector"])
    except registry.UnknownConnector:
        return {}
    return registry.mask(connector, ask.hub.inboxes.open_settings(row["settings"]))
