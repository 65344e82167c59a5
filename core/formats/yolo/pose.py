"""YOLO pose: a box and keypoints an object, as many for every class."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.formats.content import Object, content_of, keypoint_names
from core.formats.files import Folder
from core.formats.format import Fact
from core.formats.notes import Notes
from core.formats.yolo.box import box_fractions
from core.formats.yolo.files import NO_YOLO_CARRIES, write_yolo
from core.formats.yolo.labels import fractions, read_labels, recognised

NAME = "yolo-pose"
TITLE = "YOLO pose"
CANNOT_CARRY: frozenset[Fact] = NO_YOLO_CARRIES | {"masks", "several parts", "holes", "overlaps"}
read = read_labels


def recognise(folder: Folder) -> list[str]:
    """The folders whose data.yaml has `kpt_shape`."""
    return recognised(folder, "pose")


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write box and keypoints of every object; a class with fewer keypoints than another gets unlabelled ones."""
    notes = Notes()
    content = content_of(coco, notes)
    names = {number: keypoint_names(category) for number, category in enumerate(content.categories)}
    most = max([1, *map(len, names.values()), *(len(thing.keypoints) for _, thing in content.objects())])

    def line_of(thing: Object) -> str | None:
        if thing.segmentation:
            notes.add("its mask is not written (yolo-seg has it)", thing.about)
        words = [box_fractions(thing)]
        words += [f"{fractions([x, y], thing.size[1], thing.size[0])} {v}" for _, x, y, v in thing.keypoints]
        return " ".join(words + ["0 0 0"] * (most - len(thing.keypoints)))

    named = {number: found for number, found in names.items() if found}
    return write_yolo(content, folder, notes, line_of, kpt_shape=[most, 3], **({"kpt_names": named} if named else {}))
