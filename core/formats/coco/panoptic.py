"""COCO panoptic: a PNG an image whose colours are numbers of segments, and a JSON that says what each segment is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.coco.json_values import is_whole
from core.datasets.images import PIXEL_LIMIT
from core.formats.building import Building, BuiltImage
from core.formats.coco.instances import write_json
from core.formats.content import Picture, content_of
from core.formats.files import Folder, joined, parent, stem
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.pictures import Pictures, tidy_name
from core.masks import encode_rle

NAME = "coco-panoptic"
TITLE = "COCO panoptic (JSON and PNGs)"
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | frozenset(
    {"overlaps", "boxes alone", "keypoints", "masks beside keypoints", "skeletons", "scores", "attributes", "ids"}
)
_FILE = "panoptic.json"


def recognise(folder: Folder) -> list[str]:
    """The JSON files whose annotations have `segments_info`."""
    return [
        name
        for name, outline in folder.json_files()
        if not outline.is_list and {"images", "annotations"} <= outline.keys and "segments_info" in outline.listed
    ]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """Every segment as an object; regions without objects (`isthing` 0), such as sky, too, which a note says."""
    data = folder.json(place)
    if not all(isinstance(data.get(key), list) for key in ("images", "annotations", "categories")):
        raise ValueError(f"{place}: not COCO panoptic: images, annotations and categories are needed")
    notes = Notes()
    building = Building(notes)
    names: dict[object, str] = {}
    for category in data["categories"]:
        if isinstance(category, dict) and isinstance(category.get("name"), str) and is_whole(category.get("id")):
            more = {key: category[key] for key in ("supercategory", "isthing") if key in category}
            names[category["id"]] = building.category(category["name"], **more)["name"]
            if category.get("isthing") == 0:
                notes.add("not a class of objects but of regions: each image's comes as one object", category["name"])
    images = {image["id"]: image for image in data["images"] if isinstance(image, dict) and is_whole(image.get("id"))}
    written = {key: tidy_name(str(image.get("file_name") or "")) for key, image in images.items()}
    found = dict(zip(images, pictures.meant([[name] for name in written.values()], parent(place)), strict=True))
    # A segments' PNG is nobody's picture, though it may be called as one is.
    pngs = segment_pngs(folder, place)
    found = {key: None if name in pngs else name for key, name in found.items()}
    for key, image in images.items():
        size = (image.get("height"), image.get("width"))
        building.image(found[key] or written[key], size if all(size) else pictures.size(found[key] or ""))
    for annotation in data["annotations"]:
        image_id = annotation.get("image_id") if isinstance(annotation, dict) else None
        if not is_whole(image_id) or image_id not in images:
            notes.add("an annotation whose image is not listed: left out", f"image {image_id!r}")
            continue
        entry = building.image(found[image_id] or written[image_id], None)
        if entry is None:
            continue
        try:
            numbers = _numbers(folder, place, annotation.get("file_name"))
        except ValueError as error:
            building.lose(entry, f"{error}: its segments are left out", entry["file_name"])
            continue
        if numbers.shape != (entry["height"], entry["width"]):
            building.lose(
                entry, "its PNG has another size than the image: its segments are left out", entry["file_name"]
            )
            continue
        _add_segments(building, entry, numbers, annotation.get("segments_info"), names)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write panoptic.json and the PNGs in panoptic/; a pixel of two objects is the later one's."""
    notes = Notes()
    content = content_of(coco, notes)
    ids = {id(category): number for number, category in enumerate(content.categories, 1)}
    annotations = []
    for number, picture in enumerate(content.pictures, 1):
        name = f"{picture.name}.png"  # with its ending: two images may differ in that alone
        segments = _write_picture(picture, folder / stem(_FILE) / name, ids, notes)
        annotations.append({"image_id": number, "file_name": name, "segments_info": segments})
    images = [
        {"id": number, "file_name": picture.name, "height": picture.height, "width": picture.width}
        for number, picture in enumerate(content.pictures, 1)
    ]
    categories = [
        {"supercategory": "", **category, "id": ids[id(category)], "isthing": category.get("isthing", 1)}
        for category in content.categories
    ]
    categories = [
        {key: value for key, value in entry.items() if key not in ("keypoints", "skeleton")} for entry in categories
    ]
    write_json({"images": images, "annotations": annotations, "categories": categories}, folder / _FILE)
    return notes.lines()


