"""Which picture a file name in an annotation file means, and how large it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from core.coco.json_values import whole
from core.coco.names import FileNames, other_part, plain_name, splits_of
from core.datasets.images import image_size
from core.formats.files import PICTURE_SUFFIXES, Folder, is_inside, joined, parent, stem, suffix
from core.formats.notes import Notes

Size = tuple[int, int]  # height, width


class Pictures:
    """The pictures in a folder, and those whose sizes were given; names are relative, with forward slashes."""

    def __init__(self, folder: Folder, given: Mapping[str, Size] | None = None, data_sets: Sequence[str] = ()) -> None:
        """`given`: height and width by file name; what it names goes before the files in the folder.

        `data_sets`: the folders of all data sets that are read. One does not look for its pictures in another's.
        """
        self._folder = folder
        self._data_sets = [place for place in data_sets if place]
        self._given: Mapping[str, Size] = given or {}
        self._sizes: dict[str, Size | None] = {}
        names = dict.fromkeys([*self._given, *folder.pictures])
        self._names = names
        self._by_stem: dict[str, list[str]] = {}
        self._by_base: dict[str, list[str]] = {}
        for name in names:
            self._by_stem.setdefault(stem(name), []).append(name)
            self._by_base.setdefault(name.rpartition("/")[2], []).append(name)

    def meant(self, wanted: Sequence[Sequence[str]], near: str = "") -> list[str | None]:
        """For each image, given as the ways in which its name may be read, the picture that it means, or None.

        A name matches exactly (below `near`, in an `images` folder beside it, or from the top), else decoded or
        without its ending; else by its last parts, where the one name ends as a whole with the other, or by its base
        name: both only where one picture alone can be meant and no other image means it.
        """
        found = [self._exact(names, near) for names in wanted]
        taken = set(found)
        # As they are looked for: an image that were listed otherwise would stand in its own way.
        listed = frozenset(plain_name(joined(near, names[0])) for names in wanted if names)
        for index, names in enumerate(wanted):
            if found[index] is None:
                found[index] = self._by_last_parts(names, near) or self._by_base_name(names, near, listed)
                if found[index] in taken:
                    found[index] = None
        counts = Counter(found)
        return [name if name in taken or counts[name] == 1 else None for name in found]

    def exactly(self, names: Sequence[str], near: str = "") -> str | None:
        """The picture of one of these names, or of this name with an ending; None rather than one elsewhere."""
        return self._exact(names, near)

    def has(self, name: str) -> bool:
        """Whether there is a picture of exactly this name."""
        return name in self._names or (self._folder.alone and self.size(name) is not None)

    def size(self, name: str) -> Size | None:
        """Height and width of a picture; None where there is no such picture, or it cannot be read."""
        if name not in self._sizes:
            self._sizes[name] = self._look(name)
        return self._sizes[name]

    def in_folder(self, folder: str) -> list[str]:
        """The names of the pictures below a folder."""
        return [name for name in self._names if not folder or name.startswith(folder + "/")]

    def _look(self, name: str) -> Size | None:
        try:
            if name in self._given:
                height, width = self._given[name]
                return int(height), int(width)
            if name.startswith(("/", "..")) or re.match(r"[A-Za-z]:", name):
                return None  # never outside the folder, whatever a file says
            return image_size(self._folder.path(name))
        except (OSError, ValueError):
            return None

    def _exact(self, names: Sequence[str], near: str) -> str | None:
        for name in names:
            for reading in dict.fromkeys((name, unquote(name))):
                for place in dict.fromkeys((near, joined(near, "images"), joined(near, "../images"), "")):
                    candidate = joined(place, reading)
                    if candidate in self._names:
                        return candidate
                    if self._folder.alone and self.size(candidate):
                        return candidate
                    endings = self._by_stem.get(candidate, [])
                    if len(endings) == 1 and suffix(candidate) not in PICTURE_SUFFIXES:
                        return endings[0]
        return None

    def _by_last_parts(self, names: Sequence[str], near: str) -> str | None:
        closed = self._closed(near)
        for name in names:
            reading = unquote(name)
            base = reading.rpartition("/")[2]
            ends = [
                other
                for other in self._by_base.get(base, [])
                if (other.endswith("/" + reading) or reading.endswith("/" + other))
                and not any(is_inside(other, place) for place in closed)
                and not _is_apart(other, names, near)
            ]
            if len(ends) == 1:
                return ends[0]
        return None

    def _by_base_name(self, names: Sequence[str], near: str, listed: Collection[str]) -> str | None:
        """A picture whose folder is another one, as import, check and training find it (`FileNames`)."""
        closed = self._closed(near)
        for name in names:
            places = self._finder.find(joined(near, name), listed)
            found = self._all[places[0]] if len(places) == 1 else ""
            if found and not any(is_inside(found, place) for place in closed) and not _is_apart(found, names, near):
                return found
        return None

    def _closed(self, near: str) -> list[str]:
        """The folders of other data sets."""
        return [place for place in self._data_sets if near != place and not is_inside(near, place)]

    @cached_property
    def _all(self) -> list[str]:
        return list(self._names)

    @cached_property
    def _finder(self) -> FileNames:
        return FileNames(self._all)


def said_size(height: object, width: object) -> Size | None:
    """Height and width as a file says them, in whole pixels, also as 50.0 or "50"; None where they are none above 0."""
    rows, columns = whole(height), whole(width)
    return (rows, columns) if rows and columns and rows > 0 < columns else None


def _is_apart(picture: str, names: Sequence[str], near: str) -> bool:
    """Whether a picture is of another part of the data set than one of the ways in which a name may be read."""
    return any(other_part(picture, joined(near, unquote(name))) for name in names)


def with_split(name: str, folder: str) -> str:
    """What a picture that is not there is called: with the folder that says of which split it is, where its name does
    not: valid/a.png is never train/a.png.
    """
    return joined(folder, name) if name and splits_of(f"{folder}/") and not splits_of(plain_name(name)) else name


def tidy_name(name: str) -> str:
    """A file name with forward slashes, without drive, leading slash, `.` and `..`; "" where nothing is left."""
    parts = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def relative_name(name: str, near: str) -> str:
    """The name that a file in the folder `near` gives to a picture, seen from the top: `..` resolved, else as it is."""
    slashed = name.replace("\\", "/")
    if slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed):
        return tidy_name(slashed)
    from_top = joined(near, slashed)
    return tidy_name(slashed) if from_top.startswith("..") else from_top


@dataclass(frozen=True)
class ImageFile:
    """An annotation file of one image, in a format that has one for each: what it says, and what it is called.

    The two differ after files were renamed, and in copies that a script made of turned or cut images.
    """

    file: str  # as notes name it
    said: Sequence[str]  # what it calls the image, in the ways in which that may be read; the last as it stands
    called: Sequence[str]  # its own name without ending, likewise
    size: Size | None  # as it says

    @property
    def differs(self) -> bool:
        """Whether the image that it names is called otherwise than it is itself."""
        if not self.said:
            return False
        base = _last_part(self.said[-1])
        return _last_part(self.called[-1]) not in (base, stem(base))

    @property
    def name(self) -> str:
        """The image's name where there is no picture."""
        return (self.said or self.called)[-1]


