"""The spine: everything the first release stores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.models.base import Json, UtcDateTime
from hub.models.search import SEARCH_POSTGRESQL, SEARCH_SQLITE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("email", name=op.f("uq_agent_email")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("cid", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_entry", "attachment", ["entry_id", "position"], unique=False)
    op.create_table(
        "case_tally",
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("shard", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("assignee", "status", "channel", "shard", name=op.f("pk_case_tally")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.Text(), server_default="", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="", nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["customer.id"], name=op.f("fk_customer_merged_into_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_table(
        "idempotency",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connector", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("leased_by", sa.Text(), server_default="", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    op.create_table(
        "unindexed",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_unindexed")),
    )
    op.create_table(
        "workspace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspace")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_api_token_agent_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_agent_id"), "api_token", ["agent_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_claim_customer_id_customer"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("customer_id", "kind", "address", name=op.f("uq_claim_customer_id_kind_address")),
    )
    op.create_index("ix_claim_address", "claim", ["kind", "address"], unique=False)
    op.create_table(
        "cursor",
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_cursor_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_cursor")),
    )
    op.create_table(
        "envelope",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("lane", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("blob", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_envelope_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope")),
        sa.UniqueConstraint("inbox_id", "dedup_key", name=op.f("uq_envelope_inbox_id_dedup_key")),
    )
    op.create_index(
        "ix_envelope_waiting",
        "envelope",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('new', 'dead')"),
        sqlite_where=sa.text("state IN ('new', 'dead')"),
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("trust", sa.Text(), server_default="", nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("undeliverable", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_identity_customer_id_customer"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("kind", "address", name=op.f("uq_identity_kind_address")),
    )
    op.create_index(op.f("ix_identity_customer_id"), "identity", ["customer_id"], unique=False)
    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_one_time_link_agent_id_agent")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_link")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), server_default="", nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_session_agent_id_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    op.create_index(op.f("ix_session_agent_id"), "session", ["agent_id"], unique=False)
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_team_member_agent_id_agent")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id_team")),
        sa.PrimaryKeyConstraint("team_id", "agent_id", name=op.f("pk_team_member")),
    )
    op.create_table(
        "thread",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("public_rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("published_rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("read_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_thread_customer_id_customer"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_thread_customer_id")),
    )
    op.create_index(
        "ix_thread_unpublished",
        "thread",
        ["id"],
        unique=False,
        postgresql_where=sa.text("published_rev < rev"),
        sqlite_where=sa.text("published_rev < rev"),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default="1", nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", Json, nullable=True),
        sa.Column("preview", sa.Text(), server_default="", nullable=False),
        sa.Column("preview_by", sa.Text(), server_default="", nullable=False),
        sa.Column("preview_agent_id", sa.Uuid(), nullable=True),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_in_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("first_response_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("until_reply", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name=op.f("fk_case_assignee_id_agent")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_case_team_id_team")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_case_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
    )
    op.create_index("ix_case_assignee", "case", ["assignee_id", "status", "last_at", "id"], unique=False)
    op.create_index("ix_case_channel", "case", ["channel", "status", "last_at", "id"], unique=False)
    op.create_index("ix_case_list", "case", ["status", "last_at", "id"], unique=False)
    op.create_index("ix_case_thread", "case", ["thread_id", "last_at"], unique=False)
    op.create_index(
        "ix_case_wake",
        "case",
        ["snoozed_until"],
        unique=False,
        postgresql_where=sa.text("status = 'snoozed'"),
        sqlite_where=sa.text("status = 'snoozed'"),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("held_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_draft_agent_id_agent")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_draft_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("agent_id", "thread_id", "slot", name=op.f("uq_draft_agent_id_thread_id_slot")),
    )
    op.create_index(
        "ix_draft_due",
        "draft",
        ["send_at"],
        unique=False,
        postgresql_where=sa.text("send_at IS NOT NULL"),
        sqlite_where=sa.text("send_at IS NOT NULL"),
    )
    op.create_index("ix_draft_thread", "draft", ["thread_id"], unique=False)
    op.create_table(
        "seen",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_seen_agent_id_agent")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_seen_thread_id_thread")),
        sa.PrimaryKeyConstraint("agent_id", "thread_id", name=op.f("pk_seen")),
    )
    op.create_table(
        "case_tag",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_tag_case_id_case")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_case_tag_tag_id_tag")),
        sa.PrimaryKeyConstraint("case_id", "tag_id", name=op.f("pk_case_tag")),
    )
    op.create_index(op.f("ix_case_tag_tag_id"), "case_tag", ["tag_id"], unique=False)
    op.create_table(
        "chat_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("visitor", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_chat_link_case_id_case"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_chat_link_customer_id_customer")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_chat_link_inbox_id_inbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_link")),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("public_rev", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column("envelope_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("case_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("author_kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("html", sa.Text(), server_default="", nullable=False),
        sa.Column("quoted", sa.Text(), server_default="", nullable=False),
        sa.Column("quoted_html", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), server_default="", nullable=False),
        sa.Column("automatic", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("ref_space", sa.Text(), nullable=True),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.Column("data", Json, nullable=True),
        sa.Column("redacted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_entry_case_id_case")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_entry_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_entry_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("thread_id", "seq", name=op.f("uq_entry_thread_id_seq")),
    )
    op.create_index("ix_entry_case", "entry", ["case_id", "seq"], unique=False)
    op.create_index("ix_entry_thread_rev", "entry", ["thread_id", "rev"], unique=False)
    op.create_index(
        "uq_entry_client_key",
        "entry",
        ["thread_id", "client_key"],
        unique=True,
        postgresql_where=sa.text("client_key IS NOT NULL"),
        sqlite_where=sa.text("client_key IS NOT NULL"),
    )
    op.create_index(
        "uq_entry_ref",
        "entry",
        ["ref_space", "ref"],
        unique=True,
        postgresql_where=sa.text("ref IS NOT NULL"),
        sqlite_where=sa.text("ref IS NOT NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("to_kind", sa.Text(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("decision", Json, nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("public_rev", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("deadline_at", UtcDateTime(), nullable=False),
        sa.Column("continue_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_delivery_entry_id_entry")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_delivery_inbox_id_inbox")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_delivery_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_continue",
        "delivery",
        ["continue_at"],
        unique=False,
        postgresql_where=sa.text("continue_at IS NOT NULL"),
        sqlite_where=sa.text("continue_at IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index("ix_delivery_entry", "delivery", ["entry_id"], unique=False)
    op.create_index(
        "ix_delivery_lane",
        "delivery",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index("ix_delivery_thread_rev", "delivery", ["thread_id", "rev"], unique=False)
    op.create_index(
        "uq_delivery_ref",
        "delivery",
        ["inbox_id", "ref"],
        unique=True,
        postgresql_where=sa.text("ref IS NOT NULL"),
        sqlite_where=sa.text("ref IS NOT NULL"),
    )
    op.create_table(
        "reference",
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_reference_entry_id_entry")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_reference_thread_id_thread")),
        sa.PrimaryKeyConstraint("thread_id", "ref", name=op.f("pk_reference")),
    )
    op.create_table(
        "attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ref", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id_delivery")),
        sa.PrimaryKeyConstraint("delivery_id", "n", name=op.f("pk_attempt")),
    )

    conn = op.get_bind()
    for statement in SEARCH_POSTGRESQL if conn.dialect.name == "postgresql" else SEARCH_SQLITE:
        conn.exec_driver_sql(statement)


def downgrade() -> None:
    conn = op.get_bind()
    for name in ("search_entry", "search_customer"):
        conn.exec_driver_sql(f"DROP TABLE {name}")
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql(f"DROP TABLE {name}_words")
    op.drop_table("attempt")
    op.drop_table("reference")
    op.drop_index(
        "uq_delivery_ref",
        table_name="delivery",
        postgresql_where=sa.text("ref IS NOT NULL"),
        sqlite_where=sa.text("ref IS NOT NULL"),
    )
    op.drop_index("ix_delivery_thread_rev", table_name="delivery")
    op.drop_index(
        "ix_delivery_lane",
        table_name="delivery",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_index("ix_delivery_entry", table_name="delivery")
    op.drop_index(
        "ix_delivery_due",
        table_name="delivery",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.drop_index(
        "ix_delivery_continue",
        table_name="delivery",
        postgresql_where=sa.text("continue_at IS NOT NULL"),
        sqlite_where=sa.text("continue_at IS NOT NULL"),
    )
    op.drop_table("delivery")
    op.drop_index(
        "uq_entry_ref",
        table_name="entry",
        postgresql_where=sa.text("ref IS NOT NULL"),
        sqlite_where=sa.text("ref IS NOT NULL"),
    )
    op.drop_index(
        "uq_entry_client_key",
        table_name="entry",
        postgresql_where=sa.text("client_key IS NOT NULL"),
        sqlite_where=sa.text("client_key IS NOT NULL"),
    )
    op.drop_index("ix_entry_thread_rev", table_name="entry")
    op.drop_index("ix_entry_case", table_name="entry")
    op.drop_table("entry")
    op.drop_table("chat_link")
    op.drop_index(op.f("ix_case_tag_tag_id"), table_name="case_tag")
    op.drop_table("case_tag")
    op.drop_table("seen")
    op.drop_index("ix_draft_thread", table_name="draft")
    op.drop_index(
        "ix_draft_due",
        table_name="draft",
        postgresql_where=sa.text("send_at IS NOT NULL"),
        sqlite_where=sa.text("send_at IS NOT NULL"),
    )
    op.drop_table("draft")
    op.drop_index(
        "ix_case_wake",
        table_name="case",
        postgresql_where=sa.text("status = 'snoozed'"),
        sqlite_where=sa.text("status = 'snoozed'"),
    )
    op.drop_index("ix_case_thread", table_name="case")
    op.drop_index("ix_case_list", table_name="case")
    op.drop_index("ix_case_channel", table_name="case")
    op.drop_index("ix_case_assignee", table_name="case")
    op.drop_table("case")
    op.drop_index(
        "ix_thread_unpublished",
        table_name="thread",
        postgresql_where=sa.text("published_rev < rev"),
        sqlite_where=sa.text("published_rev < rev"),
    )
    op.drop_table("thread")
    op.drop_table("team_member")
    op.drop_index(op.f("ix_session_agent_id"), table_name="session")
    op.drop_table("session")
    op.drop_table("one_time_link")
    op.drop_index(op.f("ix_identity_customer_id"), table_name="identity")
    op.drop_table("identity")
    op.drop_index(
        "ix_envelope_waiting",
        table_name="envelope",
        postgresql_where=sa.text("state IN ('new', 'dead')"),
        sqlite_where=sa.text("state IN ('new', 'dead')"),
    )
    op.drop_table("envelope")
    op.drop_table("cursor")
    op.drop_index("ix_claim_address", table_name="claim")
    op.drop_table("claim")
    op.drop_index(op.f("ix_api_token_agent_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_table("workspace")
    op.drop_table("unindexed")
    op.drop_table("team")
    op.drop_table("tag")
    op.drop_table("lane")
    op.drop_table("inbox")
    op.drop_table("idempotency")
    op.drop_table("customer")
    op.drop_table("case_tally")
    op.drop_index("ix_attachment_entry", table_name="attachment")
    op.drop_table("attachment")
    op.drop_table("agent")
