"""An inbox's settings: checked with sentences a person can act on, drawn as a form, secrets in and never out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import SecretBytes, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hub.contract import Connector, ConnectorError, Context, Settings
from hub.registry.discovery import find

ACRONYMS = frozenset({"api", "http", "id", "imap", "ip", "jwt", "sms", "smtp", "ssl", "tls", "url"})


class InvalidSettings(ConnectorError):
    """Settings that can't be used; `problems` names each field with a sentence that says what to do."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(" ".join(sentence for _, sentence in problems))
        self.problems = problems


def build(key: str, settings: Mapping[str, Any], context: Context) -> Connector[Any]:
    """One inbox's connector. Raises `UnknownConnector` or `InvalidSettings`."""
    connector = find(key)
    return connector(validate(connector, settings), context)


def validate(connector: type[Connector[Any]], settings: Mapping[str, Any]) -> Settings:
    """The settings as the connector's own model. Raises `InvalidSettings`, which never repeats what was typed."""
    try:
        return connector.Settings.model_validate(dict(settings))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise InvalidSettings([_problem(connector, detail) for detail in details]) from None


def _problem(connector: type[Connector[Any]], detail: ErrorDetails) -> tuple[str, str]:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    field = connector.Settings.model_fields.get(name)
    label = _label(name, field) if name else "These settings"
    given = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            sentence = f"{label} is missing: fill it in."
        case "extra_forbidden":
            known = ", ".join(connector.Settings.model_fields)
            sentence = f"{name} is no setting of {connector.label}: remove it. Known are {known}."
        case "too_short" | "string_too_short":
            sentence = f"{label} is too short: it needs at least {given['min_length']} characters."
        case "too_long" | "string_too_long":
            sentence = f"{label} is too long: at most {given['max_length']} characters fit."
        case "string_pattern_mismatch":
            sentence = f"{label} is not of the right form. {_help(field)}".rstrip()
        case "value_error":
            sentence = f"{label}: {given['error']}"
        case _:
            sentence = f"{label} can't be used: {detail['msg'][:1].lower()}{detail['msg'][1:]}."
    return name, sentence


def schema(connector: type[Connector[Any]]) -> dict[str, Any]:
    """The settings as a JSON schema that a form can be drawn from: no references, no null branches, labels and help."""
    whole = connector.Settings.model_json_schema()
    definitions = whole.pop("$defs", {})
    fields = connector.Settings.model_fields
    whole["title"] = connector.label
    whole["properties"] = {
        name: _plain(name, fields[name], part, definitions) for name, part in whole.get("properties", {}).items()
    }
    return whole


def _plain(name: str, field: FieldInfo, part: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    branches = [_resolve(branch, definitions) for branch in part.pop("anyOf", [part])]
    filled = [branch for branch in branches if branch.get("type") != "null"]
    plain = _resolve(part, definitions) | (filled[0] if len(filled) == 1 else {"anyOf": filled})
    plain["title"] = _label(name, field)
    plain.pop("description", None)
    if said := _help(field):
        plain["help"] = said
    if _is_secret(field) or plain.get("default", "") is None:
        plain.pop("default", None)
    return plain


def _resolve(part: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A part with what it refers to written out; enums are such references."""
    target = definitions[part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else {}
    return {**target, **{key: value for key, value in part.items() if key != "$ref"}}


def mask(connector: type[Connector[Any]], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may leave the hub: a secret is empty, and so is what this connector doesn't know."""
    fields = connector.Settings.model_fields
    return {name: value if name in fields and not _is_secret(fields[name]) else "" for name, value in settings.items()}


def merge(connector: type[Connector[Any]], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What a form sent back, over what was stored: an empty secret stays as it is, null takes it away.

    An empty field that has no value by default goes back to that, since a form can't say null for a number.
    """
    fields = connector.Settings.model_fields
    secrets = {name for name, field in fields.items() if _is_secret(field)}
    unset = {name for name, field in fields.items() if field.default is None}
    kept = {name: value for name, value in old.items() if name in secrets and new.get(name, "") == ""}
    given = {
        name: value
        for name, value in new.items()
        if not (name in secrets and value in ("", None)) and not (name in unset and value == "")
    }
    return kept | given


def _label(name: str, field: FieldInfo | None) -> str:
    """The field's title, or its name in sentence case: `smtp_host` is "SMTP host"."""
    if field is not None and field.title:
        return field.title
    words = [word.upper() if word in ACRONYMS else word for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _help(field: FieldInfo | None) -> str:
    if field is None:
        return ""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return str(extra.get("help") or field.description or "")


def _is_secret(field: FieldInfo) -> bool:
    kinds = get_args(field.annotation) or (field.annotation,)
    return SecretStr in kinds or SecretBytes in kinds
