"""What other tools write beside COCO's fields is kept, and equal bytes under two names may be two images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = depends_on = None

_COLUMNS = "id, sha256, file_name, width, height, bytes, media_type, converted, status, revision, uncertainty, undo_edit, redo_edit, created, updated"  # fmt: skip  # noqa: E501


def upgrade() -> None:
    """Three columns, and `images` without its unique SHA-256."""
    for table in ("categories", "instances"):
        op.add_column(table, sa.Column("extra", sa.JSON))
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_images()
    else:
        op.drop_constraint("images_sha256_key", "images", type_="unique")
        op.add_column("images", sa.Column("extra", sa.JSON))
    op.create_index("images_by_content", "images", ["sha256", "file_name"], unique=True)


def _rebuild_images() -> None:
    """SQLite cannot drop a constraint: the table is made anew, the old one's rows put into it."""
    op.create_table(
        "images_new",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("converted", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("uncertainty", sa.Float),
        sa.Column("undo_edit", sa.Integer),
        sa.Column("redo_edit", sa.Integer),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("updated", sa.Float, nullable=False),
        sa.Column("extra", sa.JSON),
        sa.CheckConstraint("status IN ('todo', 'in_progress', 'reviewed')", name="image_status"),
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO images_new ({_COLUMNS}) SELECT {_COLUMNS} FROM images")
    op.drop_table("images")
    op.rename_table("images_new", "images")
    op.create_index("images_by_status", "images", ["status", "id"])
    op.create_index("images_by_file_name", "images", ["file_name", "id"])
    op.create_index("images_by_uncertainty", "images", ["uncertainty", "id"])
