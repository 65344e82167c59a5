"""COCO JSON into the store: what is right is kept, what is wrong is named, annotation by annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.categories import category_named, checked_keypoint_names, checked_name, create_category, is_color
from app.store.errors import InvalidFieldError
from app.store.geometry import new_state
from app.store.history import image_for_writing, write
from app.store.images import ImagesByName, short_name
from app.store.instance_state import InstanceState
from app.store.tables import Category, Image, ImageStatus, Instance


@dataclass
class ImportReport:
    """What became of an annotation file."""

    images: list[int] = field(default_factory=list)  # ids of those that got annotations or were named
    annotations: int = 0  # new objects, and keypoints for objects that had none
    already_there: int = 0  # the same object on the same image: not stored twice
    categories: dict[int, int] = field(default_factory=dict)  # the file's id → the store's
    errors: list[dict[str, Any]] = field(default_factory=list)


def import_coco(
    session: Session,
    content: Any,
    *,
    just_uploaded: Sequence[int] = (),
    status: ImageStatus | None = "reviewed",
) -> ImportReport:
    """Put a COCO data set's annotations on the images of the store that have its file names.

    Annotations become manual and accepted, and each image gets `status` (None leaves it). New categories
    keep the file's ids where those are free. Each image's annotations are one edit, which undo takes back.
    An annotation that cannot be stored is named in the report, and so is an image that is not here; the
    others are kept. Raises ValueError, in one line, where the file is no COCO data set at all.
    """
    images, annotations, categories = coco_parts(content)
    report = ImportReport()
    keypoints_differ = _import_categories(session, categories, report)
    stored = ImagesByName(session.scalars(select(Image)).all(), just_uploaded)
    matched = _match_images(images, stored, report)
    by_id = {image.id: image for image in matched.values()}
    changes = {image_id: _Changes(session, image) for image_id, image in by_id.items()}
    listed = {entry["id"] for entry in images if isinstance(entry, dict) and isinstance(entry.get("id"), (int, str))}
    for number, annotation in enumerate(annotations):
        name = _annotation_name(annotation, number)
        try:
            found = _state_from(session, annotation, matched, listed, report.categories, keypoints_differ)
        except (InvalidFieldError, LookupError) as error:
            report.errors.append({**name, "error": f"{_spoken(name)}: {error}"})
            continue
        if found is None:
            continue  # its image is reported once, not for each annotation
        image, state = found
        if changes[image.id].take(state):
            report.annotations += 1
        else:
            report.already_there += 1
    for image_id, change in changes.items():
        image = image_for_writing(session, image_id)
        if status == "reviewed":
            change.drop_proposals()
        if change.created or change.changed or (status is not None and status != image.status):
            write(session, image, "import", change.changed, change.created, status)
        report.images.append(image_id)
    return report


class _Changes:
    """What the file brings to one image, compared with what is on it."""

    def __init__(self, session: Session, image: Image) -> None:
        stored = session.scalars(select(Instance).where(Instance.image_id == image.id))
        self._stored = {row.id: row for row in stored}
        self._known: dict[Any, Instance | None] = {_object_key(row.state): row for row in self._stored.values()}
        self.created: list[InstanceState] = []
        self.changed: dict[int, InstanceState | None] = {}

    def take(self, state: InstanceState) -> bool:
        """Add an object, or the keypoints that the same object lacked; False where it is all there already."""
        key = _object_key(state)
        if key not in self._known:
            self._known[key] = None
            self.created.append(state)
            return True
        stored = self._known[key]
        if stored is None or not state.keypoints or stored.keypoints:
            return False
        self.changed[stored.id] = replace(stored.state, keypoints=state.keypoints, status="accepted")
        return True

    def drop_proposals(self) -> None:
        """On a reviewed image the file says what is there: nothing that a model proposed is left beside it."""
        for row in self._stored.values():
            if row.status == "proposed":
                self.changed.setdefault(row.id, None)


def _object_key(state: InstanceState) -> tuple[Any, ...]:
    return state.category_id, repr(state.segmentation), tuple(state.bbox), state.iscrowd


def coco_parts(content: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The images, annotations and categories of a COCO data set; raises ValueError for anything else."""
    if not isinstance(content, dict):
        raise ValueError("not a COCO data set: an object with images, annotations and categories is needed")
    lists = []
    for key in ("images", "annotations", "categories"):
        part = content.get(key, [] if key == "annotations" else None)
        if not isinstance(part, list):
            raise ValueError(f"not a COCO data set: {key!r} is {'missing' if part is None else 'no list'}")
        lists.append(part)
    return lists[0], lists[1], lists[2]


