"""The customer sees that we have read: how far, and when they were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("seen_seq", "seen_rev"):
        op.add_column("thread", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
