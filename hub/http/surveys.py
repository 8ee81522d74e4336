"""Whether customers are asked how satisfied they were, and what they said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hub.core import survey
from hub.core.access import Right
from hub.core.errors import NotFound
from hub.core.read import cases
from hub.http.ask import Ask
from hub.http.openapi import Routes
from hub.http.shapes import SurveyOut, SurveySettings, SurveySettingsIn

routes = Routes("reports")


@routes.get("/workspace/survey", Right.READ)
async def get_survey_settings(ask: Ask) -> SurveySettings:
    """Whether customers are asked how satisfied they were, once a case is done."""
    return SurveySettings.model_validate(await ask.read(survey.settings))


@routes.put("/workspace/survey", Right.MANAGE)
async def change_survey_settings(ask: Ask, given: SurveySettingsIn) -> SurveySettings:
    """Ask or don't. What was done before isn't asked about."""

    def keep(conn: Any) -> None:
        survey.set_settings(conn, on=given.on, after_s=given.after_s, now=ask.hub.now())

    await ask.write(keep)
    return SurveySettings.model_validate(await ask.read(survey.settings))


@routes.get("/cases/{id}/survey", Right.READ)
async def get_case_survey(ask: Ask, id: UUID) -> SurveyOut:
    """What the customer was asked and said about a case; 404 while they weren't asked."""
    await ask.read(cases.one, ask.me, id)
    row = await ask.read(survey.of_case, id)
    if row is None:
        raise NotFound("survey")
    facts = ask.hub.desk.inbox(row.inbox_id) if row.inbox_id else None
    return SurveyOut.model_validate({**row._mapping, "channel": facts.channel if facts else ""})
