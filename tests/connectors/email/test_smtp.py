"""The mail port and the way out, over real sockets."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from dataclasses import replace
from typing import Any

import pytest

from connectors.email import smtp_in
from connectors.email.simulator import PASSWORD, USER, MailProvider
from hub.contract import (
    Address,
    ConnectorError,
    Message,
    Outgoing,
    Refused,
    TooLarge,
    Unauthorised,
    Unavailable,
    Uncertain,
    Unverified,
)
from hub.testkit import Fault
from tests.connectors.email.support import Memory, Store, email, mail, open_door, running, until
from tests.support.processes import free_port

SAM = Address("email", "sam@example.com", "Sam Fox")
HELLO = Outgoing(key="key-1", to=SAM, text="Hello", subject="Re: Your order")


def give(
    port: int, body: str | bytes = "", to: list[str] | str = "support@example.org", sender: str = "sam@example.com"
) -> Any:
    """One mail by a client that isn't ours."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        return client.sendmail(sender, to, body or mail())


async def test_mail_comes_in_with_its_envelope() -> None:
    connector, store = email(listen_port=0), Store()
    async with open_door(connector, store) as port:
        await asyncio.to_thread(give, port, "", "support+case7@example.org", "Bounce@example.com")
    (raw,) = store.raws
    assert raw.headers == {"x-mail-from": "Bounce@example.com", "x-rcpt-to": "support+case7@example.org"}
    assert (raw.method, raw.remote) == ("SMTP", "127.0.0.1")
    assert raw.body == mail().replace("\n", "\r\n").encode()
    connector.verify(raw)
    (event,) = connector.normalise(raw)
    assert isinstance(event, Message)
    assert event.tokens == ("case7",)


async def test_nothing_is_said_before_it_is_stored() -> None:
    connector, stored = email(listen_port=0), asyncio.Event()

    async def slow(raw: Any) -> None:
        await stored.wait()

    async with running(connector.listen(slow, Memory())):
        await until(lambda: connector.listening_port is not None)
        sending = asyncio.create_task(asyncio.to_thread(give, connector.listening_port or 0))
        await asyncio.sleep(0.3)
        assert not sending.done()
        stored.set()
        assert await sending == {}


ANSWERS = {
    "unavailable": (Unavailable("The database is away"), 451),
    "too large": (TooLarge("Over the limit"), 552),
    "unverified": (Unverified("Not for us"), 550),
    "a bug": (RuntimeError("oops"), 451),
}


