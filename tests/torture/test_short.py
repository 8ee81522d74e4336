"""The short form of `make torture`, for every test run: a minute instead of half an hour, the same judge."""

from pathlib import Path

import pytest

from tests.support.hub import Hub
from tests.torture.trial import Plan, run

PLAN = Plan(seed=11, senders=4, messages=25, answers=4, passes=1, at_random=2)


@pytest.mark.timeout(300)
async def test_nothing_is_lost_doubled_or_misplaced_when_the_hub_is_killed(db_url: str, tmp_path: Path) -> None:
    hub = Hub(tmp_path / "hub", db_url=db_url)
    try:
        outcome = await run(hub, PLAN)
    finally:
        hub.kill()
    assert outcome.verdict.broken == {}
    assert outcome.answer_verdict.broken == {}
    assert not outcome.kills.not_reached, "a fail point that nothing passes proves nothing"
    assert set(outcome.kills.at) == {*PLAN.points, "random"}
