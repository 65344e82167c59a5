"""Which reviewed images are kept out of training, so that a new model can be compared with the old."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from app.json_files import read_json, write_json

Part = Literal["train", "held_out"]

HELD_OUT_FRACTION = 0.2
FEWEST_IMAGES = 4  # with fewer, every image is needed for learning


def held_out_quota(images: int) -> int:
    """How many of so many reviewed images are held out: a fifth, at least one of four."""
    return max(1, round(HELD_OUT_FRACTION * images)) if images >= FEWEST_IMAGES else 0


def split_images(
    digests: Iterable[str], assigned: dict[str, Part], alike: Sequence[Sequence[str]] | None = None
) -> dict[str, Part]:
    """Assign each image, by its SHA-256 in hexadecimal, to training or to the held-out part.

    An image keeps the part it was once `assigned`: no model ever learns from an image that another
    one was judged by. Images that are `alike` (groups of digests that show nearly the same) stay in one part: new
    ones go where the others of their group are. The rest is held out group by group, in the order of the
    digests, until the quota is met; a group that would be more than is missing is learnt from.
    The one exception: were every image used for training before, the first by digest is held out.
    """
    digests = sorted(set(digests))
    parts: dict[str, Part] = {digest: assigned[digest] for digest in digests if digest in assigned}
    groups = alike if alike is not None else [[digest] for digest in digests]
    quota = held_out_quota(len(digests))
    for group in groups:
        before = [parts[digest] for digest in group if digest in parts]
        if before:  # a model may have learnt from one of them: then none of the others may judge it
            part: Part = "train" if "train" in before else "held_out"
            parts |= {digest: part for digest in group if digest not in parts}
    missing = max(0, quota - sum(part == "held_out" for part in parts.values()))
    for group in groups:
        if group[0] in parts:
            continue
        part = "held_out" if 0 < len(group) <= missing else "train"
        parts |= dict.fromkeys(group, part)
        missing -= len(group) if part == "held_out" else 0
    if quota and "held_out" not in parts.values():
        parts[digests[0]] = "held_out"
    if parts and "train" not in parts.values():
        parts[digests[-1]] = "train"
    return parts


def read_split(path: Path) -> dict[str, Part]:
    """The parts that images were assigned so far; empty before the first fine-tuning."""
    return read_json(path) if path.exists() else {}


def remember_split(path: Path, parts: dict[str, Part]) -> None:
    """Write `parts` over what was assigned before, keeping images that are not among them."""
    write_json(path, read_split(path) | parts)
