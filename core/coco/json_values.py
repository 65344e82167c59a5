"""What the values in a JSON file are; Python would take true for a 1."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeGuard


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a JSON value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Whether a JSON value is a finite number."""
    # Not by math.isfinite, which has no answer for whole numbers of hundreds of digits.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e300 < value < 1e300


def whole(value: object) -> int | None:
    """The whole number that an id means, also where it is written as 3.0 or "3"; None where it is none."""
    if is_whole(value):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 40:
        return int(value)
    return None


def id_key(value: object) -> Hashable | None:
    """What an id of a JSON file is looked up by; None for what is no id. Python takes true for 1, JSON does not."""
    if isinstance(value, bool):
        return "true" if value else "false", "no text"
    return value if isinstance(value, Hashable) else None
