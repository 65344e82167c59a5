"""How the three YOLO formats are written: data.yaml, the list of images, and a label file for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from core.files import write_text_atomically
from core.formats.content import Content, Object
from core.formats.files import stem
from core.formats.format import BESIDE_OBJECTS, Fact
from core.formats.notes import Notes

LIST = "images.txt"

NO_YOLO_CARRIES: frozenset[Fact] = BESIDE_OBJECTS | frozenset(
    {"masks beside keypoints", "skeletons", "crowds", "scores", "attributes", "image sizes", "supercategories", "ids"}
)


def write_yolo(
    content: Content, folder: Path, notes: Notes, line_of: Callable[[Object], str | None], **more: object
) -> list[str]:
    """Write a data set with one line for each object but crowds, none where `line_of` gives None.

    `more` goes into data.yaml.

    Pictures belong into images/, under the names that the data set has.
    """
    numbers = {id(category): number for number, category in enumerate(content.categories)}
    config = {"path": ".", "train": LIST, "val": LIST, "names": dict(enumerate(content.names)), **more}
    listed: list[str] = []
    stems: set[str] = set()
    for picture in content.pictures:
        name = stem(picture.name)
        if name in stems:
            notes.add(
                "another image differs in the ending alone, and YOLO has one label file for both: left out",
                picture.name,
            )
            continue
        stems.add(name)
        listed.append(f"./images/{picture.name}")
        lines = []
        for thing in picture.objects:
            if thing.crowd:
                notes.add("a crowd: left out, YOLO would take it for one object", thing.about)
            elif line := line_of(thing):
                _note_losses(thing, notes)
                lines.append(f"{numbers[id(thing.category)]} {line}\n")
        file = folder / "labels" / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(file, "".join(lines))
    write_text_atomically(folder / "data.yaml", yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    write_text_atomically(folder / LIST, "".join(f"{name}\n" for name in listed))
    return notes.lines()


def _note_losses(thing: Object, notes: Notes) -> None:
    """What no YOLO format has."""
    if thing.score is not None:
        notes.add("its score is not written", thing.about)
    if thing.attributes:
        notes.add("its attributes are not written", thing.about)