def _import_categories(session: Session, categories: list[Any], report: ImportReport) -> set[int]:
    """Fill `report.categories`; returns the file's ids whose keypoints are not those of the stored category."""
    keypoints_differ = set()
    for number, entry in enumerate(categories):
        identifier = entry.get("id") if isinstance(entry, dict) else None
        name = str(entry.get("name") or number) if isinstance(entry, dict) else str(number)
        try:
            if type(identifier) is not int:
                raise InvalidFieldError("id", f"its id is {identifier!r}, a whole number is needed")
            if identifier in report.categories:
                raise InvalidFieldError("id", f"its id {identifier} is used twice")
            category, same_keypoints = _import_category(session, entry, identifier)
        except InvalidFieldError as error:
            report.errors.append({"category": name, "error": f"category {name}: {error}"})
            continue
        report.categories[identifier] = category.id
        if not same_keypoints:
            keypoints_differ.add(identifier)
            reason = "its keypoints are not those that it has here; they are left out"
            report.errors.append({"category": name, "error": f"category {name}: {reason}"})
    return keypoints_differ


def _import_category(session: Session, entry: dict[str, Any], identifier: int) -> tuple[Category, bool]:
    """The stored category of this name, made where there is none, and whether it has the file's keypoints."""
    name = checked_name(entry.get("name"))
    keypoints, skeleton = checked_keypoint_names(entry.get("keypoints"), entry.get("skeleton"))
    category = category_named(session, name)
    if category is None:
        free = identifier >= 0 and session.get(Category, identifier) is None
        color, supercategory = entry.get("color"), entry.get("supercategory")
        fields = {
            "id": identifier if free else None,
            "name": name,
            "keypoints": keypoints,
            "skeleton": skeleton,
            "color": color if is_color(color) else None,
            "supercategory": supercategory if isinstance(supercategory, str) else None,
        }
        return create_category(session, fields), True
    if keypoints and not category.keypoints:
        category.keypoints, category.skeleton = keypoints, skeleton
    return category, not keypoints or category.keypoints == keypoints


def _match_images(entries: list[Any], stored: ImagesByName, report: ImportReport) -> dict[Any, Image]:
    """The stored image for each image id of the file; what cannot be matched is reported."""
    matched: dict[Any, Image] = {}
    for number, entry in enumerate(entries):
        file_name = entry.get("file_name") if isinstance(entry, dict) else None
        identifier = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(file_name, str) or not isinstance(identifier, (int, str)):
            report.errors.append({"file_name": None, "error": f"image {number} of the file has no id or no file_name"})
            continue
        width, height = entry.get("width"), entry.get("height")
        try:
            image = stored.find(file_name, width, height)
            if identifier in matched:
                raise LookupError(f"{short_name(file_name)}: the image id {identifier} is used twice")
            given = (width, height)
            if None not in given and given != (image.width, image.height):
                raise LookupError(
                    f"{short_name(file_name)}: the file says {width}×{height}, "
                    f"the image is {image.width}×{image.height} upright; its annotations are left out"
                )
        except LookupError as error:
            report.errors.append({"file_name": file_name, "error": str(error)})
        else:
            matched[identifier] = image
    return matched


def _state_from(
    session: Session,
    annotation: Any,
    matched: dict[Any, Image],
    listed: set[Any],
    category_ids: dict[int, int],
    keypoints_differ: set[int],
) -> tuple[Image, InstanceState] | None:
    if not isinstance(annotation, dict):
        raise InvalidFieldError("annotations", "it is no object")
    image_id, file_category = annotation.get("image_id"), annotation.get("category_id")
    if not isinstance(image_id, (int, str)) or image_id not in listed:
        raise LookupError(f"its image_id {image_id!r} is not among the file's images")
    image = matched.get(image_id)
    if image is None:
        return None
    if not isinstance(file_category, int) or file_category not in category_ids:
        raise LookupError(f"its category_id {file_category!r} is not among the file's categories")
    fields = {
        "segmentation": annotation.get("segmentation"),
        "bbox": annotation.get("bbox"),
        "iscrowd": annotation.get("iscrowd", 0),
        # All zeros say that nobody looked for keypoints.
        "keypoints": None if file_category in keypoints_differ else _labelled(annotation.get("keypoints")),
    }
    return image, new_state(image, session.get_one(Category, category_ids[file_category]), fields)


def _labelled(keypoints: Any) -> Any:
    if isinstance(keypoints, list) and not any(keypoints):
        return None
    return keypoints


def _annotation_name(annotation: Any, number: int) -> dict[str, Any]:
    identifier = annotation.get("id") if isinstance(annotation, dict) else None
    return {"annotation_id": identifier if isinstance(identifier, (int, str)) else None, "number": number}


def _spoken(name: dict[str, Any]) -> str:
    if name["annotation_id"] is None:
        return f"annotation without id (number {name['number'] + 1} of the file)"
    return f"annotation {name['annotation_id']}"
