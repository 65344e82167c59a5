"""Notes, the edit that an image was reviewed with, and order, key and hiding of classes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = depends_on = None


def upgrade() -> None:
    """One table and four columns; an image that is reviewed counts as unchanged since."""
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("image_id", sa.Integer, sa.ForeignKey("images.id"), nullable=False),
        sa.Column("instance_id", sa.Integer),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("returned", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("author", sa.String(200)),
        sa.Column("created", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("notes_by_image", "notes", ["image_id", "id"])
    op.add_column("images", sa.Column("reviewed_edit", sa.Integer))
    images = sa.table("images", sa.column("status"), sa.column("undo_edit"), sa.column("reviewed_edit"))
    reviewed = images.update().where(images.c.status == "reviewed")
    op.get_bind().execute(reviewed.values(reviewed_edit=images.c.undo_edit))
    op.add_column("categories", sa.Column("position", sa.Integer))
    op.add_column("categories", sa.Column("key", sa.String(1)))
    op.add_column("categories", sa.Column("hidden", sa.Boolean, nullable=False, server_default=sa.false()))
