"""The spine: everything the first release stores.

The first revision of a schema that nobody runs yet is drawn from the models; later ones spell out their changes.
"""

from __future__ import annotations

from alembic import op
from sqlmodel import SQLModel

import hub.models  # noqa: F401

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    SQLModel.metadata.create_all(op.get_bind())


def downgrade() -> None:
    SQLModel.metadata.drop_all(op.get_bind())
