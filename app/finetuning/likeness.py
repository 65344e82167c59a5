"""Images that show nearly the same: frames of a film, copies in another format. They stay on one side of a split."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.json_files import read_json, write_json

HASHES = "image_hashes.json"  # in the folder of all runs
ALIKE = 6  # of 64 bits; two photographs of different things differ in about 32
CHUNK = 256  # images compared with all others at a time
PIECE = 500  # images read between two writes of the file
ONES = np.unpackbits(np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2), axis=1).sum(1, dtype=np.uint8)


def difference_hash(pixels: NDArray[np.uint8]) -> int:
    """64 bits: whether each of 8×8 places of an image (H×W grey) is brighter than the place at its right."""
    small = cv2.resize(pixels, (9, 8), interpolation=cv2.INTER_AREA).astype(int)
    bits = (small[:, :-1] > small[:, 1:]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


class ImageHashes:
    """The difference hash of each image by its SHA-256; each is worked out once and kept in a file.

    Threads may ask at the same time: whoever asks while images are read waits for it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, int | None] = read_json(path) if path.exists() else {}
        self._groups: tuple[frozenset[str], list[list[str]]] = (frozenset(), [])  # the last answer: a page asks again
        self._lock = threading.Lock()

    def of(self, digests: Sequence[str], file_of: Callable[[str], Path]) -> dict[str, int]:
        """The hashes of images by SHA-256, of which `file_of` gives the file; what OpenCV cannot read has none."""
        with self._lock:
            return self._of(digests, file_of)

    def groups(self, digests: Sequence[str], file_of: Callable[[str], Path]) -> list[list[str]]:
        """`groups_of_alike` of these images; the same question as the last one costs nothing."""
        asked = frozenset(digests)
        with self._lock:
            if asked != self._groups[0]:
                self._groups = asked, groups_of_alike(digests, self._of(digests, file_of))
            return self._groups[1]

    def _of(self, digests: Sequence[str], file_of: Callable[[str], Path]) -> dict[str, int]:
        new = [digest for digest in dict.fromkeys(digests) if digest not in self._known]
        for number, digest in enumerate(new, 1):
            pixels = cv2.imread(str(file_of(digest)), cv2.IMREAD_REDUCED_GRAYSCALE_4)
            self._known[digest] = None if pixels is None else difference_hash(np.asarray(pixels, dtype=np.uint8))
            if number % PIECE == 0 or number == len(new):  # a server that ends in between need not begin anew
                write_json(self.path, self._known)
        hashes = {digest: self._known[digest] for digest in digests}
        return {digest: value for digest, value in hashes.items() if value is not None}


def groups_of_alike(digests: Iterable[str], hashes: Mapping[str, int]) -> list[list[str]]:
    """The images in groups that show nearly the same, each in the order of the digests, alone where nothing is alike.

    A group of more than half of all says that the pictures are alike by nature, as under a microscope; splitting it
    is all that can be done then, so its images stand alone.
    """
    names = sorted(set(digests))
    leader = list(range(len(names)))

    def first(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    places = [place for place, name in enumerate(names) if name in hashes]
    values = np.array([hashes[names[place]] for place in places], dtype=np.uint64)
    for begin in range(0, len(values), CHUNK):
        these, others = values[begin : begin + CHUNK], values[begin:]  # with those before they were compared there
        different = (these[:, None] ^ others[None]).view(np.uint16).reshape(len(these), len(others), 4)
        distances = ONES[different].sum(axis=-1, dtype=np.uint8)
        for one, other in zip(*np.nonzero(distances <= ALIKE), strict=True):
            leader[first(places[begin + one])] = first(places[begin + other])
    groups: dict[int, list[str]] = defaultdict(list)
    for place, name in enumerate(names):
        groups[first(place)].append(name)
    result: list[list[str]] = []
    for group in groups.values():
        result += [[name] for name in group] if 2 * len(group) > len(names) else [group]
    return sorted(result)
