"""`onethread demo`: a hub on this machine alone, with sample customers, and mail that only its own page can read."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy import Connection

from hub.config import Config
from hub.core import sessions
from hub.db import Database
from hub.demo.mail import ME, SUPPORT, Mailbox
from hub.demo.seed import seed
from hub.http.session import name_workspace
from hub.models import Agent, Inbox, Workspace, new_id, utcnow
from hub.runtime import HUB
from hub.secrets import Keys, load_secret
from hub.serving import Stage

AGENT, INBOX, WORKSPACE = Agent.__table__, Inbox.__table__, Workspace.__table__  # type: ignore[attr-defined]

SHOP = "Fern & Fell"
MAIL_PORT = 2525
YOU = ("you@fernandfell.example", "Robin Vale")


def demo_config(config: Config) -> Config:
    """Apart from whatever else lives in the data folder, and on a free port if the usual one is taken."""
    changes: dict[str, Any] = {"demo": True}
    if config.data == Path("data"):
        changes["data"] = config.data / "demo"
    if config.port and not _free(config.port):
        changes["port"] = 0
    return config.model_copy(update=changes)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(wanted: int) -> int:
    if _free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo(Stage):
    def __init__(self) -> None:
        self.mailbox = Mailbox()

    async def before(self, config: Config) -> None:
        """Ports may have been taken meanwhile, so mail is arranged anew at every start."""
        await self.mailbox.start()
        keys = Keys(load_secret(config.secret_key.get_secret_value(), config.data))
        db = Database(config.database)
        try:
            self.mailbox.port = await db.write(lambda conn: _arrange(conn, keys, self.mailbox.outgoing()))
        finally:
            await db.close()

    def set_up(self, app: web.Application) -> None:
        app.add_routes(self.mailbox.routes())
        app.on_cleanup.append(self._end)

    async def _end(self, _app: web.Application) -> None:
        await self.mailbox.stop()

    async def ready(self, app: web.Application) -> None:
        hub = app[HUB]
        if await hub.db.write(lambda conn: seed(conn, hub.desk, hub.now())):
            await hub.inboxes.refresh()
        secret = await hub.db.write(lambda conn: sessions.make_link(conn, "signin", _you(conn)))
        address = hub.config.address
        lines = [
            "",
            f"  {SHOP} is open: a demo of Onethread on this machine alone.",
            "",
            f"  Console            {address}/link/{secret}",
            "                     (signs you in once; afterwards the address alone is enough)",
            f"  A customer's page  {address}/demo",
            f"  Write mail to      {SUPPORT} at 127.0.0.1 port {self.mailbox.port} (SMTP, no encryption)",
            "",
            "  Ctrl+C ends it. The sample is removed in Settings, Workspace.",
            "",
        ]
        print(*lines, sep="\n", flush=True)


def _arrange(conn: Connection, keys: Keys, outgoing: dict[str, Any]) -> int:
    """Shop, owner and inboxes at the first start; returns the port mail comes in on."""
    if not conn.execute(sa.select(WORKSPACE.c.id)).first():
        name_workspace(conn, SHOP)
        _add_owner(conn)
        _add_inbox(conn, keys, "chat", "Shop chat", {"name": SHOP, "email": SUPPORT})
        settings = {"address": SUPPORT, "name": SHOP, "listen_port": MAIL_PORT, **outgoing}
        _add_inbox(conn, keys, "email", "Support mail", settings)
    row = conn.execute(
        sa.select(INBOX).where(INBOX.c.connector == "email", INBOX.c.removed_at.is_(None)).order_by(INBOX.c.id)
    ).first()
    if row is None:
        return 0
    settings = orjson.loads(keys.open(row.settings)) | outgoing
    settings["listen_port"] = _free_port(MAIL_PORT)
    sealed = keys.seal(orjson.dumps(settings))
    conn.execute(sa.update(INBOX).where(INBOX.c.id == row.id).values(settings=sealed, version=row.version + 1))
    return int(settings["listen_port"])


def _add_owner(conn: Connection) -> None:
    email, name = YOU
    row = {"id": new_id(), "email": email, "name": name, "role": "owner", "password_hash": "", "active": True}
    conn.execute(sa.insert(AGENT).values(**row, settings={}, created_at=utcnow()))


def _you(conn: Connection) -> Any:
    return conn.execute(sa.select(AGENT.c.id).where(AGENT.c.role == "owner").order_by(AGENT.c.id).limit(1)).scalar_one()


def _add_inbox(conn: Connection, keys: Keys, connector: str, name: str, settings: dict[str, Any]) -> None:
    row = {"id": new_id(), "connector": connector, "channel": connector, "name": name, "active": True, "version": 1}
    sealed = keys.seal(orjson.dumps(settings))
    address = settings.get("address", "")
    conn.execute(sa.insert(INBOX).values(**row, address=address, settings=sealed, created_at=utcnow()))


__all__ = ["ME", "Demo", "demo_config"]
