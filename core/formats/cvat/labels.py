"""The labels in the head of a CVAT XML: the types of their attributes, the points and lines of skeletons."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, tostring


@dataclass
class Labels:
    """One label."""

    types: dict[str, str] = field(default_factory=dict)  # CVAT's input_type of each attribute
    keypoints: list[str] = field(default_factory=list)
    skeleton: list[list[int]] = field(default_factory=list)


def read_labels(root: Element) -> dict[str, Labels]:
    """The labels by name, in their order, without those that are a skeleton's points."""
    found: dict[str, Labels] = {}
    for element in root.findall("meta//label"):
        name = " ".join((element.findtext("name") or "").split())
        owner = " ".join((element.findtext("parent") or "").split())
        if owner:
            found.setdefault(owner, Labels()).keypoints.append(name)
        elif name:
            label = found.setdefault(name, Labels())
            for attribute in element.findall("attributes/attribute"):
                label.types[attribute.findtext("name") or ""] = attribute.findtext("input_type") or "text"
            _take_drawing(label, element.findtext("svg") or "")
    for label in found.values():
        label.keypoints = list(dict.fromkeys(label.keypoints))
    return found


def _take_drawing(label: Labels, svg: str) -> None:
    """Names and lines of a skeleton out of its drawing, whose nodes are numbered from 1."""
    nodes = {}
    for tag in re.findall(r"<[^>]*>", svg):
        values = dict(re.findall(r'data-([\w-]+)="([^"]*)"', tag))
        if "label-name" in values:
            nodes[values.get("node-id", "")] = html.unescape(values["label-name"])
    names = list(dict.fromkeys(nodes.values()))
    if names:
        label.keypoints = names  # in the order of their numbers
    for start, end in re.findall(r'data-node-from="(\d+)"[^>]*data-node-to="(\d+)"', svg):
        if start in nodes and end in nodes:
            label.skeleton.append([names.index(nodes[start]) + 1, names.index(nodes[end]) + 1])


def drawing_of(keypoints: list[str], skeleton: list[list[int]]) -> str:
    """The drawing of a skeleton, its nodes on a line from left to right."""
    drawing = []
    for start, end in skeleton:
        ends = {"x1": str(start), "y1": "50", "x2": str(end), "y2": "50"}
        joins = {"data-type": "edge", "data-node-from": str(start), "data-node-to": str(end)}
        drawing.append(Element("line", ends | joins))
    for number, name in enumerate(keypoints, 1):
        marks = {"data-type": "element node", "data-element-id": str(number), "data-node-id": str(number)}
        place = {"r": "1.5", "cx": str(number), "cy": "50"}
        drawing.append(Element("circle", place | marks | {"data-label-name": name}))
    return "".join(tostring(element, encoding="unicode") for element in drawing)


def type_of(values: list[object]) -> str:
    """The input_type of an attribute with these values."""
    if all(isinstance(value, bool) for value in values):
        return "checkbox"
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return "number"
    return "text"


def value_of(text: str, input_type: str) -> object:
    """An attribute's value as its type has it."""
    if input_type == "checkbox" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if input_type == "number":
        try:
            value = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else float(text)
        except ValueError:
            return text
        return value if math.isfinite(value) else text
    return text
