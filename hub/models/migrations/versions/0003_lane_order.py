"""A lane's order is the thread's own, not that of ids made by clocks that may differ."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PENDING = sa.text("state IN ('queued', 'sending')")


def upgrade() -> None:
    op.add_column("delivery", sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE delivery SET seq = (SELECT entry.seq FROM entry WHERE entry.id = delivery.entry_id)")
    _index_lane(["lane", "seq", "id"])


def downgrade() -> None:
    _index_lane(["lane", "id"])
    op.drop_column("delivery", "seq")


def _index_lane(columns: list[str]) -> None:
    op.drop_index("ix_delivery_lane", table_name="delivery", postgresql_where=PENDING, sqlite_where=PENDING)
    op.create_index("ix_delivery_lane", "delivery", columns, postgresql_where=PENDING, sqlite_where=PENDING)
