"""The mail port: every mail is stored before the sender hears 250, and nobody's mail is taken that is not for us."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import ssl
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.contract import Intake, Raw, TooLarge, Unauthorised, Unavailable, Unverified

from .errors import reason
from .settings import EmailSettings

MAX_RECIPIENTS = 100
MAX_CONNECTIONS = 500
MAX_PER_ADDRESS = 20
AWAY_SECONDS = 600.0
COMMAND_TIMEOUT = 300.0
_log = logging.getLogger("onethread.email")

# aiosmtpd writes every command of every client at INFO.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Mailroom:
    """What one inbox takes at the door."""

    def __init__(self, settings: EmailSettings, intake: Intake, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.intake = intake
        self.now = now
        self.domains = {alias[1:] for alias in settings.aliases if alias.startswith("@")}

    def owns(self, address: str) -> bool:
        return self.settings.tag_of(address) is not None

    def wants(self, address: str) -> bool:
        return self.owns(address) or address.rpartition("@")[2].lower() in self.domains


class Door:
    """One listening port, shared by the inboxes that name it; each can come and go while the others stay."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.rooms: list[Mailroom] = []
        self.away: dict[Mailroom, float] = {}
        self.server: asyncio.Server | None = None
        self.peers: Counter[str] = Counter()
        self.lock = asyncio.Lock()

    async def enter(self, room: Mailroom) -> None:
        async with self.lock:
            if self.server is None:
                self.server = await self._open(_certificate(room.settings.listen_certificate))
            self.away = {
                other: until
                for other, until in self.away.items()
                if not set(other.settings.own) & set(room.settings.own)
            }
            self.rooms.append(room)

    async def leave(self, room: Mailroom) -> None:
        async with self.lock:
            self.rooms.remove(room)
            self.away[room] = asyncio.get_running_loop().time() + AWAY_SECONDS
            if not self.rooms and self.server is not None:
                self.server.close()
                self.server = None

    async def _open(self, tls: ssl.SSLContext | None) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(lambda: _Conversation(self, tls), self.host, self.port)
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            where = f"Mail port {self.port} can't be opened on {self.host}"
            raise Unavailable(f"{where}: {why}. Choose another port") from error

    def room_for(self, address: str) -> Mailroom | None:
        """The inbox that owns this address itself comes before one that takes its whole domain."""
        wanting = [room for room in self.rooms if room.wants(address)]
        return next((room for room in wanting if room.owns(address)), wanting[0] if wanting else None)

    def is_away(self, address: str) -> bool:
        """An inbox that restarts answers "later", else its mail would bounce."""
        now = asyncio.get_running_loop().time()
        return any(until > now and room.wants(address) for room, until in self.away.items())

    @property
    def size_limit(self) -> int:
        return max((room.settings.max_bytes for room in self.rooms), default=0)

    @property
    def bound_port(self) -> int:
        if self.server is None:
            return self.port
        port: int = self.server.sockets[0].getsockname()[1]
        return port


_doors: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, int], Door]] = WeakKeyDictionary()


def door(host: str, port: int) -> Door:
    """The process's door for a port, open or not; port 0 is a fresh one each time."""
    if port == 0:
        return Door(host, 0)
    return _doors.setdefault(asyncio.get_running_loop(), {}).setdefault((host, port), Door(host, port))


class _Conversation(SMTP):
    """One client's session. Lines end in CRLF only, so that a bare line feed can smuggle no second mail."""

    line_length_limit = 1024 * 1024

    def __init__(self, owner: Door, tls: ssl.SSLContext | None) -> None:
        self.door = owner
        self.peer_address = ""
        self.refused = False
        super().__init__(
            _Handler(owner),
            data_size_limit=owner.size_limit,
            enable_SMTPUTF8=True,
            hostname="onethread",
            ident="ESMTP",
            tls_context=tls,
            timeout=COMMAND_TIMEOUT,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self.peer_address = _network(transport.get_extra_info("peername"))
            crowded = self.door.peers[self.peer_address] >= MAX_PER_ADDRESS and not _is_local(self.peer_address)
            self.door.peers[self.peer_address] += 1
            if crowded or self.door.peers.total() > MAX_CONNECTIONS:
                assert isinstance(transport, asyncio.Transport)
                transport.write(b"421 4.7.0 Too many connections, try again later\r\n")
                transport.close()
                self.refused = True
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.door.peers[self.peer_address] -= 1
        if not self.door.peers[self.peer_address]:
            del self.door.peers[self.peer_address]
        if not self.refused:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self.refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return None if self.refused else super().eof_received()


class _Handler:
    """Answers of the mail port, by command."""

    def __init__(self, owner: Door) -> None:
        self.door = owner

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if self.door.room_for(address) is None:
            if self.door.is_away(address):
                return "450 4.3.2 This mailbox is restarting, try again in a minute"
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        shares: dict[Mailroom, list[str]] = {}
        for address in envelope.rcpt_tos:
            room = self.door.room_for(address)
            if room is None:
                return "451 4.3.2 This mailbox is restarting, try again in a minute"
            shares.setdefault(room, []).append(address)
        try:
            for room, addresses in shares.items():
                await room.intake(_raw(room, session, envelope, addresses))
        except TooLarge as error:
            return _say(552, "5.3.4", error)
        except Unavailable as error:
            return _say(451, "4.3.0", error)
        except Unverified as error:
            return _say(550, "5.7.1", error)
        except Exception:
            _log.exception("A mail could not be stored; its sender was told to try again")
            return "451 4.3.0 The mail could not be stored, try again later"
        return "250 2.0.0 Stored"

    async def handle_exception(self, error: Exception) -> str:
        _log.error("The mail port failed in a session", exc_info=error)
        return "451 4.3.0 Something went wrong here, try again later"


def _raw(room: Mailroom, session: Session, envelope: Envelope, addresses: list[str]) -> Raw:
    body = envelope.original_content or b""
    if len(body) > room.settings.max_bytes:
        raise TooLarge(f"Mail over {room.settings.max_megabytes} MB is not taken here")
    peer: Any = session.peer
    return Raw(
        method="SMTP",
        url=f"smtp://{room.settings.domain}/",
        headers={
            "x-mail-from": _printable(envelope.mail_from or ""),
            "x-rcpt-to": ",".join(_printable(address) for address in addresses),
        },
        body=body,
        received_at=room.now(),
        remote=peer[0] if isinstance(peer, tuple) else "",
    )


def _printable(address: str) -> str:
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _say(code: int, enhanced: str, error: Exception) -> str:
    return f"{code} {enhanced} {' '.join(str(error).split())[:400]}"


def _network(peer: Any) -> str:
    """IPv6 clients own whole networks: they are counted by /64."""
    try:
        address = ipaddress.ip_address(peer[0].partition("%")[0])
    except (ValueError, TypeError, IndexError):
        return str(peer)
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _is_local(network: str) -> bool:
    """The mail server in front of us brings everybody's mail over one address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_network(network, strict=False).is_loopback
    return False


def _certificate(path: str) -> ssl.SSLContext | None:
    if not path:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(path)
    except (OSError, ssl.SSLError) as error:
        raise Unauthorised(
            f"The certificate file {path} can't be read: {reason(error)}. Check “Certificate file”"
        ) from error
    return context
