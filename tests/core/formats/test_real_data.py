"""Real photographs' annotations through every format and back: what a format can carry comes back to the pixel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.formats import FORMATS, read, write
from core.formats.tables import parquet as parquet
from core.masks import segmentation_bbox
from tests.core.formats.data_sets import objects_in, sizes_of

IMAGES = 10
FILES = (
    "coco_subset/annotations/instances_val.json",
    "coco_subset/annotations/keypoints_val.json",
    "carparts/annotations/instances.json",
    "pennfudan/annotations/instances.json",
    "nuclei/annotations/instances_rle.json",
)


def first_images(file: Path) -> dict[str, Any]:
    """The first images of a data set and their objects, boxes as their masks have them."""
    data = json.loads(file.read_text(encoding="utf-8"))
    images = sorted(data["images"], key=lambda image: image["id"])[:IMAGES]
    ids = {image["id"] for image in images}
    annotations = [annotation for annotation in data["annotations"] if annotation["image_id"] in ids]
    sizes = {image["id"]: (image["height"], image["width"]) for image in images}
    for annotation in annotations:
        if annotation.get("segmentation"):
            annotation["bbox"] = segmentation_bbox(annotation["segmentation"], *sizes[annotation["image_id"]])
    return {"images": images, "annotations": annotations, "categories": data["categories"]}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet" or parquet.is_available()])
@pytest.mark.parametrize("file", FILES)
def test_every_instance_comes_back(name: str, file: str, shared_data: Path, tmp_path: Path) -> None:
    if not (shared_data / file).is_file():
        pytest.skip(f"{file} is not on this machine")
    coco = first_images(shared_data / file)
    cannot = FORMATS[name].CANNOT_CARRY
    notes = write(coco, name, tmp_path)
    back, _ = read(tmp_path, name, sizes_of(coco) if "image sizes" in cannot else None)
    expected, found = objects_in(coco, cannot), objects_in(back, cannot)
    assert expected
    assert found == expected
    if sum(expected.values()) < len(coco["annotations"]):
        assert any("left out" in note for note in notes)
