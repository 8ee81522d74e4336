"""The spine: everything the first release stores.

The first revision of a schema that nobody runs yet is drawn from the models; later ones spell out their changes.
"""

from __future__ import annotations

from alembic import op
from sqlmodel import SQLModel

import hub.models  # noqa: F401
from hub.models.search import SEARCH_POSTGRESQL, SEARCH_SQLITE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    conn = op.get_bind()
    SQLModel.metadata.create_all(conn)
    for statement in SEARCH_POSTGRESQL if conn.dialect.name == "postgresql" else SEARCH_SQLITE:
        conn.exec_driver_sql(statement)


def downgrade() -> None:
    conn = op.get_bind()
    for name in ("search_entry", "search_customer"):
        conn.exec_driver_sql(f"DROP TABLE {name}")
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql(f"DROP TABLE {name}_words")
    SQLModel.metadata.drop_all(conn)
