"""What lies in a folder: its files' names, and their text, JSON and XML in any Unicode encoding."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from core.datasets.images import IMAGE_SUFFIXES
from core.formats.texts import decoded, decoded_head, parsed_json_or_lines, parsed_xml

PICTURE_SUFFIXES = IMAGE_SUFFIXES | {".jp2", ".avif"}
_HEAD = 4096  # bytes in which the kind of a text shows
_REMEMBERED = 3  # parsed JSON files: what was just recognised is read next


@dataclass(frozen=True)
class Outline:
    """What a JSON file is, without its content: the keys at its top and one level below."""

    is_list: bool
    keys: frozenset[str]  # of the dictionary; of a list, of its first dictionary
    inner: frozenset[str]  # of the first dictionary among the values
    listed: frozenset[str]  # of the first dictionaries in the lists among the values


class Folder:
    """The files below a folder, or one file alone; names are relative to `root`, with forward slashes.

    Hidden files and what macOS adds to archives are passed over. `problems` collects what could not be read while
    formats were looked for.
    """

    def __init__(self, root: Path) -> None:
        if not root.exists():
            raise FileNotFoundError(f"{root}: there is no such file or folder")
        self.alone = root.is_file()
        self.root = root.parent if self.alone else root
        self.names = [root.name] if self.alone else sorted(_names_below(root))
        self.pictures = [name for name in self.names if suffix(name) in PICTURE_SUFFIXES]
        self.problems: dict[str, str] = {}
        self._heads: dict[str, str] = {}
        self._outlines: dict[str, Outline | None] = {}
        self._parsed: dict[str, object] = {}

    def path(self, name: str) -> Path:
        """Where a file is."""
        return self.root / name

    def inside(self, folder: str) -> list[str]:
        """The names of all files below one of the folders, "" for all."""
        return [name for name in self.names if is_inside(name, folder)]

    def starting_with(self, characters: str) -> list[str]:
        """The names of the text files whose first character is one of these, whatever they are called."""
        return [name for name in self.texts() if self.head(name)[:1] in characters and self.head(name)]

    def texts(self) -> list[str]:
        """The names of all files that are not pictures by their name."""
        return [name for name in self.names if suffix(name) not in PICTURE_SUFFIXES]

    def head(self, name: str) -> str:
        """How a text begins, without leading white space; "" for what is no text."""
        if name not in self._heads:
            try:
                with self.path(name).open("rb") as file:
                    self._heads[name] = decoded_head(file.read(_HEAD)).lstrip()
            except OSError:
                self._heads[name] = ""
        return self._heads[name]

    def text(self, name: str) -> str:
        """The text of a file; ValueError in one line where it is none."""
        return decoded(self.path(name).read_bytes(), name)

    def text_or_empty(self, name: str) -> str:
        """The text of a file, "" where it cannot be read: of files that may be of use, but need not be."""
        try:
            return self.text(name)
        except (ValueError, OSError):
            return ""

    def json(self, name: str) -> Any:
        """The content of a JSON file, a list where each line is one of its own; ValueError in one line."""
        if name not in self._parsed:
            value = parsed_json_or_lines(self.text(name), name)
            while len(self._parsed) >= _REMEMBERED:
                del self._parsed[next(iter(self._parsed))]
            self._parsed[name] = value
        return self._parsed[name]

    def outline(self, name: str) -> Outline | None:
        """What a JSON file is; None where it cannot be read, which `problems` then says."""
        if name not in self._outlines:
            try:
                self._outlines[name] = outline_of(self.json(name))
            except (ValueError, OSError) as error:
                self.problems[name] = " ".join(str(error).split())
                self._outlines[name] = None
        return self._outlines[name]

    def json_files(self) -> Iterator[tuple[str, Outline]]:
        """The names and outlines of the files that are JSON by their content."""
        for name in self.starting_with("{["):
            outline = self.outline(name)
            if outline is not None:
                yield name, outline

    def xml_files(self, tag: str) -> list[str]:
        """The names of the XML files whose outermost element is this one."""
        return [name for name in self.starting_with("<") if _first_tag(self.head(name)) == tag]

    def xml(self, name: str) -> Element:
        """The outermost element of an XML file; ValueError in one line where it is broken or declares entities."""
        return parsed_xml(self.path(name).read_bytes(), name)


def suffix(name: str) -> str:
    """The ending of a file name with its point, in lower case."""
    return PurePosixPath(name).suffix.lower()


def stem(name: str) -> str:
    """A path without its ending: "train/a.b" of "train/a.b.jpg". An ending with more than text in it is none."""
    return name[: -len(PurePosixPath(name).suffix)] if PurePosixPath(name).suffix else name


def own_stem(name: str, taken: set[str]) -> str:
    """What the file of a picture is called, without its ending: as no other is in `taken`, which it joins.

    "a" for "a.jpg"; "a.png" for "a.png" where there is an "a.jpg" too.
    """
    names = chain((stem(name), name), (f"{name} {number}" for number in count(2)))
    free = next(other for other in names if other not in taken)
    taken.add(free)
    return free


def parent(name: str) -> str:
    """The folder of a name, "" at the top."""
    return name.rpartition("/")[0]


def joined(folder: str, name: str) -> str:
    """A name below a folder, with `.` and `..` resolved; it may begin with `..` where it leads out."""
    return os.path.normpath(f"{folder}/{name}" if folder else name).replace("\\", "/")


def is_inside(name: str, folder: str) -> bool:
    """Whether a name lies below a folder, at any depth."""
    return not folder or name.startswith(folder + "/")


def _names_below(root: Path) -> Iterator[str]:
    for folder, inner, files in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(".") and name != "__MACOSX"]
        relative = Path(folder).relative_to(root).as_posix()
        for name in files:
            if not name.startswith("."):
                yield name if relative == "." else f"{relative}/{name}"


def outline_of(value: object) -> Outline:
    """What a JSON is: of a list, its first dictionary."""
    first = next((entry for entry in value if isinstance(entry, dict)), {}) if isinstance(value, list) else value
    if not isinstance(first, dict):
        return Outline(isinstance(value, list), frozenset(), frozenset(), frozenset())
    inner = next((entry for entry in first.values() if isinstance(entry, dict)), {})
    lists = [entry for entry in first.values() if isinstance(entry, list)]
    firsts = [next((entry for entry in entries if isinstance(entry, dict)), {}) for entries in lists]
    return Outline(isinstance(value, list), frozenset(first), frozenset(inner), frozenset().union(*firsts))


def _first_tag(head: str) -> str:
    found = re.search(r"<([A-Za-z_][\w.-]*)", re.sub(r"<!--.*?-->", "", head, flags=re.DOTALL))
    return found[1] if found else ""
