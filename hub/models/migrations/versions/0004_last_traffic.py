"""The latest traffic of an inbox is found at once, however long it has been silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.models.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SETTLED = sa.text("settled_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("inbox", sa.Column("last_in_at", UtcDateTime(), nullable=True))
    latest = "SELECT max(received_at) FROM envelope WHERE envelope.inbox_id = inbox.id"
    op.execute(f"UPDATE inbox SET last_in_at = ({latest})")
    columns = ["inbox_id", "settled_at"]
    op.create_index("ix_delivery_settled", "delivery", columns, postgresql_where=SETTLED, sqlite_where=SETTLED)


def downgrade() -> None:
    op.drop_index("ix_delivery_settled", table_name="delivery", postgresql_where=SETTLED, sqlite_where=SETTLED)
    op.drop_column("inbox", "last_in_at")
