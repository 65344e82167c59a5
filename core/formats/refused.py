"""Files of tools whose format is not read: what they are, and the way out."""

from __future__ import annotations

from collections.abc import Callable

from core.formats.files import Folder, Outline

_COCO = "export it as COCO there"
# What the file is, how it is told by the keys of its JSON, and what to do instead.
_KNOWN: tuple[tuple[str, Callable[[Outline], bool], str], ...] = (
    (
        "a project of VIA 3",
        lambda outline: {"project", "file", "view", "metadata"} <= outline.keys,
        "draw or open it in VIA 2, or export it as COCO (Share, then Export) and import that",
    ),
    (
        "Datumaro's own JSON",
        lambda outline: {"items", "categories"} <= outline.keys,
        "datum convert -i FOLDER -if datumaro -f coco -o OUT writes COCO, and so does CVAT's export",
    ),
    (
        "Supervisely's JSON",
        lambda outline: {"objects", "size"} <= outline.keys and "geometryType" in outline.listed,
        _COCO,
    ),
    ("CreateML's JSON", lambda outline: outline.is_list and "coordinates" in outline.listed, _COCO),
    ("Labelbox's JSON", lambda outline: {"data_row", "projects"} <= outline.keys, _COCO),
    ("V7 Darwin's JSON", lambda outline: {"item", "annotations", "version"} <= outline.keys, _COCO),
    (
        "captions of COCO, without objects",
        lambda outline: {"images", "annotations"} <= outline.keys and "caption" in outline.listed,
        "its instances file has the objects",
    ),
)


class KnownFormatError(ValueError):
    """A file of a tool whose format is known and not read."""


def refusal(folder: Folder) -> str | None:
    """One line on the first file whose format is known and not read; None where there is none."""
    for name, outline in folder.json_files():
        for what, is_it, way_out in _KNOWN:
            if is_it(outline):
                return f"{name}: {what}, which is not read; {way_out}"
    return None
