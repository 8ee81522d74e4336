"""What the verbs may know of the running hub: its keys, its inboxes and a few settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from hub.contract import Capabilities
from hub.secrets import Keys


@dataclass(frozen=True, slots=True)
class InboxFacts:
    """An inbox as the verbs see it: never its connector."""

    id: UUID
    connector: str
    name: str
    address: str
    capabilities: Capabilities
    own_ref: Callable[[str], str | None]
    """The provider ref that a delivery key will have, where the connector chooses it."""
    active: bool = True
    continue_after_s: float | None = None
    """For live channels: an answer unread for so long goes on by another channel."""

    @property
    def channel(self) -> str:
        return self.capabilities.channel

    @property
    def ref_space(self) -> str:
        return self.connector if self.capabilities.refs_are_global else self.id.hex


@dataclass(frozen=True, slots=True)
class Desk:
    """One per process."""

    keys: Keys
    public_url: str
    inbox: Callable[[UUID], InboxFacts | None]
    inboxes: Callable[[], list[InboxFacts]]
    shard: int = 0
    """Which rows of shared tallies this process writes, so that processes never wait for each other there."""
    reopen: timedelta = timedelta(days=14)
    recent: timedelta = timedelta(hours=24)

    def delivery_key(self, delivery_id: UUID) -> str:
        """Stable over retries, and a stranger can't make one up."""
        return f"{delivery_id.hex}.{self.keys.sign('delivery', delivery_id.hex)}"

    def case_token(self, case_id: UUID) -> str:
        """Comes back with an answer (a plus-address) and says which case it belongs to."""
        return f"{_short(case_id)}{self.keys.sign('case', case_id.hex)}"

    def case_of_token(self, token: str) -> UUID | None:
        """The case, if the token is one of ours; a guessed or altered one is as if absent."""
        token = token.lower()
        case_id = _long(token[:26])
        return case_id if case_id and self.keys.checks("case", case_id.hex, token[26:]) else None


_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def _short(value: UUID) -> str:
    number, out = value.int, []
    for _ in range(26):
        number, rest = divmod(number, 32)
        out.append(_ALPHABET[rest])
    return "".join(out)


def _long(text: str) -> UUID | None:
    if len(text) != 26:
        return None
    number = 0
    for letter in reversed(text):
        place = _ALPHABET.find(letter)
        if place < 0:
            return None
        number = number * 32 + place
    return UUID(int=number) if number < 1 << 128 else None
