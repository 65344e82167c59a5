"""YOLO's label files, whichever kind: a text an image, a line an object, coordinates as fractions of the image.

class cx cy w h                     a box; predictions have a score after it
class x y x y x y …                 a polygon
class cx cy w h x y v x y v …       a box and keypoints (`kpt_shape` in data.yaml)
class cx cy w h [score] number      a box of a tracker, with the number of its track
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.formats.building import Building, BuiltImage, Keypoint
from core.formats.files import Folder, parent, stem, suffix
from core.formats.format import Coco
from core.formats.notes import Notes
from core.formats.pictures import Pictures, tidy_name
from core.formats.shapes import snapped
from core.formats.yolo.names import Names, guess_points, has_tracks, names_of

_LOOKED_AT = 50  # label files in which the kind of a data set shows


def label_files(folder: Folder, place: str) -> list[str]:
    """The label files below a folder: in `labels` where there is such a folder, else texts of numbers.

    A text without content, beside such ones or beside the picture that is called alike, says that nothing is there.
    """
    texts = [name for name in folder.inside(place) if suffix(name) == ".txt"]
    in_labels = [name for name in texts if "labels" in name.split("/")[:-1]]
    if in_labels:
        return in_labels
    numbers = [name for name in texts if _is_label_line(folder.head(name).partition("\n")[0])]
    if not numbers:
        return []
    beside, pictures = {parent(name) for name in numbers}, set(map(stem, folder.pictures))
    empty = {name for name in texts if not folder.head(name) and (parent(name) in beside or stem(name) in pictures)}
    return [name for name in texts if name in empty.union(numbers)]


def recognised(folder: Folder, kind: str) -> list[str]:
    """The folders of the YOLO data sets whose labels are of one kind: "box", "seg" or "pose"."""
    tops = {parent(name) for name in folder.texts() if _is_names_file(folder, name)}
    # A train/ or valid/ below a data.yaml is part of it.
    tops = {
        top for top in tops if not any(other != top and (not other or top.startswith(other + "/")) for other in tops)
    }
    if not any(label_files(folder, top) for top in tops):  # the names lie in a folder of their own
        labels = label_files(folder, "")
        tops = {""} if any(_is_label_line(folder.head(name).partition("\n")[0]) for name in labels) else set()
    return sorted(top for top in tops if _kind(folder, top) == kind)


def read_labels(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """Every kind of line, each by its count of numbers."""
    notes = Notes()
    files = label_files(folder, place)
    if not files:
        raise ValueError(f"{place or folder.root}: no YOLO label files (labels/NAME.txt)")
    names = names_of(folder, place, notes)
    if not names.point_count and (points := guess_points(folder, files[:_LOOKED_AT])):
        names.point_count = points
        notes.add(f"no kpt_shape in data.yaml, but every line is a box and {points} points: read as keypoints", place)
    names.tracks = has_tracks(folder, files[:_LOOKED_AT])
    building = Building(notes)
    for number, name in names.classes.items():
        building.category(name, names.keypoints(number))
    listed = _listed_pictures(folder, place)
    found = pictures.meant([_readings(label, place, listed) for label in files], place)
    for label, picture in zip(files, found, strict=True):
        size = pictures.size(picture) if picture else None
        image = building.image(picture or tidy_name(_readings(label, place, listed)[0]), size)
        if image is None:
            continue
        try:
            lines = folder.text(label).splitlines()
        except ValueError as error:
            notes.add(str(error).partition(": ")[2], label)
            continue
        for number, line in enumerate(lines, 1):
            if line.strip():
                _add_line(building, image, line.split(), f"{label} line {number}", names)
    seen = set(found)
    places = {parent(picture) for picture in found if picture}
    rest = [name for name in pictures.in_folder(place) if name not in seen and parent(name) in places]
    if rest:
        have = "1 picture has" if len(rest) == 1 else f"{len(rest)} pictures have"
        notes.add(f"{have} no label file: not part of what is read", place)
    return building.finish(), notes.lines()


def fractions(values: Sequence[float], width: int, height: int) -> str:
    """Pixels x, y, x, y, … as YOLO writes them, with digits enough to come back as they were."""
    return " ".join(f"{value / (height if at % 2 else width):.12g}" for at, value in enumerate(values))


@dataclass(frozen=True)
class _Line:
    """What the numbers behind the class mean."""

    box: Sequence[float] | None = None
    polygon: Sequence[float] | None = None
    points: Sequence[float] = field(default_factory=list)
    score: float | None = None


def _add_line(building: Building, image: BuiltImage, words: Sequence[str], about: str, names: Names) -> None:
    try:
        values = [float(word) for word in words]
    except ValueError:
        building.lose(image, "not all of it is numbers: the line is left out", about)
        return
    if not all(map(math.isfinite, values)) or values[0] < 0 or values[0] != int(values[0]):
        building.lose(image, "no class number and fractions: the line is left out", about)
        return
    track = {"track_id": str(int(values.pop()))} if names.tracks and values[-1] == int(values[-1]) else None
    line = _line(values[1:], names.dimensions, names.point_count)
    if line is None:
        building.lose(
            image, f"{len(values)} numbers are neither box, polygon nor keypoints: the line is left out", about
        )
        return
    shown = [*(line.box or ()), *(line.polygon or ())]
    if max(map(abs, shown)) > 2:
        building.lose(image, "its coordinates are no fractions of the image: the line is left out", about)
        return
    width, height = image["width"], image["height"]
    box, polygon = None, None
    if line.box:
        cx, cy, w, h = line.box
        left, right = (snapped(value * width, width) for value in (cx - w / 2, cx + w / 2))
        top, bottom = (snapped(value * height, height) for value in (cy - h / 2, cy + h / 2))
        box = [left, top, right - left, bottom - top]
    if line.polygon:
        polygon = [
            snapped(value * size, size)
            for value, size in zip(line.polygon, itertools.cycle((width, height)), strict=False)
        ]
    number = int(values[0])
    keypoints = _keypoints(line.points, names.keypoints(number), names.dimensions, width, height)
    score = line.score
    building.add(
        image,
        names.name(number, building.notes, about),
        about,
        segmentation=[polygon] if polygon else None,
        box=box,
        keypoints=keypoints,
        score=score,
        attributes=track,
    )


def _line(values: Sequence[float], point_size: int, point_count: int) -> _Line | None:
    count = len(values)
    if point_count and count == 4 + point_count * point_size:
        return _Line(box=values[:4], points=values[4:])
    if count == 4:
        return _Line(box=values)
    if count == 5:
        return _Line(box=values[:4], score=values[4])
    if count >= 6 and count % 2 == 0:
        return _Line(polygon=values)
    if count >= 6 and 0 <= values[-1] <= 1:
        return _Line(polygon=values[:-1], score=values[-1])
    return None


def _keypoints(
    points: Sequence[float], names: Sequence[str], point_size: int, width: int, height: int
) -> dict[str, Keypoint] | None:
    found: dict[str, Keypoint] = {}
    for at, name in enumerate(names):
        point = points[at * point_size : (at + 1) * point_size]
        if len(point) == point_size:
            x, y = snapped(point[0] * width, width), snapped(point[1] * height, height)
            visibility = int(point[2]) if point_size == 3 else (2 if point[0] or point[1] else 0)
            found[name] = (x, y, min(visibility, 2)) if visibility > 0 else (0, 0, 0)
    return found if any(visibility for _, _, visibility in found.values()) else None


def _kind(folder: Folder, place: str) -> str | None:
    """The kind of a data set's labels; None where there are none."""
    labels = label_files(folder, place)
    if not labels:
        return None
    if names_of(folder, place, Notes()).point_count or guess_points(folder, labels[:_LOOKED_AT]):
        return "pose"
    counts = [len(line.split()) for name in labels[:_LOOKED_AT] for line in folder.head(name).split("\n")[:20] if line]
    return "seg" if any(count >= 7 for count in counts) else "box"


