"""An email inbox's settings, with the words the console shows beside each field."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from hub.contract import Settings

Tls = Literal["starttls", "tls", "none"]
_ADDRESS = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,255}")
_HOST = re.compile(r"[A-Za-z0-9._:\-\[\]]{1,255}")


def _about(group: str, help: str = "", advanced: bool = False) -> dict[str, Any]:
    return {"group": group, "help": help, "advanced": advanced}


class EmailSettings(Settings):
    """One address customers write to, how its mail comes in and how answers leave."""

    address: str = Field(
        title="Email address",
        examples=["support@example.org"],
        json_schema_extra=_about("Address", "Customers write to it and see it as the sender."),
    )
    name: str = Field(
        "",
        title="Display name",
        max_length=100,
        json_schema_extra=_about("Address", "Shown before the address, such as “Example Support”."),
    )
    aliases: list[str] = Field(
        default=[],
        title="Other addresses",
        json_schema_extra=_about("Address", "Also accepted here. “@example.org” takes every address of a domain."),
    )
    signature: str = Field(
        "",
        title="Signature",
        max_length=4000,
        json_schema_extra=_about("Address", "Put under every answer."),
    )

    receive: Literal["smtp", "imap", "none"] = Field(
        "smtp",
        title="How mail comes in",
        json_schema_extra=_about(
            "Receiving",
            "“smtp”: your mail server delivers to this hub. “imap”: the hub reads a mailbox. “none”: only send.",
        ),
    )
    listen_host: str = Field(
        "127.0.0.1",
        title="Listen on",
        json_schema_extra=_about(
            "Receiving", "0.0.0.0 makes the mail port reachable from other machines.", advanced=True
        ),
    )
    listen_port: int = Field(
        2525,
        ge=0,
        le=65535,
        title="Mail port",
        json_schema_extra=_about("Receiving", "Several inboxes can share one port."),
    )
    listen_certificate: str = Field(
        "",
        title="Certificate file",
        json_schema_extra=_about(
            "Receiving", "A PEM file with certificate and key; with it STARTTLS is offered.", advanced=True
        ),
    )
    max_megabytes: int = Field(
        25,
        ge=1,
        le=150,
        title="Largest mail in MB",
        json_schema_extra=_about("Receiving", "Larger mail is refused with a reason the sender sees.", advanced=True),
    )

    imap_host: str = Field(
        "",
        title="IMAP server",
        validate_default=True,
        examples=["imap.example.org"],
        json_schema_extra=_about("IMAP mailbox"),
    )
    imap_port: int = Field(993, ge=1, le=65535, title="Port", json_schema_extra=_about("IMAP mailbox"))
    imap_tls: Tls = Field("tls", title="Encryption", json_schema_extra=_about("IMAP mailbox"))
    imap_user: str = Field("", title="User name", validate_default=True, json_schema_extra=_about("IMAP mailbox"))
    imap_password: SecretStr = Field(SecretStr(""), title="Password", json_schema_extra=_about("IMAP mailbox"))
    imap_folder: str = Field(
        "INBOX", title="Folder", min_length=1, json_schema_extra=_about("IMAP mailbox", advanced=True)
    )
    imap_first: Literal["unread", "all", "new"] = Field(
        "unread",
        title="At the first connection, read",
        json_schema_extra=_about(
            "IMAP mailbox", "Afterwards every new mail is read, whether unread or not.", advanced=True
        ),
    )
    imap_after: Literal["seen", "move", "nothing"] = Field(
        "seen",
        title="After reading a mail",
        json_schema_extra=_about(
            "IMAP mailbox", "“seen” marks it read, “move” puts it into another folder.", advanced=True
        ),
    )
    imap_move_to: str = Field(
        "Onethread", title="Move to folder", min_length=1, json_schema_extra=_about("IMAP mailbox", advanced=True)
    )

    smtp_host: str = Field(
        "",
        title="SMTP server",
        examples=["smtp.example.org"],
        json_schema_extra=_about("Sending", "Empty: this inbox can't send."),
    )
    smtp_port: int = Field(587, ge=1, le=65535, title="Port", json_schema_extra=_about("Sending"))
    smtp_tls: Tls = Field("starttls", title="Encryption", json_schema_extra=_about("Sending"))
    smtp_user: str = Field("", title="User name", json_schema_extra=_about("Sending", "Empty: no login."))
    smtp_password: SecretStr = Field(SecretStr(""), title="Password", json_schema_extra=_about("Sending"))
    plus_addresses: bool = Field(
        True,
        title="Use plus addresses",
        json_schema_extra=_about(
            "Sending",
            "Answers go to support+code@…, which finds the right case even if headers are lost.",
            advanced=True,
        ),
    )
    return_path: bool = Field(
        True,
        title="Own return address per mail",
        json_schema_extra=_about(
            "Sending",
            "Failure reports are matched surely. Switch it off if the SMTP server refuses other sender addresses.",
            advanced=True,
        ),
    )
    quote_earlier: bool = Field(
        True,
        title="Quote earlier messages",
        json_schema_extra=_about("Sending", "Adds the conversation so far below each answer.", advanced=True),
    )
    trusted_server: str = Field(
        "",
        title="Trusted authentication server",
        examples=["mx.example.org"],
        json_schema_extra=_about(
            "Trust",
            "The name your own mail server writes first in Authentication-Results. Only its verdicts count.",
            advanced=True,
        ),
    )

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        value = value.strip()
        if not _ADDRESS.fullmatch(value):
            raise ValueError("write one email address, such as support@example.org")
        local, _, domain = value.rpartition("@")
        try:
            return f"{local}@{domain.lower() if domain.isascii() else domain.encode('idna').decode()}"
        except UnicodeError as error:
            raise ValueError(f"{domain!r} is no valid domain") from error

    @field_validator("aliases")
    @classmethod
    def _are_addresses(cls, values: list[str]) -> list[str]:
        cleaned = [value.strip().lower() for value in values if value.strip()]
        for value in cleaned:
            if not _ADDRESS.fullmatch("any" + value if value.startswith("@") else value):
                raise ValueError(f"{value!r} is neither an address nor a domain such as @example.org")
        return cleaned

    @field_validator("imap_host", "imap_user")
    @classmethod
    def _needed_for_imap(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("receive") == "imap" and not value.strip():
            raise ValueError("fill this in, or choose another way for mail to come in")
        return value.strip()

    @field_validator("imap_host", "smtp_host", "listen_host")
    @classmethod
    def _is_host(cls, value: str) -> str:
        value = value.strip()
        if value and not _HOST.fullmatch(value):
            raise ValueError("write only the server's name, such as mail.example.org")
        return value

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def own(self) -> list[str]:
        """The address and its aliases, lower-case, without whole domains."""
        return [self.address.lower(), *(alias for alias in self.aliases if not alias.startswith("@"))]

    def tag_of(self, address: str) -> str | None:
        """What stands behind the plus in one of our addresses, "" if nothing does; None if the address isn't ours."""
        local, _, domain = address.rpartition("@")
        for own in self.own:
            own_local, _, own_domain = own.rpartition("@")
            if domain.lower() == own_domain and (local.lower() + "+").startswith(own_local + "+"):
                return local[len(own_local) + 1 :]
        return None

    @property
    def max_bytes(self) -> int:
        return self.max_megabytes * 1024 * 1024
