"""The model of synthetic scenes is called `scenes`: workspaces that used it under its old name go on with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = depends_on = None


def upgrade() -> None:
    """Rename the version, where it is mentioned as parent, and on the instances that it predicted."""
    connection = op.get_bind()
    models = sa.table("models", sa.column("name"), sa.column("path"), sa.column("parent"))
    instances = sa.table("instances", sa.column("model"))
    if connection.execute(sa.select(models.c.name).where(models.c.name == "scenes")).first() is not None:
        return
    connection.execute(models.update().where(models.c.path == "starter").values(name="scenes", path="scenes"))
    connection.execute(models.update().where(models.c.parent == "starter").values(parent="scenes"))
    connection.execute(instances.update().where(instances.c.model == "starter").values(model="scenes"))
