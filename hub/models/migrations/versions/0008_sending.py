"""Messages in several parts, questions with choices, and inboxes that rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.models.base import Json, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFERRED = sa.text("ref IS NOT NULL")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("parts", sa.Integer(), server_default="1", nullable=False))
    op.add_column("delivery", sa.Column("began_at", UtcDateTime(), nullable=True))
    op.add_column("case", sa.Column("answers", Json, nullable=True))
    op.add_column("case", sa.Column("question_id", sa.Uuid(), nullable=True))
    op.create_table(
        "part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_part_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_part_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("delivery_id", "n", name=op.f("uq_part_delivery_id_n")),
    )
    op.create_index(
        "uq_part_ref", "part", ["inbox_id", "ref"], unique=True, postgresql_where=REFERRED, sqlite_where=REFERRED
    )
    op.create_table(
        "rest",
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paced_to", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_rest_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_rest")),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("ask", Json, nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("given", Json, nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_question_thread_id_thread")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_question_case_id_case")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_question_entry_id_entry")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_question_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index("ix_question_case", "question", ["case_id"])


def downgrade() -> None:
    op.drop_table("question")
    op.drop_table("rest")
    op.drop_table("part")
    op.drop_column("case", "question_id")
    op.drop_column("case", "answers")
    op.drop_column("delivery", "began_at")
    op.drop_column("delivery", "parts")
