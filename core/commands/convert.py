"""`python -m core convert`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.commands.arguments import Convert
from core.datasets.cityscapes import cityscapes_to_coco
from core.datasets.images import image_size
from core.files import write_text_atomically
from core.formats import read, write
from core.formats.coco.instances import NAME as COCO
from core.formats.coco.instances import write_json
from core.formats.files import Folder
from core.formats.known import format_of


def convert(command: Convert) -> int:
    """Write a data set in another format, and a line for each thing that was changed or left out."""
    if len(command.paths) == 3 and command.paths[0] == "cityscapes":
        return _convert_cityscapes(command.paths[1], Path(command.paths[2]), command.split)
    if len(command.paths) != 2:
        raise ValueError("convert takes FROM TO, or cityscapes ROOT OUT.json: two names or three")
    source, target = map(Path, command.paths)
    as_file = target.suffix.lower() == ".json"
    name = command.format or COCO
    format_of(name)
    if as_file and name != COCO:
        raise ValueError(f"{target}: {name} is written into a folder, not into a file")
    _check_target(target, as_file)
    images = SizesInFolder(Path(command.images)) if command.images is not None else None
    coco, notes = read(source, command.from_format, images)
    coco, more = _normalised(coco)
    notes += more
    if notes and not coco["images"]:
        _say(notes)
        mend = "" if images is not None else "; --images DIR says where the pictures lie"
        raise ValueError(f"{source}: none of its images is left, {target} was not written{mend}")
    if as_file:
        write_json(coco, target)
    else:
        notes += write(coco, name, target)
    _say(notes)
    print(f"{len(coco['images'])} images, {_objects(coco)}: {target}")
    return 0


def _say(notes: Iterable[str]) -> None:
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


class SizesInFolder(Mapping[str, tuple[int, int]]):
    """Height and width of the images below a folder by their name in it, looked up when asked for."""

    def __init__(self, root: Path) -> None:
        """Raises FileNotFoundError where there is no such folder."""
        if not root.is_dir():
            raise FileNotFoundError(f"{root}: there is no such folder of images")
        self._root = root
        self._names = dict.fromkeys(Folder(root).pictures)

    def __getitem__(self, name: str) -> tuple[int, int]:
        if name not in self._names:
            raise KeyError(name)
        return image_size(self._root / name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _normalised(coco: dict[str, object]) -> tuple[dict[str, Any], list[str]]:
    """COCO of any dialect as COCO has it, and what was mended in it or left out."""
    from core.coco.normalise import normalise_coco
    from core.coco.report import Report, grouped

    report = Report()
    data = normalise_coco(coco, report, mend_areas=False).data
    problems = [problem for problem in report.problems if not (problem.is_note or problem.is_spelling)]
    return data, [str(problem) for problem in grouped(problems)]


def _check_target(target: Path, as_file: bool) -> None:
    """Raises before minutes of reading where the target could not be written."""
    if as_file and not target.absolute().parent.is_dir():
        raise FileNotFoundError(f"{target}: there is no such folder to write it in")
    if not as_file and target.exists() and not target.is_dir():
        raise ValueError(f"{target}: a file; a folder, or a .json file for COCO, is needed")


def _convert_cityscapes(root: str, output: Path, split: str) -> int:
    """Write a Cityscapes split as COCO JSON, and say how to train on it."""
    _check_target(output, as_file=True)
    data = cityscapes_to_coco(root, split)
    write_text_atomically(output, json.dumps(data))
    print(f"{len(data['images'])} images, {_objects(data)}: {output}")
    print(f"python -m core train --images {root} --annotations {output} …", file=sys.stderr)
    return 0


def _objects(data: Mapping[str, Any]) -> str:
    crowds = sum(bool(annotation.get("iscrowd")) for annotation in data["annotations"])
    return f"{len(data['annotations']) - crowds} objects, {crowds} crowds"