def segment_pngs(folder: Folder, place: str) -> set[str]:
    """The PNGs that the annotations of a panoptic JSON name, as far as they are there."""
    annotations = folder.json(place).get("annotations")
    entries = annotations if isinstance(annotations, list) else []
    found = (_png(folder, place, entry.get("file_name")) for entry in entries if isinstance(entry, dict))
    return {name for name in found if name}


def _png(folder: Folder, place: str, file_name: object) -> str | None:
    """Where the PNG of this name is: in the folder that is called as the JSON is, or beside it; else None."""
    name = tidy_name(file_name) if isinstance(file_name, str) else ""
    near, own = parent(place), stem(place)
    tried = [joined(own, name), joined(near, name), joined(f"{own}_pngs", name), joined(f"{own}_masks", name)]
    there = (path for path in tried if path in folder.names or (folder.alone and folder.path(path).is_file()))
    return next(there, None) if name else None


def _numbers(folder: Folder, place: str, file_name: object) -> NDArray[np.int64]:
    """The segments' numbers, H×W, from a PNG; ValueError without."""
    found = _png(folder, place, file_name)
    if found is None:
        raise ValueError(f"there is no PNG {file_name!r} in {stem(place)}/")
    try:
        with Image.open(folder.path(found), formats=("PNG",)) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise ValueError("its PNG has too many pixels")
            colours = np.asarray(image.convert("RGB")).astype(np.int64)
    except (OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("its PNG is damaged") from None
    numbers: NDArray[np.int64] = colours @ np.array([1, 256, 65536])
    return numbers


def _add_segments(
    building: Building,
    image: BuiltImage,
    numbers: NDArray[np.int64],
    segments: object,
    names: Mapping[object, str],
) -> None:
    for segment in segments if isinstance(segments, list) else ():
        number = segment.get("id") if isinstance(segment, dict) else None
        about = f"{image['file_name']} segment {number}"
        if not is_whole(number) or not is_whole(segment.get("category_id")) or segment["category_id"] not in names:
            building.lose(image, "without a number or a category that is listed: left out", about)
            continue
        mask = numbers == number
        if not mask.any():
            building.lose(image, "has no pixel in the PNG: left out", about)
            continue
        crowd = bool(segment.get("iscrowd"))
        building.add(image, names[segment["category_id"]], about, segmentation=encode_rle(mask), crowd=crowd)


def _write_picture(picture: Picture, file: Path, ids: Mapping[int, int], notes: Notes) -> list[dict[str, object]]:
    numbers = np.zeros((picture.height, picture.width), dtype=np.uint32)
    written = []
    for number, thing in enumerate(picture.objects, 1):
        if not thing.segmentation:
            notes.add("has no mask: left out", thing.about)
            continue
        for has, what in (
            (thing.keypoints, "keypoints are"),
            (thing.attributes, "attributes are"),
            (thing.score is not None, "score is"),
        ):
            if has:
                notes.add(f"its {what} not written", thing.about)
        mask = thing.bitmap.astype(bool)
        if numbers[mask].any():
            notes.add("covers objects before it: the pixels that they share are its own", thing.about)
        numbers[mask] = number
        written.append((number, thing))
    colours = np.stack([numbers & 255, (numbers >> 8) & 255, (numbers >> 16) & 255], axis=2).astype(np.uint8)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(colours).save(file, format="PNG")
    segments = []
    for number, thing in written:
        rows, columns = np.nonzero(numbers == number)
        if not len(rows):
            notes.add("is covered by others to its last pixel: left out", thing.about)
            continue
        left, top = int(columns.min()), int(rows.min())
        box = [left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top]
        entry = {"id": number, "category_id": ids[id(thing.category)], "iscrowd": int(thing.crowd)}
        segments.append({**entry, "bbox": box, "area": len(rows)})
    return segments
