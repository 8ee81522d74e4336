"""What the verbs may know of the running hub: its keys, its inboxes and a few settings."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from hub.contract import Capabilities
from hub.core import tokens
from hub.secrets import Keys

FILE_PURPOSE = "provider-file"
FILE_TTL_S = 3600


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
    online: Callable[[], Collection[UUID]] = frozenset
    """Agents who have a console open, in any process."""

    def delivery_key(self, delivery_id: UUID) -> str:
        """Stable over retries, and a stranger can't make one up."""
        return f"{delivery_id.hex}.{self.keys.sign('delivery', delivery_id.hex)}"

    def delivery_of_key(self, key: str) -> UUID | None:
        """The delivery, if the key is one of ours."""
        id_, _, rest = key.partition(".")
        signature, _, _number = rest.partition(".")
        if len(id_) != 32 or not self.keys.checks("delivery", id_, signature):
            return None
        return UUID(hex=id_)

    @staticmethod
    def part_of_key(key: str) -> int:
        """Which of a delivery's messages a key of ours names: the first one's has no number."""
        number = key.rpartition(".")[2]
        return int(number) if key.count(".") > 1 and number.isascii() and number.isdecimal() else 1

    def file_url(self, attachment_id: UUID, name: str) -> str:
        """An address at which a provider can take a file for an hour, without signing in."""
        token = self.keys.token(FILE_PURPOSE, {"id": attachment_id.hex}, FILE_TTL_S)
        return f"{self.public_url}/f/{token}/{quote(name, safe='')}"

    def case_token(self, case_id: UUID) -> str:
        """Comes back with an answer (a plus-address) and says which case it belongs to."""
        return tokens.make(self.keys, "case", case_id)

    def case_of_token(self, token: str) -> UUID | None:
        """The case, if the token is one of ours; a guessed or altered one is as if absent."""
        return tokens.read(self.keys, "case", token)
