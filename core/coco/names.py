"""Which file a name in an annotation file means: exactly, by its decoded form, or by a base name that only one has."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from urllib.parse import unquote

# Words in folders that tell parts of a data set from each other: train2017, val_images, TestImages.
SPLITS = ({"train", "training"}, {"val", "valid", "validation"}, {"test", "testing"})

UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-(?=.)")  # what Label Studio puts before the name of an uploaded file


class FileNames:
    """The files that are there, to be found by the names that an annotation file gives them."""

    def __init__(self, present: Sequence[str]) -> None:
        self._plain = [plain_name(name) for name in present]
        self._as_written = _places(present)
        self._exact = _places(map(composed, present))
        self._by_plain = _places(self._plain)
        self._by_base = _places(map(base_name, self._plain))
        self._by_stem = _places(base_name(name).rpartition(".")[0] for name in self._plain)
        self._listed: list[tuple[Collection[str], dict[str, list[str]]]] = []
        self._prefixed: tuple[Collection[str], Counter[str]] | None = None
        self._small_listed: tuple[Collection[str], dict[str, list[str]]] | None = None

    def find(self, name: str, listed: Collection[str] = (), near: Sequence[str] = ()) -> list[int]:
        """The places in `present` that a name may mean; several only where they have the very same name.

        `listed` are the plain names of all images of the annotation file, `near` the folders where its pictures lie if
        names leave them out (`picture_folders`): looked at first. Folders may be missing at the beginning of either
        path ("sub/a.png" is "images/sub/a.png"), and a base name alone counts where exactly one file has it: both only
        where no listed image has that file's path, and no other listed image could mean it as well.
        """
        plain = plain_name(name)
        for folder in near:
            beside = f"{plain_name(folder)}/{plain}"
            found = self._by_plain.get(beside, []) or self._ending_alike(beside)
            if found and not self._is_anothers(self._plain[found[0]], plain, listed, folder):
                return found
        # Two files may have names that a reader cannot tell apart: é as one letter, and as two.
        if exact := self._as_written.get(name) or self._exact.get(composed(name)) or self._by_plain.get(plain):
            return exact
        base = base_name(plain)
        if alike := self._ending_alike(plain):
            found = alike
        else:
            found = self._by_base.get(base, [])
            if not found and "." not in base:
                found = self._by_stem.get(base, [])
            if not found and UPLOAD_PREFIX.match(base):
                return self._without_prefix(plain, listed, near)
            if not found:
                return self._with_other_ending(plain, listed, near)
        if len(found) != 1:
            return []
        path = self._plain[found[0]]
        apart = other_part(path, "/".join([*near, plain]))
        return [] if apart or self._is_anothers(path, plain, listed, None if alike else "") else found

    def _without_prefix(self, plain: str, listed: Collection[str], near: Sequence[str]) -> list[int]:
        """The one file that Label Studio's name of an upload means, unless another listed image could mean it too."""
        base = UPLOAD_PREFIX.sub("", base_name(plain))
        found = self._by_base.get(base, [])
        if len(found) != 1 or other_part(self._plain[found[0]], "/".join([*near, plain])):
            return []
        if self._prefixed is None or self._prefixed[0] is not listed:
            self._prefixed = listed, Counter(UPLOAD_PREFIX.sub("", base_name(name)) for name in listed)
        return found if self._prefixed[1][base] <= (plain in listed) else []

    def _with_other_ending(self, plain: str, listed: Collection[str], near: Sequence[str]) -> list[int]:
        """The one file whose ending alone is in other letters: IMG_1.JPG of a camera is a tool's IMG_1.jpg.

        Looked for as any other name: with its folders first, below those of `near`, then by its base name. [] for
        several, and where another listed image could mean it as well.
        """
        base = _small_ending(base_name(plain))
        there = {place: _small_ending(self._plain[place]) for place in self._by_small_ending.get(base, [])}
        if self._small_listed is None or self._small_listed[0] is not listed:
            self._small_listed = listed, _grouped(listed, lambda name: _small_ending(base_name(name)))
        others = [_small_ending(other) for other in self._small_listed[1].get(base, []) if other != plain]
        for folder in (*near, ""):
            found = [place for place, path in there.items() if _is_meant(path, _small_ending(plain), folder)]
            if found:
                is_anothers = any(_is_meant(there[found[0]], other, folder) for other in others)
                break
        else:
            found, is_anothers = list(there), bool(others)
        if len(found) != 1 or is_anothers or other_part(self._plain[found[0]], "/".join([*near, plain])):
            return []
        return found

    @cached_property
    def _by_small_ending(self) -> dict[str, list[int]]:
        return _places(_small_ending(base_name(name)) for name in self._plain)

    def _ending_alike(self, plain: str) -> list[int]:
        """The one file whose path and this one are alike from their ends on, down to a folder; [] for none or several.

        The longer path ends as the shorter one does as a whole.
        """
        found = [place for place in self._by_base.get(base_name(plain), []) if _common_end(self._plain[place], plain)]
        return found if len(found) == 1 else []

    def _is_anothers(self, path: str, plain: str, listed: Collection[str], folder: str | None) -> bool:
        """Whether another listed image has a file's path, or could mean it as well as the one that is looked for.

        `folder`: before the listed names; "" where base names alone are alike, None where the ends of the paths are.
        """
        if path in listed and path != plain:
            return True
        for other in self._listed_as(base_name(plain), listed):
            if other == plain or (not folder and other in self._by_plain):
                continue
            whole = f"{plain_name(folder)}/{other}" if folder else other
            if folder == "" or whole == path or _common_end(path, whole):
                return True
        return False

    def _listed_as(self, base: str, listed: Collection[str]) -> list[str]:
        """The listed names with a base name; worked out once for each list."""
        for known, by_base in self._listed:
            if known is listed:
                return by_base.get(base, [])
        by_base = _grouped(listed, base_name)
        self._listed = [*self._listed[-2:], (listed, by_base)]
        return by_base.get(base, [])


