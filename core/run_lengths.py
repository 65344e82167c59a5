"""COCO's compressed run lengths, decoded many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 4096  # RLEs; bounds the memory that a check takes


def run_lengths(text: bytes) -> NDArray[np.int64]:
    """The run lengths that a compressed counts text stands for; ValueError where it is none."""
    return _runs_of_all([text])[0]


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
    code = np.frombuffer(b"".join(texts), dtype=np.uint8).astype(np.int64) - 48
    ends = np.cumsum([len(text) for text in texts])
    if not len(code):
        return code, np.zeros(len(texts), dtype=np.int64)
    written = ends[np.diff(ends, prepend=0) > 0]
    if code.min() < 0 or code.max() > 63 or (code[written - 1] & 32).any():
        raise ValueError("segmentation RLE counts are damaged: no compressed COCO run-length text")
    # Five bits a character, lowest first, bit 5 says that another follows, bit 4 of the last is the sign.
    last = np.flatnonzero(~code & 32)
    first = np.concatenate([[0], last[:-1] + 1])
    place = np.arange(len(code)) - np.repeat(first, last - first + 1)
    if place.max() > 6:
        raise ValueError("segmentation RLE counts are damaged: a run of more than 32 bits")
    values = np.add.reduceat((code & 31) << (5 * place), first)
    values -= np.where(code[last] & 16, np.int64(1) << (5 * (place[last] + 1)), 0)

    beginnings = np.concatenate([[0], np.searchsorted(last, ends[:-1])])
    counts = np.diff(np.append(beginnings, len(values)))
    text_of = np.repeat(np.arange(len(texts)), counts)
    position = np.arange(len(values)) - beginnings[text_of]
    # From the fourth run on, the difference from the run before the last is written.
    for differences in (position % 2 == 1, (position % 2 == 0) & (position > 0)):
        values[differences] = _sums_by_group(values[differences], text_of[differences])
    return values, beginnings


def _sums_by_group(values: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Running sums that begin anew with each group; equal groups lie together."""
    sums = np.cumsum(values)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    before = (sums - values)[starts]
    return sums - np.repeat(before, np.diff(np.append(starts, len(values))))
