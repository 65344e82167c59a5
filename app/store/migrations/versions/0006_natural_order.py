"""Images in the order of their names as people count: photo 2 before photo 10."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = depends_on = None


def upgrade() -> None:
    """One column and its index, filled from the names."""
    op.add_column("images", sa.Column("name_key", sa.Text))
    images = sa.table("images", sa.column("id", sa.Integer), sa.column("file_name", sa.Text), sa.column("name_key"))
    connection = op.get_bind()
    for number, name in connection.execute(sa.select(images.c.id, images.c.file_name)).all():
        key = re.sub(r"[0-9]+", lambda digits: digits[0].lstrip("0").rjust(20, "0"), name.casefold())
        connection.execute(images.update().where(images.c.id == number).values(name_key=key))
    op.create_index("images_by_name_key", "images", ["name_key", "id"])