def plain_name(name: str) -> str:
    """A file name with forward slashes, URL escapes decoded, no leading `./`, letters composed.

    Of an address what stands before its query, which is about access, not about the file.
    """
    if "://" in name:
        name = re.split(r"[?#]", name, maxsplit=1)[0]
    decoded = unquote(name) if re.search(r"%[0-9A-Fa-f]{2}", name) else name
    parts = [part for part in re.split(r"[/\\]+", decoded) if part not in ("", ".")]
    return composed("/".join(parts))


def base_name(file_name: str) -> str:
    """A file name without its folders, whichever way they are written."""
    return re.split(r"[/\\]", file_name)[-1]


def _small_ending(name: str) -> str:
    """A name with its ending in small letters."""
    rest, point, ending = name.rpartition(".")
    return f"{rest}{point}{ending.lower()}"


def composed(name: str) -> str:
    """Some systems write é as one character, some as two; to a reader they are the same name."""
    return unicodedata.normalize("NFC", name)


def _is_meant(path: str, name: str, folder: str) -> bool:
    """Whether a file's path and a name below a folder are the same, or alike from their ends on down to a folder."""
    whole = f"{plain_name(folder)}/{name}" if folder else name
    return path == whole or _common_end(path, whole)


def _grouped(names: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)
    return groups


def _places(names: Iterable[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return places


def picture_folders(annotation_file: str) -> list[str]:
    """Where the pictures of an annotation file lie whose names leave that out: beside it, or in COCO's own layout.

    "annotations/instances_val2017.json" is about val2017/, "valid/_annotations.coco.json" about valid/.
    """
    folder = annotation_file.replace("\\", "/").rpartition("/")[0]
    return [place for place in (layout_part(annotation_file), folder) if place]


def layout_part(annotation_file: str) -> str:
    """What a COCO file is about by its name, as in COCO's own layout: val2017 of instances_val2017.json; else "".

    A file that is called train.json or annotations_val.json says as much; test.json may be a trial.
    """
    kinds = "instances|person_keypoints|image_info|stuff|panoptic"
    base = base_name(annotation_file)
    found = re.fullmatch(rf"(?:{kinds})_(.+)\.json", base)
    found = found or re.fullmatch(r"(?:(?:annotations|labels)_)?((?:train|val|valid|validation)(?:\d{4})?)\.json", base)
    return found[1] if found else ""


def _common_end(first: str, second: str) -> bool:
    """Whether one path, of a folder at least and a name, is how the other one ends."""
    short, long = sorted((first, second), key=len)
    return "/" in short and f"/{long}".endswith(f"/{short}")


def splits_of(path: str) -> set[int]:
    """The parts of a data set, as places in `SPLITS`, that the folders of a path name."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", path.rpartition("/")[0])}
    return {number for number, names in enumerate(SPLITS) if words & names}


def other_part(first: str, second: str) -> bool:
    """Whether two paths lie in different parts of a data set: training and validation, say, or cam1 and cam2."""
    one, other = splits_of(first), splits_of(second)
    if one and other and not one & other:
        return True
    for folder, against in zip(first.split("/")[-2::-1], second.split("/")[-2::-1], strict=False):
        if folder != against:
            return re.sub(r"\d+", "#", folder.lower()) == re.sub(r"\d+", "#", against.lower())
    return False
