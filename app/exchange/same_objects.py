"""Whether two objects are the same one: by what they cover, not by how their coordinates are written."""

from __future__ import annotations

from app.store.instance_state import InstanceState
from core.masks import rle_iou, segmentation_to_rle

# Pixels that the sides of two boxes may differ by: 2 decimals, or whole numbers; around masks also the tip of a corner
# that covers no pixel.
CORNER, MASK_CORNER = 0.51, 1.5
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
        if bool(first.segmentation) != bool(second.segmentation):
            return False
        most = MASK_CORNER if first.segmentation else CORNER
        if abs(left[0] - right[0]) > most or abs(left[1] - right[1]) > most:
            return False
        if max(abs(left[axis] + left[axis + 2] - right[axis] - right[axis + 2]) for axis in (0, 1)) > most:
            return False
        if not first.segmentation:
            return True
        if first.segmentation == second.segmentation:
            return True
        masks = (segmentation_to_rle(state.segmentation, *self._size) for state in (first, second))
        return rle_iou(*masks) >= SAME_IOU
