"""What a connector says about itself, and the form of its settings."""

from __future__ import annotations

import json
import re

from hub import registry
from hub.contract import Dials, Settings, State
from hub.registry import InvalidSettings
from hub.testkit.bench import Bench
from hub.testkit.verdict import require

SHORTEST_SECRET = 8


async def declared(bench: Bench) -> None:
    connector, can = bench.kit.connector, bench.capabilities
    require(
        re.fullmatch(r"[a-z][a-z0-9_]*", connector.key), f"The key {connector.key!r} must be lower case, like a name"
    )
    require(connector.label, "label is empty: people choose the connector by it")
    require(issubclass(connector.Settings, Settings), "Settings must be derived from hub.contract.Settings")
    require(can.channel and can.identity, "capabilities must name a channel and the kind of identity it reaches")
    require(can.max_chars > 0, "capabilities.max_chars must be more than zero")
    require(can.media == (can.media_bytes > 0), "media and media_bytes disagree: a channel with files says how large")
    odd = set(can.receipts) - {State.DELIVERED, State.READ}
    require(not odd, f"receipts may hold delivered and read, and holds {', '.join(sorted(odd))}")
    for event in (event for fixture in bench.fixtures() for event in (fixture.expected or {}).get("events", ())):
        by_ref = any(file.get("ref") for file in event.get("message", {}).get("files", ()))
        require(
            not by_ref or can.live,  # the hub's own socket has stored them already
            "A fixture has a file without content: normalise must carry the bytes",
        )
    require(can.messages or can.calls, "capabilities must carry messages, or calls, or both")
    require((can.calls is not None) == isinstance(bench.build(), Dials), "capabilities.calls and the ability disagree")
    sender = bench.sender()
    require(
        sender.kind == can.identity,
        f"capabilities.identity is {can.identity!r}, and an ordinary message comes from {sender.kind!r}",
    )


async def schema(bench: Bench) -> None:
    connector, example = bench.kit.connector, dict(bench.kit.settings)
    form = registry.schema(connector)
    json.dumps(form)
    for name, field in form["properties"].items():
        require(
            field.get("type") or field.get("enum") or field.get("anyOf"), f"The form can't draw {name}: give it a type"
        )
        looks_secret = re.search(r"(password|secret|token|api_key|private_key)$", name)
        require(not looks_secret or field.get("writeOnly"), f"{name} sounds like a secret: make it a SecretStr")
        require(field.get("type") != "object", f"The form can't draw {name}: settings are flat, one field each")
    secrets = bench.secrets()
    short = [secret for secret in secrets if len(secret) < SHORTEST_SECRET]
    require(
        not short, f"A secret in Kit.settings is shorter than {SHORTEST_SECRET} characters: the suite can't look for it"
    )
    shown = json.dumps(registry.mask(connector, example))
    require(
        not any(secret in shown for secret in secrets), "A secret comes back out of the settings: make it a SecretStr"
    )
    sent_back = registry.merge(connector, example, registry.mask(connector, example))
    require(
        registry.validate(connector, sent_back) == bench.settings, "A form sent back unchanged changes the settings"
    )
    _named(bench, example | {"no_such_setting": 1}, "no_such_setting")
    for name in form.get("required", ()):
        _named(bench, {key: value for key, value in example.items() if key != name}, name)


def _named(bench: Bench, settings: dict[str, object], field: str) -> None:
    """Wrong settings must be refused, and the field named."""
    try:
        registry.validate(bench.kit.connector, settings)
    except InvalidSettings as error:
        names = [name for name, _ in error.problems]
        require(field in names, f"The wrong setting {field} isn't named: {error}")
        require(
            not any(secret in str(error) for secret in bench.secrets()), f"The error about {field} repeats a secret"
        )
    else:
        require(False, f"Settings with a wrong or missing {field} are accepted")
