"""A Twilio account's settings, with the words the console shows beside each field."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from hub.contract import Settings

API = "https://api.twilio.com"


def about(group: str, help: str = "", advanced: bool = False) -> dict[str, Any]:
    """Where a field stands in the form, and what is said of it there."""
    return {"group": group, "help": help, "advanced": advanced}


class TwilioSettings(Settings):
    """The account, how to sign in to it, and the addresses by which it and the hub reach each other."""

    account_sid: str = Field(
        title="Account SID",
        pattern=r"^AC[0-9a-f]{32}$",
        json_schema_extra=about("Account", "On the first page of Twilio's console: AC and 32 characters."),
    )
    auth_token: SecretStr = Field(
        title="Auth token",
        min_length=8,
        json_schema_extra=about("Account", "Beside the account SID. Twilio signs its requests to the hub with it."),
    )
    previous_auth_token: SecretStr | None = Field(
        None,
        title="Other auth token",
        min_length=8,
        json_schema_extra=about("Account", "Requests signed with it are taken too, while you change it.", True),
    )
    api_key_sid: str = Field(
        "",
        title="API key SID",
        pattern=r"^(SK[0-9a-f]{32})?$",
        json_schema_extra=about("Account", "SK and 32 characters. Empty: the auth token is used to send.", True),
    )
    api_key_secret: SecretStr = Field(
        SecretStr(""), title="API key secret", validate_default=True, json_schema_extra=about("Account", "", True)
    )
    webhook_url: str = Field(
        "",
        title="Webhook address at Twilio",
        json_schema_extra=about("Connection", "Only if Twilio reaches the hub by another address than shown.", True),
    )
    api: str = Field(API, title="API", json_schema_extra=about("Connection", "", True))

    @field_validator("api_key_secret")
    @classmethod
    def _belongs_to_its_key(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("api_key_sid") and not value.get_secret_value():
            raise ValueError("fill in the key's secret, or empty the API key SID")
        return value

    @field_validator("webhook_url", "api")
    @classmethod
    def _is_address(cls, value: str) -> str:
        value = value.strip()
        if value and not _is_plain(value):
            raise ValueError("write an address such as https://hub.example.org/hooks/1, without ? and #")
        return value

    @field_validator("api")
    @classmethod
    def _has_no_end(cls, value: str) -> str:
        return value.rstrip("/") or API

    @property
    def tokens(self) -> list[str]:
        """What requests to us may be signed with."""
        held = (self.auth_token, self.previous_auth_token)
        return [token.get_secret_value() for token in held if token is not None]


NUMBER = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}", re.ASCII)
"""E.164, or a short code."""


def number_of(typed: str) -> str:
    """A number of ours as people write it, in the way that Twilio does; empty stays empty. Raises `ValueError`."""
    number = re.sub(r"[\s().-]", "", typed)
    if number and not NUMBER.fullmatch(number):
        raise ValueError("write it with + and country code, such as +15005550006, or write a short code")
    return number


def _is_plain(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and parts.port != 0
            and not set(address) & set("?# \t")
        )
    except ValueError:
        return False
