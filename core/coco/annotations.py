"""The annotations of a COCO file, mended: ids, box, segmentation, keypoints, crowd."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from core.coco.annotated_keypoints import mend_keypoints
from core.coco.categories import ById
from core.coco.crowds import SingleObjects, crowds_known, mend_crowd
from core.coco.geometry import (
    Size,
    are_fractions,
    as_number,
    beyond,
    clipped,
    differs,
    extent_and_area,
    flat_polygons,
    in_pixels,
    is_box,
    is_too_deep,
    keypoints_extent,
    largest_gap,
    mended_rle,
    says_nothing,
    spelt_out,
    turned_box,
)
from core.coco.json_values import id_key, is_number, is_whole, whole
from core.coco.report import LEFT_OUT, Report
from core.coco.scores import mend_score
from core.masks import segmentation_area, validate_segmentation

BOX_TOLERANCE = 2.0  # pixels between a box and its segmentation's extent; COCO itself is within 1


class AnnotationMender:
    """Mends annotations one after the other; calling it gives the mended annotation, or None to leave it out.

    After a None `lost_of` is the id of the image whose object was lost; None where nothing was: a copy, or an
    annotation of no image that is known.
    """

    def __init__(
        self,
        category_of: ById,
        image_of: ById,
        data: Mapping[str, Any],
        report: Report,
        *,
        mend_areas: bool = True,
        crowds_as_objects: bool = False,
    ) -> None:
        """`category_of` and `image_of`: by the ids with which annotations name them."""
        self.category_of, self.image_of, self.report = category_of, image_of, report
        self.mend_areas = mend_areas
        annotations = data["annotations"]
        self.crowds_known = crowds_known(data, report)
        self.crowds_as_objects = crowds_as_objects
        self.is_single = SingleObjects(annotations, all_of_them=crowds_as_objects)
        self.in_fractions = are_fractions(annotations)
        if self.in_fractions:
            report.add("annotations", "are in fractions of their images, not in pixels", "become pixels", spelling=True)
        ids = [a["id"] for a in annotations if isinstance(a, dict) and is_whole(a.get("id"))]
        self.largest_id = max([0, *ids])
        self.ids_in_file = set(ids)
        self.used_ids: set[int] = set()
        self.seen: set[Hashable] = set()
        self.lost_of: int | None = None

    def __call__(self, number: int, raw: Any) -> dict[str, Any] | None:
        self.lost_of = None
        self.number = number
        if not isinstance(raw, dict):
            self.report.add(
                f"annotation number {number}",
                "is no object with image_id, category_id and bbox",
                LEFT_OUT,
                number=number,
            )
            return None
        self.raw_id = raw.get("id")
        self.subject = f"annotation {self.raw_id}" if self.raw_id is not None else f"annotation number {number}"
        annotation = dict(raw)
        annotation["id"] = self._id()
        image = self._look_up(annotation, "image_id", self.image_of)
        if image is None:
            return None
        self.lost_of = image["id"]
        self.raw_category = annotation.get("category_id")
        category = self._look_up(annotation, "category_id", self.category_of)
        if category is None:
            return None
        size = (image.get("height"), image.get("width"))
        if not self._shape(
            annotation, category, size if all(is_whole(value) and value > 0 for value in size) else None
        ):
            return None
        self.lost_of = None
        return None if self._is_copy(annotation) else annotation

    def _shape(self, annotation: dict[str, object], category: dict[str, object], size: Size | None) -> bool:
        """Segmentation, box, area, crowd and keypoints, mended in place; False where nothing of the object is left."""
        if self.in_fractions and size:
            in_pixels(annotation, size)
        self._turned_box(annotation)
        self._segmentation(annotation, size)
        extent, area = extent_and_area(annotation.get("segmentation"), size) if size else (None, None)
        # Only slivers can miss every pixel, so that nothing larger need be drawn.
        if size and area is not None and area < 2 and not segmentation_area(annotation["segmentation"], *size):
            self._add("segmentation covers no pixel", "left out, the box kept")
            annotation["segmentation"], extent, area = [], None, None
        if not self._box(annotation, size, extent):
            return False
        self._area(annotation, size, area)
        if self.crowds_known:
            why = "as is said of this file" if self.crowds_as_objects else "as CVAT writes masks"
            single = why if self.is_single(annotation, self.raw_category) else None
            mend_crowd(annotation, size, single, self._add)
        else:
            annotation["iscrowd"] = 0
        mend_keypoints(annotation, category, size, self._add)
        mend_score(annotation, self._add)
        return True

    def _add(self, message: str, repair: str | None = None, *, spelling: bool = False) -> None:
        self.report.add(self.subject, message, repair, self.raw_id, spelling=spelling, number=self.number)

    # -- ids ------------------------------------------------------------------------------------------

    def _id(self) -> int:
        """A positive whole number that no other annotation has."""
        raw = self.raw_id
        if is_whole(raw) and raw > 0 and raw not in self.used_ids:
            self.used_ids.add(raw)
            return int(raw)
        as_number = whole(raw) or 0
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
        self._add(what, f"becomes {as_number}", spelling=True)
        self.used_ids.add(as_number)
        return as_number

    def _look_up(self, annotation: dict[str, object], key: str, known: ById) -> Any:
        """The image or category that the annotation names, its id put right in the annotation."""
        raw = annotation.get(key)
        lookup = id_key(raw)
        found = known.get(lookup) if lookup is not None else None
        if found is None and (number := whole(raw)) is not None:
            found = known.get(number) or known.get(str(number))
            if found is not None:
                written = f"the text {raw!r}, not a number" if isinstance(raw, str) else f"{raw}, not as it is listed"
                self._add(f"{key} is {written}", f"becomes {found['id']}", spelling=True)
        elif found is not None and isinstance(raw, float):
            self._add(f"{key} is {raw}, not a whole number", f"becomes {found['id']}", spelling=True)
        if not found:
            what = ("image", "images") if key == "image_id" else ("category", "categories")
            why = f"there is no such {what[0]}, or it was left out" if found is None else f"two {what[1]} have this id"
            self._add(f"{key} is {raw!r}: {why}", LEFT_OUT)
            return None
        annotation[key] = found["id"]
        return found

    # -- geometry -------------------------------------------------------------------------------------

    def _turned_box(self, annotation: dict[str, object]) -> None:
        """A box with `attributes.rotation` (CVAT) becomes the polygon that it is."""
        attributes = annotation.get("attributes")
        degrees = attributes.get("rotation") if isinstance(attributes, dict) else None
        box = annotation.get("bbox")
        if annotation.get("segmentation") or not is_number(degrees) or not degrees % 360:
            return
        if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
            return
        self._add(f"a box turned by {degrees:g}°", "becomes its polygon", spelling=True)
        annotation["segmentation"] = [turned_box(box, degrees)]
        annotation["bbox"] = annotation["area"] = None

    def _segmentation(self, annotation: dict[str, object], size: Size | None) -> None:
        """Polygons and runs; mended in place, [] where nothing of it can be kept."""
        segmentation, odd = spelt_out(annotation.get("segmentation"))
        if odd:
            self._add(odd, "becomes what it says", spelling=True)
            annotation["segmentation"] = segmentation
        if segmentation is None or segmentation == [] or size is None:
            return
        if isinstance(segmentation, list) and all(is_number(value) for value in segmentation):
            self._add("segmentation is one list of numbers, not a list of lists", "wrapped in a list", spelling=True)
            segmentation = [segmentation]
        if (flat := flat_polygons(segmentation)) is not None:
            self._add("segmentation is a list of points, not of numbers", "made flat", spelling=True)
            segmentation = flat
        if is_too_deep(segmentation):
            self._add("segmentation is a list of lists of polygons", "made one list", spelling=True)
            segmentation = [polygon for parts in segmentation for polygon in parts]
        if isinstance(segmentation, list) and [] in segmentation:
            segmentation = [polygon for polygon in segmentation if polygon != []]
        if isinstance(segmentation, list):
            annotation["segmentation"] = self._good_polygons(segmentation, size)
            return
        try:
            validate_segmentation(segmentation, *size)
        except ValueError as error:
            mended = mended_rle(segmentation, size)
            self._add(str(error), "size or last run put right" if mended else "segmentation left out, the box kept")
            annotation["segmentation"] = mended or []

    def _good_polygons(self, polygons: list[object], size: Size) -> list[object]:
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

    def _box(self, annotation: dict[str, object], size: Size | None, extent: list[float] | None) -> bool:
        """The box alone, in its image and against the segmentation; mended in place. False: no box can be had."""
        from_segmentation = "taken from the segmentation" if extent else LEFT_OUT
        box = annotation.get("bbox")
        if isinstance(box, list) and any(isinstance(value, str) for value in box):
            numbers = [as_number(value) for value in box]
            if None not in numbers:
                self._add(f"bbox is {box!r}, with texts for numbers", "become numbers", spelling=True)
                box = annotation["bbox"] = numbers
        if extent is None and not is_box(box):
            if (extent := keypoints_extent(annotation.get("keypoints"), size)) is not None:
                from_segmentation = "taken from the keypoints"
            elif says_nothing(annotation):
                self._add("is empty: no mask, no box, no keypoints", LEFT_OUT, spelling=True)
                self.lost_of = None
                return False
        if not isinstance(box, list) or len(box) != 4 or not all(is_number(value) for value in box):
            what = "has no bbox" if box is None else f"bbox is {box!r}: x, y, width, height are needed"
            self._add(what, from_segmentation, spelling=box is None and extent is not None)
        elif box[2] <= 0 or box[3] <= 0:
            self._add(f"bbox {box} is empty: width and height must be above 0", from_segmentation)
        elif extent is not None and largest_gap(box, extent) > BOX_TOLERANCE:
            shown = [round(value, 2) for value in extent]
            self._add(f"bbox {box} is not that of its segmentation, {shown}", from_segmentation)
        elif size is not None and beyond(box, size) > BOX_TOLERANCE:
            inside = clipped(box, size)
            width_height = f"{size[1]}×{size[0]}"
            self._add(f"bbox {box} reaches beyond its {width_height} image", "cut off there" if inside else LEFT_OUT)
            annotation["bbox"] = inside
            return inside is not None
        else:
            return True
        annotation["bbox"] = extent
        return extent is not None

    def _area(self, annotation: dict[str, Any], size: Size | None, expected: float | None) -> None:
        area = annotation.get("area")
        stated = area if is_number(area) and area > 0 else None
        if expected is None:
            expected = annotation["bbox"][2] * annotation["bbox"][3]
            # An object without a mask may be smaller than its box, and is not larger, as SAHI's, which has the image's.
            if stated and (stated <= expected or not differs(stated, expected)):
                return
        if stated and (not self.mend_areas or not differs(stated, expected)):
            return
        if size and annotation.get("segmentation"):
            # Overlapping parts, or edges against pixels: only what the pixels say counts.
            expected = segmentation_area(annotation["segmentation"], *size)
            if stated and not differs(stated, expected):
                return
        what = "has no area" if area is None else f"area is {area!r}, but the object has {expected:.6g} pixels"
        self._add(what, f"becomes {expected:.6g}", spelling=True)
        annotation["area"] = expected

    def _is_copy(self, annotation: dict[str, Any]) -> bool:
        segmentation = annotation.get("segmentation")
        if isinstance(segmentation, dict):
            shape: Hashable = str(segmentation.get("counts"))
        else:
            shape = tuple(map(tuple, segmentation or []))
        # No hash of all of it: Python's of -1 and -2 are one, and objects of two images would be copies.
        named = (annotation["image_id"], annotation["category_id"], *annotation["bbox"])
        key = (*named, hash((shape, tuple(annotation.get("keypoints") or ()))))
        if key in self.seen:
            self._add("is the same object as another annotation of its image", LEFT_OUT, spelling=True)
            return True
        self.seen.add(key)
        return False
