"""Supervisely's projects of images: meta.json, and ann/NAME.json beside img/NAME in the folder of each data set.

Figures that are bound together (`instance`) and of one class are one object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.files import Folder, Outline, joined, parent
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.parts import Parts, gather
from core.formats.pictures import Pictures, Size, said_size, tidy_name
from core.formats.shapes import box_around, flat_points, mask_with_holes
from core.formats.supervisely.bitmaps import decode_bitmap
from core.formats.supervisely.project import SCORES, Project, plain_title, project_of, projects_in
from core.formats.supervisely.writing import DEFAULT_DATA_SET, write_project

NAME = "supervisely"
TITLE = "Supervisely (project of images)"
PICTURES = f"{DEFAULT_DATA_SET}/img"
CANNOT_CARRY: frozenset[Fact] = (BESIDE_OBJECTS - {"authors"}) | {"supercategories", "ids"}
_BY_POINTS = {1: "point", 2: "rectangle"}  # a figure that does not say what it is, by how many points it has


def recognise(folder: Folder) -> list[str]:
    """The top of the folder, where the JSON of an image lies anywhere in it."""
    return [""] if any(_is_annotation(outline) for _, outline in folder.json_files()) else []


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All images below the folder, with the classes of their projects; a broken file is a note."""
    notes = Notes()
    building = Building(notes)
    projects = projects_in(folder)
    for project in projects.values():
        for title, entry in project.classes.items():
            more = {"skeleton": entry.skeleton} if entry.skeleton else {}
            building.category(title, list(entry.nodes.values()), **more)
    names = [name for name, outline in folder.json_files() if _is_annotation(outline)]
    times = Counter(_base(name) for name in names)
    readings = [_readings(name, _said(folder.json(name)), times) for name in names]
    found = pictures.meant([[*there, called] for there, called in readings])
    for name, (_, called), picture in zip(names, readings, found, strict=True):
        data = _content(folder.json(name))
        size = _size(data) or (pictures.size(picture) if picture else None)
        image = building.image(picture or called, size)
        if image is not None:
            _add_tags(building, image, data.get("tags"))
            _add_figures(building, image, data.get("objects"), project_of(name, projects), name)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write a project: meta.json, and the JSON of each image in ann/ of its data set."""
    return write_project(coco, folder)


# -- files and names --------------------------------------------------------------------------------


def _is_annotation(outline: Outline) -> bool:
    """Whether a JSON is about one image: as it lies in a project, or as the server answers with it."""
    if outline.is_list or "frames" in outline.keys:  # of a video
        return False
    if {"annotation", "imageName"} <= outline.keys:
        return {"objects", "size"} <= outline.inner
    about_figures = bool({"classTitle", "geometryType"} & outline.listed)
    return {"objects", "size"} <= outline.keys and (about_figures or {"tags", "description"} <= outline.keys)


def _content(data: Any) -> dict[str, Any]:
    inner = data.get("annotation")
    content: dict[str, Any] = inner if "imageName" in data and isinstance(inner, dict) else data
    return content


def _said(data: Any) -> str:
    """The name that a file gives to its image; "" where it gives none."""
    name = data.get("imageName", data.get("name"))
    return tidy_name(name) if isinstance(name, str) else ""


def _base(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".json")


def _readings(name: str, said: str, times: Mapping[str, int]) -> tuple[list[str], str]:
    """What the picture of a file may be called where it is there, and what its image is called where it is not."""
    base = _base(name)
    folder = parent(name)
    if folder.rpartition("/")[2] == "ann":
        folder = parent(folder)
    data_set = tidy_name(f"/{folder}/".replace("/datasets/", "/"))  # of one data set in another
    there = [joined(folder, f"img/{base}"), joined(folder, base), joined(data_set, base)]
    if times[base] == 1:
        there.append(base)
    if said.endswith(f"/{base}"):
        return there, said
    return there, base if data_set in ("", DEFAULT_DATA_SET) else joined(data_set, base)


def _size(data: Mapping[str, Any]) -> Size | None:
    size = data.get("size")
    height, width = (size.get("height"), size.get("width")) if isinstance(size, dict) else (None, None)
    return said_size(height, width)


# -- figures ----------------------------------------------------------------------------------------


def _add_figures(building: Building, image: BuiltImage, figures: object, project: Project, name: str) -> None:
    if not isinstance(figures, list):
        building.notes.add("its objects are no list", name)
        return
    objects: dict[object, Parts] = {}
    for number, figure in enumerate(figures):
        about = f"{name} object {number}"
        try:
            found = _parts(figure, image, project, about)
        except (ValueError, TypeError, OverflowError) as error:
            building.lose(image, f"{error}: left out", about)
            continue
        key = (found.label, figure.get("instance")) if isinstance(figure.get("instance"), str) else about
        gather(objects, key, found)
    for parts in objects.values():
        parts.add_to(building, image)


def _parts(figure: Any, image: BuiltImage, project: Project, about: str) -> Parts:
    """One figure by itself; ValueError where it cannot be read."""
    if not isinstance(figure, dict):
        raise ValueError("no figure with class and points")
    title = plain_title(figure.get("classTitle"))
    parts = Parts(title, about)
    kind = _kind(figure, title, project)
    size = (image["height"], image["width"])
    if kind in ("bitmap", "alpha_mask"):
        bitmap = figure.get("bitmap")
        bitmap = bitmap if isinstance(bitmap, dict) else {}
        parts.masks.append(decode_bitmap(bitmap.get("data"), bitmap.get("origin"), *size))
    elif kind == "graph":
        parts.keypoints = _keypoints(figure.get("nodes"), title, project)
    elif kind in ("polygon", "rectangle", "point"):
        points = figure.get("points")
        points = points if isinstance(points, dict) else {}
        flat = flat_points(points.get("exterior"))
        interior = points.get("interior")
        if kind == "rectangle":
            parts.box = box_around(flat)
        elif kind == "point":
            if len(flat) < 2:
                raise ValueError("a point without its place")
            parts.keypoints = {title or "point": (flat[0], flat[1], 2)}
        elif isinstance(interior, list) and interior:
            parts.masks.append(mask_with_holes(flat, [flat_points(hole) for hole in interior], *size))
        else:
            parts.polygons.append(flat)
    else:
        raise ValueError(f"a {kind} encloses nothing in the image")
    _take_fields(parts, figure, project)
    return parts


def _kind(figure: Mapping[str, Any], title: str, project: Project) -> str:
    """What a figure is: as it says, in old files as its class does, else by what it has."""
    said = figure.get("geometryType")
    if isinstance(said, str):
        return said
    if figure.get("bitmap"):
        return "bitmap"
    shape = project.classes[title].shape if title in project.classes else "any"
    if shape != "any":
        return shape
    points = figure.get("points")
    exterior = points.get("exterior") if isinstance(points, dict) else None
    return _BY_POINTS.get(len(exterior) if isinstance(exterior, list) else 0, "polygon")


def _keypoints(nodes: object, title: str, project: Project) -> dict[str, tuple[float, float, int]]:
    if not isinstance(nodes, dict) or not nodes:
        raise ValueError("keypoints without nodes")
    names = project.classes[title].nodes if title in project.classes else {}
    found: dict[str, tuple[float, float, int]] = {}
    for key, node in nodes.items():
        place = node.get("loc") if isinstance(node, dict) else None
        x, y = flat_points([place])
        found[names.get(str(key), str(key))] = (x, y, 1 if node.get("disabled") is True else 2)
    return found


def _take_fields(parts: Parts, figure: Mapping[str, Any], project: Project) -> None:
    """Tags become attributes, a model's score the score; who drew the figure its author."""
    attributes: dict[str, Any] = {}
    score = None
    for name, value in _tags(figure.get("tags")):
        if name == "iscrowd" and value is None:
            parts.crowd = True
        elif name in SCORES and score is None and is_number(value) and 0 <= value <= 1:
            score = float(value)
        elif name in project.truths and value in ("true", "false"):
            attributes[name] = value == "true"
        else:
            attributes[name] = True if value is None else value
    author, description = figure.get("labelerLogin"), figure.get("description")
    parts.fields = {
        "score": score,
        "attributes": attributes,
        "author": author if isinstance(author, str) and author else None,
        "description": description if isinstance(description, str) and description else None,
    }


def _tags(tags: object) -> list[tuple[str, Any]]:
    """Name and value of each tag; old files have names alone."""
    found = []
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str):
            found.append((tag, None))
        elif isinstance(tag, dict) and isinstance(tag.get("name"), str):
            found.append((tag["name"], tag.get("value")))
    return found


def _add_tags(building: Building, image: BuiltImage, tags: object) -> None:
    for name, value in _tags(tags):
        image.setdefault("tags", []).append(name if value is None else f"{name}: {value}")
        building.notes.add("a tag of a whole image is kept as the image's, not as an object", name)
