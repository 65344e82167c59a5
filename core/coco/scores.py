"""The score of an annotation, mended: one that cannot be read would make a model's word a person's."""

from __future__ import annotations

from collections.abc import Callable

from core.coco.geometry import as_number

ROUNDING = 1e-3  # above 1: half precision and sums of shares end there; as per cent they would be the least sure


def mend_score(annotation: dict[str, object], add: Callable[..., None]) -> None:
    """A score as a number from 0 to 1, mended in place: texts are read, what lies between 1 and 100 is per cent.

    Of one that cannot be read what remains is that a model gave it: the object is predicted, unless it says otherwise.
    `add` takes down a problem: its message, what becomes of it, whether it is one of spelling.
    """
    raw = annotation.get("score")
    if raw is None or (isinstance(raw, (int, float)) and not isinstance(raw, bool) and 0 <= raw <= 1):
        return
    score = as_number(raw)
    if score is not None and 1 < score <= 1 + ROUNDING:
        add(f"score is {raw!r}, a little above 1", "becomes 1", spelling=True)
        annotation["score"] = 1.0
    elif score is not None and 1 < score <= 100:
        add(f"score is {raw!r}: 0 to 1 is needed", f"taken as per cent, {score / 100:g}", spelling=True)
        annotation["score"] = score / 100
    elif score is not None and 0 <= score <= 1:
        add(f"score is {raw!r}, not a number", f"becomes {score:g}", spelling=True)
        annotation["score"] = score
    else:
        add(f"score is {raw!r}: 0 to 1 is needed", "left out; the object is a model's all the same", spelling=True)
        del annotation["score"]
        annotation.setdefault("source", "predicted")
