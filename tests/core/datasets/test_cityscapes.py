"""Cityscapes in its official layout becomes the same data set as any COCO file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import CocoDataset
from core.__main__ import main
from core.coco.check import check_coco
from core.datasets.cityscapes import CLASSES, cityscapes_to_coco, draw_instance_ids, objects_of
from tests.core.toy_data import TINY_MODEL

HEIGHT, WIDTH = 40, 80


def rectangle(x0: int, y0: int, x1: int, y1: int) -> list[list[int]]:
    """Corners whose drawing covers the pixels x0 to x1 - 1 and y0 to y1 - 1: drawn edges belong to it."""
    return [[x0, y0], [x1 - 1, y0], [x1 - 1, y1 - 1], [x0, y1 - 1]]


# From back to front: what comes later lies on what came before.
STREET: list[dict[str, Any]] = [
    {"label": "road", "polygon": rectangle(0, 20, 80, 40)},
    {"label": "car", "polygon": rectangle(10, 15, 40, 30)},
    {"label": "person", "polygon": rectangle(5, 10, 15, 30)},
    {"label": "person", "polygon": rectangle(60, 12, 66, 30)},
    {"label": "persongroup", "polygon": rectangle(68, 12, 78, 24)},
    {"label": "persongroup", "polygon": rectangle(44, 12, 50, 18)},
    {"label": "polegroup", "polygon": rectangle(20, 0, 22, 40)},
    {"label": "license plate", "polygon": rectangle(30, 25, 34, 27)},
    {"label": "caravan", "polygon": rectangle(44, 20, 56, 28)},
    {"label": "bus", "polygon": rectangle(0, 0, 80, 40), "deleted": 1},
    {"label": "person", "polygon": rectangle(62, 14, 64, 16)},
]  # fmt: skip


def street_ids() -> np.ndarray:
    """What `STREET` looks like, painted without polygons; the numbers are those of the benchmark."""
    ids = np.zeros((HEIGHT, WIDTH), dtype=np.uint16)
    ids[20:40, 0:80] = 7  # road
    ids[15:30, 10:40] = 26000  # car
    ids[10:30, 5:15] = 24000  # first person, before the car
    ids[12:30, 60:66] = 24001
    ids[12:24, 68:78] = ids[12:18, 44:50] = 24  # persons that were not told apart
    ids[0:40, 20:22] = 17  # a pole, which splits the car
    ids[20:28, 44:56] = 29000
    ids[14:16, 62:64] = 24002  # a person in front of another, who has a hole then
    return ids


def write_city(root: Path, *, pictures: bool = True, polygons: bool = True, split: str = "train") -> None:
    """Two images of two cities: a street, and one without objects."""
    for number, (city, ids, listed) in enumerate(
        [("aachen", street_ids(), STREET), ("bochum", np.full((HEIGHT, WIDTH), 7), STREET[:1])]
    ):
        name = f"{city}_{number:06}_000019"
        for folder in ("leftImg8bit", "gtFine"):
            (root / folder / split / city).mkdir(parents=True, exist_ok=True)
        photograph = Image.fromarray(np.full((HEIGHT, WIDTH, 3), 90 + number, dtype=np.uint8))
        photograph.save(root / "leftImg8bit" / split / city / f"{name}_leftImg8bit.png")
        annotated = root / "gtFine" / split / city
        if pictures:
            Image.fromarray(ids.astype(np.uint16)).save(annotated / f"{name}_gtFine_instanceIds.png")
            # Others that come with it and are not looked at.
            Image.fromarray((ids // 1000).astype(np.uint8)).save(annotated / f"{name}_gtFine_labelIds.png")
        if polygons:
            content = {"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": listed}
            (annotated / f"{name}_gtFine_polygons.json").write_text(json.dumps(content))


@pytest.mark.parametrize(("pictures", "polygons"), [(True, True), (True, False), (False, True)])
def test_objects_groups_and_what_hides_them(tmp_path: Path, pictures: bool, polygons: bool) -> None:
    write_city(tmp_path, pictures=pictures, polygons=polygons)
    data = cityscapes_to_coco(tmp_path)
    file = tmp_path / "train.json"
    file.write_text(json.dumps(data))
    problems = check_coco(file, tmp_path)
    assert [problem.subject for problem in problems if problem.is_note] == ["categories"]  # 29 and 30 are not evaluated
    assert len(problems) == 1
    dataset = CocoDataset(tmp_path, file)
    assert [category["name"] for category in dataset.categories] == list(CLASSES.values())
    assert dataset.file_names == [
        "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png",
        "leftImg8bit/train/bochum/bochum_000001_000019_leftImg8bit.png",
    ]
    image, target = dataset[0]
    assert (image * 255).mean() == pytest.approx(90)
    names = [dataset.categories[label - 1]["name"] for label in target["labels"]]
    assert names == ["person", "person", "person", "person", "car"]
    assert target["iscrowd"].tolist() == [True, False, False, False, False]
    ids = street_ids()
    for mask, value in zip(target["masks"].numpy(), [24, 24000, 24001, 24002, 26000], strict=True):
        np.testing.assert_array_equal(mask.astype(bool), ids == value)
    assert target["boxes"].tolist() == [
        [44, 12, 78, 24], [5, 10, 15, 30], [60, 12, 66, 30], [62, 14, 64, 16], [15, 15, 40, 30],
    ]  # fmt: skip
    assert target["area"].tolist() == target["masks"].sum((1, 2)).tolist()
    assert len(dataset[1][1]["boxes"]) == 0


def test_the_picture_is_the_truth_where_polygons_say_otherwise(tmp_path: Path) -> None:
    write_city(tmp_path)
    path = tmp_path / "gtFine/train/aachen/aachen_000000_000019_gtFine_polygons.json"
    path.write_text("not even JSON")
    assert len(cityscapes_to_coco(tmp_path)["annotations"]) == 5


def test_every_class_has_its_number() -> None:
    ids = np.zeros((1, 40), dtype=np.int32)
    ids[0, :34] = np.arange(34) * 1000 + 3
    assert [found["category_id"] for found in objects_of(ids)] == [24, 25, 26, 27, 28, 31, 32, 33]
    ids[0, :34] = np.arange(34)
    groups = objects_of(ids)
    assert [found["category_id"] for found in groups] == [24, 25, 26, 27, 28, 31, 32, 33]
    assert all(found["iscrowd"] for found in groups)


def test_objects_of_a_class_are_numbered_in_the_files_order() -> None:
    rider = {"label": "rider", "polygon": rectangle(0, 0, 2, 2)}
    content = {"imgHeight": 4, "imgWidth": 6, "objects": [rider, rider | {"polygon": rectangle(2, 2, 4, 4)}]}
    ids = draw_instance_ids(content)
    assert ids.tolist() == [[25000, 25000, 0, 0, 0, 0]] * 2 + [[0, 0, 25001, 25001, 0, 0]] * 2


def test_the_command_writes_what_train_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_city(tmp_path / "city", split="val")
    file = tmp_path / "val.json"
    assert main(["convert", "cityscapes", str(tmp_path / "city"), str(file), "--split", "val"]) == 0
    assert capsys.readouterr().out == f"2 images, 4 objects, 1 crowds: {file}\n"
    (tmp_path / "tiny.json").write_text(json.dumps(TINY_MODEL))
    arguments = ["train", "--images", str(tmp_path / "city"), "--annotations", str(file)]
    arguments += ["--output", str(tmp_path / "run"), "--model=", "--model-config", str(tmp_path / "tiny.json")]
    assert main([*arguments, "--steps", "1", "--device", "cpu"]) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "broken JSON"),
        ("[]", "imgHeight, imgWidth and the list objects are needed"),
        ('{"imgHeight": 4, "imgWidth": "6", "objects": []}', "imgHeight, imgWidth and the list objects"),
        ('{"imgHeight": 4, "imgWidth": 6, "objects": [{"label": "car"}]}', "object 0 needs a label and a polygon"),
        ('{"imgHeight": 4, "imgWidth": 6, "objects": [{"label": "car", "polygon": [[1]]}]}', "object 0 needs"),
    ],
)
def test_bad_polygons_are_named(tmp_path: Path, content: str, message: str) -> None:
    write_city(tmp_path, pictures=False)
    (tmp_path / "gtFine/train/aachen/aachen_000000_000019_gtFine_polygons.json").write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        cityscapes_to_coco(tmp_path)
    assert "aachen_000000_000019_gtFine_polygons.json: " in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_not_laid_out_so_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "cityscapes", str(tmp_path), str(tmp_path / "a.json")]) == 2
    assert "a Cityscapes folder has gtFine/train/<city>/" in capsys.readouterr().err
    assert not (tmp_path / "a.json").exists()
    (tmp_path / "gtFine/train").mkdir(parents=True)
    with pytest.raises(ValueError, match="no <city>/"):
        cityscapes_to_coco(tmp_path)
    write_city(tmp_path)
    picture = tmp_path / "gtFine/train/aachen/aachen_000000_000019_gtFine_instanceIds.png"
    Image.new("RGB", (4, 4)).save(picture)
    with pytest.raises(ValueError, match=r"instanceIds\.png: a picture of colours"):
        cityscapes_to_coco(tmp_path)
    picture.write_bytes(b"\x89PNG no more")
    with pytest.raises(ValueError, match=r"instanceIds\.png: not a picture"):
        cityscapes_to_coco(tmp_path)
    (tmp_path / "leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"leftImg8bit\.png: there is no such image"):
        cityscapes_to_coco(tmp_path)
