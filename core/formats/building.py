"""A COCO data set put together object by object: what every reader fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

from core.coco.json_values import is_number, is_whole
from core.formats.notes import Notes
from core.masks import Rle, polygons_bbox, rle_area, rle_bbox, segmentation_area, validate_segmentation

MOST_PIXELS = 2**31  # of one image; pycocotools counts in 32 bits
Keypoint = tuple[float, float, int]  # x, y, visibility
UNNAMED = "object"  # the class of what has none
LEFT_OUT = "objects_left_out"  # field of an image: how many of its objects did not come along


class BuiltImage(TypedDict):
    """An image of the data set; readers add fields of their own."""

    id: int
    file_name: str
    height: int  # pixels
    width: int
    objects_left_out: NotRequired[int]
    tags: NotRequired[list[str]]  # of the image as a whole


class Building:
    """Images, categories and annotations under new ids, in the order in which they come; `finish` gives the data set.

    What is not right about an object goes into the notes, and nothing but that object, or that part of it, is lost.
    """

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self._images: dict[str, BuiltImage] = {}
        self._categories: dict[str, dict[str, Any]] = {}
        self._annotations: list[dict[str, Any]] = []
        self._keypoints: list[Mapping[str, Keypoint] | None] = []  # of each annotation

    def lose(self, image: BuiltImage, fact: str, about: str) -> None:
        """A note that an object is left out, and on its image that not all of its objects are there."""
        self.notes.add(fact, about)
        self._count_lost(image)

    def _count_lost(self, image: BuiltImage) -> None:
        entry = self._images[image["file_name"]]
        entry["objects_left_out"] = entry.get("objects_left_out", 0) + 1

    def image(self, name: str, size: object, **fields: object) -> BuiltImage | None:
        """The image of a name, made if it is new; None, with a note, without height and width above 0."""
        if name in self._images:
            return self._images[name]
        height, width = size if isinstance(size, tuple) and len(size) == 2 else (0, 0)
        if not (name and is_whole(height) and is_whole(width) and height > 0 < width and height * width <= MOST_PIXELS):
            fact = "no height and width, and no picture of this name to take them from: the image is left out"
            self.notes.add(fact if name else "an image without a name is left out", name)
            return None
        entry = BuiltImage(id=len(self._images) + 1, file_name=name, height=height, width=width)
        entry.update(fields)  # type: ignore[typeddict-item]  # a reader's own
        self._images[name] = entry
        return entry

    def category(self, name: str, keypoints: Sequence[str] = (), **fields: object) -> dict[str, Any]:
        """The category of a name, made if it is new; names of keypoints that it did not have are added."""
        entry = self._categories.setdefault(name, {"id": len(self._categories) + 1, "name": name})
        for key, value in fields.items():
            entry.setdefault(key, value)
        if keypoints:
            known = entry.setdefault("keypoints", [])
            known += [keypoint for keypoint in dict.fromkeys(keypoints) if keypoint not in known]
        return entry

    def add(
        self,
        image: BuiltImage,
        name: object,
        about: str,
        *,
        segmentation: list[list[float]] | Rle | None = None,
        box: Sequence[float] | None = None,
        keypoints: Mapping[str, Keypoint] | None = None,
        crowd: bool = False,
        **fields: object,
    ) -> dict[str, Any] | None:
        """One object; `about` stands for it in notes. None, with a note, where nothing of it can be kept.

        `box` is x, y, width, height, and not looked at where there is a mask. Fields that are None are left out.
        """
        if crowd and fields.get("source") is None:
            # Who reads it shall not take it for a brush mask (`core.coco.crowds`).
            fields["source"] = "manual" if fields.get("score") is None else "predicted"
        size = (image["height"], image["width"])
        if keypoints and not all(is_number(x) and is_number(y) for x, y, _ in keypoints.values()):
            self.notes.add("a keypoint that is not at numbers: left out", about)
            keypoints = {key: point for key, point in keypoints.items() if is_number(point[0]) and is_number(point[1])}
        mask = self._mask(segmentation, size, about)
        extent, area = self._extent(mask, size)
        if mask and not area:
            self.notes.add(
                "covers no pixel, left out" if not box and not keypoints else "its mask covers no pixel", about
            )
            mask = []
        if not mask:
            extent = self._box(box, size, about) or _box_of(keypoints, size)
            area = extent[2] * extent[3] if extent else 0.0
        if extent is None:
            if segmentation is None and box is None and not keypoints:
                self.notes.add("no mask, no box and no keypoints: left out", about)
            self._count_lost(image)  # what was wrong is said above
            return None
        annotation: dict[str, Any] = {
            "id": len(self._annotations) + 1,
            "image_id": image["id"],
            "category_id": self.category(self._class_name(name, about), list(keypoints or ()))["id"],
            "segmentation": mask,
            "bbox": extent,
            "area": area,
            "iscrowd": int(crowd),
            **{key: value for key, value in fields.items() if value is not None and value != {}},
        }
        self._annotations.append(annotation)
        self._keypoints.append(keypoints or None)
        return annotation

    def finish(self, **fields: object) -> dict[str, Any]:
        """The data set: keypoints in the order of their category's names, those that an object lacks as 0, 0, 0."""
        by_id = {entry["id"]: entry for entry in self._categories.values()}
        for annotation, keypoints in zip(self._annotations, self._keypoints, strict=True):
            if keypoints:
                names = by_id[annotation["category_id"]]["keypoints"]
                annotation["keypoints"] = [value for name in names for value in keypoints.get(name, (0, 0, 0))]
                annotation["num_keypoints"] = sum(visibility > 0 for _, _, visibility in keypoints.values())
        for entry in by_id.values():
            if entry.get("keypoints"):
                entry.setdefault("skeleton", [])
        return {
            **fields,
            "images": list(self._images.values()),
            "annotations": self._annotations,
            "categories": list(by_id.values()),
        }

    def _class_name(self, name: object, about: str) -> str:
        text = " ".join(str(name).split()) if isinstance(name, (str, int, float)) else ""
        if not text:
            self.notes.add(f"no class: it comes as {UNNAMED!r}", about)
        return text or UNNAMED

    def _mask(self, segmentation: list[list[float]] | Rle | None, size: tuple[int, int], about: str) -> Any:
        """What of a segmentation is right, [] where nothing is."""
        if not segmentation:
            return []
        if isinstance(segmentation, dict):
            try:
                validate_segmentation(segmentation, *size)
            except ValueError as error:
                self.notes.add(f"{error}: the mask is left out", about)
                return []
            return segmentation
        good = []
        for polygon in segmentation:
            try:
                validate_segmentation([polygon], *size)
            except ValueError as error:
                self.notes.add(f"{str(error).replace('segmentation polygon 0', 'a polygon')}: left out", about)
            else:
                good.append(polygon)
        return good

    def _extent(self, mask: list[list[float]] | Rle, size: tuple[int, int]) -> tuple[list[float] | None, float]:
        if not mask:
            return None, 0.0
        if not isinstance(mask, list):
            return rle_bbox(mask), rle_area(mask)
        return polygons_bbox(mask, *size), segmentation_area(mask, *size)

    def _box(self, box: Sequence[float] | None, size: tuple[int, int], about: str) -> list[float] | None:
        """The part of a box inside its image."""
        if box is None:
            return None
        if len(box) != 4 or not all(is_number(value) for value in box):
            self.notes.add("its box is not x, y, width, height: left out", about)
            return None
        left, top = max(box[0], 0), max(box[1], 0)
        right, bottom = min(box[0] + box[2], size[1]), min(box[1] + box[3], size[0])
        if right <= left or bottom <= top:
            self.notes.add("its box is empty or outside the image: left out", about)
            return None
        if max(left - box[0], top - box[1], box[0] + box[2] - right, box[1] + box[3] - bottom) > 1:
            self.notes.add("its box reaches out of the image: cut off there", about)
        return [left, top, right - left, bottom - top]


def _box_of(keypoints: Mapping[str, Keypoint] | None, size: tuple[int, int]) -> list[float] | None:
    """The box around the labelled keypoints, at least a pixel wide and high; None where there are none."""
    points = [(x, y) for x, y, visibility in (keypoints or {}).values() if visibility > 0]
    if not points:
        return None
    (left, top), (right, bottom) = map(min, zip(*points, strict=True)), map(max, zip(*points, strict=True))
    left, right = min(left, size[1] - 1), max(right, left + 1)
    top, bottom = min(top, size[0] - 1), max(bottom, top + 1)
    return [left, top, min(right, size[1]) - left, min(bottom, size[0]) - top]
