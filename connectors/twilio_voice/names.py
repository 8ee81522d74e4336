"""What our callback addresses carry. Twilio signs an address with its query, so nobody else can write one."""

from __future__ import annotations

from enum import StrEnum

LEG = "leg"
"""`Leg.id`."""
ON = "on"
"""What the address is for: `On`."""
TURN = "turn"
"""Tells one question of the same leg from the next."""
WHO = "who"
"""Whose telephone a transcribed leg is: `customer` or `agent`."""
BEGUN = "begun"
"""When a transcript was begun: a leg may have several, and their lines are counted on."""
DIGITS = "digits"
CONSOLE = "client:agent_"
"""How the address of an agent's console begins."""


class On(StrEnum):
    """What a callback address is for. Addresses that an administrator enters at Twilio have none."""

    NEXT = "next"
    """Twilio asks what the leg does next."""
    STATUS = "status"
    MACHINE = "machine"
    RECORDING = "recording"
    VOICEMAIL = "voicemail"
    ROOM = "room"
    WORDS = "words"
    KEYS = "keys"
    """Twilio asks which keys to play: they stand in the address."""
    OVER = "over"
    """After a voicemail there is nothing more to do."""


def client_name(agent: str) -> str:
    """An agent as Twilio names a console: letters, digits and underscores only."""
    signs = (sign if sign.isascii() and sign.isalnum() else f"_{sign.encode().hex()}_" for sign in agent)
    return CONSOLE.removeprefix("client:") + "".join(signs)


def agent_of(client: str) -> str:
    """The agent whom `client_name` names. Raises `ValueError`."""
    parts = client.removeprefix(CONSOLE).split("_")
    if not client.startswith(CONSOLE) or len(parts) % 2 == 0:
        raise ValueError(f"no console of ours is named {client[:60]!r}")
    return "".join(bytes.fromhex(part).decode() if number % 2 else part for number, part in enumerate(parts))