def images_of_files(
    files: Sequence[ImageFile], pictures: Pictures, near: str, notes: Notes
) -> list[tuple[str, str | None]]:
    """For each file its image's name, and the picture if there is one.

    Of two pictures the one that is called as the file counts, unless the size that the file says is only the other's.
    An image that another file is called as is that file's. Both, and several files about one image, are noted.
    """
    found = pictures.meant([[*file.said, *file.called] for file in files], near)
    for at, file in enumerate(files):
        own = pictures.exactly(file.called, near) if file.differs else None
        if own and found[at] and own != found[at]:
            found[at] = _of_two(file, own, str(found[at]), pictures, notes)
    names = [
        picture or with_split(file.name, joined(near, parent(file.file)))
        for picture, file in zip(found, files, strict=True)
    ]
    _part_folders(files, found, names)
    owned = {name for name, file in zip(names, files, strict=True) if not file.differs}
    for at, file in enumerate(files):
        if file.differs and names[at] in owned and file.called[-1] != stem(names[at]):
            taken, names[at], found[at] = names[at], f"{file.called[-1]}{suffix(file.said[-1])}", None
            notes.add(f"names {taken}, which has a file of its own: it comes as {names[at]}", file.file)
    for name, times in Counter(names).items():
        if times > 1:
            notes.add(f"{times} files are about this image: it has the objects of all", name)
    return list(zip(names, found, strict=True))


def _of_two(file: ImageFile, own: str, said: str, pictures: Pictures, notes: Notes) -> str:
    """Which of two pictures: the one that is called as the file, or the one that the file names."""
    taken = said if file.size and pictures.size(own) != file.size == pictures.size(said) else own
    why = "whose size it has" if taken == said else "which is called as it is"
    notes.add(f"names {said}, and {own} is there too: its objects are on {taken}, {why}", file.file)
    return taken


def _part_folders(files: Sequence[ImageFile], found: Sequence[str | None], names: list[str]) -> None:
    """Give images without a picture that have one name in several folders the folders of their files."""
    times = Counter(names)
    for at, file in enumerate(files):
        folder = parent(file.called[-1])
        if found[at] is None and times[names[at]] > 1 and folder and not file.differs and not parent(names[at]):
            names[at] = f"{folder}/{names[at]}"


def _last_part(name: str) -> str:
    return name.rpartition("/")[2].casefold()
