"""No change makes a message dearer unnoticed: whoever means to does `python -m tests.bench --short --record`."""

import asyncio

import pytest

from tests.bench import short
from tests.bench.loops import new_event_loop
from tests.bench.report import table
from tests.bench.stage import on_core, stage
from tests.support.postgres import find_installation
from tests.support.unavailable import unavailable


@pytest.mark.alone
@pytest.mark.timeout(180)
def test_cpu_and_statements_per_message_stay_within_their_bounds() -> None:
    if find_installation() is None:
        unavailable("PostgreSQL: the bounds are measured on it, and there is none")
    with stage() as on, on_core(1), asyncio.Runner(loop_factory=new_event_loop) as runner:
        measured = runner.run(short.measure(on))
    figures = short.against(short.recorded(), measured)
    assert all(figure.mark != "MISSED" for figure in figures), f"dearer than recorded:\n{table(figures)}"
