"""Indexes that hold all that the statistics count, so that they read neither outlines nor states."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = depends_on = None


def upgrade() -> None:
    """Two indexes."""
    of_instances = ["status", "category_id", "source", "author", "area", "score", "threshold", "image_id"]
    op.create_index("instances_by_status", "instances", of_instances)
    op.create_index("edits_by_kind", "edits", ["kind", "author", "created", "image_id"])
