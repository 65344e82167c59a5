"""Proposals know from which score on they count; model versions know the prompt model that was tuned with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = depends_on = None


def upgrade() -> None:
    """Add both columns. Older proposals have no threshold: all of them count, as they did."""
    op.add_column("instances", sa.Column("threshold", sa.Float))
    op.add_column("models", sa.Column("prompts", sa.Text))
