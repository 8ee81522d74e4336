"""A Twilio telephone line's settings, with the words the console shows beside each field."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from connectors.twilio.settings import TwilioSettings, about, number_of


class TwilioVoiceSettings(TwilioSettings):
    """One number of a Twilio account that can be called and calls."""

    number: str = Field(
        title="Number",
        examples=["+15005550006"],
        json_schema_extra=about("Line", "Your number at Twilio with + and country code. Customers see it."),
    )
    ring_s: int = Field(
        30,
        ge=5,
        le=120,
        title="Longest ring",
        json_schema_extra=about("Line", "In seconds. After about 30, many telephones hand over to their mailbox."),
    )
    machines: bool = Field(
        True,
        title="Tell answering machines from people",
        json_schema_extra=about("Line", "Twilio listens in when a customer answers, and bills it."),
    )
    hold_music: str = Field(
        "",
        title="Music",
        json_schema_extra=about(
            "Line",
            "Public address of an MP3 or WAV file of 20 to 30 seconds, for who waits. Empty: Twilio's own where it "
            "has some, otherwise silence.",
            True,
        ),
    )
    recording_format: Literal["mp3", "wav"] = Field(
        "mp3", title="Recordings as", json_schema_extra=about("Line", "WAV takes eight times the room.", True)
    )
    transcript_language: str = Field(
        "en-US",
        title="Language of transcripts",
        pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$",
        json_schema_extra=about("Line", "Such as en-US or de-DE.", True),
    )
    app_sid: str = Field(
        "",
        title="TwiML App SID",
        validate_default=True,
        pattern=r"^(AP[0-9a-f]{32})?$",
        json_schema_extra=about(
            "Calls in the console", "AP and 32 characters. With it and an API key, agents talk in the console."
        ),
    )

    @field_validator("number")
    @classmethod
    def _is_number(cls, value: str) -> str:
        value = number_of(value)
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", value, re.ASCII):
            raise ValueError("write it with + and country code, such as +15005550006")
        return value

    @field_validator("hold_music")
    @classmethod
    def _is_file(cls, value: str) -> str:
        value = value.strip()
        if value and (urlsplit(value).scheme not in ("http", "https") or set(value) & set(' \t\n"<>')):
            raise ValueError("write a public address such as https://shop.example/music.mp3")
        return value

    @field_validator("app_sid")
    @classmethod
    def _has_key(cls, value: str, info: ValidationInfo) -> str:
        if value and not info.data.get("api_key_sid"):
            raise ValueError("fill in an API key too: it signs the consoles in")
        return value

    @property
    def browser(self) -> bool:
        """May agents talk in the console?"""
        return bool(self.app_sid)
