"""Attributes: what a class asks of its objects, and what is said of one.

A class has a list of `{name, type, choices?}`, type text, number, choice or flag. What an object has is a dictionary by
name beside COCO's fields (`attributes`), as CVAT and others write it; other tools' attributes live in the same place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from app.messages.message import say
from app.store.errors import InvalidFieldError

TYPES = ("text", "number", "choice", "flag")
LONGEST_NAME = 100
LONGEST_TEXT = 1000
MOST = 50  # attributes of a class or an object, and choices of one


def checked_definitions(value: object) -> list[dict[str, object]]:
    """The attributes of a class as they are stored; raises InvalidFieldError."""
    if not isinstance(value, list) or len(value) > MOST:
        raise InvalidFieldError("attributes", f"attributes of a class are a list of at most {MOST} {{name, type}}")
    checked = [_definition(entry) for entry in value]
    names = [entry["name"] for entry in checked]
    if len(set(names)) < len(names):
        raise InvalidFieldError("attributes", "two attributes of a class have the same name")
    return checked


def definitions_of(extra: Mapping[str, object] | None) -> list[dict[str, object]]:
    """The attributes of a class among what is kept of it; none where another tool means something else by the word."""
    try:
        return checked_definitions((extra or {}).get("attributes", []))
    except InvalidFieldError:
        return []


def attributes_of(extra: Mapping[str, object] | None) -> dict[str, object]:
    """What is said of an object."""
    value = (extra or {}).get("attributes")
    return dict(value) if isinstance(value, dict) else {}


def z_order_of(extra: Mapping[str, object] | None) -> float:
    """What an object lies on: above all whose `z_order` is smaller, as in CVAT; 0 where it has none."""
    value = attributes_of(extra).get("z_order")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return 0
    return value


def with_attributes(extra: Mapping[str, object] | None, given: object) -> dict[str, object] | None:
    """What is kept of an object after some of its attributes were set; null takes one away, the others stay.

    Raises InvalidFieldError for what is no text, finite number or flag.
    """
    if not isinstance(given, dict):
        raise InvalidFieldError("attributes", "attributes are an object of names and values")
    values = attributes_of(extra)
    for name, value in given.items():
        if not 0 < len(name) <= LONGEST_NAME:
            raise InvalidFieldError("attributes", say("attribute_name", most=LONGEST_NAME))
        if value is None:
            values.pop(name, None)
        else:
            values[name] = _value(name, value)
    if len(values) > MOST:
        raise InvalidFieldError("attributes", say("too_many_attributes", most=MOST))
    rest = {key: value for key, value in (extra or {}).items() if key != "attributes"}
    return (rest | {"attributes": values} if values else rest) or None


def _value(name: str, value: object) -> object:
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return value
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    line = f"attribute {name!r} needs a text of at most {LONGEST_TEXT} characters, a number, true or false"
    raise InvalidFieldError("attributes", line)


def _definition(entry: object) -> dict[str, object]:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise InvalidFieldError("attributes", "each attribute of a class needs a name and a type")
    name = entry["name"].strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidFieldError("attributes", say("attribute_name", most=LONGEST_NAME))
    if entry.get("type") not in TYPES:
        raise InvalidFieldError("attributes", say("attribute_type", name=name, types=", ".join(TYPES)))
    if entry["type"] != "choice":
        return {"name": name, "type": entry["type"]}
    choices = entry.get("choices")
    if not isinstance(choices, list) or not 0 < len(choices) <= MOST:
        raise InvalidFieldError("attributes", say("attribute_choices", name=name, most=MOST))
    if not all(isinstance(choice, str) and 0 < len(choice.strip()) <= LONGEST_NAME for choice in choices):
        raise InvalidFieldError("attributes", f"a choice of {name!r} is a text of 1 to {LONGEST_NAME} characters")
    return {"name": name, "type": "choice", "choices": list(dict.fromkeys(choice.strip() for choice in choices))}
