"""Whether two objects are the same one: by what they cover, not by how their coordinates are written."""

from __future__ import annotations

from app.store.instance_state import InstanceState
from core.masks import rle_iou, segmentation_to_rle

CORNER = 0.51  # pixels that the sides of two boxes may differ by: 2 decimals, or whole numbers
SAME_IOU = 0.97  # of two masks; rounding moves single pixels of an edge


class KnownObjects:
    """The objects of one image, to be compared with others."""

    def __init__(self, height: int, width: int) -> None:
        self._size = height, width
        self._of_class: dict[tuple[int, int], list[tuple[InstanceState, int | None]]] = {}

    def add(self, state: InstanceState, identifier: int | None = None) -> None:
        """Take in an object; `identifier` is what `find` gives back."""
        self._of_class.setdefault((state.category_id, state.iscrowd), []).append((state, identifier))

    def find(self, state: InstanceState) -> tuple[InstanceState, int | None] | None:
        """The object, and its identifier, that covers the same pixels and is of the same class."""
        for known, identifier in self._of_class.get((state.category_id, state.iscrowd), ()):
            if self._same(known, state):
                return known, identifier
        return None

    def _same(self, first: InstanceState, second: InstanceState) -> bool:
        left, right = first.bbox, second.bbox
        if abs(left[0] - right[0]) > CORNER or abs(left[1] - right[1]) > CORNER:
            return False
        ends = (left[0] + left[2] - right[0] - right[2], left[1] + left[3] - right[1] - right[3])
        if max(map(abs, ends)) > CORNER or bool(first.segmentation) != bool(second.segmentation):
            return False
        if first.segmentation == second.segmentation:
            return True
        masks = (segmentation_to_rle(state.segmentation, *self._size) for state in (first, second))
        return rle_iou(*masks) >= SAME_IOU
