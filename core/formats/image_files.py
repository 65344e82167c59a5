"""Formats with a file for each image: which image one is about, by what it says and by what it is called.

Both are the same where a tool wrote them. They differ after files were renamed, and in copies that a script made of
turned or cut images: then the picture that is called as the file is the one that it lies beside for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.formats.files import parent, stem, suffix
from core.formats.notes import Notes
from core.formats.pictures import Pictures, Size


@dataclass(frozen=True)
class ImageFile:
    """An annotation file of one image."""

    file: str  # as notes name it
    said: Sequence[str]  # what it calls the image, in the ways in which that may be read; the last as it stands
    called: Sequence[str]  # its own name without ending, likewise
    size: Size | None  # as it says

    @property
    def differs(self) -> bool:
        """Whether the image that it names is called otherwise than it is itself."""
        if not self.said:
            return False
        base = _base(self.said[-1])
        return _base(self.called[-1]) not in (base, stem(base))

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
    names = [picture or file.name for picture, file in zip(found, files, strict=True)]
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


def _base(name: str) -> str:
    return name.rpartition("/")[2].casefold()
