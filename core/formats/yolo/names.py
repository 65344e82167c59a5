"""What a YOLO data set says about its classes: data.yaml, obj.names or classes.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml

from core.formats.files import Folder, parent, suffix
from core.formats.notes import Notes

_MOST_POINTS = 1000  # keypoints of a class
_MANY = 10  # lines
_WHOLE_HEAD = 4000  # characters; a longer head may end within a line


@dataclass
class Names:
    """Classes by number, and the keypoints that every object has."""

    classes: dict[int, str] = field(default_factory=dict)
    point_count: int = 0
    dimensions: int = 3  # numbers a keypoint: x, y and visibility, or x and y alone
    point_names: dict[int, list[str]] = field(default_factory=dict)  # by class
    tracks: bool = False  # a line ends with the number of its track

    def name(self, number: int, notes: Notes, about: str) -> str:
        """The name of a class; its number where it has none."""
        if number in self.classes:
            return self.classes[number]
        notes.add(f"class {number} has no name: it comes as '{number}'", about)
        return str(number)

    def keypoints(self, number: int) -> list[str]:
        """The names of a class's keypoints, numbers where it has none."""
        if self.point_names:
            return self.point_names.get(number, [])
        return [str(point) for point in range(1, self.point_count + 1)]


def names_of(folder: Folder, place: str, notes: Notes) -> Names:
    """The classes of the data set in a folder; a note where there are none, or where they cannot be read."""
    inside = [name for name in folder.inside(place) if name not in folder.pictures and "labels" not in name.split("/")]
    # Those in the folder itself before those in a folder of their own.
    here = sorted(inside, key=lambda name: parent(name) != place)
    for name in sorted(here, key=lambda name: (parent(name) != place, "data" not in name)):
        if suffix(name) in (".yaml", ".yml"):
            found = _from_yaml(folder, name, notes)
            if found is not None:
                return found
    for name in here:
        if name.rpartition("/")[2] in ("obj.names", "classes.txt", "_darknet.labels") or suffix(name) == ".names":
            try:
                lines = [line.strip() for line in folder.text(name).splitlines()]
            except ValueError as error:
                notes.add(str(error).partition(": ")[2], name)
                continue
            while lines and not lines[-1]:
                lines.pop()
            return Names(dict(enumerate(_each_once(lines))))
    notes.add("neither data.yaml nor classes.txt names the classes: they come by number", place)
    return Names()


def has_tracks(folder: Folder, labels: Sequence[str]) -> bool:
    """Whether lines are boxes, with scores or without, that end with the numbers of tracks, as a tracker writes them.

    Scores are not above 1. Of a single track, number 1, many lines are needed: an outline of three points or a few may
    end at the lower edge of their images, but not all of them.
    """
    lines = _numbers_of(folder, labels)
    last = [line[-1] for line in lines if len(line) in (5, 6)]
    if not last or len(last) < len(lines) or any(value % 1 or value < 1 for value in last):
        return False
    return max(last) > 1 or (len(lines) >= _MANY and all(len(line) == 6 and line[4] <= 1 for line in lines))


def _numbers_of(folder: Folder, labels: Sequence[str]) -> list[list[float]]:
    """The numbers behind the class of each whole line in the heads of files; none where a word is no number."""
    lines = []
    for name in labels:
        head = folder.head(name)
        whole = head if head.endswith("\n") or len(head) < _WHOLE_HEAD else head.rpartition("\n")[0]
        lines += [line.split()[1:] for line in whole.splitlines() if line.strip()]
    try:
        return [[float(word) for word in line] for line in lines]
    except ValueError:
        return []


def guess_points(folder: Folder, labels: Sequence[str]) -> int:
    """How many keypoints the lines have behind their boxes, where nothing says it; 0 where that does not show.

    Lines of poses are equally long, every third number behind the box is a visibility, 0, 1 or 2, and what is visible
    lies in the box: no outline is like that. Keypoints without visibility cannot be told from an outline.
    """
    numbers = _numbers_of(folder, labels)
    count = len(numbers[0]) - 4 if numbers else 0
    if count < 3 or count % 3 or any(len(line) != count + 4 for line in numbers):
        return 0
    return count // 3 if all(map(_is_pose, numbers)) and any(max(line[6::3]) for line in numbers) else 0


def _is_pose(numbers: Sequence[float]) -> bool:
    cx, cy, width, height = numbers[:4]
    for x, y, visibility in zip(numbers[4::3], numbers[5::3], numbers[6::3], strict=True):
        if visibility not in (0, 1, 2):
            return False
        if visibility and not (abs(x - cx) <= width and abs(y - cy) <= height):  # a point may lie a little outside
            return False
    return True


def _from_yaml(folder: Folder, name: str, notes: Notes) -> Names | None:
    try:
        # Names as they are written, of texts, lists and dictionaries alone: YAML makes False of `no`, and 7 of `007`.
        data = yaml.load(folder.text(name), Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        notes.add(f"broken YAML{f' at line {mark.line + 1}' if mark else ''}", name)
        return None
    except (ValueError, RecursionError) as error:
        notes.add(str(error).partition(": ")[2] or "cannot be read", name)
        return None
    raw = data.get("names") if isinstance(data, dict) else None
    if isinstance(raw, list):
        raw = {str(number): value for number, value in enumerate(raw)}
    if not isinstance(raw, dict):
        return None
    numbered = {int(key): value for key, value in raw.items() if _number(key) is not None}
    numbers = sorted(numbered)
    names = Names(dict(zip(numbers, _each_once([_scalar(numbered[number]) for number in numbers]), strict=True)))
    shape = data.get("kpt_shape")
    if isinstance(shape, list) and len(shape) == 2:
        count, size = map(_number, shape)
        if count and size in (2, 3) and count <= _MOST_POINTS:
            names.point_count, names.dimensions = count, size
            names.point_names = _point_names(data.get("kpt_names"), count)
    return names


def _point_names(raw: object, count: int) -> dict[int, list[str]]:
    """Names of keypoints by class; a class that names fewer than are written has only those."""
    if not isinstance(raw, dict):
        return {}
    return {
        int(key): _each_once([_scalar(value) for value in names[:count]])
        for key, names in raw.items()
        if _number(key) is not None and isinstance(names, list)
    }


def _number(text: object) -> int | None:
    """A whole number that is written as text; None for anything else."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) < 10 else None


def _scalar(value: object) -> str:
    """A name as text; nothing for what is none: a few hundred bytes of nested aliases would be gigabytes of text."""
    return value if isinstance(value, str) else ""


def _each_once(names: list[str]) -> list[str]:
    """The names, a number behind those that an earlier one has already."""
    found: dict[str, None] = {}
    for number, name in enumerate(names):
        text = " ".join(name.split()) or str(number)
        while text in found:
            text += f" ({number})"
        found[text] = None
    return list(found)
