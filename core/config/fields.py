"""What is given for the fields of a configuration: brought to their types where that is plain, else refused."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

WORDS = {int: "a whole number", float: "a number", bool: "True or False", str: "a text", NoneType: "None"}
MANY = {int: "whole numbers", float: "numbers", str: "texts"}


def make_plain(config: object) -> None:
    """Give the fields of a frozen dataclass the types that they have in JSON, with tuples for its lists.

    Paths become texts, lists and arrays tuples, numbers of NumPy and torch Python's, and a dictionary its JSON. Raises
    ValueError, one line, for a dictionary that has something else in it.
    """
    for field in fields(config):  # type: ignore[arg-type]
        object.__setattr__(config, field.name, _plain(getattr(config, field.name)))


def _plain(value: object) -> object:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return json.dumps(value, default=_in_json)
    if hasattr(value, "tolist"):  # arrays, and numbers that are kept as such: np.bool_, a tensor of one number
        return _plain(value.tolist())
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def _in_json(value: object) -> object:
    plain = _plain(value)
    if plain is value:
        raise ValueError(f"{value!r} in a dictionary: texts, numbers and lists of them are needed")
    return plain


def check_types(config: object) -> None:
    """Raise ValueError, one line, for the first field whose value is not of its type or none of its choices."""
    hints = get_type_hints(type(config))
    for field in fields(config):  # type: ignore[arg-type]
        value, hint = getattr(config, field.name), hints[field.name]
        if not _fits(value, hint):
            raise ValueError(f"{field.name}={value!r}: {_wanted(hint)}")


def _fits(value: object, hint: Any) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return value in arguments
    if origin in (Union, UnionType):
        return any(_fits(value, argument) for argument in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, arguments[0]) for item in value)
    if hint in (int, float):
        return isinstance(value, int if hint is int else (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint)


def _wanted(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"choose one of {', '.join(map(repr, get_args(hint)))}"
    return f"{_in_words(hint)} is needed"


def _in_words(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(map(_in_words, arguments))
    if origin is tuple:
        choices = ", ".join(map(repr, get_args(arguments[0])))
        return f"a tuple of {choices or MANY[arguments[0]]}"
    return WORDS[hint]
