"""The store as COCO JSON: streamed to a file, read back with pycocotools, and compared before anybody gets it."""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from pycocotools.coco import COCO
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from app.exchange.foreign_fields import ShownIds, shown_fields, shown_image_fields
from app.exchange.licenses import shown_licenses
from app.store.categories import all_categories
from app.store.editing.geometry import count_keypoints
from app.store.instance_state import Segmentation
from app.store.remarks.attributes import z_order_of
from app.store.tables import Category, Edit, Image, Instance, counted
from app.store.trash import kept_images
from core.masks import rle_area, rle_bbox, rle_iou, segmentation_bbox, segmentation_to_rle

CHUNK = 200  # images read from the database at a time


# Of two exports at a time the one that ends last would put back what the other had put in the place of the output.
_QUIET = threading.Lock()


class ExportError(RuntimeError):
    """What was written is not what is stored: nothing of it may be used."""


@dataclass(frozen=True)
class Selection:
    """Which images, instances and categories are exported; None is all of them."""

    status: str | None = None  # of the image
    accepted_only: bool = False  # leave proposals out
    image_ids: Collection[int] | None = None
    category_ids: Collection[int] | None = None
    score_threshold: float | None = None  # of proposals; None: that of each one's model
    people: Collection[str] | None = None  # images where one of them made an edit
    authors: Collection[str] | None = None  # objects that one of them wrote last
    unused_classes: bool = True  # those too of which no image of the workspace has an object that would be written


def export_coco(
    session: Session,
    path: Path,
    selection: Selection | None = None,
    *,
    file_name: Callable[[Image], str] | None = None,
) -> None:
    """Write the selected images with their instances and the categories to `path`, and check what was written.

    Ids are those of the store (from 1; categories keep theirs), `file_name` the user's own unless a function
    gives another. Polygons are written as polygons, holes and crowds as RLE. Raises ExportError, in one line,
    and removes the file where it does not hold what the store holds.
    """
    selection = selection or Selection()
    name_of = file_name or (lambda image: image.file_name)
    try:
        with path.open("w", encoding="utf-8") as file:
            for part in _json_parts(session, selection, name_of):
                file.write(part)
        check_export(session, path, selection, file_name=name_of)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def check_export(
    session: Session, path: Path, selection: Selection, *, file_name: Callable[[Image], str] | None = None
) -> None:
    """Load `path` with pycocotools and compare all of it with the store; raises ExportError."""
    name_of = file_name or (lambda image: image.file_name)
    with _QUIET, contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    categories, ids = _categories(session, selection), ShownIds(session)
    _expect(set(coco.cats) == {ids(row) for row in categories.values()}, "the categories")
    images = instances = 0
    for image, rows in _documents(session, selection):
        entry = coco.imgs.get(ids(image), {})
        expected = (name_of(image), image.width, image.height)
        found = (entry.get("file_name"), entry.get("width"), entry.get("height"))
        _expect(found == expected, f"image {image.id}")
        _expect(
            len(coco.getAnnIds(imgIds=[ids(image)])) == len(rows),
            f"the number of instances on image {image.id}",
        )
        for instance in rows:
            _check_instance(coco, image, instance, categories[instance.category_id], ids)
        images, instances = images + 1, instances + len(rows)
    _expect(len(coco.imgs) == images, "the number of images")
    _expect(len(coco.anns) == instances, "the number of instances")


def _check_instance(coco: COCO, image: Image, instance: Instance, category: Category, ids: ShownIds) -> None:
    name = f"instance {instance.id} on image {image.id}"
    annotation = coco.anns.get(ids(instance))
    if annotation is None:
        raise ExportError(f"export stopped: {name} is missing in it; please report this")
    _expect(annotation["image_id"] == ids(image), f"the image of {name}")
    _expect(annotation["category_id"] == ids(category), f"the category of {name}")
    _expect(annotation["iscrowd"] == instance.iscrowd, f"iscrowd of {name}")
    keypoints = instance.keypoints or [0] * (3 * len(category.keypoints))
    _expect(annotation.get("keypoints", []) == keypoints, f"the keypoints of {name}")
    _expect(annotation.get("num_keypoints", 0) == count_keypoints(keypoints), f"num_keypoints of {name}")
    enclosing = instance.bbox
    if instance.segmentation:
        enclosing = segmentation_bbox(annotation["segmentation"], image.height, image.width)
    _expect(_close(annotation["bbox"], enclosing, 0.01), f"the bbox of {name}")
    _expect(_close([annotation["area"]], [instance.area]), f"the area of {name}")
    if not instance.segmentation:
        _expect(annotation["segmentation"] == [], f"the segmentation of {name}")
        return
    written = segmentation_to_rle(coco.annToRLE(annotation), image.height, image.width)
    stored = segmentation_to_rle(instance.segmentation, image.height, image.width)
    _expect(rle_iou(written, stored) > 0.9999, f"the mask of {name}")
    _expect(abs(rle_area(written) - instance.area) < 0.5, f"the area of {name}")
    if not instance.iscrowd:
        _expect(_close(annotation["bbox"], instance.bbox), f"the bbox of {name}")


def _expect(same: bool, what: str) -> None:
    if not same:
        raise ExportError(f"export stopped: {what} would differ from what is stored; please report this")


def _close(first: Sequence[float], second: Sequence[float], tolerance: float = 1e-6) -> bool:
    return len(first) == len(second) and all(abs(a - b) <= tolerance for a, b in zip(first, second, strict=True))


