"""What an inbox at Meta needs, with the words the console shows beside each field."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from hub.contract import Settings

ID = r"^[0-9]{5,25}$"


def about(group: str, help: str = "", advanced: bool = False) -> dict[str, Any]:
    return {"group": group, "help": help, "advanced": advanced}


class MetaSettings(Settings):
    """One account, reached through one app at Meta."""

    access_token: SecretStr = Field(
        title="Access token",
        min_length=8,
        json_schema_extra=about("Account", "The account's own long-lived token. The hub sends with it."),
    )
    app_id: str = Field(
        title="App ID",
        pattern=ID,
        json_schema_extra=about("App", "In Meta's app dashboard, under App settings, Basic."),
    )
    app_secret: SecretStr = Field(
        title="App secret",
        min_length=8,
        json_schema_extra=about("App", "Beside the app ID. Meta signs its requests to the hub with it."),
    )
    previous_app_secret: SecretStr | None = Field(
        None,
        title="Other app secret",
        min_length=8,
        json_schema_extra=about("App", "Requests signed with it are taken too, while you change it.", True),
    )
    verify_token: SecretStr = Field(
        title="Verify token",
        min_length=8,
        json_schema_extra=about("App", "A word of your own. Enter the same one at Meta, beside the webhook address."),
    )
    human_agent: bool = Field(
        False,
        title="Answers up to seven days later",
        json_schema_extra=about(
            "Answers", "Only if Meta has granted the app the Human Agent feature. Without it, 24 hours."
        ),
    )
    quotes: bool = Field(
        False,
        title="Show what an answer is about",
        json_schema_extra=about("Answers", "Each answer quotes the customer's message that it is about.", True),
    )
    version: str = Field(
        "v23.0",
        title="Graph API version",
        pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$",
        json_schema_extra=about("Connection", "Meta withdraws a version after about two years.", True),
    )
    graph_base_url: str = Field(
        "", title="Graph API", json_schema_extra=about("Connection", "Empty: Meta's own address.", True)
    )

    @field_validator("graph_base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if value and not _is_plain(value):
            raise ValueError("write an address such as https://graph.facebook.com, or leave it empty")
        return value

    @property
    def secrets(self) -> list[str]:
        """What requests to us may be signed with."""
        held = (self.app_secret, self.previous_app_secret)
        return [secret.get_secret_value() for secret in held if secret is not None]


def _is_plain(address: str) -> bool:
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        return sound and not set(address) & set("?#@ \t")
    except ValueError:
        return False
