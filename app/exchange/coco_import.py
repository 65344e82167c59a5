"""COCO JSON into the store: what is right is kept, each change or loss is said in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from app.exchange.brought_objects import BroughtObjects, ImportOptions, ImportReport
from app.exchange.file_classes import FileClasses, import_classes
from app.exchange.foreign_fields import CLASS_LISTS, foreign_fields
from app.exchange.licenses import import_licenses
from app.exchange.problem_lines import annotation_error, take_down
from app.exchange.progress import ImportProgress
from app.exchange.stored_images import StoredImages
from app.store.editing.geometry import new_state
from app.store.errors import InvalidFieldError
from app.store.images import short_name
from app.store.instance_state import InstanceState
from app.store.people import is_name
from app.store.tables import Image
from app.store.trash import kept_images
from core.coco.json_values import is_number, whole
from core.coco.names import plain_name
from core.coco.normalise import normalise_coco
from core.coco.report import Report
from core.formats.building import LEFT_OUT


def import_coco(
    session: Session,
    content: Any,
    *,
    just_uploaded: Sequence[int] = (),
    near: Sequence[str] = (),
    not_taken: Collection[str] = (),
    options: ImportOptions | None = None,
    progress: ImportProgress | None = None,
    pause: Callable[..., bool] | None = None,
) -> ImportReport:
    """Put a COCO data set's annotations on the images of the store that have its file names.

    Annotations become manual and accepted, those with a score (or marked as such) proposals. New categories keep the
    file's ids where those are free. An image gets the status asked for only where every object that the file has for
    it arrived as an accepted one. Each image's annotations are one edit, which undo takes back. `pause` is called
    between images (`LongWriting.pause`): without it all of it is one transaction. Raises ValueError, in one line, where
    the file is no COCO data set at all.
    """
    options, progress, pause = options or ImportOptions(), progress or ImportProgress(), pause or _no_pause
    data = coco_parts(content)
    faults, report = Report(), ImportReport()
    images = StoredImages(session.scalars(kept_images()).all(), just_uploaded, near, not_taken)
    pause(at_once=True)  # the next takes as long as all of the rest, and writes nothing
    normalised = normalise_coco(
        data,
        faults,
        images,
        crowds_as_objects=options.crowds_as_objects,
        along=lambda entries: progress.over("checking objects", entries),
    )
    classes = import_classes(session, normalised.data["categories"], report)
    take_down(faults, data, images, report)
    licenses = import_licenses(session, content.get("licenses"))
    doubled = _ids_of_two(data["images"], "file_name", plain_name)
    doubled_classes = _ids_of_two(data["categories"], "name", str)
    # Image by image, so that no more than one image's new rows are held at a time.
    lost: Counter[int] = Counter()
    for image_id, times in normalised.lost.items():
        lost[normalised.keys[image_id].id] += times
    for entry in normalised.data["images"]:
        lost[normalised.keys[entry["id"]].id] += whole(entry.get(LEFT_OUT)) or 0  # by whoever made COCO of it
    of_image: dict[int, list[int]] = {}
    for place, annotation in enumerate(normalised.data["annotations"]):
        of_image.setdefault(normalised.keys[annotation["image_id"]].id, []).append(place)
    entries: dict[int, list[dict[str, Any]]] = {}
    for entry in normalised.data["images"]:
        entries.setdefault(normalised.keys[entry["id"]].id, []).append(entry)
    refused: list[dict[str, object]] = []
    for image_id in progress.over("storing objects, image by image", list(entries)):
        if pause():
            classes.look_again(session)
        image = session.get(Image, image_id, populate_existing=True)  # others may have worked on it meanwhile
        if image is None or image.removed is not None:
            name = entries[image_id][0]["file_name"]
            report.errors.append({"file_name": name, "error": f"{short_name(name)}: the image was removed meanwhile"})
            continue
        for entry in entries[image_id]:
            _keep_image_fields(image, entry, licenses, report)
        target = BroughtObjects(session, image, options)
        target.lost = lost[image_id]
        for place in of_image.get(image_id, ()):
            annotation = normalised.data["annotations"][place]
            try:
                if annotation["image_id"] in doubled:
                    raise LookupError(f"two images of the file have the id {annotation['image_id']}: which is meant?")
                state = _state_from(image, annotation, report, classes, options)
            except (InvalidFieldError, LookupError) as error:
                number = normalised.numbers[place]
                refused.append(annotation_error(data["annotations"][number].get("id"), number, str(error)))
                target.lost += 1
                continue
            target.take(state, report)
            # It is of the first of both, which may be wrong: a person has to look.
            target.lost += annotation["category_id"] in doubled_classes
        target.write(session, report)
        if target.became == "reviewed":
            report.reviewed.add(image_id)
        elif target.stays:
            report.stays[image_id] = target.stays
    report.errors += sorted(refused, key=lambda error: error["number"])
    if report.deleted_here:
        objects = f"{report.deleted_here} object{'s' if report.deleted_here > 1 else ''}"
        report.notes.append(f"{objects} of the file were deleted here since: left out (the mode add brings them again)")
    for what, times in report.dropped.items():
        report.notes.append(f"{what} is too long, or no plain JSON: left out{f', {times} times' if times > 1 else ''}")
    return report


def _no_pause(*, at_once: bool = False) -> bool:
    return False


def coco_parts(content: object) -> dict[str, Any]:
    """A COCO data set with its three lists; raises ValueError for anything else."""
    if not isinstance(content, dict):
        raise ValueError("not a COCO data set: an object with images, annotations and categories is needed")
    lists = {}
    for key in ("images", "annotations", "categories"):
        part = content.get(key, [] if key == "annotations" else None)
        if not isinstance(part, list):
            raise ValueError(f"not a COCO data set: {key!r} is {'missing' if part is None else 'no list'}")
        lists[key] = part
    return {**content, **lists}


def _ids_of_two(entries: list[Any], key: str, plain: Callable[[str], str]) -> set[int]:
    """The ids that stand for images, or classes, of two names."""
    names: dict[int, set[str]] = {}
    for entry in entries:
        identifier = whole(entry.get("id")) if isinstance(entry, dict) else None
        if identifier is not None and isinstance(entry.get(key), str):
            names.setdefault(identifier, set()).add(plain(entry[key]))
    return {identifier for identifier, listed in names.items() if len(listed) > 1}


def _keep_image_fields(image: Image, entry: dict[str, object], licenses: dict[int, int], report: ImportReport) -> None:
    """What a file says of an image beside its name and size; classes and licences by the ids that they have here."""
    fields = foreign_fields(entry, "image", report.dropped)
    for key in CLASS_LISTS & fields.keys():
        known = fields[key] if isinstance(fields[key], list) else []
        fields[key] = [report.categories[number] for number in known if number in report.categories]
    license_ = whole(fields.get("license"))
    if license_ in licenses:
        fields["license"] = licenses[license_]
    if fields and (image.extra or {}) | fields != image.extra:
        image.extra = (image.extra or {}) | fields


def _state_from(
    image: Image,
    annotation: dict[str, Any],
    report: ImportReport,
    classes: FileClasses,
    options: ImportOptions,
) -> InstanceState:
    file_category = annotation["category_id"]
    if file_category not in classes.rows:
        raise LookupError(f"its category_id {file_category!r} is not among the file's categories")
    fields = {
        "segmentation": annotation.get("segmentation"),
        "bbox": annotation.get("bbox"),
        "iscrowd": annotation.get("iscrowd", 0),
        "keypoints": _labelled(annotation.get("keypoints"), classes.keypoint_places.get(file_category)),
    }
    score = float(annotation["score"]) if is_number(annotation.get("score")) else None
    source = annotation.get("source")
    proposed = options.proposals or annotation.get("status") == "proposed"
    if annotation.get("status") not in ("proposed", "accepted"):
        proposed = proposed or source == "predicted" or (score is not None and source not in ("manual", "edited"))
    model = annotation.get("model") if isinstance(annotation.get("model"), str) else options.model
    state = new_state(
        image,
        classes.rows[file_category],
        fields,
        source="predicted" if proposed else source if source in ("manual", "edited", "predicted") else "manual",
        status="proposed" if proposed else "accepted",
        score=score,
        model=model[:200] if model and (proposed or score is not None) else None,
    )
    others = foreign_fields(annotation, "annotation", report.dropped)
    # A name is a text, whoever is called so here. Another tool's number of a person stays a field of the object.
    author = others.pop("author") if is_name(others.get("author")) else None
    origin = [options.source, str(annotation["id"]), state.bbox]
    return replace(state, author=author, extra=others | {"origin": origin})


def _labelled(keypoints: object, places: Sequence[int | None] | None) -> object:
    """Keypoints in the order of the class here; None where no one is labelled: nobody looked for them then."""
    if isinstance(keypoints, list) and places is not None:
        keypoints = [v for at in places for v in ([0, 0, 0] if at is None else keypoints[3 * at : 3 * at + 3])]
    return keypoints if not isinstance(keypoints, list) or any(keypoints) else None
