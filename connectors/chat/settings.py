"""What an operator decides about one chat widget."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, field_validator

from hub import contract

ORIGIN = re.compile(r"https?://[^\s/?#@]+")


def of(group: str, *, advanced: bool = False) -> dict[str, Any]:
    """Where a field stands in the form."""
    return {"group": group, "advanced": advanced}


class ChatSettings(contract.Settings):
    """The name and greeting make a widget; everything else has a sensible default."""

    name: str = Field("", max_length=100, description="Shown at the top of the chat, your team's or shop's name.")
    greeting: str = Field(
        "Hello. How can we help?", max_length=500, description="The first thing a visitor reads, before anybody writes."
    )
    reply_time: str = Field(
        "",
        max_length=80,
        description="Shown while somebody is there, in your own words: `Usually replies within 10 minutes`.",
    )
    back: str = Field(
        "", max_length=80, description="Shown while nobody is there, in your own words: `Back on weekdays at 9:00`."
    )
    colour: str = Field(
        "#1C4A3C",
        pattern=r"^#[0-9A-Fa-f]{6}$",
        description="Your brand's colour as #RRGGBB.",
        json_schema_extra=of("Look"),
    )
    launcher: str = Field(
        "round",
        pattern="^(round|none)$",
        description="`round` draws the button; `none` leaves it to your page.",
        json_schema_extra=of("Look"),
    )
    launcher_text: str = Field(
        "", max_length=40, description="Words beside the button's icon.", json_schema_extra=of("Look")
    )
    position: str = Field(
        "end",
        pattern="^(end|start)$",
        description="`end` is the right side where people read from left to right.",
        json_schema_extra=of("Look"),
    )
    lang: str = Field(
        "en", pattern=r"^[a-z]{2}(-[A-Za-z]{2,4})?$", description="The language when the visitor's isn't offered."
    )
    email: str = Field(
        "", pattern=r"^([^@\s]+@[^@\s]+)?$", max_length=320, description="Offered as another way to write to you."
    )
    continue_after_s: int = Field(
        60, ge=0, le=86_400, description="An answer unread for so many seconds goes on by email. 0: never."
    )
    tells_read: bool = Field(
        True, description="Visitors see that somebody of your team has read their message; never who."
    )
    allowed_origins: list[Annotated[str, StringConstraints(max_length=200)]] = Field(
        default_factory=list,
        max_length=50,
        description="Other addresses that may open the chat's socket by themselves, such as https://shop.example. "
        "The widget needs none.",
        json_schema_extra=of("Safety", advanced=True),
    )
    identity_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Your site signs in its customers' chats with it: 32 characters or more, kept on your server.",
        json_schema_extra=of("Safety", advanced=True),
    )
    previous_identity_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Accepted too, while you change it.",
        json_schema_extra=of("Safety", advanced=True),
    )

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, given: list[str]) -> list[str]:
        for origin in given:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin} is not an address such as https://shop.example, without a path")
        return [f"{urlsplit(origin).scheme}://{urlsplit(origin).netloc}".lower() for origin in given]
