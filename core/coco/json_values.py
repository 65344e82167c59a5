"""What the values in a JSON file are; Python would take true for a 1."""

from __future__ import annotations

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
