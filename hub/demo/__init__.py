"""`onethread demo`: a hub on this machine alone, sample customers, and providers that only its own page reaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import web

from hub.config import Config
from hub.core import sessions
from hub.db import Database
from hub.demo.arrange import SHOP, arrange, free, mail_port, owner, wrote_on_instagram
from hub.demo.mail import ME, SUPPORT, Mailbox
from hub.demo.phone import Phone
from hub.demo.providers import Providers
from hub.demo.script import printed
from hub.demo.seed import record, seed, wanted
from hub.runtime import HUB
from hub.secrets import Keys, load_secret
from hub.serving import Stage


def demo_config(config: Config) -> Config:
    """Apart from whatever else lives in the data folder, and on a free port if the usual one is taken."""
    changes: dict[str, Any] = {"demo": True}
    if config.data == Path("data"):
        changes["data"] = config.data / "demo"
    if config.port and not free(config.port):
        changes["port"] = 0
    return config.model_copy(update=changes)


class Demo(Stage):
    def __init__(self) -> None:
        self.mailbox, self.providers = Mailbox(), Providers()
        self.phone = Phone(self.providers)
        self._inboxes: dict[str, UUID] = {}

    async def before(self, config: Config) -> None:
        """Ports may have been taken meanwhile, so where the providers are is arranged anew at every start."""
        await self.mailbox.start()
        await self.providers.start()
        self.mailbox.port = mail_port()
        mail = {**self.mailbox.outgoing(), "listen_port": self.mailbox.port}
        reached = {"email": mail, **self.providers.settings()}
        keys = Keys(load_secret(config.secret_key.get_secret_value(), config.data))
        db = Database(config.database)
        try:
            self._inboxes = await db.write(lambda conn: arrange(conn, keys, reached))
        finally:
            await db.close()

    def set_up(self, app: web.Application) -> None:
        app.add_routes([*self.mailbox.routes(), *self.phone.routes()])
        app.on_cleanup.append(self._end)

    async def _end(self, _app: web.Application) -> None:
        await self.mailbox.stop()
        await self.providers.stop()

    async def ready(self, app: web.Application) -> None:
        hub = app[HUB]
        self.providers.tell(
            {connector: hub.inboxes.context(inbox, connector).hook_url for connector, inbox in self._inboxes.items()}
        )
        if await hub.db.read(lambda conn: wanted(conn, hub.desk)):
            tapes = await record(hub.blobs)
            await hub.db.write(lambda conn: seed(conn, hub.desk, hub.now(), tapes))
        self.providers.remember(await hub.db.read(wrote_on_instagram))
        secret = await hub.db.write(lambda conn: sessions.make_link(conn, "signin", owner(conn)))
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
            "  The story, with both open side by side (the words to type are on the customer's page):",
            *printed(),
            "",
            "  Ctrl+C ends it. The sample is removed in Settings, Workspace.",
            "",
        ]
        print(*lines, sep="\n", flush=True)


__all__ = ["ME", "Demo", "demo_config"]
