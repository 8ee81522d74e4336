"""Telephone calls: their legs, recordings and transcripts, and what the provider is still to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.models.base import Json, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("agent_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("from_address", sa.Text(), server_default="", nullable=False),
        sa.Column("to_address", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("rung", Json, nullable=True),
        sa.Column("rung_at", UtcDateTime(), nullable=True),
        sa.Column("transfer", Json, nullable=True),
        sa.Column("drop_text", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ringing_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("held_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ring_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wait_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("talk_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hold_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("end_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("end_detail", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", sa.Text(), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("disposition", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("wrapped_at", UtcDateTime(), nullable=True),
        sa.Column("consent", sa.Text(), server_default="", nullable=False),
        sa.Column("record", sa.Boolean(), nullable=False),
        sa.Column("recording", sa.Text(), server_default="", nullable=False),
        sa.Column("recording_s", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column("features", Json, nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_call_agent_id_agent")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_call_entry_id_entry")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_call_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_call_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_call_entry_id")),
    )
    op.create_index("ix_call_agent", "call", ["agent_id", "ended_at"], unique=False)
    op.create_index(
        "ix_call_due",
        "call",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "ix_call_live",
        "call",
        ["inbox_id", "id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_call_thread_rev", "call", ["thread_id", "rev"], unique=False)
    op.create_table(
        "call_leg",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("to_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("to_address", sa.Text(), server_default="", nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ring_s", sa.Integer(), server_default="30", nullable=False),
        sa.Column("machines", sa.Boolean(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("leaving", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ringing_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("joined_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_call_leg_agent_id_agent")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_leg_call_id_call")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_call_leg_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_leg")),
    )
    op.create_index("ix_call_leg_call", "call_leg", ["call_id"], unique=False)
    op.create_index(
        "uq_call_leg_ref",
        "call_leg",
        ["inbox_id", "ref"],
        unique=True,
        postgresql_where=sa.text("ref IS NOT NULL"),
        sqlite_where=sa.text("ref IS NOT NULL"),
    )
    op.create_table(
        "call_recording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("channels", sa.Integer(), server_default="1", nullable=False),
        sa.Column("voicemail", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_recording_call_id_call")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_call_recording_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_recording")),
        sa.UniqueConstraint("inbox_id", "ref", name=op.f("uq_call_recording_inbox_id_ref")),
    )
    op.create_index("ix_call_recording_call", "call_recording", ["call_id"], unique=False)
    op.create_table(
        "call_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("leg_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_line_call_id_call")),
        sa.ForeignKeyConstraint(["leg_id"], ["call_leg.id"], name=op.f("fk_call_line_leg_id_call_leg")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_line")),
        sa.UniqueConstraint("leg_id", "seq", name=op.f("uq_call_line_leg_id_seq")),
    )
    op.create_index("ix_call_line_call", "call_line", ["call_id", "at"], unique=False)
    op.create_table(
        "call_command",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("leg_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("worker", sa.Text(), server_default="", nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_command_call_id_call")),
        sa.ForeignKeyConstraint(["leg_id"], ["call_leg.id"], name=op.f("fk_call_command_leg_id_call_leg")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_command")),
    )
    op.create_index("ix_call_command_leg", "call_command", ["leg_id", "id"], unique=False)
    op.create_index("ix_call_command_state", "call_command", ["state", "until"], unique=False)


def downgrade() -> None:
    for name in ("call_command", "call_line", "call_recording", "call_leg", "call"):
        op.drop_table(name)
