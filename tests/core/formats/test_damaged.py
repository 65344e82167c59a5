"""Damaged files: one line says what is wrong, and what is right in them is kept."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.formats import FORMATS, read, write
from core.formats.tables import parquet as parquet
from tests.core.formats.data_sets import every_kind, sizes_of

WRITTEN = [name for name in FORMATS if name != "parquet" or parquet.is_available()]
DAMAGES = 60
ODD = [
    None,
    True,
    -1,
    0,
    3.5,
    1e300,
    float("nan"),
    10**400,
    "",
    "x",
    "7",
    [],
    {},
    [[]],
    [None],
    {"a": None},
    "é" * 50,
    [1, "b"],
]


def damage_json(value: Any, rng: random.Random) -> Any:
    """The value with one thing anywhere in it replaced, taken out or put in twice."""
    steps = []
    at = value
    while isinstance(at, (list, dict)) and at and (not steps or rng.random() < 0.85):
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        steps.append((at, key))
        at = at[key]
    if not steps:
        return rng.choice(ODD)
    owner, key = steps[-1]
    if rng.random() < 0.3:
        del owner[key]
    else:
        owner[key] = rng.choice(ODD)
    return value


def damage_text(text: str, rng: random.Random) -> str:
    """The text with a word replaced, or a part of it taken out."""
    start = rng.randrange(len(text) + 1)
    if rng.random() < 0.4:
        return text[:start] + text[start + rng.randrange(40) :]
    words = [(at, at + 1) for at, character in enumerate(text) if character in "0123456789"]
    if words:
        begin, end = rng.choice(words)
        return text[:begin] + rng.choice(["x", "-9", "1e99", "", "nan", "99999999999", '"', "<", ","]) + text[end:]
    return text + "x"


def damage(file: Path, rng: random.Random) -> None:
    """Change one file somewhere."""
    if file.suffix == ".json":
        data = json.loads(file.read_text(encoding="utf-8"))
        for _ in range(rng.randrange(1, 4)):
            data = damage_json(data, rng)
        file.write_text(json.dumps(data), encoding="utf-8")
    elif file.suffix in (".png", ".parquet"):
        content = bytearray(file.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(content[: rng.randrange(1, len(content) + 1)])
    else:
        file.write_text(damage_text(file.read_text(encoding="utf-8"), rng), encoding="utf-8")


@pytest.mark.parametrize("name", WRITTEN)
def test_damage_is_a_note_or_one_line(name: str, tmp_path: Path) -> None:
    coco = every_kind()
    write(coco, name, tmp_path / "whole")
    read_in_part = 0
    for seed in range(DAMAGES):
        folder = tmp_path / str(seed)
        shutil.copytree(tmp_path / "whole", folder)
        rng = random.Random(f"{name} {seed}")
        damage(rng.choice(sorted(path for path in folder.rglob("*") if path.is_file())), rng)
        try:
            back, notes = read(folder, name, sizes_of(coco))
        except ValueError as error:
            message = str(error)
        else:
            message = "".join(notes)
            check(back, name)
            read_in_part += 1
        assert "\n" not in message, f"seed {seed}"
        shutil.rmtree(folder)
    assert read_in_part > DAMAGES / 4, "a fault somewhere costs everything"


def check(coco: dict[str, Any], name: str) -> None:
    """What was read holds together; COCO's own files are passed on as they stand."""
    json.dumps(coco)
    if name in ("coco", "coco-results"):
        return
    json.dumps(coco, allow_nan=False)
    images = {image["id"] for image in coco["images"]}
    categories = {category["id"] for category in coco["categories"]}
    for annotation in coco["annotations"]:
        assert annotation["image_id"] in images
        assert annotation["category_id"] in categories
        assert annotation["bbox"][2] > 0 < annotation["bbox"][3]


@pytest.mark.parametrize("name", WRITTEN)
def test_names_that_no_file_can_have_cost_no_other_image(name: str, tmp_path: Path) -> None:
    coco = every_kind()
    coco["images"][1]["file_name"] = "../../etc/a\ud800.jpg"
    coco["images"][2]["file_name"] = "b\0.jpg"
    coco["categories"][1]["name"] = "half \ud83d"
    notes = write(coco, name, tmp_path / "out")
    assert not (tmp_path.parent / "etc").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    back, _ = read(tmp_path / "out", name, sizes_of(coco))
    assert "a.jpg" in {image["file_name"] for image in back["images"]}
    if name != "coco":
        assert any("leads out of the folder" in note for note in notes)
