"""Reading a mailbox by UID: nothing twice, nothing lost, marked only when stored."""

from __future__ import annotations

import asyncio
import imaplib
import logging
from typing import Any

import pytest

from connectors.email import Email, imap, imap_server
from connectors.email.imap_server import Folder
from connectors.email.simulator import PASSWORD, USER, MailProvider
from hub.contract import Raw, TooLarge, Unauthorised, Unavailable
from tests.connectors.email.support import Memory, Store, email, mail, running, until


def numbered(number: int) -> bytes:
    return mail(f"Mail {number}", Message_ID=f"<{number}@example.com>").replace("\n", "\r\n").encode()


def reader(provider: MailProvider, **settings: Any) -> Email:
    return email(receive="imap", **{**provider.settings(), **settings})


def texts(raws: list[Raw]) -> list[str]:
    return [raw.body.decode().split("\r\n\r\n")[1].strip() for raw in raws]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "POLL_SECONDS", 0.1)


async def test_waiting_mail_and_new_mail_are_read_once_and_marked() -> None:
    store, memory = Store(), Memory()
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        provider.imap.deliver(numbered(2))
        async with running(reader(provider).listen(store, memory)):
            await store.holds(2)
            provider.imap.deliver(numbered(3))
            await store.holds(3)
            await until(lambda: all(r"\Seen" in one.flags for one in provider.imap.inbox.mails))
            await until(lambda: memory.value["uid"] == 3)
    assert texts(store.raws) == ["Mail 1", "Mail 2", "Mail 3"]
    assert store.raws[0].headers == {"x-uid": "1:1"}
    assert (store.raws[0].method, store.raws[0].body) == ("IMAP", numbered(1))


async def test_reading_goes_on_where_it_stopped_even_if_somebody_read_the_mail() -> None:
    store, memory = Store(), Memory()
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        async with running(reader(provider).listen(store, memory)):
            await store.holds(1)
            await until(lambda: memory.value.get("todo") == [])
        provider.imap.inbox.add(numbered(2), [r"\Seen"])
        async with running(reader(provider).listen(store, memory)):
            await store.holds(2)
    assert texts(store.raws) == ["Mail 1", "Mail 2"]


FIRST = {"unread": ["Mail 2"], "all": ["Mail 1", "Mail 2"], "new": []}


@pytest.mark.parametrize(("choice", "expected"), FIRST.items())
async def test_the_first_connection_reads_what_was_chosen(choice: str, expected: list[str]) -> None:
    store = Store()
    async with MailProvider() as provider:
        provider.imap.inbox.add(numbered(1), [r"\Seen"])
        provider.imap.inbox.add(numbered(2))
        async with running(reader(provider, imap_first=choice).listen(store, Memory())):
            await store.holds(len(expected))
            await until(lambda: bool(provider.imap.sessions))
            await asyncio.sleep(0.3)
            provider.imap.deliver(numbered(3))
            await store.holds(len(expected) + 1)
    assert texts(store.raws) == [*expected, "Mail 3"]


async def test_a_mail_that_could_not_be_stored_stays_unread_and_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    store, memory = Store(), Memory()
    store.fail = [Unavailable("The database is away")]
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        async with running(reader(provider).listen(store, memory)):
            await until(lambda: not store.fail)
            assert provider.imap.inbox.mails[0].flags == set()
            await store.holds(1)
    assert "The database is away" in caplog.text


async def test_a_mail_over_the_limit_is_left_and_the_next_one_read(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.fail = [TooLarge("Over the limit")]
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        provider.imap.deliver(numbered(2))
        async with running(reader(provider).listen(store, Memory())):
            await store.holds(1)
            await until(lambda: r"\Seen" in provider.imap.inbox.mails[1].flags)
        assert r"\Seen" not in provider.imap.inbox.mails[0].flags
    assert "stays unread there: Over the limit" in caplog.text


async def test_of_a_huge_mail_the_beginning_is_taken() -> None:
    store = Store()
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1) + b"x" * 2_000_000)
        async with running(reader(provider, max_megabytes=1).listen(store, Memory())):
            (raw,) = await store.holds(1)
    assert len(raw.body) == 1024 * 1024
    assert raw.headers["x-truncated"] == str(1024 * 1024)


async def test_new_uids_lose_nothing(caplog: pytest.LogCaptureFixture) -> None:
    store, memory = Store(), Memory()
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        connector = reader(provider)
        async with running(connector.listen(store, memory)):
            await store.holds(1)
            memory.value["since"] = "2026-01-01"
            provider.imap.renumber()
            provider.imap.deliver(numbered(2))
            await store.holds(3)
    assert sorted(set(texts(store.raws))) == ["Mail 1", "Mail 2"]
    assert connector.dedup_key(store.raws[0]) == connector.dedup_key(store.raws[1])
    assert "renumbered" in caplog.text


