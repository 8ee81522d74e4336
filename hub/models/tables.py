"""The tables of the busy paths, for Core statements; SQLModel declares them and its type stubs don't know of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hub.models.call import Call, CallCommand, CallLeg, CallLine, CallRecording
from hub.models.consent import Consent
from hub.models.people import Customer
from hub.models.question import Question
from hub.models.sending import Part, Rest
from hub.models.thread import Attachment, Entry, Reference, Thread, Unindexed
from hub.models.transport import Attempt, Delivery, Lane
from hub.models.work import Case, CaseTally, Draft


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


CUSTOMER, CONSENT = _table(Customer), _table(Consent)
THREAD, ENTRY, REFERENCE = _table(Thread), _table(Entry), _table(Reference)
ATTACHMENT, UNINDEXED = _table(Attachment), _table(Unindexed)
CASE, TALLY, DRAFT = _table(Case), _table(CaseTally), _table(Draft)
DELIVERY, LANE, ATTEMPT = _table(Delivery), _table(Lane), _table(Attempt)
PART, REST = _table(Part), _table(Rest)
QUESTION = _table(Question)
CALL, LEG, COMMAND = _table(Call), _table(CallLeg), _table(CallCommand)
CALL_LINE, RECORDING = _table(CallLine), _table(CallRecording)
