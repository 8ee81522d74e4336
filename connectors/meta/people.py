"""The customers of a simulated account: what they say and do there, and what they see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Happened = dict[str, Any]
"""One event as Meta's webhooks write it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file in a conversation, kept at an address of the simulator's."""

    name: str
    kind: Literal["image", "video", "audio", "file"]
    type: str
    content: bytes
    url: str


@dataclass(slots=True)
class Turn:
    """One message of a conversation as its customer sees it, with what became of it."""

    mid: str
    by: Literal["customer", "account"]
    at: datetime
    text: str = ""
    file: Held | None = None
    choices: tuple[tuple[str, str], ...] = ()
    """Title and payload of the buttons below."""
    reply_to: str = ""
    about: str = ""
    """What else it shows: a story, a post."""
    metadata: str = ""
    reaction: str = ""
    edits: int = 0
    removed: bool = False
    read: bool = False
    """By the customer, for the account's."""


class Stage(Protocol):
    """What people need of the provider that they are at."""

    @property
    def object(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    def now(self) -> datetime: ...
    def next_mid(self) -> str: ...
    def keep(self, name: str, type: str, content: bytes) -> Held: ...


@dataclass(eq=False, slots=True)
class Person:
    """Somebody who writes to the account. Each method gives the event of it; `MetaSimulator.tells` sends that."""

    stage: Stage
    name: str
    id: str = ""
    turns: list[Turn] = field(default_factory=list)
    private: bool = False
    """They keep their name to themselves."""
    blocked: bool = False
    """They have blocked the account."""
    typing: bool = False
    """The account is shown as typing."""
    seen: bool = False
    """The account has marked what they wrote as seen."""

    def __post_init__(self) -> None:
        if not self.id:  # the same for a name in every run: a hub may know it from the last
            digest = hashlib.sha256(f"{self.stage.object}:{self.name}".encode()).digest()
            self.id = str(10**15 + int.from_bytes(digest[:8], "big") % (9 * 10**15))

    @property
    def last_wrote(self) -> datetime | None:
        return max((turn.at for turn in self.turns if turn.by == "customer"), default=None)

    # --- what they say ---

    def writes(self, text: str, reply_to: str = "") -> Happened:
        said = {"reply_to": {"mid": reply_to}} if reply_to else {}
        return self._says(Turn(self.stage.next_mid(), "customer", self.stage.now(), text, reply_to=reply_to), said)

    def sends(self, content: bytes, type: str, name: str = "file") -> Happened:
        held = self.stage.keep(name, type, content)
        return self._says(
            Turn(self.stage.next_mid(), "customer", self.stage.now(), file=held),
            {"attachments": [{"type": held.kind, "payload": {"url": held.url}}]},
        )

    def answers_story(
        self, text: str, url: str = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=17"
    ) -> Happened:
        turn = Turn(self.stage.next_mid(), "customer", self.stage.now(), text, about="Your story")
        return self._says(turn, {"reply_to": {"story": {"id": "17900000000000000", "url": url}}})

    def shares(self, url: str, title: str = "", kind: str = "ig_post") -> Happened:
        """A post, a reel, a story that mentions the account (`story_mention`)."""
        turn = Turn(self.stage.next_mid(), "customer", self.stage.now(), about=title or url)
        return self._says(turn, {"attachments": [{"type": kind, "payload": {"url": url, "title": title}}]})

    def stands_at(self, lat: float, long: float) -> Happened:
        turn = Turn(self.stage.next_mid(), "customer", self.stage.now(), about=f"{lat}, {long}")
        return self._says(
            turn, {"attachments": [{"type": "location", "payload": {"coordinates": {"lat": lat, "long": long}}}]}
        )

    def picks(self, turn: Turn, title: str) -> Happened:
        """Presses one of the buttons under a message."""
        (payload,) = [payload for shown, payload in turn.choices if shown == title]
        said = Turn(self.stage.next_mid(), "customer", self.stage.now(), title)
        return self._says(said, {"quick_reply": {"payload": payload}})

    def presses(self, title: str, payload: str) -> Happened:
        """A button of the account's menu."""
        turn = Turn(self.stage.next_mid(), "customer", self.stage.now(), title)
        self._take(turn)
        return self.event(postback={"mid": turn.mid, "title": title, "payload": payload})

    # --- what they do to what was said ---

    def reacts(self, turn: Turn, emoji: str, name: str = "other") -> Happened:
        turn.reaction = emoji
        return self.event(reaction={"mid": turn.mid, "action": "react", "reaction": name, "emoji": emoji})

    def unreacts(self, turn: Turn) -> Happened:
        turn.reaction = ""
        return self.event(reaction={"mid": turn.mid, "action": "unreact"})

    def edits(self, turn: Turn, text: str) -> Happened:
        turn.text, turn.edits = text, turn.edits + 1
        return self.event(message_edit={"mid": turn.mid, "text": text, "num_edit": turn.edits})

    def unsends(self, turn: Turn) -> Happened:
        turn.text, turn.file, turn.removed = "", None, True
        return self.event(message={"mid": turn.mid, "is_deleted": True})

    def reads(self) -> list[Happened]:
        """Everything so far: Instagram tells the last message, Messenger the moment."""
        unread = [turn for turn in self.turns if turn.by == "account" and not turn.read]
        for turn in unread:
            turn.read = True
        if not unread:
            return []
        if self.stage.object == "instagram":
            return [self.event(read={"mid": turn.mid}) for turn in unread]
        return [self.event(read={"watermark": milliseconds(unread[-1].at)})]

    # --- how it is written down ---

    def event(self, **kinds: Any) -> Happened:
        return {
            "sender": {"id": self.id},
            "recipient": {"id": self.stage.account_id},
            "timestamp": milliseconds(self.stage.now()),
            **kinds,
        }

    def told(self, turn: Turn, **more: Any) -> Happened:
        """The account's own message, as its apps are told of it."""
        said: dict[str, Any] = {"mid": turn.mid, "is_echo": True, **more}
        if turn.file:
            said["attachments"] = [{"type": turn.file.kind, "payload": {"url": turn.file.url}}]
        else:
            said["text"] = turn.text
        return {
            "sender": {"id": self.stage.account_id},
            "recipient": {"id": self.id},
            "timestamp": milliseconds(turn.at),
            "message": said,
        }

    def _says(self, turn: Turn, more: dict[str, Any]) -> Happened:
        self._take(turn)
        return self.event(message={"mid": turn.mid, **({"text": turn.text} if turn.text else {}), **more})

    def _take(self, turn: Turn) -> None:
        self.turns.append(turn)
        self.seen = False


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
