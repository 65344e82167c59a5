"""COCO's results list: what a detector found, by the ids of the images and categories in a COCO file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.formats.coco import instances as coco
from core.formats.coco.instances import write_json
from core.formats.content import content_of, id_key
from core.formats.files import Folder, parent
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.pictures import Pictures

NAME = "coco-results"
TITLE = "COCO results list"
CANNOT_CARRY: frozenset[Fact] = (BESIDE_OBJECTS - {"fields of images and classes"}) | {"crowds", "attributes", "ids"}
_IMAGES = "image_info.json"  # as COCO itself calls the list of a test set's images


def recognise(folder: Folder) -> list[str]:
    """The JSON lists of image_id and category_id; an empty list beside a COCO file is one too."""
    lists = [(name, outline) for name, outline in folder.json_files() if outline.is_list]
    found = [name for name, outline in lists if {"image_id", "category_id"} <= outline.keys]
    empty = [name for name, _ in lists if folder.json(name) == []]
    return found + (empty if empty and coco.recognise(folder) else [])


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """The results as annotations with scores, on the images of the COCO file that lists them; ValueError without."""
    results = folder.json(place)
    if not isinstance(results, list):
        raise ValueError(f"{place}: no list of results")
    notes = Notes()
    entries = [entry for entry in results if isinstance(entry, dict)]
    if len(entries) < len(results):
        notes.add("what is no result is left out", place)
    wanted = {id_key(entry.get("image_id")) for entry in entries}
    fitting = []
    for name in coco.recognise(folder):
        images = folder.json(name)["images"]
        listed = (
            {id_key(image.get("id")) for image in images if isinstance(image, dict)}
            if isinstance(images, list)
            else set()
        )
        if wanted <= listed:
            fitting.append(name)
    near = [name for name in fitting if parent(name) == parent(place)] or fitting
    if not near:
        mend = "put the COCO file that lists these images beside it, and give the folder of both"
        raise ValueError(f"{place}: results name images by number; {mend}")
    data, lines = coco.read(folder, near[0], pictures)
    annotations = [{"iscrowd": 0, "segmentation": [], **entry, "id": number} for number, entry in enumerate(entries, 1)]
    return {**data, "annotations": annotations}, [*lines, *notes.lines()]


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write results.json, and image_info.json with the images and categories."""
    notes = Notes()
    content = content_of(coco, notes)
    results = []
    for picture, thing in content.objects():
        if thing.crowd:
            notes.add("a crowd: left out, results have none", thing.about)
            continue
        if thing.attributes:
            notes.add("its attributes are not written", thing.about)
        result: dict[str, object] = {"image_id": picture.id, "category_id": thing.category["id"], "bbox": thing.box}
        if thing.segmentation:
            result["segmentation"] = thing.rle
        if thing.keypoints:
            result["keypoints"] = [value for _, *point in thing.keypoints for value in point]
        if thing.score is not None:
            result["score"] = thing.score
        results.append(result)
    write_json(results, folder / "results.json")
    lists = {"images": [dict(picture.entry) for picture in content.pictures], "categories": list(content.categories)}
    write_json({"images": lists["images"], "annotations": [], "categories": lists["categories"]}, folder / _IMAGES)
    return notes.lines()
