"""The numbers and texts that are taken in, whatever brings them: what SQLite, PostgreSQL and JavaScript all hold.

`core` checks geometry and `app.store` checks meaning; this says what may get that far.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

LARGEST_INTEGER = 2**53 - 1  # JavaScript counts no further; a database's ids end at 2**63 - 1
FARTHEST = 1e9  # pixels from the origin
LONGEST_TEXT = 1000  # characters of a name, a cursor, a search
# A surrogate of \uD800… that no \uDC00… follows, or the other way round.
_HALF_CHARACTER = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_PIECE = 1 << 22  # bytes
_LONGEST_ESCAPE = len(rb"\ud83d\ude00")
DEEPEST = 8  # lists in lists; a segmentation has two, the keypoints of a skeleton too


def text_problem(text: str) -> str | None:
    """Why a text cannot be stored as it is, in one line; None where it can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a text holds half a character (a lone surrogate): send it as UTF-8"
    return "a text holds a character of code 0" if "\x00" in text else None


def value_problem(value: object) -> str | None:
    """Why a value of JSON cannot be stored, in one line; None where it can. Walks all of it, without recursion."""
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            return f"more than {DEEPEST} lists or objects inside each other"
        inside: list[object] = []
        for item in level:
            if isinstance(item, str):
                if (problem := text_problem(item)) is not None:
                    return problem
            elif isinstance(item, float):
                if not math.isfinite(item):
                    return "a number is not finite"
            elif isinstance(item, int):
                if abs(item) > LARGEST_INTEGER:
                    return "a whole number has more than 53 bits"
            elif isinstance(item, (list, tuple)):
                inside += item
            elif isinstance(item, dict):
                inside += item
                inside += item.values()
        level, depth = inside, depth + 1
    return None


def check_texts_of_json(content: bytes) -> None:
    """Raises ValueError, in one line, for JSON whose texts hold half a character; quick, however large it is.

    It is looked through in pieces, between which other threads run.
    """
    if b"\\u" not in content:
        return
    for start in range(0, len(content), _PIECE):
        found = _HALF_CHARACTER.search(content, start, start + _PIECE + _LONGEST_ESCAPE)
        if found is None or found.start() >= start + _PIECE:  # one at the end is seen whole with the next piece
            continue
        raise ValueError("a text holds half a character (a lone surrogate \\ud800 to \\udfff): write it as UTF-8")


def _stored_text(text: str) -> str:
    if (problem := text_problem(text)) is not None:
        raise ValueError(problem)
    return text


def _stored_value(value: object) -> object:
    if (problem := value_problem(value)) is not None:
        raise ValueError(problem)
    return value


# Types of the bodies, the query and the paths of `app.api`; what they refuse is 422 with one line.
Integer = Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
Id = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_stored_text)]
Cursor = Annotated[str, Field(max_length=20 * LONGEST_TEXT), AfterValidator(_stored_text)]  # a file name, encoded
Json = Annotated[Any, AfterValidator(_stored_value)]
