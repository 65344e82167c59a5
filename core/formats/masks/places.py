"""Which pictures are masks of others, and so nobody's to annotate."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from core.coco.names import base_name, plain_name
from core.formats.coco import panoptic
from core.formats.files import Folder, stem
from core.formats.masks import pairs
from core.formats.masks.tool import mask_folder


def lies_among_masks(name: str) -> bool:
    """Whether a picture lies in a folder that says so: masks, PedMasks, VOC's SegmentationClass and SegmentationObject.

    `name` is a path with forward slashes. What is in images/ below such a folder is none: face_mask/images/a.png.
    """
    folders = name.split("/")[:-1]
    if any(re.match("Segmentation(Class|Object)", folder) for folder in folders):
        return True
    top = mask_folder(name)
    below = folders[top.count("/") + 1 :] if top else []
    return top is not None and not any(re.search(r"(images?|imgs?|photos)$", folder.lower()) for folder in below)


def mask_files(folder: Folder) -> set[str]:
    """The pictures in a folder that are masks by where they lie or a list of classes, or that a panoptic JSON names."""
    found = {name for name in folder.pictures if lies_among_masks(name)}
    for place in pairs.places(folder):
        found |= set(pairs.mask_files(folder, place))
    for place in panoptic.recognise(folder):
        found |= panoptic.segment_pngs(folder, place)
    return found


def masks_of_others(names: Sequence[str], listed: Collection[str]) -> set[str]:
    """Of pictures beside a COCO file those that are masks of others: named alike, in a folder of masks, not listed.

    `listed` are the plain names (`core.coco.names.plain_name`) of the file's images. A picture in such a folder that
    no other is named like may be a photograph, of face masks say.
    """
    plain = {name: plain_name(name) for name in names}
    among = {name for name in names if lies_among_masks(plain[name])}
    stems = {stem(base_name(plain[name])) for name in names if name not in among}
    return {name for name in among if plain[name] not in listed and stem(base_name(plain[name])) in stems}