async def test_another_folder_is_read_from_its_own_beginning() -> None:
    store, memory = Store(), Memory()
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        provider.imap.deliver(numbered(2))
        async with running(reader(provider).listen(store, memory)):
            await store.holds(2)
            await until(lambda: memory.value["uid"] == 2)
        provider.imap.folders["Other"] = Folder()
        provider.imap.deliver(numbered(3), "Other")
        async with running(reader(provider, imap_folder="Other").listen(store, memory)):
            await store.holds(3)
    assert texts(store.raws) == ["Mail 1", "Mail 2", "Mail 3"]


async def test_a_lost_line_is_taken_up_again(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    async with MailProvider() as provider:
        async with running(reader(provider).listen(store, Memory())):
            await until(lambda: bool(provider.imap.sessions))
            await asyncio.sleep(0.2)
            provider.imap.hang_up()
            provider.imap.deliver(numbered(1))
            await store.holds(1)
        provider.imap.hang_up_after_fetch = True
        provider.imap.deliver(numbered(2))
        async with running(reader(provider, imap_first="all").listen(store, Memory())):
            await until(lambda: "Mail 2" in texts(store.raws))


async def test_reading_can_move_mails_away() -> None:
    store = Store()
    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        async with running(reader(provider, imap_after="move", imap_move_to="Done").listen(store, Memory())):
            await store.holds(1)
            await until(lambda: not provider.imap.inbox.mails)
            provider.imap.deliver(numbered(2))
            await store.holds(2)
            await until(lambda: len(provider.imap.folders["Done"].mails) == 2)


async def test_a_server_without_idle_is_asked_again_and_again() -> None:
    store = Store()
    async with MailProvider() as provider:
        provider.imap.capabilities.remove("IDLE")
        async with running(reader(provider, imap_after="nothing").listen(store, Memory())):
            await until(lambda: bool(provider.imap.sessions))
            provider.imap.deliver(numbered(1))
            await store.holds(1)
        assert provider.imap.inbox.mails[0].flags == set()


async def test_news_that_come_in_one_packet_with_the_go_ahead_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    async with MailProvider() as provider:
        begin = imap_server.Session.idle

        async def idle(session: imap_server.Session) -> None:
            if not provider.imap.inbox.mails:
                provider.imap.deliver(numbered(1))
            await begin(session)

        monkeypatch.setattr(imap_server.Session, "idle", idle)
        async with running(reader(provider).listen(store, Memory())):
            await store.holds(1)


async def test_a_refused_login_ends_the_reading() -> None:
    async with MailProvider() as provider:
        with pytest.raises(Unauthorised, match="check the user name and the password"):
            await reader(provider, imap_password="wrong").listen(Store(), Memory())


async def test_a_login_refused_for_now_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    async with MailProvider() as provider:
        provider.imap.refuse_login = "[UNAVAILABLE] Too many connections"
        provider.imap.deliver(numbered(1))
        async with running(reader(provider).listen(store, Memory())):
            await until(lambda: "takes no login now" in caplog.text)
            provider.imap.refuse_login = ""
            await store.holds(1)


async def test_an_end_comes_at_once_while_it_waits() -> None:
    async with MailProvider() as provider:
        async with running(reader(provider).listen(Store(), Memory())) as task:
            await until(lambda: bool(provider.imap.sessions))
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.wait_for(asyncio.wait((task,)), 1)
        await until(lambda: not provider.imap.sessions)


async def test_many_mails_keep_their_order() -> None:
    store, memory = Store(), Memory()
    async with MailProvider() as provider:
        for number in range(100):
            provider.imap.deliver(numbered(number))
        async with running(reader(provider).listen(store, memory)):
            await store.holds(100)
            await until(lambda: memory.value["uid"] == 100 and memory.value["todo"] == [])
    assert texts(store.raws) == [f"Mail {number}" for number in range(100)]


async def test_the_simulated_server_serves_other_clients_too() -> None:
    def talk(port: int) -> tuple[bytes, list[bytes], bytes]:
        client = imaplib.IMAP4("127.0.0.1", port, timeout=10)
        client.login(USER, PASSWORD)
        client.append("INBOX", "", imaplib.Time2Internaldate(0), numbered(2))
        client.select("INBOX")
        found = client.uid("SEARCH", "UNSEEN")[1]
        fetched = client.uid("FETCH", "2", "(BODY[])")[1][0]
        client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        client.expunge()
        left = client.uid("SEARCH", "ALL")[1]
        client.logout()
        assert isinstance(fetched, tuple)
        return found[0], left, fetched[1]

    async with MailProvider() as provider:
        provider.imap.deliver(numbered(1))
        assert await asyncio.to_thread(talk, provider.imap.port) == (b"1 2", [b"2"], numbered(2))


def test_nobody_logs_the_conversation() -> None:
    assert logging.getLogger("mail.log").getEffectiveLevel() >= logging.ERROR
