"""A workspace as a researcher reads it: DataFrames and COCO JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.exchange.coco_export import Selection, export_coco
from app.store.database import Store
from app.store.documents import instance_json, list_images
from app.store.tables import IMAGE_STATUSES, Category, Image, Instance, counted

if TYPE_CHECKING:
    import pandas as pd

OBJECT_COLUMNS = (
    "id", "file_name", "category", "x", "y", "width", "height", "area", "score", "source", "status", "model",
    "image_status", "image_id", "category_id", "iscrowd", "segmentation", "keypoints", "num_keypoints",
)  # fmt: skip
IMAGE_COLUMNS = ("image_id", "file_name", "width", "height", "status", "objects", "accepted", "proposed")


def objects(workspace: Path, status: str | None, proposals: bool) -> pd.DataFrame:
    """One row an object, on images of this status, with or without what nobody has accepted yet."""
    import pandas as pd

    chosen = (
        select(Instance, Image, Category)
        .join(Image, Instance.image_id == Image.id)
        .join(Category, Instance.category_id == Category.id)
        .where(Image.removed.is_(None))
        .order_by(Image.id, Instance.id)
    )
    if _checked(status) is not None:
        chosen = chosen.where(Image.status == status)
    chosen = chosen.where(counted() if proposals else Instance.status == "accepted")
    rows = []
    with _opened(workspace) as store, store.reading() as session:
        for instance, image, category in session.execute(chosen):
            entry = instance_json(instance)
            entry |= dict(zip(("x", "y", "width", "height"), entry["bbox"], strict=True))
            entry |= {"file_name": image.file_name, "image_status": image.status, "category": category.name}
            rows.append(entry)
    return pd.DataFrame(rows, columns=list(OBJECT_COLUMNS)).astype({"score": float})


def images(workspace: Path) -> pd.DataFrame:
    """One row an image, also those without objects."""
    import pandas as pd

    rows = []
    with _opened(workspace) as store, store.reading() as session:
        cursor, more = None, True
        while more:
            page = list_images(session, cursor=cursor, limit=1000)
            rows += [row | row["counts"] | {"objects": row["counts"]["instances"]} for row in page["images"]]
            cursor = page["next_cursor"]
            more = cursor is not None
    return pd.DataFrame(rows, columns=list(IMAGE_COLUMNS))


def coco(workspace: Path, status: str | None, proposals: bool) -> dict[str, Any]:
    """The checked export."""
    selection = Selection(status=_checked(status), accepted_only=not proposals)
    with _opened(workspace) as store, store.temporary_file(".json") as file:
        with store.reading() as session:
            export_coco(session, file, selection)
        content: dict[str, object] = json.loads(file.read_text(encoding="utf-8"))
        return content


def _checked(status: str | None) -> str | None:
    if status is not None and status not in IMAGE_STATUSES:
        raise ValueError(f"status is {status!r}: choose one of {', '.join(IMAGE_STATUSES)}")
    return status


@contextmanager
def _opened(workspace: Path) -> Iterator[Store]:
    store = Store(workspace)
    try:
        yield store
    finally:
        store.close()
