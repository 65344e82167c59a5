"""The history says who made an edit, so that undo can tell one's own from somebody else's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = depends_on = None


def upgrade() -> None:
    """One column; of the edits that are there nobody knows the sender."""
    op.add_column("edits", sa.Column("sender", sa.String(100)))
