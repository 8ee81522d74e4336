"""Read an IMAP mailbox: resume by UID from the durable cursor, mark or move a mail only after it is stored.

imap-tools blocks, so each mailbox has a thread of its own; the loop stays in charge and can cut the line at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError, MailboxStarttlsError

from hub.contract import Context, Cursor, Intake, Raw, TooLarge, Unauthorised, Unavailable, Unverified

from .errors import no_encryption, unreachable
from .settings import EmailSettings

TIMEOUT = 30.0
IDLE_SECONDS = 60
"""Short against the 29 minutes of RFC 2177: a new search each minute finds what a silent or broken IDLE missed."""
POLL_SECONDS = 30
BATCH = 20
MAX_BACKOFF = 60.0
_LATER = ("[unavailable]", "[inuse]", "[limit]", "too many", "try again", "temporar")

T = TypeVar("T")


async def check(settings: EmailSettings) -> str:
    """Log in and open the folder."""
    async with _Line(settings) as line:
        count = await line(line.session.open)
        return f"Logged in to {settings.imap_host} as {settings.imap_user}; {settings.imap_folder} holds {count} mails."


async def read_mailbox(settings: EmailSettings, context: Context, intake: Intake, cursor: Cursor) -> None:
    """Hand every new mail to `intake` until cancelled; a lost line is taken up again, a refused login is not."""
    pause = 1.0
    while True:
        try:
            async with _Line(settings) as line:
                reader = _Reader(settings, context, intake, cursor, line)
                await reader.start()
                pause = 1.0
                while True:
                    await reader.read_new()
                    await reader.wait()
        except Unavailable as error:
            context.log.warning("Reading %s pauses for %.0f s: %s", settings.imap_host, pause, error)
        await asyncio.sleep(pause)
        pause = min(pause * 2, MAX_BACKOFF)


class _Session:
    """One connection; its methods block and run in the mailbox's thread."""

    def __init__(self, settings: EmailSettings) -> None:
        self.settings = settings
        self.box: MailBoxUnencrypted | MailBox | MailBoxStartTls | None = None
        self.closed = False

    def open(self) -> int:
        """Connect, log in and select the folder; returns how many mails it holds."""
        with _clear_errors(self.settings):
            self.box = self._connect()
            if self.closed:
                self.abort()
            self._login(self.box)
            status = self.box.folder.set(self.settings.imap_folder)
            return int(status[1][0] or 0)

    def _connect(self) -> MailBoxUnencrypted | MailBox | MailBoxStartTls:
        host, port = self.settings.imap_host, self.settings.imap_port
        if self.settings.imap_tls == "none":
            return MailBoxUnencrypted(host, port, timeout=TIMEOUT)
        context = ssl.create_default_context()
        if self.settings.imap_tls == "tls":
            return MailBox(host, port, timeout=TIMEOUT, ssl_context=context)
        return MailBoxStartTls(host, port, timeout=TIMEOUT, ssl_context=context)

    def _login(self, box: MailBoxUnencrypted | MailBox | MailBoxStartTls) -> None:
        user, password = self.settings.imap_user, self.settings.imap_password.get_secret_value()
        login = box.login if user.isascii() and password.isascii() else box.login_utf8
        try:
            login(user, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, MailboxLoginError) as error:
            host = self.settings.imap_host
            if any(word in str(error).lower() for word in _LATER):
                raise Unavailable(f"{host} takes no login now: {error}") from error
            raise Unauthorised(f"Login refused by {host}: check the user name and the password") from error

    @property
    def client(self) -> imaplib.IMAP4:
        if self.box is None:
            raise Unavailable(f"There is no connection to {self.settings.imap_host}.")
        client: imaplib.IMAP4 = self.box.client
        return client

    def number(self, name: str) -> int:
        """A number that the server told when the folder was selected, such as UIDVALIDITY."""
        value = self.client.response(name)[1][-1]
        return int(value) if value else 0

    def search(self, criteria: str) -> list[int]:
        with _clear_errors(self.settings):
            assert self.box is not None
            self.client.response("EXISTS")
            return sorted(int(uid) for uid in self.box.uids(criteria, charset=None))

    def fetch(self, uid: int, limit: int) -> bytes | None:
        """The raw mail, at most `limit` bytes of it; None when it was deleted meanwhile."""
        with _clear_errors(self.settings):
            status, data = self.client.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{limit}>)")
            if status != "OK":
                raise Unavailable(f"{self.settings.imap_host} doesn't give out mail {uid}: {data!r}")
            return next((item[1] for item in data if isinstance(item, tuple)), None)

    def settle(self, uid: int) -> None:
        """What shall happen to a mail that is stored."""
        with _clear_errors(self.settings):
            assert self.box is not None
            if self.settings.imap_after == "seen":
                self.box.flag(str(uid), "\\Seen", True)
            elif self.settings.imap_after == "move":
                if not self.box.folder.exists(self.settings.imap_move_to):
                    self.box.folder.create(self.settings.imap_move_to)
                self.box.move(str(uid), self.settings.imap_move_to)

    @property
    def can_idle(self) -> bool:
        return "IDLE" in self.client.capabilities

    def idle(self) -> None:
        """Return when something happened in the folder since the last search, or after a while."""
        if self.client.response("EXISTS")[1] != [None]:
            return
        with _clear_errors(self.settings):
            assert self.box is not None
            client: Any = self.client
            tag = client._command("IDLE")
            news = False
            # News that was waiting comes before the "+", where imap-tools' own start() would stumble over it.
            while client._get_response():
                news = True
                if client.tagged_commands[tag]:
                    raise Unavailable(f"{self.settings.imap_host} ended IDLE.")
            if not news and not self._has_read_ahead():
                self.box.idle.poll(timeout=IDLE_SECONDS)
            client.send(b"DONE\r\n")
            self.box.consume_until_tagged_response(tag)

    def _has_read_ahead(self) -> bool:
        """News in one packet with the "+" waits in the reader's buffer, where polling the socket doesn't see it."""
        client: Any = self.client
        reader = getattr(client, "_file", None) or client.file
        client.sock.settimeout(0)
        try:
            return bool(reader.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            client.sock.settimeout(TIMEOUT)

    def abort(self) -> None:
        """Cut the line from another thread, so that whatever waits on it ends at once."""
        self.closed = True
        if self.box is not None:
            with contextlib.suppress(OSError):
                self.box.client.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self.box is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
                self.box.logout()
            with contextlib.suppress(OSError):
                self.box.client.shutdown()


class _Line:
    """A session with its thread, for one `async with`; an error or a cancel inside cuts the connection."""

    def __init__(self, settings: EmailSettings) -> None:
        self.session = _Session(settings)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="imap")

    async def __call__(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work, *arguments)

    async def __aenter__(self) -> _Line:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.session.abort()
        self.thread.submit(self.session.close)
        self.thread.shutdown(wait=False)


