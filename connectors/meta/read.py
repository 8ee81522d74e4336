"""What a request of Meta's means: what customers said and did, and what became of our messages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.contract import (
    Address,
    Echo,
    Edit,
    Event,
    Ignored,
    Malformed,
    Message,
    Reaction,
    ReadUntil,
    Removal,
    State,
    Status,
)

from .content import about_story, contents
from .shapes import (
    Change,
    Delivered,
    Edited,
    Entry,
    Happening,
    Notice,
    Party,
    Pressed,
    Reacted,
    Referral,
    Said,
    Seen,
    moment,
)

EMOJIS = {
    "angry": "😠",
    "dislike": "👎",
    "laugh": "😆",
    "like": "👍",
    "love": "❤️",
    "sad": "😢",
    "smile": "😆",
    "wow": "😮",
}
"""Where Meta names a reaction and doesn't show it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the requests for one account."""

    object: str
    """What Meta calls this sort of account: `page` or `instagram`."""
    account_id: str
    kind: str
    """Of the customers' identities."""
    label: str
    app_id: str
    key_of: Callable[[str], str]
    """Our delivery's key from a message's metadata; empty for what others wrote there."""

    def read(self, body: bytes) -> Iterator[Event]:
        """Raises `Malformed`."""
        try:
            notice = Notice.model_validate_json(_whole(body))
            if notice.object != self.object:
                yield Ignored(f"Not for {self.label}: Meta calls it “{notice.object[:40]}”")
                return
            for entry in notice.entry:
                yield from self._entry(entry)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"The request can't be read: {_why(error)}") from error

    def _entry(self, entry: Entry) -> Iterator[Event]:
        if entry.id != self.account_id:
            yield Ignored(f"For another account ({entry.id}). Each account needs an inbox of its own")
            return
        for happening in entry.messaging:
            yield from self._happening(Happening.model_validate(happening))
        for _ in entry.standby:
            yield Ignored("Another app has this conversation at Meta (standby)")
        for change in entry.changes:
            yield from self._change(change)

    def _change(self, change: Change) -> Iterator[Event]:
        if isinstance(change.value, dict) and "sender" in change.value and "recipient" in change.value:
            yield from self._happening(Happening.model_validate(change.value))
        else:
            yield Ignored(f"No message: {change.field[:40]}")

    def _happening(self, it: Happening) -> Iterator[Event]:
        if it.message:
            yield self._message(it, it.message)
        elif it.delivery:
            yield from self._delivered(it, it.delivery)
        elif it.read:
            yield self._seen(it, it.read)
        elif it.postback or it.reaction or it.message_edit:
            yield self._deed(it)
        else:
            kinds = sorted(_plain(kind) for kind in it.model_extra or ())
            yield Ignored(f"Nothing to show: {', '.join(kinds) or 'an empty event'}"[:200])

    def _deed(self, it: Happening) -> Event:
        if self._is_ours(it):
            return Ignored("Done on our side")
        if it.postback:
            return self._pressed(it, it.postback)
        if it.reaction:
            return self._reacted(it, it.reaction)
        assert it.message_edit
        return self._edited(it, it.message_edit)

    # --- words ---

    def _message(self, it: Happening, said: Said) -> Event:
        if it.sender and it.recipient and it.sender.id == it.recipient.id:
            return Ignored("The account wrote to itself")
        if said.is_echo or self._is_ours(it):
            return self._echo(it, said)
        sender = self._address(it.sender)
        if said.is_deleted:
            return Removal(f"{said.mid}:removed", sender, said.mid, _at(it))
        files, cards, warnings = contents(said, self.label)
        return Message(
            ref=said.mid,
            sender=sender,
            text=said.text,
            at=_at(it),
            reply_to=(said.reply_to.mid,) if said.reply_to and said.reply_to.mid else (),
            files=files,
            cards=(*about_story(said.reply_to), *cards),
            warnings=warnings,
            choice=said.quick_reply.payload if said.quick_reply else "",
            data=_came_by(said.referral),
        )

    def _echo(self, it: Happening, said: Said) -> Event:
        """Meta tells each message of the account's, whoever wrote it: this hub, another app, people in Meta's own."""
        to = self._address(it.recipient)
        if said.is_deleted:
            return Ignored("Taken back on our side")
        if key := self.key_of(said.metadata or ""):
            return Echo(said.mid, to, said.text, _at(it), key=key)
        if said.app_id == self.app_id:
            return Ignored("Our own message, known by its id")
        files, cards, _ = contents(said, self.label)
        return Echo(said.mid, to, said.text, _at(it), files=files, cards=cards)

    def _pressed(self, it: Happening, pressed: Pressed) -> Event:
        sender = self._address(it.sender)
        ref = pressed.mid or f"postback:{sender.value}:{it.timestamp}"
        return Message(
            ref, sender, pressed.title, at=_at(it), choice=pressed.payload[:2000], data=_came_by(pressed.referral)
        )

    def _edited(self, it: Happening, edited: Edited) -> Event:
        ref = f"{edited.mid}:edit:{edited.num_edit or it.timestamp}"
        return Edit(ref, self._address(it.sender), edited.mid, edited.text, _at(it))

    # --- signs ---

    def _reacted(self, it: Happening, reacted: Reacted) -> Event:
        sender = self._address(it.sender)
        emoji = reacted.emoji or EMOJIS.get(reacted.reaction or "", "❤️") if reacted.action == "react" else ""
        ref = f"{reacted.mid}:{reacted.action[:10]}:{sender.value}:{it.timestamp}"
        return Reaction(ref, sender, reacted.mid, emoji[:32], _at(it))

    def _seen(self, it: Happening, seen: Seen) -> Event:
        if self._is_ours(it):
            return Ignored("Read on our side")
        if seen.mid:
            return Status(seen.mid, State.READ)
        if seen.watermark is None:
            return Ignored("Read, and Meta says neither what nor until when")
        return ReadUntil(self._address(it.sender), moment(seen.watermark))

    def _delivered(self, it: Happening, delivered: Delivered) -> Iterator[Event]:
        """Meta may leave the ids out; the moment holds for everything before it."""
        for mid in delivered.mids or ():
            yield Status(mid, State.DELIVERED)
        if not delivered.mids and delivered.watermark is not None:
            yield ReadUntil(self._address(it.sender), moment(delivered.watermark), State.DELIVERED)

    def _is_ours(self, it: Happening) -> bool:
        return it.sender is not None and it.sender.id == self.account_id

    def _address(self, party: Party | None) -> Address:
        if party is None:
            raise ValueError("it names nobody")
        return Address(self.kind, party.id)


def dedup_key(body: bytes) -> str | None:
    """A redelivery may be stamped anew: everything but the time of sending counts. None: it can't be read."""
    try:
        notice: Any = json.loads(body)
        kept = [{name: part for name, part in entry.items() if name != "time"} for entry in notice["entry"]]
        same = json.dumps([notice.get("object"), kept], sort_keys=True)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return hashlib.sha256(same.encode()).hexdigest()


def _whole(body: bytes) -> bytes:
    """Without halves of characters, which Meta leaves where it cuts a text, and no database stores."""
    if b"\\ud" not in body.lower():
        return body
    return json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace")


def _why(error: Exception) -> str:
    return str(error)[:500] or type(error).__name__


def _at(it: Happening) -> datetime | None:
    return moment(it.timestamp) if it.timestamp else None


def _came_by(referral: Referral | None) -> dict[str, Any]:
    return {"referral": referral.model_dump(exclude_none=True)} if referral else {}


def _plain(name: str) -> str:
    return "".join(sign for sign in name if sign.isascii() and sign.isprintable())[:40]
