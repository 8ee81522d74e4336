"""Moments at which the torture tests have this process killed: random kills hardly ever meet a window of a millisecond.

`ONETHREAD_FAIL_AT=after_commit:3` kills it at the third passage of that point. Unset, a point costs one look into an
empty dictionary.
"""

import os
import signal

_passages_left: dict[str, int] = {}


def arm(where: str) -> None:
    """`where` is a point's name, and after a colon at which passage; the first where none is given."""
    name, _, passage = where.partition(":")
    if name:
        _passages_left[name] = int(passage or 1)


def hit(name: str) -> None:
    """Say that the process is at this point; with SIGKILL nothing after it runs, no handler and no `finally`."""
    if name in _passages_left:
        _passages_left[name] -= 1
        if _passages_left[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("ONETHREAD_FAIL_AT", ""))
