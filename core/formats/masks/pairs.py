"""Which pictures are semantic masks, and of which other each is one.

SegmentationClass/NAME.png                  Pascal VOC, labelme, CVAT
trainannot/NAME.png, train_labels/NAME_L.png, masks/NAME.png, ann_dir/train/NAME.png beside a list of classes
NAME_mask.png beside NAME.jpg               Roboflow, with `_classes.csv`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from core.coco.names import other_part, splits_of
from core.formats.files import Folder, is_inside, joined, parent, stem, suffix
from core.formats.masks.class_lists import FILES, list_in

CLASS_FOLDERS = ("SegmentationClass", "SegmentationClassPNG")
_KINDS = (".png", ".tif", ".tiff", ".bmp", ".gif")
# Folders of masks beside a list of classes; what stands before is that of the pictures: train of trainannot. In one
# that is called labels or annotations any picture may lie: there it takes another one of its name.
_FOLDER = re.compile(r"(.*?)[_-]?(annots?|ann_dir|masks?|masks_machine|labeledapproved.*|annotations?|labels?)", re.I)
_SURE = re.compile(r".*(annots?|ann_dir|masks?|masks_machine|labeledapproved.*)", re.I)
_PICTURES = re.compile(r"\w*(images?|imgs?|photos|pictures)", re.I)
_TO_LOOK_AT = re.compile(r"visuali[sz]|masks_human|overlay", re.I)  # drawn for people
_ENDING = re.compile(r"[_-]((?i:masks?|labels?|seg|gt|annot)|L)$")


def places(folder: Folder) -> list[str]:
    """The folders that semantic masks and their list of classes are in, none inside another."""
    found = {_above(name) for name in folder.pictures if suffix(name) in _KINDS and _is_of_voc(name)}
    lists = {parent(name) for name in folder.texts() if name.rpartition("/")[2].lower() in FILES}
    found |= {place for place in lists if mask_files(folder, place) and list_in(folder, place)}
    return sorted(place for place in found if not any(is_inside(place, other) and place != other for other in found))


def mask_files(folder: Folder, place: str) -> list[str]:
    """The semantic masks below a folder that has VOC's folder or a list of classes."""
    inside = [name for name in folder.pictures if is_inside(name, place)]
    drawn = [name for name in inside if suffix(name) in _KINDS and not _TO_LOOK_AT.search(parent(name))]
    if of_voc := [name for name in drawn if _is_of_voc(name)]:
        return of_voc
    stems = {stem(name) for name in inside}
    in_folders = [name for name in drawn if _mask_folder(name, place)]
    loose = [name for name in drawn if not _mask_folder(name, place)]
    if beside := [name for name in loose if _bare(stem(name)) != stem(name) and _bare(stem(name)) in stems]:
        return beside
    tails = {tail for name in set(inside) - set(in_folders) for tail in _tails(stem(name))}
    return [name for name in in_folders if _is_of_all(name, place, tails)]


class Partners:
    """The pictures that semantic masks may be of."""

    def __init__(self, images: Iterable[str]) -> None:
        self._by_base: dict[str, list[str]] = {}
        for name in images:
            self._by_base.setdefault(stem(name).rpartition("/")[2], []).append(name)

    def of(self, mask: str, place: str) -> str | None:
        """The picture that a mask is of; None where there is none, or several that it could be of."""
        key = _key(mask, place)
        for wanted in dict.fromkeys((key, _bare(key))):
            alike = self._by_base.get(wanted.rpartition("/")[2], [])
            apart = (mask, _of_pictures(mask, place))
            found = [
                name
                for name in alike
                if not any(other_part(path, other) for path in (name, _without_kind(name)) for other in apart)
            ]
            # Each of these narrows down what the one before has left.
            found = [name for name in found if not _TO_LOOK_AT.search(parent(name))] or found
            found = [name for name in found if wanted in _tails(stem(name))] or found
            found = [name for name in found if _beside(name, mask, place)] or found
            nearest = max((_shared_folders(name, mask) for name in found), default=0)
            found = [name for name in found if _shared_folders(name, mask) == nearest]
            if found:
                return found[0] if len(found) == 1 else None
        return None


def name_without_picture(mask: str, place: str) -> str:
    """What the image of a mask is called where it is not there: with the folders that tell it from others."""
    start = len(place) + 1 if place else 0
    return _bare(stem(_of_pictures(mask, place)[start:]))


def _is_of_voc(name: str) -> bool:
    return any(part in CLASS_FOLDERS for part in name.split("/")[:-1])


def _above(name: str) -> str:
    """The folder that VOC's folder is in."""
    parts = name.split("/")
    return "/".join(parts[: next(at for at, part in enumerate(parts) if part in CLASS_FOLDERS)])


def _mask_folder(name: str, place: str) -> str:
    """The folder of masks that a picture below `place` lies in, with its own folders; "" for none."""
    start = len(place) + 1 if place else 0
    parts = name[start:].split("/")[:-1]
    for at, part in enumerate(parts):
        if part in CLASS_FOLDERS or _FOLDER.fullmatch(part):
            return name[:start] + "/".join(parts[: at + 1])
    return ""


def _key(name: str, place: str) -> str:
    """What a mask is called below its folder, without ending."""
    folder = _mask_folder(name, place)
    return stem(name[len(folder) + 1 :] if folder else name)


def _bare(path: str) -> str:
    return _ENDING.sub("", path)


def _tails(path: str) -> Sequence[str]:
    """A path, and what is left of it without its first folders."""
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _is_of_all(name: str, place: str, tails: set[str]) -> bool:
    """Whether a picture in a folder of masks is one of all classes; `tails` are the paths of other pictures.

    masks/cat/NAME.png and masks/NAME/1.png are of one class, or one object.
    """
    key = _key(name, place)
    if {key, _bare(key)} & tails:
        return True
    deep = "/" in key and not all(splits_of(f"{folder}/") for folder in parent(key).split("/"))
    return not deep and _SURE.fullmatch(_mask_folder(name, place).rpartition("/")[2]) is not None


def _without_kind(picture: str) -> str:
    """A picture's path without a folder that says that pictures are in it: cam1/a.png of cam1/images/a.png."""
    folders = [folder for folder in picture.split("/")[:-1] if not _PICTURES.fullmatch(folder)]
    return "/".join([*folders, picture.rpartition("/")[2]])


def _shared_folders(one: str, other: str) -> int:
    """How many folders two paths have in common, from the top on."""
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _beside(image: str, mask: str, place: str) -> bool:
    """Whether a picture lies where that of a mask would: beside the folder of masks, or in train/ for trainannot/."""
    return stem(image) == stem(_of_pictures(mask, place)) or parent(image) == parent(_of_pictures(mask, place))


def _of_pictures(mask: str, place: str) -> str:
    """A mask's path with its folder called as that of the pictures may be: train/a.png of trainannot/a.png."""
    folder = _mask_folder(mask, place)
    named = _FOLDER.fullmatch(folder.rpartition("/")[2])
    own = joined(parent(folder), named[1]) if named and named[1] else parent(folder)
    return f"{own}/{mask[len(folder) + 1 :]}" if own else mask[len(folder) + 1 :] if folder else mask
