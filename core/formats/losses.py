"""What a format cannot say about classes; what it cannot say about objects, its module notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.formats.content import id_key
from core.formats.format import Fact
from core.formats.notes import Notes


def class_losses(coco: Mapping[str, Any], cannot_carry: frozenset[Fact]) -> list[str]:
    """A line for each thing that the classes of a data set have and a format lacks."""
    notes = Notes()
    used = {id_key(entry.get("category_id")) for entry in coco.get("annotations") or () if isinstance(entry, dict)}
    for category in coco.get("categories") or ():
        if not isinstance(category, dict):
            continue
        about = str(category.get("name"))
        if "unused classes" in cannot_carry and id_key(category.get("id")) not in used:
            notes.add("a class without objects is not written", about)
        if "skeletons" in cannot_carry and category.get("skeleton"):
            notes.add("the skeleton of a class is not written", about)
        if "supercategories" in cannot_carry and category.get("supercategory"):
            notes.add("the supercategory of a class is not written", about)
    return notes.lines()
