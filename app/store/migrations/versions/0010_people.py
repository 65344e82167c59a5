"""People with links of their own, and who did what: edits, objects, reviews, jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = depends_on = None


def upgrade() -> None:
    """One table and a column in four; of what was done before nobody knows who did it."""
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("link", sa.String(64), unique=True),
        sa.Column("invited", sa.Float, nullable=False),
        sa.Column("revoked", sa.Float),
        sqlite_autoincrement=True,
    )
    for table in ("edits", "instances", "jobs"):
        op.add_column(table, sa.Column("author", sa.String(100)))
    op.add_column("images", sa.Column("reviewed_by", sa.String(100)))
    op.create_index("edits_by_author", "edits", ["image_id", "author"])
