"""The table of what each channel can do, from the records that the composer, `permit` and `render` read."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from hub.contract import Capabilities, Connector

HEAD = """# What each channel can do

Written by `make generated` from the connectors' own records.

"""


def size(count: int) -> str:
    return f"{count / 1024 / 1024:.2g} MB" if count else "–"


def yes(value: bool) -> str:
    return "yes" if value else "–"


ROWS: list[tuple[str, Callable[[Capabilities], str]]] = [
    ("Reaches an identity of kind", lambda can: can.identity),
    ("Longest message, in characters", lambda can: f"{can.max_chars:,}"),
    ("Formatted text", lambda can: yes(can.html)),
    ("Subject", lambda can: yes(can.subject)),
    ("Cc and Bcc", lambda can: yes(can.copies)),
    ("Attachments, in all", lambda can: size(can.media_bytes) if can.media else "–"),
    ("We may write first", lambda can: yes(can.initiate)),
    ("Delivery states beyond sent", lambda can: ", ".join(can.receipts) or "–"),
    ("Typing shown", lambda can: yes(can.typing)),
    ("Customer sees that we have read", lambda can: yes(can.tells_read)),
    ("Customer may be looking now", lambda can: yes(can.live)),
    ("Sending twice reaches once", lambda can: yes(can.idempotent_send)),
    ("Undo after sending", lambda can: f"{can.undo_s} s" if can.undo_s else "–"),
]


def capability_table() -> str:
    """Of our own connectors only: what else is installed on the machine must not change a committed file."""
    found = sorted(entry_points(group="hub.connectors"), key=lambda point: point.name)
    ours: list[type[Connector[Any]]] = [point.load() for point in found if point.value.startswith("connectors.")]
    records = [connector.capabilities for connector in ours]
    lines = [
        ["", *(connector.label for connector in ours)],
        ["---"] * (len(records) + 1),
        *([title, *(tell(record) for record in records)] for title, tell in ROWS),
    ]
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)
