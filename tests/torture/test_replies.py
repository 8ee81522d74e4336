"""The short form of FI-05 and FI-06; the full one is `make torture`. The judge itself is tried first."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.hub import Hub
from tests.torture.answers import AnswerVerdict, judge_states
from tests.torture.replies import Plan, out_of_order, run

PLAN = Plan(seed=7, customers=8, replies=10, at_random=2, passes=1)


@pytest.mark.timeout(420)
async def test_faults_and_kills_lose_no_reply_and_double_none_unseen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = Hub(tmp_path / "hub")
    try:
        outcome = await run(hub, PLAN)
    finally:
        hub.kill()
    with capsys.disabled():
        print("\n" + "\n".join(outcome.lines()))
    assert outcome.broken == {}
    assert all(sum(faults.values()) > 10 for faults in outcome.faults.values()), "without faults it proves nothing"
    assert outcome.kills.at.total() == PLAN.at_random + PLAN.passes


def shown(*texts: str) -> Any:
    return SimpleNamespace(shown=[SimpleNamespace(to="maya", text=text) for text in texts])


@pytest.mark.parametrize(
    ("taken", "wrong"),
    [(("answer-1 a", "answer-2 b", "answer-1 a"), []), (("answer-2 b", "answer-1 a"), ["answer-1"])],
)
def test_the_judge_sees_disorder(taken: tuple[str, ...], wrong: list[str]) -> None:
    assert out_of_order([("thread", "answer-1"), ("thread", "answer-2")], [shown(*taken)]) == wrong


@pytest.mark.parametrize(
    ("states", "times", "fault"),
    [
        (["sent"], 0, "silently_lost"),
        (["sent"], 2, "sent_twice"),
        (["failed"], 1, "called_failed"),
        (["queued"], 0, "unsettled"),
        (["uncertain"], 2, ""),
        (["sent"], 1, ""),
    ],
)
def test_the_judge_sees_what_the_providers_know_better(states: list[str], times: int, fault: str) -> None:
    verdict = AnswerVerdict()
    judge_states(verdict, "answer-1", states, times)
    assert list(verdict.broken) == ([fault] if fault else [])
