"""Requests out of the OpenAPI of the application: as wanted, with one value out of this world, or with several."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from hypothesis import strategies as st

from tests.app.conftest import block

NASTY_NUMBERS = [
    -1, 2**31, 2**53, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, 1e309, -1e309, float("nan"), 0.5,
]  # fmt: skip
NASTY_TEXTS = ["", "\x00", "a\x00b", "\ud800", "x\udfffy", "x" * 5000, "'; DROP TABLE images; --", "\n\r", "९", "null"]


def nested(depth: int) -> Any:
    """Lists inside each other."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


NASTY_VALUES = [None, True, [], {}, [[]], nested(12), {"size": [10**30, -1], "counts": [10**400]}, {"\ud800": 1}]
NASTY = [*NASTY_NUMBERS, *NASTY_TEXTS, *NASTY_VALUES]
nasty = st.sampled_from(NASTY)


def described_by(*modules: Any) -> dict[str, Any]:
    """The OpenAPI of modules of routes, without an application around them."""
    app = FastAPI()
    for module in modules:
        app.include_router(module.router)
    return app.openapi()


def values_of(schema: dict[str, Any], whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values as a schema wants them, and now and then one that nobody would send."""
    return st.one_of(_as_wanted(schema, whole), _as_wanted(schema, whole), nasty)


def _as_wanted(schema: dict[str, Any], whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _as_wanted(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    if "examples" in schema:
        return st.sampled_from(schema["examples"])
    if "anyOf" in schema:
        return st.one_of(*(values_of(choice, whole) for choice in schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    kind = schema.get("type")
    if kind == "object":
        required = set(schema.get("required", ()))
        fields = {name: values_of(field, whole) for name, field in schema.get("properties", {}).items()}
        return st.fixed_dictionaries(
            {name: value for name, value in fields.items() if name in required},
            optional={name: value for name, value in fields.items() if name not in required},
        )
    if kind == "array":
        if "prefixItems" in schema:
            return st.tuples(*(values_of(item, whole) for item in schema["prefixItems"])).map(list)
        return st.lists(values_of(schema.get("items", {}), whole), max_size=3)
    return {
        "integer": st.integers(0, 3) | st.integers(),
        "number": st.floats(0, 50) | st.floats(),
        "boolean": st.booleans(),
        "string": st.text(max_size=20) | st.sampled_from(NASTY_TEXTS),
        "null": st.none(),
    }.get(kind or "", nasty)


def as_asked(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """One value as a schema wants it, with every field that there is."""
    if "$ref" in schema:
        return as_asked(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return as_asked(schema["anyOf"][0], whole)
    kind = schema.get("type")
    if kind == "object":
        return {name: as_asked(field, whole) for name, field in schema.get("properties", {}).items()}
    if kind == "array":
        return [as_asked(item, whole) for item in schema.get("prefixItems", [schema.get("items", {})])]
    return {"integer": 1, "number": 0.5, "boolean": False, "string": "apple"}.get(kind or "")


def with_one_fault(value: Any) -> Iterator[Any]:
    """The value with each of its places in turn, itself among them, taken by each of what nobody would send."""
    yield from NASTY
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from ({**value, name: fault} for fault in with_one_fault(inside))
    elif isinstance(value, list):
        for index, inside in enumerate(value[:1]):
            yield from ([*value[:index], fault, *value[index + 1 :]] for fault in with_one_fault(inside))


def as_text(value: Any) -> str:
    """A value in an address; half characters as the bytes that a careless program would send."""
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text.encode("utf-8", "surrogatepass")[:4000], safe="")


COCO: dict[str, Any] = {
    "type": "object",
    "required": ["images", "annotations", "categories"],
    "properties": {
        "images": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "file_name"],
                "properties": {
                    "id": {"examples": [1]},
                    "file_name": {"examples": ["a.png"]},
                    "width": {"examples": [120]},
                    "height": {"examples": [80]},
                },
            },
        },
        "categories": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "name"],
                "properties": {
                    "id": {"examples": [1, 5]},
                    "name": {"examples": ["apple", "pear"]},
                    "supercategory": {"examples": ["fruit"]},
                    "keypoints": {"examples": [["stem"]]},
                    "skeleton": {"examples": [[]]},
                    "color": {"examples": ["#123456"]},
                },
            },
        },
        "annotations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["image_id", "category_id"],
                "properties": {
                    "id": {"examples": [1]},
                    "image_id": {"examples": [1]},
                    "category_id": {"examples": [1, 5]},
                    "segmentation": {"examples": [block(1, 1, 9, 9)]},
                    "bbox": {"examples": [[1, 1, 9, 9]]},
                    "iscrowd": {"examples": [0, 1]},
                    "keypoints": {"examples": [[3, 3, 2]]},
                    "score": {"examples": [0.5]},
                },
            },
        },
    },
}
