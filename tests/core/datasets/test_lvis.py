"""Files as LVIS writes them: no iscrowd, images by their URL, and classes that were not looked for everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core import CocoDataset, MaskRCNN, ModelConfig
from core.training.samples import TargetsForModel
from tests.core.toy_data import TINY_MODEL

URL = "http://images.cocodataset.org"


def category(number: int, name: str, frequency: str) -> dict[str, Any]:
    return {
        "id": number, "name": name, "frequency": frequency, "synonyms": [name, f"{name}_thing"],
        "synset": f"{name}.n.01", "def": f"a {name}", "image_count": 12, "instance_count": 30,
    }  # fmt: skip


def image(number: int, negative: list[int], not_exhaustive: list[int], folder: str = "train2017") -> dict[str, Any]:
    return {
        "id": number, "width": 40, "height": 30, "coco_url": f"{URL}/{folder}/{number:012}.jpg", "license": 3,
        "neg_category_ids": negative, "not_exhaustive_category_ids": not_exhaustive,
    }  # fmt: skip


def annotation(number: int, image_id: int, category_id: int) -> dict[str, Any]:
    return {
        "id": number, "image_id": image_id, "category_id": category_id, "bbox": [5.0, 5.0, 10.0, 10.0], "area": 100.0,
        "segmentation": [[5, 5, 15, 5, 15, 15, 5, 15]],
    }  # fmt: skip


def lvis() -> dict[str, Any]:
    """Four classes; image 7 shows a cup (and perhaps more) and no fork, image 8 nothing that was looked for but 12."""
    return {
        "info": {"version": "v1"},
        "licenses": [],
        "images": [image(7, [3], [1]), image(8, [12], [], "val2017")],
        "categories": [
            category(12, "spoon", "r"), category(1, "cup", "f"), category(3, "fork", "c"), category(5, "dish", "f"),
        ],
        "annotations": [annotation(1, 7, 1), annotation(2, 7, 5)],
    }  # fmt: skip


def write(folder: Path, data: dict[str, Any], *, in_folders: bool) -> CocoDataset:
    for entry in data["images"]:
        *_, part, name = entry["coco_url"].split("/")
        path = folder / part / name if in_folders else folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((30, 40, 3), entry["id"], dtype=np.uint8)).save(path)
    (folder / "lvis.json").write_text(json.dumps(data))
    return CocoDataset(folder, folder / "lvis.json", box_masks=True)


@pytest.mark.parametrize("in_folders", [True, False])
def test_images_are_found_by_their_urls(tmp_path: Path, in_folders: bool) -> None:
    dataset = write(tmp_path, lvis(), in_folders=in_folders)
    names = ["000000000007.jpg", "000000000008.jpg"]
    folders = ["train2017/", "val2017/"] if in_folders else ["", ""]
    assert dataset.file_names == [folder + name for folder, name in zip(folders, names, strict=True)]
    pixels, target = dataset[0]
    assert (pixels * 255).mean() == pytest.approx(7, abs=1)
    assert target["labels"].tolist() == [1, 3]  # of the ids 1, 3, 5, 12
    assert target["iscrowd"].tolist() == [False, False]
    assert target["box_masks"].all()


def test_a_file_name_with_a_folder_goes_before_the_url(tmp_path: Path) -> None:
    data = lvis()
    data["images"] = data["images"][:1]
    data["images"][0]["file_name"] = "photos/seven.png"
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (40, 30)).save(tmp_path / "photos/seven.png")
    assert write(tmp_path, data, in_folders=True).file_names == ["photos/seven.png"]


def test_an_image_that_is_not_there_is_named_as_its_url_ends(tmp_path: Path) -> None:
    dataset = write(tmp_path, lvis(), in_folders=True)
    (tmp_path / "val2017/000000000008.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"000000000008\.jpg: there is no such image"):
        CocoDataset(tmp_path, dataset.annotation_file)


@pytest.mark.parametrize("url", [None, 5, URL, f"{URL}/"])
def test_an_image_without_name_and_url_is_refused(tmp_path: Path, url: Any) -> None:
    data = lvis()
    write(tmp_path, data, in_folders=True)
    data["images"][0]["coco_url"] = url
    (tmp_path / "lvis.json").write_text(json.dumps(data))
    with pytest.raises(ValueError, match="image 7 has no file_name"):
        CocoDataset(tmp_path, tmp_path / "lvis.json")


def test_what_was_looked_for_is_known_image_by_image(tmp_path: Path) -> None:
    dataset = write(tmp_path, lvis(), in_folders=True)
    # Labels: background, cup, fork, dish, spoon. Of the cups only some are marked; spoons were not looked for.
    assert dataset[0][1]["annotated_labels"].tolist() == [True, False, True, True, False]
    assert dataset[1][1]["annotated_labels"].tolist() == [True, False, False, False, True]


def test_without_negative_classes_all_but_the_not_exhaustive_ones_are_known(tmp_path: Path) -> None:
    data = lvis()
    for entry in data["images"]:
        del entry["neg_category_ids"]
    dataset = write(tmp_path, data, in_folders=True)
    assert dataset[0][1]["annotated_labels"].tolist() == [True, False, True, True, True]
    assert dataset[1][1]["annotated_labels"].all()


@pytest.mark.parametrize("ids", [[4], ["3"], 3, None, [True]])
def test_classes_that_there_are_not_are_refused(tmp_path: Path, ids: Any) -> None:
    data = lvis()
    data["images"][1]["neg_category_ids"] = ids
    with pytest.raises(ValueError, match=r"image 8 has neg_category_ids .*: a list of category ids") as error:
        write(tmp_path, data, in_folders=True)
    assert "\n" not in str(error.value)


def test_the_model_learns_an_images_background_only_about_classes_looked_for(tmp_path: Path) -> None:
    dataset = write(tmp_path, lvis(), in_folders=True)
    names = ["dish", "plate", "spoon", "fork", "cup"]  # another order, and a class that the data does not name
    categories = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    torch.manual_seed(0)
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 5}), categories)  # type: ignore[arg-type]
    targets = TargetsForModel(dataset.categories, model)([dataset[0][1], dataset[1][1]])
    assert targets[0]["labels"].tolist() == [5, 1]
    assert targets[0]["annotated_labels"].tolist() == [True, True, False, False, True, False]
    assert targets[1]["annotated_labels"].tolist() == [True, False, False, True, False, False]
    # The second image is all background: only "spoon", which was looked for there, is pushed down.
    torch.nn.init.normal_(model.roi_heads.box_predictor.scores.weight)
    loss = model([dataset[1][0]], targets[1:])["loss_classifier"]
    loss.backward()
    gradient = model.roi_heads.box_predictor.scores.weight.grad
    assert gradient is not None
    assert (gradient.abs().sum(dim=1) > 0).tolist() == [True, False, False, True, False, False]
