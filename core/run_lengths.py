"""COCO's run lengths: checked against their image, decoded from text many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 512  # RLEs; what a check works on stays in the processor's cache


def run_lengths(text: bytes) -> NDArray[np.int64]:
    """The run lengths that a compressed counts text stands for; ValueError where it is none."""
    return _runs_of_all([text])[0]


def checked_runs(rle: Mapping[str, object], height: int, width: int) -> NDArray[np.int64]:
    """The run lengths of an RLE in any form, which fill a height × width image exactly; else ValueError."""
    missing = [key for key in ("size", "counts") if key not in rle]
    if missing:
        raise ValueError(f"segmentation RLE has no {missing[0]!r}: size [height, width] and counts are needed")
    size = rle["size"]
    if size not in ([height, width], (height, width)):
        swapped = " (width and height are swapped)" if size == [width, height] else ""
        raise ValueError(f"segmentation RLE size is {size}, the image is [{height}, {width}]{swapped}")
    runs = _runs_of_counts(rle["counts"])
    if len(runs) and runs.min() < 0:
        raise ValueError("segmentation RLE has a negative run: its counts are damaged")
    total = int(runs.sum())
    if total != height * width:
        raise ValueError(f"segmentation RLE counts add up to {total}, not to the {height * width} pixels of the image")
    return runs


def _runs_of_counts(counts: object) -> NDArray[np.int64]:
    """The run lengths that compressed or uncompressed counts stand for; ValueError where they are neither."""
    if isinstance(counts, (list, tuple)):
        if not all(isinstance(run, int) and not isinstance(run, bool) and abs(run) < 2**32 for run in counts):
            raise ValueError("segmentation RLE counts hold something that is not a whole number of pixels")
        return np.asarray(counts, dtype=np.int64)
    if isinstance(counts, str):
        counts = counts.encode("utf-8")
    if not isinstance(counts, bytes):
        raise ValueError(f"segmentation RLE counts are {type(counts).__name__}: text or a list of runs is needed")
    return run_lengths(counts)


def crop_of_runs(runs: NDArray[np.int64], height: int) -> tuple[NDArray[np.uint8], int, int]:
    """The bitmap that runs (background first, down the columns) stand for, cut to its bounds, and its left and top.

    What it costs grows with the object, not with the image; 0×0 at (0, 0) for no pixel.
    """
    ends = np.cumsum(runs)
    number = len(runs) // 2
    first, last = ends[0 : 2 * number : 2], ends[1 : 2 * number : 2]
    there = last > first
    if not there.any():
        return np.zeros((0, 0), dtype=np.uint8), 0, 0
    left, right = int(first[there][0]) // height, (int(last[there][-1]) - 1) // height + 1
    bounds = np.clip(ends, left * height, right * height)
    values = np.arange(len(runs), dtype=np.uint8) & 1
    columns = np.repeat(values, np.diff(bounds, prepend=left * height))
    columns = np.pad(columns, (0, (right - left) * height - len(columns))).reshape(right - left, height)
    rows = np.flatnonzero(columns.any(axis=0))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    return np.ascontiguousarray(columns[:, top:bottom].T), left, top


def runs_cover(runs: NDArray[np.int64], height: int, x: int, y: int) -> bool:
    """Whether the bitmap that runs stand for has the pixel in column x and row y."""
    return int(np.searchsorted(np.cumsum(runs), x * height + y, side="right")) % 2 == 1


def first_damaged(texts: Sequence[bytes], pixels: Sequence[int]) -> int | None:
    """The index of the first RLE whose runs do not fill its image exactly; None where all do.

    What `validate_segmentation` checks of one RLE, for a results list of hundreds of thousands.
    """
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        try:
            runs, first = _runs_of_all(some)
            whole = (np.diff(np.append(first, len(runs))) > 0).all()
            if whole and runs.min() >= 0 and (np.add.reduceat(runs, first) == pixels[start : start + AT_ONCE]).all():
                continue
        except ValueError:
            pass
        for index, text in enumerate(some, start):
            if not _fills(text, pixels[index]):
                return index
    return None


def _fills(text: bytes, pixels: int) -> bool:
    try:
        runs = run_lengths(text)
    except ValueError:
        return False
    return bool((runs >= 0).all()) and int(runs.sum()) == pixels


def _runs_of_all(texts: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The runs of all texts, one after the other, and where those of each text begin; ValueError for a damaged one."""
    lengths = np.array([len(text) for text in texts])
    ends = np.cumsum(lengths)
    code = np.frombuffer(b"".join(texts), dtype=np.uint8) - np.uint8(48)  # what is below "0" wraps to above 63
    if not len(code):
        return np.zeros(0, dtype=np.int64), np.zeros(len(texts), dtype=np.int64)
    # Five bits a character, lowest first; bit 5 says that another follows.
    if code.max() > 63 or (code[ends[lengths > 0] - 1] & 32).any():
        raise ValueError("segmentation RLE counts are damaged: no compressed COCO run-length text")
    last = np.flatnonzero(code < 32)
    characters = np.diff(last, prepend=-1)
    if characters.max() > 7:
        raise ValueError("segmentation RLE counts are damaged: a run of more than 32 bits")
    values = code[last].astype(np.int64)
    values -= (values & 16) << 1  # bit 4 of the last character is the sign
    for back in range(1, characters.max()):
        longer = np.flatnonzero(characters > back)
        values[longer] = (values[longer] << 5) | (code[last[longer] - back] & 31)

    beginnings = np.searchsorted(last, ends - lengths)
    _undo_differences(values, beginnings)
    return values, beginnings


def _undo_differences(values: NDArray[np.int64], beginnings: NDArray[np.int64]) -> None:
    """Turn, in place, what is written of each text into its runs: from the fourth on, it is the difference from the
    run before the last."""
    at_start = beginnings[beginnings < len(values)]
    first_runs = values[at_start]
    for parity in (0, 1):
        chain = values[parity::2]
        sums = np.concatenate([[0], np.cumsum(chain)])
        start = (beginnings - parity + 1) // 2  # of each text in this chain
        # The first run of a text stands alone: nothing is written as a difference from it.
        alone = (beginnings % 2 == parity) & (start < len(chain))
        chain[:] = sums[1:] - np.repeat(sums[start + alone], np.diff(start, append=len(chain)))
    values[at_start] = first_runs