def _is_label_line(line: str) -> bool:
    words = line.split()
    if len(words) < 5 or not words[0].isdigit():
        return False
    try:
        return all(abs(float(word)) <= 2 for word in words[1:5])
    except ValueError:
        return False


def _is_names_file(folder: Folder, name: str) -> bool:
    base = name.rpartition("/")[2]
    return base in ("obj.names", "classes.txt") or (
        suffix(name) in (".yaml", ".yml") and "names" in folder.text_or_empty(name)
    )


def _listed_pictures(folder: Folder, place: str) -> dict[str, str]:
    """The pictures that lists such as train.txt name, with their endings, by their names without."""
    found: dict[str, str] = {}
    for name in folder.inside(place):
        if (
            suffix(name) == ".txt"
            and "labels" not in name.split("/")
            and not _is_label_line(folder.head(name).partition("\n")[0])
        ):
            for line in folder.text_or_empty(name).splitlines():
                if suffix(line.strip()) and "/" in line:
                    picture = tidy_name(line.strip())
                    found[stem(picture)] = picture
    return found


def _readings(label: str, place: str, listed: dict[str, str]) -> list[str]:
    """What the picture of a label file may be called, seen from the data set's folder, the likeliest first."""
    inside = stem(label[len(place) + 1 :] if place else label)
    parts = inside.split("/")
    if "labels" in parts[:-1]:
        at = len(parts) - 2 - parts[:-1][::-1].index("labels")
        swapped = "/".join([*parts[:at], "images", *parts[at + 1 :]])
        without = "/".join([*parts[:at], *parts[at + 1 :]])
    else:
        swapped = without = inside
    readings = [swapped, inside, without]
    names = [listed[reading] for reading in readings if reading in listed]
    names += [name for key, name in listed.items() if key.endswith("/" + swapped)][:1]
    return list(dict.fromkeys([*names, *readings]))
