"""The linter's look at one annotation: ids, box, segmentation, keypoints, crowd."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from core.datasets.check_geometry import (
    beyond,
    clipped,
    differs,
    extent_and_area,
    keypoint_fault,
    largest_gap,
    mended_rle,
)
from core.datasets.check_report import Report
from core.datasets.json_values import is_number, is_whole
from core.masks import segmentation_area, segmentation_to_rle, validate_segmentation

BOX_TOLERANCE = 2.0  # pixels between a box and its segmentation's extent; COCO itself is within 1


class AnnotationCheck:
    """Checks annotations one after the other; calling it gives the mended annotation, or None to leave it out."""

    def __init__(
        self,
        category_of: dict[Hashable, dict[str, Any]],
        image_of: dict[Hashable, dict[str, Any]],
        annotations: list[Any],
        report: Report,
        crowds_known: bool = True,
    ) -> None:
        """`crowds_known` False: no annotation says whether it is a crowd, and none is."""
        self.category_of, self.image_of, self.report = category_of, image_of, report
        self.crowds_known = crowds_known
        ids = [a["id"] for a in annotations if isinstance(a, dict) and is_whole(a.get("id"))]
        self.largest_id = max([0, *ids])
        self.ids_in_file = set(ids)
        self.used_ids: set[int] = set()
        self.seen: set[int] = set()

    def __call__(self, number: int, raw: Any) -> dict[str, Any] | None:
        if not isinstance(raw, dict):
            self.report.add(
                f"annotation number {number}", "is no object with image_id, category_id and bbox", "left out"
            )
            return None
        self.raw_id = raw.get("id")
        self.subject = f"annotation {self.raw_id}" if self.raw_id is not None else f"annotation number {number}"
        annotation = dict(raw)
        annotation["id"] = self._id()
        image = self._look_up(annotation, "image_id", self.image_of)
        category = self._look_up(annotation, "category_id", self.category_of)
        if image is None or category is None:
            return None
        size = (image.get("height"), image.get("width"))
        known = all(is_whole(value) and value > 0 for value in size)
        self._segmentation(annotation, size if known else None)
        extent, area = extent_and_area(annotation.get("segmentation"), size) if known else (None, None)
        # Only slivers can miss every pixel, so that nothing larger need be drawn.
        if area is not None and area < 2 and not segmentation_area(annotation["segmentation"], *size):
            self._add("segmentation covers no pixel", "left out, the box kept")
            annotation["segmentation"], extent, area = [], None, None
        if not self._box(annotation, size if known else None, extent):
            return None
        self._area(annotation, size if known else None, area)
        self._crowd(annotation, size if known else None)
        self._keypoints(annotation, category, size if known else None)
        return None if self._is_copy(annotation) else annotation

    def _add(self, message: str, repair: str | None = None) -> None:
        self.report.add(self.subject, message, repair, self.raw_id)

    # -- ids ------------------------------------------------------------------------------------------

    def _id(self) -> int:
        """A positive whole number that no other annotation has."""
        raw = self.raw_id
        if is_whole(raw) and raw > 0 and raw not in self.used_ids:
            self.used_ids.add(raw)
            return int(raw)
        as_number = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else 0
        if as_number <= 0 or as_number in self.ids_in_file or as_number in self.used_ids:
            self.largest_id += 1
            as_number = self.largest_id
        if raw is None:
            what = "has no id"
        elif is_whole(raw) and raw in self.used_ids:
            what = f"id {raw} is used twice"
        elif raw == 0 and is_whole(raw):
            what = "id is 0, which COCO's evaluation takes for 'no match'"
        else:
            what = f"id is {raw!r}: a positive whole number is needed"
        self._add(what, f"becomes {as_number}")
        self.used_ids.add(as_number)
        return as_number

    def _look_up(self, annotation: dict[str, Any], key: str, known: dict[Hashable, dict[str, Any]]) -> Any:
        """The image or category that the annotation names, its id put right in the annotation."""
        raw = annotation.get(key)
        found = known.get(raw) if isinstance(raw, Hashable) and not isinstance(raw, bool) else None
        if found is None and isinstance(raw, str) and raw.isascii() and raw.isdigit():
            found = known.get(int(raw))
            if found is not None:
                self._add(f"{key} is the text {raw!r}, not a number", f"becomes {found['id']}")
        elif found is not None and isinstance(raw, float):
            self._add(f"{key} is {raw}, not a whole number", f"becomes {found['id']}")
        if found is None:
            what = "image" if key == "image_id" else "category"
            self._add(f"{key} is {raw!r}: there is no such {what}, or it was left out", "left out")
            return None
        annotation[key] = found["id"]
        return found

    # -- geometry -------------------------------------------------------------------------------------

    def _segmentation(self, annotation: dict[str, Any], size: tuple[int, int] | None) -> None:
        """Polygons and runs; mended in place, [] where nothing of it can be kept."""
        segmentation = annotation.get("segmentation")
        if segmentation is None or segmentation == [] or size is None:
            return
        if isinstance(segmentation, list) and all(is_number(value) for value in segmentation):
            self._add("segmentation is one list of numbers, not a list of lists", "wrapped in a list")
            segmentation = [segmentation]
        if isinstance(segmentation, list):
            annotation["segmentation"] = self._good_polygons(segmentation, size)
            return
        try:
            validate_segmentation(segmentation, *size)
        except ValueError as error:
            mended = mended_rle(segmentation, size)
            self._add(str(error), "size or last run put right" if mended else "segmentation left out, the box kept")
            annotation["segmentation"] = mended or []

    def _good_polygons(self, polygons: list[Any], size: tuple[int, int]) -> list[Any]:
        good = []
        for number, polygon in enumerate(polygons):
            try:
                validate_segmentation([polygon], *size)
            except ValueError as error:
                # It was looked at alone, and so as number 0.
                self._add(str(error).replace("polygon 0", f"polygon {number}"), "that polygon left out")
            else:
                good.append(polygon)
        return good

    def _box(self, annotation: dict[str, Any], size: tuple[int, int] | None, extent: list[float] | None) -> bool:
        """The box alone, in its image and against the segmentation; mended in place. False: no box can be had."""
        from_segmentation = "taken from the segmentation" if extent else "left out"
        box = annotation.get("bbox")
        if not isinstance(box, list) or len(box) != 4 or not all(is_number(value) for value in box):
            what = "has no bbox" if box is None else f"bbox is {box!r}: x, y, width, height are needed"
            self._add(what, from_segmentation)
        elif box[2] <= 0 or box[3] <= 0:
            self._add(f"bbox {box} is empty: width and height must be above 0", from_segmentation)
        elif extent is not None and largest_gap(box, extent) > BOX_TOLERANCE:
            shown = [round(value, 2) for value in extent]
            self._add(f"bbox {box} is not that of its segmentation, {shown}", from_segmentation)
        elif size is not None and beyond(box, size) > BOX_TOLERANCE:
            inside = clipped(box, size)
            width_height = f"{size[1]}×{size[0]}"
            self._add(f"bbox {box} reaches beyond its {width_height} image", "cut off there" if inside else "left out")
            annotation["bbox"] = inside
            return inside is not None
        else:
            return True
        annotation["bbox"] = extent
        return extent is not None

    def _area(self, annotation: dict[str, Any], size: tuple[int, int] | None, expected: float | None) -> None:
        area = annotation.get("area")
        stated = area if is_number(area) and area > 0 else None
        if expected is None:
            if stated:
                return  # of an object without a mask: there is nothing to compare it with
            expected = annotation["bbox"][2] * annotation["bbox"][3]
        if stated and not differs(stated, expected):
            return
        if size and annotation.get("segmentation"):
            # Overlapping parts, or edges against pixels: only what the pixels say counts.
            expected = segmentation_area(annotation["segmentation"], *size)
            if stated and not differs(stated, expected):
                return
        what = "has no area" if area is None else f"area is {area!r}, but the object has {expected:.6g} pixels"
        self._add(what, f"becomes {expected:.6g}")
        annotation["area"] = expected

    def _crowd(self, annotation: dict[str, Any], size: tuple[int, int] | None) -> None:
        if not self.crowds_known:
            annotation["iscrowd"] = 0
            return
        crowd = annotation.get("iscrowd")
        if crowd is None or isinstance(crowd, bool) or crowd not in (0, 1):
            what = "has no iscrowd" if crowd is None else f"iscrowd is {str(crowd).lower()!r}: 0 or 1 is needed"
            crowd = int(crowd in (1, "1"))
            self._add(what, f"becomes {crowd}")
            annotation["iscrowd"] = crowd
        segmentation = annotation.get("segmentation")
        if crowd and isinstance(segmentation, list) and segmentation and size:
            self._add("is a crowd with polygons; COCO's crowds are runs (RLE)", "turned into runs")
            annotation["segmentation"] = segmentation_to_rle(segmentation, *size)

    # -- keypoints ------------------------------------------------------------------------------------

    def _keypoints(self, annotation: dict[str, Any], category: dict[str, Any], size: tuple[int, int] | None) -> None:
        points = annotation.get("keypoints")
        if points is None or points == []:
            if annotation.get("num_keypoints"):
                self._add(f"num_keypoints is {annotation['num_keypoints']!r}, but there are no keypoints", "becomes 0")
                annotation["num_keypoints"] = 0
            return
        expected = 3 * len(category.get("keypoints", []))
        name = category["name"]
        if not isinstance(points, list) or not all(is_number(value) for value in points) or len(points) != expected:
            count = len(points) if isinstance(points, list) else 0
            what = (
                f"keypoints are {count} values, but {name!r} needs {expected} numbers: x, y, visibility for each name"
            )
            self._add(what, "left out")
            annotation.pop("keypoints")
            annotation.pop("num_keypoints", None)
            return
        points = list(points)
        for number in range(len(points) // 3):
            x, y, visibility = points[3 * number : 3 * number + 3]
            fault = keypoint_fault(x, y, visibility, size)
            if fault is not None:
                what, repair = fault
                self._add(f"keypoint {category['keypoints'][number]!r} {what}", repair)
                points[3 * number : 3 * number + 3] = [0, 0, 0]
        annotation["keypoints"] = points
        labelled = sum(visibility > 0 for visibility in points[2::3])
        stated = annotation.get("num_keypoints")
        if stated != labelled:
            self._add(f"num_keypoints is {stated!r}, but {labelled} are labelled", f"becomes {labelled}")
            annotation["num_keypoints"] = labelled

    def _is_copy(self, annotation: dict[str, Any]) -> bool:
        segmentation = annotation.get("segmentation")
        if isinstance(segmentation, dict):
            shape: Hashable = str(segmentation.get("counts"))
        else:
            shape = tuple(map(tuple, segmentation or []))
        key = hash((annotation["image_id"], annotation["category_id"], *annotation["bbox"], shape))
        if key in self.seen:
            self._add("is the same object as another annotation of its image", "left out")
            return True
        self.seen.add(key)
        return False
