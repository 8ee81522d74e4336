"""A small IMAP4rev1 server, mails in memory: enough for real clients to log in, wait, read, mark and move."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\()|(\))|\{(\d+)\+?\}$|([^\s()"]+))')
_PARTIAL = re.compile(r"BODY(?:\.PEEK)?\[\](?:<(\d+)\.(\d+)>)?", re.I)
_MAX_LITERAL = 50 * 1024 * 1024


@dataclass(slots=True)
class StoredMail:
    uid: int
    raw: bytes
    flags: set[str]
    date: datetime


@dataclass(slots=True)
class Folder:
    uidvalidity: int = 1
    uidnext: int = 1
    mails: list[StoredMail] = field(default_factory=list)

    def add(self, raw: bytes, flags: Iterable[str] = ()) -> StoredMail:
        mail = StoredMail(self.uidnext, raw, set(flags), datetime.now(UTC))
        self.uidnext += 1
        self.mails.append(mail)
        return mail


class ImapServer:
    """The mailbox of one user."""

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self.password = password
        self.folders: dict[str, Folder] = {"INBOX": Folder()}
        self.capabilities = ["IMAP4rev1", "IDLE", "UIDPLUS", "AUTH=PLAIN", "LITERAL+"]
        self.refuse_login = ""
        """Words of a NO that every login gets."""
        self.hang_up_after_fetch = False
        self.port = 0
        self.sessions: set[Session] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def deliver(self, raw: bytes, folder: str = "INBOX") -> int:
        """Put a mail into a folder and tell those who wait for it; returns its UID."""
        mail = self.folders[folder].add(raw)
        for session in self.sessions:
            session.changed.set()
        return mail.uid

    def renumber(self) -> None:
        """Give the folder a new UIDVALIDITY and all mails new UIDs, as servers do after a restore; drops all lines."""
        old = self.inbox
        self.folders["INBOX"] = fresh = Folder(uidvalidity=old.uidvalidity + 1, uidnext=old.uidnext + 100)
        for mail in old.mails:
            fresh.add(mail.raw, mail.flags)
        self.hang_up()

    def hang_up(self) -> None:
        for session in list(self.sessions):
            session.writer.transport.abort()

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_MAX_LITERAL)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self.hang_up()
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        self.sessions.add(session)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await session.run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.sessions.discard(session)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class _No(Exception):
    """The command can't be done; its text is the answer."""


