"""What customers allow, what happened to a message since, and files that are fetched after the message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.models.base import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WAITING = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("envelope_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_consent_inbox_id_inbox"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_consent_agent_id_agent"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_address", "consent", ["kind", "address", "at"])
    op.add_column("entry", sa.Column("since", Json, nullable=True))
    for name, kind, default in (
        ("source", sa.Text(), ""),
        ("state", sa.Text(), "ready"),
        ("problem", sa.Text(), ""),
        ("attempts", sa.Integer(), "0"),
    ):
        op.add_column("attachment", sa.Column(name, kind, server_default=default, nullable=False))
    op.add_column("attachment", sa.Column("inbox_id", sa.Uuid(), nullable=True))
    op.add_column("attachment", sa.Column("next_at", UtcDateTime(), nullable=True))
    op.create_index("ix_attachment_waiting", "attachment", ["next_at"], postgresql_where=WAITING, sqlite_where=WAITING)
    op.add_column("inbox", sa.Column("reconciled_at", UtcDateTime(), nullable=True))
    op.add_column("inbox", sa.Column("reconciled_found", sa.Integer(), server_default="0", nullable=False))
    op.add_column("inbox", sa.Column("reconcile_problem", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for name in ("reconcile_problem", "reconciled_found", "reconciled_at"):
        op.drop_column("inbox", name)
    op.drop_index("ix_attachment_waiting", table_name="attachment", postgresql_where=WAITING, sqlite_where=WAITING)
    for name in ("next_at", "inbox_id", "attempts", "problem", "state", "source"):
        op.drop_column("attachment", name)
    op.drop_column("entry", "since")
    op.drop_index("ix_consent_address", table_name="consent")
    op.drop_table("consent")
