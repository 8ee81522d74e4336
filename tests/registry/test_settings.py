"""Settings: sentences a person can act on, a form that can be drawn, secrets that stay inside."""

import json
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import Field, SecretStr, field_validator

from connectors.webhook import Webhook
from hub import registry
from hub.contract import Settings
from hub.registry import InvalidSettings

SECRET = "canary-51d0c6a7f3"


class Mode(StrEnum):
    FAST = "fast"
    SAFE = "safe"


class MailSettings(Settings):
    smtp_host: str = Field(max_length=20, json_schema_extra={"group": "Sending", "help": "Where mail leaves."})
    port: int = Field(25, ge=1, title="Mail port", description="Usually 25.")
    password: SecretStr = SecretStr("")
    limit: int | None = None
    mode: Mode = Mode.SAFE
    encryption: Literal["tls", "none"] = "tls"
    others: list[str] = Field(default=[])

    @field_validator("smtp_host")
    @classmethod
    def _not_ours(cls, host: str) -> str:
        if host == "localhost":
            raise ValueError("Name another machine than this one.")
        return host


class Mail(Webhook):
    key = "mail"
    label = "Mail"
    Settings = MailSettings  # type: ignore[assignment]


def problems(settings: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as caught:
        registry.validate(Mail, settings)
    return dict(caught.value.problems)


@pytest.mark.parametrize(
    ("settings", "field", "sentence"),
    [
        ({}, "smtp_host", "SMTP host is missing: fill it in."),
        ({"smtp_host": "m" * 21}, "smtp_host", "SMTP host is too long: at most 20 characters fit."),
        ({"smtp_host": "localhost"}, "smtp_host", "SMTP host: Name another machine than this one."),
        ({"smtp_host": "m", "port": "x"}, "port", "Mail port can't be used: input should be a valid integer"),
        ({"smtp_host": "m", "port": 0}, "port", "Mail port can't be used: input should be greater than or equal to 1"),
        ({"smtp_host": "m", "mode": "odd"}, "mode", "Mode can't be used: input should be 'fast' or 'safe'"),
        ({"smtp_host": "m", "hots": 1}, "hots", "hots is no setting of Mail: remove it. Known are smtp_host, port"),
        ({"smtp_host": "m", "others": ["a", 5]}, "others", "Others can't be used: input should be a valid string"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(settings: dict[str, Any], field: str, sentence: str) -> None:
    found = problems(settings)
    assert list(found) == [field]
    assert found[field].startswith(sentence)


def test_all_wrong_settings_are_named_at_once_and_no_value_is_repeated() -> None:
    found = problems({"smtp_host": 5, "port": "x", "password": {"value": SECRET}})
    assert list(found) == ["smtp_host", "port", "password"]
    assert SECRET not in str(found)


def test_the_form_has_labels_help_groups_and_choices() -> None:
    form = registry.schema(Mail)
    fields = form["properties"]
    json.dumps(form)
    assert list(fields) == list(MailSettings.model_fields)
    assert form["required"] == ["smtp_host"]
    assert fields["smtp_host"] == {
        "type": "string", "maxLength": 20, "title": "SMTP host", "group": "Sending", "help": "Where mail leaves.",
    }  # fmt: skip
    assert fields["port"]["title"] == "Mail port"
    assert fields["port"]["help"] == "Usually 25."
    assert fields["port"]["default"] == 25
    assert fields["mode"]["enum"] == ["fast", "safe"]
    assert fields["encryption"]["enum"] == ["tls", "none"]
    assert fields["limit"] == {"type": "integer", "title": "Limit"}
    assert fields["password"] == {"type": "string", "format": "password", "writeOnly": True, "title": "Password"}
    assert "$ref" not in json.dumps(form)


def test_a_secret_goes_in_and_never_comes_out() -> None:
    stored = {"smtp_host": "m", "password": SECRET, "left_over": SECRET}
    assert registry.mask(Mail, stored) == {"smtp_host": "m", "password": "", "left_over": ""}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"smtp_host": "n", "password": ""}, {"smtp_host": "n", "password": SECRET}),
        ({"smtp_host": "n"}, {"smtp_host": "n", "password": SECRET}),
        ({"smtp_host": "n", "password": "another-secret"}, {"smtp_host": "n", "password": "another-secret"}),
        ({"smtp_host": "n", "password": None}, {"smtp_host": "n"}),
        ({"smtp_host": "", "limit": ""}, {"smtp_host": "", "password": SECRET}),
    ],
)
def test_a_form_changes_a_secret_only_on_purpose(sent: dict[str, Any], expected: dict[str, Any]) -> None:
    assert registry.merge(Mail, {"smtp_host": "m", "password": SECRET, "limit": 3}, sent) == expected
