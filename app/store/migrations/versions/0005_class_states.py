"""Classes that a model suggests, that were removed, and that were merged into another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = depends_on = None


def upgrade() -> None:
    """Two columns; every class that is there is a person's."""
    op.add_column("categories", sa.Column("state", sa.String(16), nullable=False, server_default="kept"))
    op.add_column("categories", sa.Column("merged_into", sa.Integer))
