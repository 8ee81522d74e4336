"""Hand a mail to the SMTP server and say exactly what became of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiosmtplib
from aiosmtplib import SMTPResponse

from hub.contract import Refused, Unauthorised, Unavailable, Uncertain

from .errors import is_about_tls, no_encryption, unreachable
from .settings import EmailSettings

CONNECT_TIMEOUT = 15.0
TIMEOUT = 60.0
_LEADING_DOT = re.compile(rb"(?m)^\.")
_LINE_END = re.compile(rb"\r\n|\r|\n")


async def deliver(settings: EmailSettings, sender: str, recipients: Sequence[str], mail: bytes, utf8: bool) -> str:
    """Send one mail to all recipients or to none; returns the server's words."""
    async with _connected(settings) as client:
        options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        if utf8 and not client.supports_extension("smtputf8"):
            raise Refused(f"{settings.smtp_host} doesn't take addresses with letters such as é before the @.")
        encoding = "utf-8" if utf8 else "ascii"
        try:
            await client.mail(sender, options=options, encoding=encoding)
            for recipient in recipients:
                await client.rcpt(recipient, encoding=encoding)
            _expect(await client.execute_command(b"DATA", timeout=TIMEOUT), 354, settings)
        except aiosmtplib.SMTPRecipientRefused as error:
            raise _refusal(error.code, f"{error.recipient} was refused", error.message) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, f"{settings.smtp_host} refused the mail", error.message) from error
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            raise Unavailable(f"{settings.smtp_host} hung up before it took the mail.") from error
        return await _after_the_dot(client, settings, mail)


async def _after_the_dot(client: aiosmtplib.SMTP, settings: EmailSettings, mail: bytes) -> str:
    """From the first byte on the server may have the whole mail: a lost line means that nobody knows (RFC 1047)."""
    protocol = client.protocol
    if protocol is None:
        raise Unavailable(f"{settings.smtp_host} hung up before it took the mail.")
    lines = _LINE_END.sub(b"\r\n", mail)
    try:
        protocol.write(_LEADING_DOT.sub(b"..", lines).removesuffix(b"\r\n") + b"\r\n.\r\n")
        response = await protocol.read_response(timeout=TIMEOUT * 5)
    except aiosmtplib.SMTPResponseException as error:
        raise Uncertain(f"{settings.smtp_host} answered unreadably after taking the mail: {error.message}") from error
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
        raise Uncertain(f"The line to {settings.smtp_host} was lost after the mail was handed over.") from error
    _expect(response, 250, settings)
    return response.message


async def check(settings: EmailSettings) -> str:
    async with _connected(settings):
        who = f" as {settings.smtp_user}" if settings.smtp_user else ""
        return f"Connected to {settings.smtp_host}:{settings.smtp_port}{who}."


@asynccontextmanager
async def _connected(settings: EmailSettings) -> AsyncIterator[aiosmtplib.SMTP]:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    if not settings.smtp_host:
        raise Unauthorised("This inbox has no SMTP server. Fill in “SMTP server” in its settings")
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
        local_hostname=settings.domain if settings.domain.isascii() else "localhost",
        timeout=TIMEOUT,
    )
    try:
        await client.connect(timeout=CONNECT_TIMEOUT)
    except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
        tls = is_about_tls(error) or "STARTTLS" in str(error)
        raise (no_encryption if tls else unreachable)(where, error) from error
    try:
        await _login(client, settings)
        yield client
    finally:
        await _close(client)


async def _login(client: aiosmtplib.SMTP, settings: EmailSettings) -> None:
    if not settings.smtp_user:
        return
    try:
        await client.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except aiosmtplib.SMTPAuthenticationError as error:
        if 400 <= error.code < 500:
            raise Unavailable(f"{settings.smtp_host} can't check the login now: {error.message}") from error
        raise Unauthorised(f"Login refused by {settings.smtp_host}: check the user name and the password") from error
    except aiosmtplib.SMTPNotSupported as error:
        raise Unauthorised(
            f"{settings.smtp_host} offers no login on this connection: check “Encryption” and the port"
        ) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise Unavailable(f"{settings.smtp_host} hung up during the login.") from error


async def _close(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError, asyncio.CancelledError):
        client.close()
    else:
        client.close()


def _expect(response: SMTPResponse, code: int, settings: EmailSettings) -> None:
    if response.code != code:
        raise _refusal(response.code, f"{settings.smtp_host} refused the mail", response.message)


def _refusal(code: int, what: str, said: str) -> Refused | Unavailable | Unauthorised:
    sentence = f"{what}: {code} {said}"[:500]
    if code in (530, 535):
        return Unauthorised(f"{sentence}. Check the user name and the password")
    return Unavailable(sentence) if 400 <= code < 500 else Refused(sentence)
