"""Codes that prove an address, journalled merges, promises and surveys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.models.base import Json, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
ASKED = sa.text("state = 'asked'")
UNJOINED = sa.text("joins IS NOT NULL")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def upgrade() -> None:
    op.add_column("thread", sa.Column("merged_into", sa.Uuid(), nullable=True))
    for name in ("reset_rev", "public_reset_rev"):
        op.add_column("thread", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("agent", sa.Column("off_since", UtcDateTime(), nullable=True))
    for table, name in (
        ("customer", "preferred_channel"),
        ("customer", "preferred_by"),
        ("identity", "proven_by"),
        ("chat_link", "to_kind"),
        ("chat_link", "to_address"),
    ):
        op.add_column(table, _text(name))
    _proofs()
    _promises()


def _proofs() -> None:
    op.create_table(
        "proof_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        _text("device"),
        _text("state"),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("joins", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _key("proof_code", "thread_id", "thread"),
        _key("proof_code", "inbox_id", "inbox"),
        _key("proof_code", "agent_id", "agent"),
        sa.PrimaryKeyConstraint("id", name="pk_proof_code"),
    )
    address = ["kind", "address"]
    op.create_index("ix_proof_code_address", "proof_code", address, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_proof_code_thread", "proof_code", ["thread_id", "created_at"])
    op.create_index("ix_proof_code_joins", "proof_code", ["id"], postgresql_where=UNJOINED, sqlite_where=UNJOINED)
    op.create_table(
        "merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("from_thread", sa.Uuid(), nullable=False),
        sa.Column("into_thread", sa.Uuid(), nullable=False),
        _text("reason"),
        _text("by"),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("journal", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        _key("merge", "from_id", "customer"),
        _key("merge", "into_id", "customer"),
        _key("merge", "from_thread", "thread"),
        _key("merge", "into_thread", "thread"),
        _key("merge", "agent_id", "agent"),
        sa.PrimaryKeyConstraint("id", name="pk_merge"),
    )
    op.create_index("ix_merge_from", "merge", ["from_id"])
    op.create_index("ix_merge_into", "merge", ["into_id"])


def _promises() -> None:
    op.create_table(
        "promise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        _text("channel"),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("passed_at", UtcDateTime(), nullable=True),
        _text("state"),
        sa.Column("moved_to", sa.Uuid(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _key("promise", "thread_id", "thread"),
        _key("promise", "case_id", "case"),
        _key("promise", "owner_id", "agent"),
        _key("promise", "team_id", "team"),
        _key("promise", "settled_by", "agent"),
        sa.PrimaryKeyConstraint("id", name="pk_promise"),
    )
    op.create_index("ix_promise_due", "promise", ["due_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("ix_promise_thread", "promise", ["thread_id", "due_at"])
    op.create_table(
        "survey",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        _text("state"),
        _text("reason"),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        _text("kind"),
        _text("address"),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        _text("comment"),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        _key("survey", "case_id", "case"),
        _key("survey", "thread_id", "thread"),
        _key("survey", "inbox_id", "inbox"),
        sa.PrimaryKeyConstraint("case_id", name="pk_survey"),
    )
    op.create_index("ix_survey_asked", "survey", ["kind", "address"], postgresql_where=ASKED, sqlite_where=ASKED)


def downgrade() -> None:
    for table in ("survey", "promise", "merge", "proof_code"):
        op.drop_table(table)
    for table, name in (
        ("chat_link", "to_address"),
        ("chat_link", "to_kind"),
        ("identity", "proven_by"),
        ("customer", "preferred_by"),
        ("customer", "preferred_channel"),
        ("agent", "off_since"),
        ("thread", "public_reset_rev"),
        ("thread", "reset_rev"),
        ("thread", "merged_into"),
    ):
        op.drop_column(table, name)
