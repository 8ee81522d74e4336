"""How a check says that a connector and the contract disagree."""

from __future__ import annotations


class Disagreement(AssertionError):
    """What is wrong and what to do, in a sentence or two."""


class NotApplicable(Exception):
    """The connector's own declaration says that there is nothing to check; the text says which."""


def require(condition: object, sentence: str) -> None:
    if not condition:
        raise Disagreement(sentence)
