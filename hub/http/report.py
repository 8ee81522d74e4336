"""What cases took."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from hub.core.access import Right
from hub.core.read import report
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import CaseReport, Moment

routes = Routes("reports")


@routes.get("/reports/cases", Right.READ)
async def report_cases(
    ask: Ask, since: Moment | None = None, until: Moment | None = None, days: Annotated[int, Field(ge=1, le=366)] = 7
) -> CaseReport:
    """One line for each case opened from `since` until before `until` (default: now), and totals.

    Without `since` the last `days` days. Messages are those that customer and team exchanged, without notes, events and
    what machines wrote. First response: from the customer's first message or call to the first of an agent's after it.
    Resolution: from the opening to the last time the case was set done. A switch: two consecutive messages or calls on
    different channels. CSAT: the customer's answer from 1 to 5, asked once for a case.
    """
    end = until or ask.hub.now()
    start = since or end - timedelta(days=days)
    return CaseReport.model_validate(await ask.read(report.case_report, ask.me, start, end))
