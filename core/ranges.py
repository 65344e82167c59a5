"""Options inside their ranges: one line for one that is not, in the words of whoever gave it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """The numbers that an option may have."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf  # the least, itself left out
    below: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.least <= value <= self.most and self.above < value < self.below and math.isfinite(value)

    def __str__(self) -> str:
        if self.least > -math.inf and self.most < math.inf:
            return f"between {_shown(self.least)} and {_shown(self.most)}"
        parts = [
            f"at least {self.least:g}" if self.least > -math.inf else "",
            f"at most {self.most:g}" if self.most < math.inf else "",
            f"above {self.above:g}" if self.above > -math.inf else "",
            f"below {self.below:g}" if self.below < math.inf else "",
        ]
        return " and ".join(part for part in parts if part) or "a finite number"


def _shown(value: float) -> str:
    """A whole number with all of its digits."""
    return str(value) if isinstance(value, int) else f"{value:g}"


ONE_OR_MORE = Range(least=1)
ZERO_OR_MORE = Range(least=0)
POSITIVE = Range(above=0)
SHARE = Range(least=0, most=1)
SEED = Range(least=0, most=2**32 - 1)  # NumPy's; torch gets a product of it and the step, which 64 bits hold


def check_ranges(options: object, ranges: Mapping[str, Range], *, command_line: bool = False) -> None:
    """Raise ValueError for the first option, an attribute of `options`, that is outside its range.

    None is none that was given; of several numbers each is looked at. With `command_line` an option is named
    as it is written there.
    """
    for name, allowed in ranges.items():
        given = getattr(options, name)
        for value in given if isinstance(given, tuple | list) else (given,):
            if value is not None and value not in allowed:
                named = f"--{name.replace('_', '-')} {value}" if command_line else f"{name}={value}"
                raise ValueError(f"{named}: {allowed} is needed")
