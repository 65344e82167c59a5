"""Which file a name in an annotation file means: exactly, by its decoded form, or by a base name that only one has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import unquote

# Folders that tell parts of a data set from each other: two of them are never the same picture's.
SPLITS = ({"train", "training", "train2017"}, {"val", "valid", "validation", "val2017"}, {"test", "testing"})


class FileNames:
    """The files that are there, to be found by the names that an annotation file gives them."""

    def __init__(self, present: Sequence[str]) -> None:
        self._plain = [plain_name(name) for name in present]
        self._exact = _places(map(composed, present))
        self._by_plain = _places(self._plain)
        self._by_base = _places(map(base_name, self._plain))
        self._by_stem = _places(base_name(name).rpartition(".")[0] for name in self._plain)

    def find(self, name: str, listed: Collection[str] = ()) -> list[int]:
        """The places in `present` that a name may mean; several only where they have the very same name.

        `listed` are the plain names of all images of the annotation file. A base name counts only where exactly one
        file has it, no listed image has that file's path, and no other listed image could mean it as well.
        """
        if found := self._exact.get(composed(name)):
            return found
        plain = plain_name(name)
        if found := self._by_plain.get(plain):
            return found
        base = base_name(plain)
        found = self._by_base.get(base, [])
        if not found and "." not in base:
            found = self._by_stem.get(base, [])
        if len(found) != 1:
            return []
        path = self._plain[found[0]]
        if path in listed or _other_split(path, plain):
            return []
        rivals = sum(other != plain and base_name(other) == base and other not in self._by_plain for other in listed)
        return [] if rivals else found


def plain_name(name: str) -> str:
    """A file name with forward slashes, URL escapes decoded, no leading `./`, letters composed."""
    decoded = unquote(name) if re.search(r"%[0-9A-Fa-f]{2}", name) else name
    parts = [part for part in re.split(r"[/\\]+", decoded) if part not in ("", ".")]
    return composed("/".join(parts))


def base_name(file_name: str) -> str:
    """A file name without its folders, whichever way they are written."""
    return re.split(r"[/\\]", file_name)[-1]


def composed(name: str) -> str:
    """Some systems write é as one character, some as two; to a reader they are the same name."""
    return unicodedata.normalize("NFC", name)


def _places(names: Iterable[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return places


def _other_split(first: str, second: str) -> bool:
    """Whether one path lies in a data set's training part, say, and the other in its validation part."""
    parts = [
        {number for number, words in enumerate(SPLITS) if words & set(path.split("/")[:-1])} for path in (first, second)
    ]
    return bool(parts[0] and parts[1] and not parts[0] & parts[1])
