"""The schema as it was when versions began. What an older workspace lacks of it is added."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

metadata = sa.MetaData()
sa.Table(
    "images",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
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
    sa.CheckConstraint("status IN ('todo', 'in_progress', 'reviewed')", name="image_status"),
    sa.Index("images_by_status", "status", "id"),
    sa.Index("images_by_file_name", "file_name", "id"),
    sa.Index("images_by_uncertainty", "uncertainty", "id"),
    sqlite_autoincrement=True,
)
sa.Table(
    "categories",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("supercategory", sa.String(200)),
    sa.Column("color", sa.String(7), nullable=False),
    sa.Column("keypoints", sa.JSON, nullable=False),
    sa.Column("skeleton", sa.JSON, nullable=False),
    sqlite_autoincrement=True,
)
sa.Table(
    "instances",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("image_id", sa.Integer, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("category_id", sa.Integer, sa.ForeignKey("categories.id"), nullable=False),
    sa.Column("segmentation", sa.JSON, nullable=False),
    sa.Column("bbox", sa.JSON, nullable=False),
    sa.Column("area", sa.Float, nullable=False),
    sa.Column("iscrowd", sa.Integer, nullable=False),
    sa.Column("keypoints", sa.JSON, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("model", sa.String(200)),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("updated", sa.Float, nullable=False),
    sa.CheckConstraint("source IN ('predicted', 'edited', 'manual')", name="instance_source"),
    sa.CheckConstraint("status IN ('proposed', 'accepted')", name="instance_status"),
    sa.Index("instances_by_image", "image_id", "id"),
    sa.Index("instances_by_category", "category_id", "image_id"),
    sqlite_autoincrement=True,
)
sa.Table(
    "edits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("image_id", sa.Integer, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("target", sa.Integer),
    sa.Column("below", sa.Integer),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Column("request_key", sa.String(100)),
    sa.Column("created", sa.Float, nullable=False),
    sa.Index("edits_by_image", "image_id", "revision", unique=True),
    sa.Index("edits_by_request", "image_id", "request_key", unique=True),
    sqlite_autoincrement=True,
)
sa.Table(
    "models",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("parent", sa.String(200)),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("metrics", sa.JSON, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("current", sa.Boolean, nullable=False, server_default=sa.false()),
    sqlite_autoincrement=True,
)
sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("pid", sa.Integer),
    sa.Column("directory", sa.Text, nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON),
    sa.Column("error", sa.Text),
    sqlite_autoincrement=True,
)


def upgrade() -> None:
    """Add the tables, columns and indexes that are missing."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for table in metadata.tables.values():
        found = sa.inspect(connection)
        columns = {column["name"] for column in found.get_columns(table.name)}
        indexes = {index["name"] for index in found.get_indexes(table.name)}
        for column in table.columns:
            if column.name not in columns:
                op.add_column(
                    table.name,
                    sa.Column(column.name, column.type, nullable=column.nullable, server_default=column.server_default),
                )
        for index in table.indexes:
            if index.name not in indexes:
                index.create(connection)
