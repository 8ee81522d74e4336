"""A Twilio inbox's settings, with the words the console shows beside each field."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from connectors.twilio.settings import TwilioSettings, about, number_of


class TwilioSmsSettings(TwilioSettings):
    """One number, or one messaging service, of a Twilio account."""

    messaging_service_sid: str = Field(
        "",
        title="Messaging service SID",
        pattern=r"^(MG[0-9a-f]{32})?$",
        json_schema_extra=about("Sender", "MG and 32 characters. With it, Twilio chooses the number to send from."),
    )
    number: str = Field(
        "",
        title="Number",
        validate_default=True,
        examples=["+15005550006"],
        json_schema_extra=about("Sender", "Your number at Twilio with + and country code, or a short code."),
    )
    mms: Literal["automatic", "on", "off"] = Field(
        "automatic",
        title="Send files (MMS)",
        json_schema_extra=about(
            "Sender",
            "“automatic”: only from a number of the USA or Canada. Files that come in are always shown.",
        ),
    )
    rate_per_s: float = Field(
        1.0,
        ge=0,
        le=1000,
        title="Messages a second",
        json_schema_extra=about(
            "Sender",
            "How fast Twilio passes on what this number sends: 1 for an ordinary number. 0: no limit.",
            True,
        ),
    )
    most_parts: int = Field(
        0,
        ge=0,
        le=30,
        title="Most parts per message",
        json_schema_extra=about(
            "Sender", "A longer text is refused before it costs anything: Twilio bills each part. 0: no limit.", True
        ),
    )

    @field_validator("number")
    @classmethod
    def _is_number(cls, value: str, info: ValidationInfo) -> str:
        value = number_of(value)
        if not value and not info.data.get("messaging_service_sid"):
            raise ValueError("fill in a number, or a messaging service")
        return value

    @property
    def sends_files(self) -> bool:
        return self.mms == "on" or (self.mms == "automatic" and self.number.startswith("+1"))
