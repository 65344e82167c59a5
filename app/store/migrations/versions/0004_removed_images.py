"""Images can be removed to the trash, and kept out of training."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = depends_on = None


def upgrade() -> None:
    """Two columns; every image that is there stays, and teaches."""
    op.add_column("images", sa.Column("removed", sa.Float))
    op.add_column("images", sa.Column("excluded", sa.Boolean, nullable=False, server_default=sa.false()))
