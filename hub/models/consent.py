"""What customers allow: a ledger of their words, in which the latest about an address holds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from hub.models.base import new_id, text_column, time_column, utcnow, uuid_column


class Consent(SQLModel, table=True):
    """One word about one address, kept for ever; it is the address's, whoever owns that, and need not have a customer.

    Without an inbox it holds for all of them, without a purpose for every one.
    """

    __table_args__ = (Index("ix_consent_address", "kind", "address", "at"),)

    id: UUID = Field(default_factory=new_id, sa_column=uuid_column(primary=True))
    kind: str = Field(sa_column=text_column(None))
    address: str = Field(sa_column=text_column(None))
    inbox_id: UUID | None = Field(default=None, sa_column=uuid_column("inbox.id", null=True))
    purpose: str = Field(default="", sa_column=text_column())
    allowed: bool = Field(default=True)
    source: str = Field(sa_column=text_column(None))
    """`word`: the customer said so; `provider`: their network did; `agent`: somebody here, for a reason."""
    said: str = Field(default="", sa_column=text_column())
    """The word, the provider's reason, or the agent's."""
    agent_id: UUID | None = Field(default=None, sa_column=uuid_column("agent.id", null=True))
    entry_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    envelope_id: UUID | None = Field(default=None, sa_column=uuid_column(null=True))
    at: datetime = Field(default_factory=utcnow, sa_column=time_column())