@pytest.mark.parametrize(("error", "code"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_failures_have_their_codes(error: Exception, code: int, caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.fail = [error]
    async with open_door(email(listen_port=0), store) as port:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await asyncio.to_thread(give, port)
        assert refused.value.smtp_code == code
        await asyncio.to_thread(give, port)
    assert len(store.raws) == 1


@pytest.mark.parametrize(
    "address", ["nobody@example.org", "support@example.com", "support", "support+x@example.com", "xsupport@example.org"]
)
async def test_nobody_elses_mail_is_taken(address: str) -> None:
    async with open_door(email(listen_port=0), Store()) as port:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            await asyncio.to_thread(give, port, "", address)
        assert refused.value.recipients[address][0] == 550


@pytest.mark.parametrize(
    "address", ["Support@Example.ORG", "help@example.org", "anybody@shop.example", "support+a+b@example.org"]
)
async def test_all_our_addresses_are_taken(address: str) -> None:
    store = Store()
    async with open_door(email(listen_port=0, aliases=["help@example.org", "@shop.example"]), store) as port:
        await asyncio.to_thread(give, port, "", address)
    assert store.raws[0].headers["x-rcpt-to"] == address


async def test_the_size_limit_is_told_and_kept() -> None:
    connector, store = email(listen_port=0, max_megabytes=1), Store()

    def talk(port: int) -> tuple[str, int]:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo()
            size = client.esmtp_features["size"]
            client.mail("sam@example.com")
            client.rcpt("support@example.org")
            code, _ = client.data(b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 16_000)
            return size, code

    async with open_door(connector, store) as port:
        assert await asyncio.to_thread(talk, port) == (str(1024 * 1024), 552)
    assert store.raws == []


async def test_letters_beyond_ascii_in_addresses() -> None:
    store = Store()

    def talk(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.sendmail("zoë@example.com", ["jörg@example.org"], mail(), mail_options=["SMTPUTF8"])

    async with open_door(email(listen_port=0, aliases=["jörg@example.org"]), store) as port:
        await asyncio.to_thread(talk, port)
    assert store.raws[0].headers == {"x-mail-from": "zoë@example.com", "x-rcpt-to": "jörg@example.org"}


def converse(port: int, data: bytes) -> bytes:
    """Send bytes as they are, and read until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(data)
        heard = b""
        while chunk := line.recv(65_536):
            heard += chunk
        return heard


START = b"EHLO x\r\nMAIL FROM:<sam@example.com>\r\nRCPT TO:<support@example.org>\r\nDATA\r\n"


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r.\r\n"], ids=repr)
async def test_no_second_mail_can_be_smuggled_in(end: bytes) -> None:
    smuggled = b"MAIL FROM:<eve@example.net>\r\nRCPT TO:<support@example.org>\r\nDATA\r\nSubject: evil\r\n\r\nevil"
    store = Store()
    async with open_door(email(listen_port=0), store) as port:
        await asyncio.to_thread(
            converse, port, START + b"Subject: x\r\n\r\ntext" + end + smuggled + b"\r\n.\r\nQUIT\r\n"
        )
    assert [raw.headers["x-mail-from"] for raw in store.raws] == ["sam@example.com"]


async def test_a_slow_client_holds_up_nobody() -> None:
    store = Store()
    async with open_door(email(listen_port=0), store) as port:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for _, writer in lines:
            writer.write(START[:-3])
        await asyncio.wait_for(asyncio.to_thread(give, port), 5)
        for _, writer in lines:
            writer.close()
    assert len(store.raws) == 1


async def test_one_network_gets_only_so_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_in, "_is_local", lambda network: False)
    store = Store()
    async with open_door(email(listen_port=0), store) as port:
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(smtp_in.MAX_PER_ADDRESS)]
        for reader, _ in lines:
            assert (await reader.readline()).startswith(b"220")
        reader, extra = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"421")
        extra.close()
        for _, writer in lines:
            writer.close()
        await asyncio.sleep(0.1)
        await asyncio.to_thread(give, port)
    assert len(store.raws) == 1


async def test_inboxes_share_a_port_and_one_restarts_while_the_other_stays() -> None:
    port = free_port()
    support, sales = Store(), Store()
    first = email(listen_port=port)
    second = email("2", listen_port=port, address="sales@example.org")
    async with open_door(first, support):
        async with open_door(second, sales):
            await asyncio.to_thread(give, port, "", ["support@example.org", "sales@example.org"])
            await asyncio.to_thread(give, port, "", "sales@example.org")
        assert (len(support.raws), len(sales.raws)) == (1, 2)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as away:
            await asyncio.to_thread(give, port, "", "sales@example.org")
        assert away.value.recipients["sales@example.org"][0] == 450
        await asyncio.to_thread(give, port)
        async with open_door(second, sales):
            await asyncio.to_thread(give, port, "", "sales@example.org")
    assert (len(support.raws), len(sales.raws)) == (2, 3)
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(give, port)


async def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"port {port}"):
            await email(listen_port=port).listen(Store(), Memory())


async def test_an_answer_leaves_with_its_return_path() -> None:
    async with MailProvider() as provider:
        connector = email(**provider.settings())
        ref = await connector.send(
            replace(HELLO, cc=(Address("email", "eve@example.com"),), bcc=(Address("email", "bo@example.com"),))
        )
        assert ref == connector.own_ref("key-1")
        (sent,) = provider.mails
        assert sent.recipients == ("sam@example.com", "eve@example.com", "bo@example.com")
        assert sent.sender == connector.marks.return_path(ref)
        assert b"bo@example.com" not in sent.raw
        assert sent.header("message-id") == f"<{ref}>"
        assert sent.text.strip() == "Hello"


async def test_lines_that_begin_with_a_dot_survive() -> None:
    async with MailProvider() as provider:
        text = ".\n..\n.one\n"
        await email(**provider.settings()).send(replace(HELLO, text=text))
        assert provider.mails[0].text.startswith(text.rstrip())


FAULTS = {
    Fault.REFUSED: Refused,
    Fault.UNAUTHORISED: Unauthorised,
    Fault.BUSY: Unavailable,
    Fault.DOWN: Unavailable,
    Fault.DROPPED: Uncertain,
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS.items())
async def test_what_became_of_a_mail_is_said_exactly(fault: Fault, kind: type[ConnectorError]) -> None:
    async with MailProvider() as provider:
        provider.misbehave(fault)
        with pytest.raises(kind) as raised:
            await email(**provider.settings()).send(HELLO)
        assert str(raised.value)
        assert len(provider.mails) == (1 if fault is Fault.DROPPED else 0)


async def test_one_refused_recipient_stops_the_mail_for_all() -> None:
    async with MailProvider() as provider:
        provider.unknown = {"gone@example.com"}
        with pytest.raises(Refused, match=r"gone@example.com was refused: 550"):
            await email(**provider.settings()).send(replace(HELLO, cc=(Address("email", "gone@example.com"),)))
        assert provider.mails == []


async def test_a_line_lost_before_the_mail_was_given_is_no_doubt() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                break
            writer.write(b"250 OK\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Unavailable, match="hung up before"):
            await email(smtp_host="127.0.0.1", smtp_port=server.sockets[0].getsockname()[1]).send(HELLO)


async def test_health_says_what_was_reached() -> None:
    async with MailProvider() as provider:
        connector = email(receive="imap", **provider.settings())
        said = await connector.health()
    assert "Connected to 127.0.0.1" in said
    assert "INBOX holds 0 mails" in said


WRONG = {
    "SMTP password": (
        {"smtp_password": "nonsense"},
        Unauthorised,
        "Login refused by 127.0.0.1: check the user name and the password",
    ),
    "IMAP password": (
        {"imap_password": "nonsense"},
        Unauthorised,
        "Login refused by 127.0.0.1: check the user name and the password",
    ),
    "password beyond ASCII": ({"imap_password": "größe"}, Unauthorised, "Login refused by 127.0.0.1"),
    "SMTP port": (
        {"smtp_port": 1},
        Unavailable,
        "127.0.0.1:1 can't be reached: connection refused. Check the host and the port",
    ),
    "IMAP port": (
        {"imap_port": 1},
        Unavailable,
        "127.0.0.1:1 can't be reached: connection refused. Check the host and the port",
    ),
    "SMTP TLS": ({"smtp_tls": "tls"}, Unauthorised, "Choose another “Encryption”"),
    "SMTP STARTTLS": ({"smtp_tls": "starttls"}, Unauthorised, "Choose another “Encryption”"),
    "IMAP TLS": ({"imap_tls": "tls"}, Unauthorised, "Choose another “Encryption”"),
    "IMAP folder": ({"imap_folder": "Nowhere"}, Unauthorised, "no folder “Nowhere”"),
}


@pytest.mark.parametrize(("changed", "kind", "words"), WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_setting_is_named(changed: dict[str, Any], kind: type[ConnectorError], words: str) -> None:
    async with MailProvider() as provider:
        with pytest.raises(kind) as raised:
            await email(receive="imap", **{**provider.settings(), **changed}).health()
    assert words in str(raised.value)
    assert PASSWORD not in str(raised.value)
    assert USER in provider.user


async def test_an_inbox_without_a_server_cannot_send() -> None:
    with pytest.raises(Unauthorised, match="SMTP server"):
        await email().send(HELLO)
    assert await email().health() == "Nothing to check: this inbox only listens."