class _Reader:
    """Walks through the new mails of one open folder and remembers how far it came.

    The cursor holds which `mailbox` it is about, its `uidvalidity`, the highest `uid` seen, the `todo` of older mails
    still to be read, and `since`, the day of the first connection, from which on everything is read again if the
    UIDs change.
    """

    def __init__(self, settings: EmailSettings, context: Context, intake: Intake, cursor: Cursor, line: _Line) -> None:
        self.settings = settings
        self.context = context
        self.intake = intake
        self.cursor = cursor
        self.line = line
        self.session = line.session
        self.at: dict[str, Any] = {}

    async def start(self) -> None:
        await self.line(self.session.open)
        settings = self.settings
        mailbox = f"{settings.imap_user}@{settings.imap_host}/{settings.imap_folder}"
        known = await self.cursor.load()
        self.at = known if known.get("mailbox") == mailbox else {}
        validity = self.session.number("UIDVALIDITY")
        if self.at.get("uidvalidity") == validity:
            return
        everything = await self.line(self.session.search, "ALL")
        since = self.at.get("since")
        if since:
            todo = await self.line(self.session.search, f"SINCE {_imap_date(datetime.fromisoformat(since))}")
            self.context.log.warning("%s has renumbered its mails; reading again since %s", settings.imap_host, since)
        elif settings.imap_first == "all":
            todo = everything
        else:
            todo = await self.line(self.session.search, "UNSEEN") if settings.imap_first == "unread" else []
        self.at = {
            "mailbox": mailbox,
            "uidvalidity": validity,
            "uid": max(everything, default=0),
            "todo": todo,
            "since": since or self.context.now().date().isoformat(),
        }
        await self.cursor.save(self.at)

    async def read_new(self) -> None:
        """Everything not yet read, oldest first; the cursor follows in small steps."""
        highest: int = self.at["uid"]
        # A range that ends in * always matches the last mail, however low its UID is.
        found = await self.line(self.session.search, f"UID {highest + 1}:*")
        fresh = [uid for uid in found if uid > highest]
        waiting = [*self.at["todo"], *fresh]
        for begin in range(0, len(waiting), BATCH):
            for uid in waiting[begin : begin + BATCH]:
                await self._take(uid)
            rest = waiting[begin + BATCH :]
            self.at = self.at | {
                "todo": [uid for uid in rest if uid <= highest],
                "uid": max(highest, *(uid for uid in waiting[: begin + BATCH])),
            }
            await self.cursor.save(self.at)

    async def _take(self, uid: int) -> None:
        limit = self.settings.max_bytes
        body = await self.line(self.session.fetch, uid, limit + 1)
        if body is None:
            return
        headers = {"x-uid": f"{self.at['uidvalidity']}:{uid}"}
        if len(body) > limit:
            headers["x-truncated"] = str(limit)
        try:
            await self.intake(
                Raw(
                    method="IMAP",
                    url=f"imap://{self.settings.imap_host}/",
                    headers=headers,
                    body=body[:limit],
                    received_at=self.context.now(),
                )
            )
        except (TooLarge, Unverified) as error:
            self.context.log.warning("Mail %s of %s stays unread there: %s", uid, self.settings.imap_host, error)
            return
        try:
            await self.line(self.session.settle, uid)
        except Unavailable as error:
            # It is stored; a folder that can't be written to must not stop the next mail.
            self.context.log.warning("Mail %s is stored but can't be marked: %s", uid, error)

    async def wait(self) -> None:
        if self.session.can_idle:
            await self.line(self.session.idle)
        else:
            await asyncio.sleep(POLL_SECONDS)


def _imap_date(day: datetime) -> str:
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    return f"{day.day}-{month}-{day.year}"


@contextlib.contextmanager
def _clear_errors(settings: EmailSettings) -> Iterator[None]:
    """The library's errors as the contract's, in words that tell what to do."""
    where = f"{settings.imap_host}:{settings.imap_port}"
    try:
        yield
    except MailboxFolderSelectError as error:
        raise Unauthorised(f"{settings.imap_host} has no folder “{settings.imap_folder}”. Check “Folder”") from error
    except (ssl.SSLError, MailboxStarttlsError) as error:
        raise no_encryption(where, error) from error
    except imaplib.IMAP4.abort as error:
        raise Unavailable(f"{settings.imap_host} hung up: {error}") from error
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise Unavailable(f"{settings.imap_host} answered with an error: {error}") from error
    except OSError as error:
        raise unreachable(where, error) from error