class Session:
    """One client's connection."""

    def __init__(self, server: ImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.changed = asyncio.Event()
        self.logged_in = False
        self.folder: Folder | None = None
        self.told = 0
        """How many mails the client knows of."""

    async def run(self) -> None:
        self.say(f"* OK [CAPABILITY {' '.join(self.server.capabilities)}] ready")
        while True:
            await self.writer.drain()
            words = await self.command()
            if words is None:
                return
            if len(words) < 2:
                self.say("* BAD what?")
                continue
            tag, name = words[0], words[1].upper()
            try:
                if name == "LOGOUT":
                    self.say("* BYE")
                    self.say(f"{tag} OK LOGOUT done")
                    return
                done = await self.answer(name, words[2:])
                self.say(f"{tag} OK {done or name + ' done'}")
            except _No as refusal:
                self.say(f"{tag} NO {refusal}")
            except (IndexError, ValueError, KeyError) as error:
                self.say(f"{tag} BAD {error}")

    def say(self, line: str) -> None:
        self.writer.write(line.encode("utf-8", "replace") + b"\r\n")

    async def command(self) -> list[str] | None:
        """One command as words; literals are fetched and put in as they are (bytes as latin-1)."""
        words: list[str] = []
        while True:
            line = await self.reader.readline()
            if not line:
                return None
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            literal = 0
            for quoted, opening, closing, size, atom in _TOKEN.findall(text):
                if size:
                    literal = int(size)
                elif opening or closing:
                    words.append(opening or closing)
                else:
                    words.append(atom or re.sub(r"\\(.)", r"\1", quoted))
            if not literal:
                return words
            if literal > _MAX_LITERAL:
                return None
            if not text.endswith("+}"):
                self.say("+ go on")
            words.append((await self.reader.readexactly(literal)).decode("latin-1"))

    async def answer(self, name: str, words: list[str]) -> str:
        if name == "CAPABILITY":
            self.say(f"* CAPABILITY {' '.join(self.server.capabilities)}")
        elif name == "NOOP":
            self.tell()
        elif name == "LOGIN":
            self.login(words[0], words[1])
        elif name == "AUTHENTICATE":
            self.say("+ ")
            _, user, password = base64.b64decode(await self.reader.readline()).decode().split("\0")
            self.login(user, password)
        elif not self.logged_in:
            raise _No("log in first")
        else:
            return await self.in_mailbox(name, words)
        return ""

    def login(self, user: str, password: str) -> None:
        if self.server.refuse_login:
            raise _No(self.server.refuse_login)
        if (user, password) != (self.server.user, self.server.password):
            raise _No("[AUTHENTICATIONFAILED] Invalid credentials")
        self.logged_in = True

    async def in_mailbox(self, name: str, words: list[str]) -> str:
        if name in ("SELECT", "EXAMINE"):
            return self.select(words[0])
        if name == "LIST":
            for known in self.server.folders:
                if words[1] in ("*", "%", known):
                    self.say(f'* LIST () "/" "{known}"')
        elif name == "CREATE":
            if words[0] in self.server.folders:
                raise _No("[ALREADYEXISTS] there is one")
            self.server.folders[words[0]] = Folder()
        elif name == "STATUS":
            folder = self.server.folders[words[0]]
            self.say(f'* STATUS "{words[0]}" (MESSAGES {len(folder.mails)} UIDNEXT {folder.uidnext})')
        elif name == "APPEND":
            self.server.deliver(words[-1].encode("latin-1"), words[0])
        elif self.folder is None:
            raise _No("select a folder first")
        else:
            await self.in_folder(self.folder, name, words)
        return ""

    def select(self, name: str) -> str:
        folder = self.server.folders.get(name)
        if folder is None:
            raise _No("[NONEXISTENT] no such folder")
        self.folder, self.told = folder, len(folder.mails)
        self.say(r"* FLAGS (\Seen \Answered \Flagged \Deleted \Draft)")
        self.say(f"* {self.told} EXISTS")
        self.say("* 0 RECENT")
        self.say(f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid")
        self.say(f"* OK [UIDNEXT {folder.uidnext}] next")
        return "[READ-WRITE] SELECT done"

    async def in_folder(self, folder: Folder, name: str, words: list[str]) -> None:
        if name == "IDLE":
            await self.idle()
        elif name in ("EXPUNGE", "CLOSE"):
            self.expunge(folder, lambda mail: r"\Deleted" in mail.flags)
        elif name == "UID":
            await self.by_uid(folder, words[0].upper(), words[1:])
        else:
            raise _No(f"{name} is not spoken here")
        self.tell()

    async def idle(self) -> None:
        self.say("+ idling")
        done = asyncio.ensure_future(self.reader.readline())
        try:
            while not done.done():
                self.tell()
                await self.writer.drain()
                self.changed.clear()
                news = asyncio.ensure_future(self.changed.wait())
                await asyncio.wait((done, news), return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        finally:
            done.cancel()

    def tell(self) -> None:
        if self.folder is not None and len(self.folder.mails) != self.told:
            self.told = len(self.folder.mails)
            self.say(f"* {self.told} EXISTS")

    async def by_uid(self, folder: Folder, name: str, words: list[str]) -> None:
        if name == "SEARCH":
            self.search(folder, words)
        elif name == "FETCH":
            await self.fetch(folder, words[0], " ".join(words[1:]))
        elif name == "STORE":
            self.store(folder, words[0], words[1].upper(), {word for word in words[2:] if word not in "()"})
        elif name in ("COPY", "MOVE"):
            target = self.server.folders[words[1]]
            chosen = _chosen(folder, words[0])
            for mail in chosen:
                target.add(mail.raw, mail.flags)
            if name == "MOVE":
                self.expunge(folder, lambda mail: mail in chosen)
        elif name == "EXPUNGE":
            self.expunge(folder, lambda mail: r"\Deleted" in mail.flags and mail in _chosen(folder, words[0]))
        else:
            raise _No(f"UID {name} is not spoken here")

    def search(self, folder: Folder, words: list[str]) -> None:
        found = list(folder.mails)
        position = 0
        while position < len(words):
            word = words[position].upper()
            if word == "UID":
                position += 1
                chosen = _chosen(folder, words[position])
                found = [mail for mail in found if mail in chosen]
            elif word == "UNSEEN":
                found = [mail for mail in found if r"\Seen" not in mail.flags]
            elif word == "SINCE":
                position += 1
                since = datetime.strptime(words[position], "%d-%b-%Y").replace(tzinfo=UTC)
                found = [mail for mail in found if mail.date >= since]
            elif word == "CHARSET":
                position += 1
            elif word not in ("ALL", "(", ")"):
                raise _No(f"SEARCH {word} is not spoken here")
            position += 1
        self.say("* SEARCH " + " ".join(str(mail.uid) for mail in found))

    async def fetch(self, folder: Folder, uids: str, items: str) -> None:
        for mail in _chosen(folder, uids):
            parts = [f"UID {mail.uid}", f"FLAGS ({' '.join(sorted(mail.flags))})", f"RFC822.SIZE {len(mail.raw)}"]
            number = folder.mails.index(mail) + 1
            wanted = _PARTIAL.search(items)
            if not wanted:
                self.say(f"* {number} FETCH ({' '.join(parts)})")
                continue
            begin = int(wanted[1] or 0)
            data = mail.raw[begin : begin + int(wanted[2])] if wanted[2] else mail.raw
            origin = f"<{begin}>" if wanted[2] else ""
            self.writer.write(f"* {number} FETCH ({' '.join(parts)} BODY[]{origin} {{{len(data)}}}\r\n".encode())
            self.writer.write(data + b")\r\n")
            await self.writer.drain()
            if "PEEK" not in wanted[0].upper():
                mail.flags.add(r"\Seen")
        if self.server.hang_up_after_fetch:
            self.server.hang_up_after_fetch = False
            self.writer.transport.abort()

    def store(self, folder: Folder, uids: str, action: str, flags: set[str]) -> None:
        for mail in _chosen(folder, uids):
            if action.startswith("+"):
                mail.flags |= flags
            elif action.startswith("-"):
                mail.flags -= flags
            else:
                mail.flags = set(flags)
            if "SILENT" not in action:
                shown = " ".join(sorted(mail.flags))
                self.say(f"* {folder.mails.index(mail) + 1} FETCH (UID {mail.uid} FLAGS ({shown}))")

    def expunge(self, folder: Folder, doomed: Callable[[StoredMail], bool]) -> None:
        for mail in [mail for mail in folder.mails if doomed(mail)]:
            place = folder.mails.index(mail)
            if place < self.told:  # what came since is still to be told, and then without it
                self.say(f"* {place + 1} EXPUNGE")
                self.told -= 1
            folder.mails.remove(mail)


def _chosen(folder: Folder, uids: str) -> list[StoredMail]:
    """The mails of a set such as `3,7:9,12:*`; `*` is the highest UID, on whichever side it stands."""
    highest = folder.mails[-1].uid if folder.mails else 0
    wanted: list[tuple[int, int]] = []
    for piece in uids.split(","):
        first, _, last = piece.partition(":")
        ends = [highest if end == "*" else int(end) for end in (first, last or first)]
        wanted.append((min(ends), max(ends)))
    return [mail for mail in folder.mails if any(low <= mail.uid <= high for low, high in wanted)]
