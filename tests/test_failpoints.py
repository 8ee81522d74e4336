"""A fail point kills the process at the passage it was told, and is nothing without being told."""

import os
import signal
import subprocess
import sys

import pytest

PASSES = (
    "from hub import failpoints\nfor n in range(1, 6):\n    print(n, flush=True)\n    failpoints.hit('after_commit')"
)


def run(fail_at: str) -> tuple[int, str]:
    env = {**os.environ, "ONETHREAD_FAIL_AT": fail_at}
    ended = subprocess.run([sys.executable, "-c", PASSES], env=env, check=False, capture_output=True, text=True)
    assert ended.stderr == ""
    return ended.returncode, ended.stdout.split()[-1]


@pytest.mark.parametrize(("fail_at", "passage"), [("after_commit", "1"), ("after_commit:3", "3")])
def test_the_process_is_killed_at_the_named_passage(fail_at: str, passage: str) -> None:
    assert run(fail_at) == (-signal.SIGKILL, passage)


@pytest.mark.parametrize("fail_at", ["", "before_ack", "after_commit:6"])
def test_other_points_and_later_passages_let_it_live(fail_at: str) -> None:
    assert run(fail_at) == (0, "5")
