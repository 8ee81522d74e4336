"""What the verbs refuse, each with a sentence for people."""

from __future__ import annotations

from uuid import UUID


class CoreError(Exception):
    """Base of every refusal; the text says what is wrong and what to do."""


class NotFound(CoreError):
    """There is no such thing, or the asker may not know of it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"This {what} doesn't exist, or you have no access to it.")


class UnknownInbox(NotFound):
    """No inbox has this id, or it can't run; the text says which."""

    def __init__(self, why: str) -> None:
        CoreError.__init__(self, why)


class Forbidden(CoreError):
    """The asker may see it and still not do this."""


class Conflict(CoreError):
    """It was changed meanwhile, or is in a state that doesn't allow this."""


class TooLate(Conflict):
    """What should be taken back has already gone out."""


class Stale(CoreError):
    """Something was said in the thread that the sender hasn't seen yet."""

    def __init__(self, newer: tuple[UUID, ...]) -> None:
        super().__init__("There are newer messages in this thread. Read them, then send again.")
        self.newer = newer


class NotPermitted(CoreError):
    """`permit` denied the send."""