def _json_parts(session: Session, selection: Selection, name_of: Callable[[Image], str]) -> Iterator[str]:
    """The file piece by piece, one image or one annotation a line; never all of it in memory."""
    categories, ids = _categories(session, selection), ShownIds(session)
    yield '{"info": {"description": "MaskLoop export", "version": "1.0"},\n"licenses": '
    yield _dump(shown_licenses(session, _images(session, selection))) + ',\n"categories": [\n'
    yield ",\n".join(_dump(_category_entry(category, ids)) for category in categories.values())
    shown = {category.id: ids(category) for category in categories.values()}
    yield '\n],\n"images": [\n'
    for number, image in enumerate(_images(session, selection)):
        entry = {"id": ids(image), "file_name": name_of(image)}
        entry |= {"width": image.width, "height": image.height}
        yield (",\n" if number else "") + _dump(shown_image_fields(image.extra, shown) | entry)
    yield '\n],\n"annotations": [\n'
    first = True
    for image, rows in _documents(session, selection):
        for instance in rows:
            yield ("" if first else ",\n") + _dump(_annotation(instance, image, categories[instance.category_id], ids))
            first = False
    yield "\n]}\n"


def _categories(session: Session, selection: Selection) -> dict[int, Category]:
    """The classes that are asked for, else a person's and those in use; parts of a workspace have the same ones."""
    wanted = selection.category_ids
    # What only a model knows goes out with its proposals alone.
    rows = [row for row in all_categories(session) if row.state == "kept" or not selection.accepted_only]
    if wanted is not None:
        return {row.id: row for row in rows if row.id in wanted}
    kept = kept_images().with_only_columns(Image.id)
    used = select(Instance.category_id).where(Instance.image_id.in_(kept), _wanted_status(selection)).distinct()
    ids = set(session.scalars(used))
    return {row.id: row for row in rows if row.id in ids or (selection.unused_classes and row.state == "kept")}


def _category_entry(category: Category, ids: ShownIds) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": ids(category),
        "name": category.name,
        "supercategory": category.supercategory or "",
    }
    entry["color"] = category.color
    if category.keypoints:
        entry["keypoints"], entry["skeleton"] = category.keypoints, category.skeleton
    return shown_fields(category.extra) | entry


def _annotation(instance: Instance, image: Image, category: Category, ids: ShownIds) -> dict[str, object]:
    segmentation: Segmentation = instance.segmentation
    bbox = instance.bbox
    if instance.iscrowd and isinstance(segmentation, list) and segmentation:
        segmentation = segmentation_to_rle(segmentation, image.height, image.width)
        bbox = rle_bbox(segmentation)  # whole pixels, where the polygons enclosed fractions of them
    entry: dict[str, object] = {
        "id": ids(instance),
        "image_id": ids(image),
        "category_id": ids(category),
        "segmentation": segmentation,
        "bbox": bbox,
        "area": instance.area,
        "iscrowd": instance.iscrowd,
        "source": instance.source,
    }
    if category.keypoints:
        # COCO's readers expect them on every instance of such a category.
        entry["keypoints"] = instance.keypoints or [0] * (3 * len(category.keypoints))
        entry["num_keypoints"] = count_keypoints(instance.keypoints)
    if instance.author is not None:
        entry["author"] = instance.author
    if instance.source == "predicted":
        if instance.score is not None:
            entry["score"] = instance.score
        entry["status"] = instance.status
        if instance.model is not None:
            entry["model"] = instance.model
    return shown_fields(instance.extra) | entry


def _images(session: Session, selection: Selection) -> Iterator[Image]:
    chosen = kept_images().order_by(Image.id).limit(CHUNK)
    if selection.status is not None:
        chosen = chosen.where(Image.status == selection.status)
    if selection.people is not None:
        chosen = chosen.where(exists().where(Edit.image_id == Image.id, Edit.author.in_(selection.people)))
    wanted = None if selection.image_ids is None else set(selection.image_ids)
    last = 0
    while rows := session.scalars(chosen.where(Image.id > last)).all():
        last = rows[-1].id
        yield from (row for row in rows if wanted is None or row.id in wanted)


def _wanted_status(selection: Selection) -> ColumnElement[bool]:
    """Which of accepted objects and proposals are written."""
    if selection.accepted_only:
        return Instance.status == "accepted"
    if selection.score_threshold is None:
        return counted()
    high = or_(Instance.score.is_(None), Instance.score >= selection.score_threshold)
    return or_(Instance.status == "accepted", high)


def _documents(session: Session, selection: Selection) -> Iterator[tuple[Image, list[Instance]]]:
    for image in _images(session, selection):
        chosen = select(Instance).where(Instance.image_id == image.id).order_by(Instance.id)
        chosen = chosen.where(_wanted_status(selection))
        if selection.category_ids is not None:
            chosen = chosen.where(Instance.category_id.in_(selection.category_ids))
        if selection.authors is not None:
            chosen = chosen.where(Instance.author.in_(selection.authors))
        # What lies on top comes last: formats that paint objects over each other keep to the order.
        rows = sorted(session.scalars(chosen), key=lambda row: z_order_of(row.extra))
        yield image, rows
        for row in rows:
            session.expunge(row)


def _dump(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an id of a file's own beyond 64 bits
        return json.dumps(value, ensure_ascii=False)
