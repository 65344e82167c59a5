"""What the normaliser and the finder of images say of a file, in the words of an import's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.exchange.brought_objects import ImportReport
from app.exchange.stored_images import StoredImages
from app.store.categories import LARGEST_ID
from app.store.images import short_name
from core.coco.report import SHOWN, Problem, Report, grouped

FROM_THE_OBJECT = ("taken from the segmentation", "taken from the keypoints")  # a box that was wrong: nothing is lost
MOST_NAMED = 20  # images that lack a picture: each has its line up to here, one line all of them beyond


def take_down(faults: Report, data: dict[str, Any], images: StoredImages, report: ImportReport) -> None:
    """The normaliser's report in the answer's words; what is said of an image is not said of each of its objects."""
    listed = {repr(entry.get("id")) for entry in data["images"] if isinstance(entry, dict)}
    of_images = {error["error"] for error in images.errors}
    told = [problem for problem in faults.problems if not _is_of_a_missing_image(problem, data, listed)]
    report.errors += _together(images.errors)
    for problem in grouped(problem for problem in told if problem.message not in of_images):
        if problem.is_spelling and problem.message.startswith(("has no ", "width and height are None and None")):
            continue  # it is worked out: nobody needs to hear of it
        if problem.is_note or problem.is_spelling or problem.repair in FROM_THE_OBJECT:
            report.notes.append(str(replace(problem, is_note=False)))
        elif problem.subject.startswith("annotation"):
            report.errors.append(annotation_error(problem.annotation_id, problem.number, str(problem), problem.subject))
        else:
            kind = "category" if problem.subject.startswith("categor") else "file_name"
            report.errors.append({kind: problem.subject.partition(" ")[2] or None, "error": str(problem)})


def _together(errors: list[dict[str, Any]]) -> list[dict[str, object]]:
    """What is said of images, each by itself, but in one line where very many share it."""
    alike: dict[str, list[dict[str, Any]]] = {}
    for error in errors:
        alike.setdefault(error["error"].removeprefix(short_name(error["file_name"])), []).append(error)
    kept = []
    for reason, own in alike.items():
        if len(own) <= MOST_NAMED:
            kept += own
            continue
        names = ", ".join(short_name(error["file_name"]) for error in own[:SHOWN])
        kept.append({**own[0], "error": f"{names} and {len(own) - SHOWN:,} more{reason}"})
    return kept


def _is_of_a_missing_image(problem: Problem, data: dict[str, Any], listed: set[str]) -> bool:
    if problem.number is None or not problem.message.startswith("image_id is") or "two images" in problem.message:
        return False
    return repr(data["annotations"][problem.number].get("image_id")) in listed


def annotation_error(raw_id: object, number: int | None, text: str, subject: str = "") -> dict[str, Any]:
    """An entry of the report that names an annotation by its id, or by its place where it has none."""
    if not subject:
        name = f"annotation {raw_id}" if raw_id is not None else f"annotation without id (number {(number or 0) + 1})"
        text = f"{name}: {text}"
    identifier = raw_id if isinstance(raw_id, str) or (type(raw_id) is int and abs(raw_id) < LARGEST_ID) else None
    return {"annotation_id": identifier, "number": number, "error": text}
