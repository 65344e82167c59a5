"""Supervisely's meta.json: classes, the nodes and lines of those that have keypoints, and the kinds of tags."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.formats.files import Folder, parent

SCORES = ("confidence", "conf", "score")  # the tags in which models' scores stand
TRUTH = ["true", "false"]  # the choices of a tag that stands for an attribute which is true or false


@dataclass
class ProjectClass:
    """One class."""

    shape: str  # of its figures; "any" for all kinds
    nodes: dict[str, str] = field(default_factory=dict)  # the names of its keypoints by the keys of the nodes
    skeleton: list[list[int]] = field(default_factory=list)  # from 1 on, as in COCO


@dataclass
class Project:
    """What a meta.json says."""

    classes: dict[str, ProjectClass] = field(default_factory=dict)
    truths: set[str] = field(default_factory=set)  # the tags that are true or false


def projects_in(folder: Folder) -> dict[str, Project]:
    """The projects of a folder, by the folder of their meta.json."""
    return {
        parent(name): read_project(folder.json(name))
        for name, outline in folder.json_files()
        if not outline.is_list
        and "classes" in outline.keys
        and (name.endswith("meta.json") or "title" in outline.listed)
    }


def project_of(name: str, projects: Mapping[str, Project]) -> Project:
    """The project of a file: of the nearest folder above it, else the only one there is."""
    place = parent(name)
    while place not in projects and place:
        place = parent(place)
    if place in projects:
        return projects[place]
    return next(iter(projects.values())) if len(projects) == 1 else Project()


def read_project(data: Any) -> Project:
    """A meta.json; what is not as it should be in it is passed over."""
    project = Project()
    for entry in _dictionaries(data, "classes"):
        title = plain_title(entry.get("title"))
        if title and title not in project.classes:
            project.classes[title] = _class_of(entry)
    for entry in _dictionaries(data, "tags"):
        if entry.get("value_type") == "oneof_string" and entry.get("values") == TRUTH:
            project.truths.add(str(entry.get("name")))
    return project


def plain_title(title: object) -> str:
    """The name of a class without superfluous spaces; "" where it is none."""
    return " ".join(title.split()) if isinstance(title, str) else ""


def _class_of(entry: Mapping[str, Any]) -> ProjectClass:
    found = ProjectClass(str(entry.get("shape")))
    config = entry.get("geometry_config")
    nodes = config.get("nodes") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(nodes, dict):
        return found
    for key, node in nodes.items():
        label = node.get("label") if isinstance(node, dict) else None
        name = str(label) if label not in (None, "") else key
        found.nodes[key] = name if name not in found.nodes.values() else f"{name} {len(found.nodes) + 1}"
    places = {key: number for number, key in enumerate(found.nodes, 1)}
    for edge in _dictionaries(config, "edges"):
        ends = [places.get(str(edge.get(end)), 0) for end in ("src", "dst")]
        if all(ends):
            found.skeleton.append(ends)
    return found


def class_entry(number: int, title: str, shape: str, names: Sequence[str], lines: Sequence[Sequence[int]]) -> Any:
    """A class of meta.json; its keypoints are nodes on a line, under their names."""
    entry: dict[str, Any] = {"title": title, "shape": shape, "color": _colour(number), "geometry_config": {}}
    if names:
        nodes = {
            name: {"label": name, "loc": [20 * place, 20], "color": _colour(place)}
            for place, name in enumerate(names, 1)
        }
        edges = [{"src": names[start - 1], "dst": names[end - 1], "color": _colour(number)} for start, end in lines]
        entry["geometry_config"] = {"nodes": nodes, "edges": edges}
    return entry


def tag_entry(number: int, name: str, values: Sequence[object]) -> dict[str, object]:
    """A tag of meta.json whose values are these."""
    entry: dict[str, object] = {"name": name, "color": _colour(number), "applicable_type": "all", "classes": []}
    if all(value is None for value in values):
        return {**entry, "value_type": "none"}
    if all(isinstance(value, bool) for value in values):
        return {**entry, "value_type": "oneof_string", "values": TRUTH}
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return {**entry, "value_type": "any_number" if numbers else "any_string"}


def _colour(number: int) -> str:
    """One of many colours that are easily told apart, as #RRGGBB."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618 % 1, 0.7, 0.9)
    return f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"


def _dictionaries(data: object, key: str) -> list[dict[str, Any]]:
    values = data.get(key) if isinstance(data, dict) else None
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
