"""The shapes of one object, collected until all of them are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.formats.building import Building, BuiltImage, Keypoint
from core.masks import Rle, decode_rle, encode_rle, polygons_to_mask


@dataclass
class Parts:
    """Polygons and masks whose union is the object, a box, keypoints; `about` stands for it in notes."""

    label: Any
    about: str
    polygons: list[list[float]] = field(default_factory=list)
    masks: list[Rle] = field(default_factory=list)
    box: list[float] | None = None
    keypoints: dict[str, Keypoint] = field(default_factory=dict)
    crowd: bool = False
    fields: dict[str, Any] = field(default_factory=dict)  # of the annotation: score, attributes …

    def join(self, other: Parts) -> bool:
        """Add a shape of the same object; False where it is another object: two boxes, two sets of keypoints."""
        if (self.box and other.box) or (self.keypoints and other.keypoints):
            return False
        self.polygons += other.polygons
        self.masks += other.masks
        self.box = self.box or other.box
        self.keypoints |= other.keypoints
        return True

    def add_to(self, building: Building, image: BuiltImage) -> None:
        """Make it an annotation, unless all its shapes were left out, which notes say already."""
        if not (self.polygons or self.masks or self.box or self.keypoints):
            return  # each of its shapes is counted as lost
        segmentation: list[list[float]] | Rle = self.polygons
        if len(self.masks) == 1 and not self.polygons:
            segmentation = self.masks[0]
        elif self.masks:
            segmentation = self._union(building, image)
        building.add(
            image,
            self.label,
            self.about,
            segmentation=segmentation,
            box=self.box,
            keypoints=self.keypoints or None,
            crowd=self.crowd,
            **self.fields,
        )

    def _union(self, building: Building, image: BuiltImage) -> Rle:
        bitmap = decode_rle(self.masks[0])
        for mask in self.masks[1:]:
            bitmap |= decode_rle(mask)
        for polygon in self.polygons:
            try:
                bitmap |= polygons_to_mask([polygon], image["height"], image["width"])
            except ValueError as error:
                building.notes.add(f"{error}: that part is left out", self.about)
        return encode_rle(bitmap)


def gather(objects: dict[object, Parts], key: object, found: Parts) -> None:
    """Add a shape to the object of a key; where it is another object, it is one by itself."""
    known = objects.get(key)
    if known is None:
        objects[key] = found
    elif not known.join(found):
        objects[found.about] = found
