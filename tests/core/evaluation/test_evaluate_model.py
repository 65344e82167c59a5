"""A model judged on a data set whose categories have other numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from core import CocoDataset, Instances, MaskRCNN, ModelConfig, Predictor, evaluate, load_model
from core.datasets.images import read_image
from core.evaluation import coco_results
from core.shipped import shipped
from tests.core.toy_data import TINY_MODEL, write_toy_data


class PerfectMaskRCNN(MaskRCNN):
    """Finds what the annotations of a data set say, as labels of its own."""

    def __init__(self, dataset: CocoDataset, names: list[str], **fields: Any) -> None:
        config = ModelConfig.from_dict(TINY_MODEL | {"num_classes": len(names), "backbone": "mobilenet_v2"} | fields)
        super().__init__(config, [{"id": 50 + label, "name": name} for label, name in enumerate(names, 1)])
        self.truth = {dataset[index][0].double().sum().item(): dataset[index][1] for index in range(len(dataset))}
        self.names = {label: category["name"] for label, category in enumerate(dataset.categories, 1)}

    def forward(self, images: Any, *_: Any, **__: Any) -> list[Instances]:  # type: ignore[override]
        found = []
        for image in images:
            target = self.truth[image.double().sum().item()]
            names = [self.names[int(label)] for label in target["labels"]]
            mine = [category["name"] for category in self.categories]
            labels = torch.tensor([1 + mine.index(name) if name in mine else 1 for name in names])
            masks = target["box_masks"].float() if self.config.mask_head else None
            size = (image.shape[1], image.shape[2])
            scores = torch.tensor([0.9, 0.2])
            found.append(Instances(size, target["boxes"], labels, scores, masks, categories=self.categories))
        return found


@pytest.fixture
def dataset(tmp_path: Path) -> CocoDataset:
    file = write_toy_data(tmp_path / "data", 3)
    return CocoDataset(tmp_path / "data" / "images", file, box_masks=True)


def test_labels_are_matched_by_name_and_other_classes_left_out(dataset: CocoDataset) -> None:
    model = PerfectMaskRCNN(dataset, ["dog", "square", "disc"])
    model.train()
    metrics = evaluate(model, dataset, batch_size=2)
    assert list(metrics) == ["bbox", "segm"]
    assert metrics["bbox"]["AP"] == pytest.approx(1.0)
    assert metrics["segm"]["AP75"] == pytest.approx(1.0)
    assert metrics["segm"]["per_category"] == pytest.approx({"disc": 1.0, "square": 1.0}, abs=0.2)
    assert model.training
    assert {result["category_id"] for result in coco_results(model, dataset)} == {3, 7}

    # It takes discs for dogs, which nobody annotated: they are neither right nor wrong.
    with pytest.warns(UserWarning, match="3 detections of 1 classes that the annotations do not name left out: dog"):
        metrics = evaluate(PerfectMaskRCNN(dataset, ["dog", "square"]), dataset)
    assert metrics["bbox"]["per_category"] == pytest.approx({"disc": 0.0, "square": 1.0})


def test_threshold_kinds_and_progress(dataset: CocoDataset) -> None:
    model = PerfectMaskRCNN(dataset, ["square", "disc"], mask_head=None)
    done: list[int] = []
    metrics = evaluate(model, dataset, score_threshold=0.5, batch_size=2, progress=done.append)
    assert list(metrics) == ["bbox"]  # the model has no masks
    assert metrics["bbox"]["AR100"] == pytest.approx(0.5)  # one of the two objects has a score of 0.2
    assert done == [2, 1]


def test_a_model_that_knows_none_of_the_classes_scores_nothing(dataset: CocoDataset) -> None:
    metrics = evaluate(PerfectMaskRCNN(dataset, ["dog"]), dataset)
    assert metrics["segm"]["AP50"] == 0


def test_categories_of_one_name_are_one(dataset: CocoDataset) -> None:
    data = json.loads(dataset.annotation_file.read_text())
    data["categories"][0]["name"] = "square"
    dataset.annotation_file.write_text(json.dumps(data))
    twice = CocoDataset(dataset.images_dir, dataset.annotation_file, box_masks=True)
    assert [category["name"] for category in twice.categories].count("square") == 1


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("astronaut.jpg", {"bbox": 0.9, "segm": 0.9}),
        ("chelsea.jpg", {"bbox": 0.85}),  # she fills her picture: of as sure a box one side is 23 of 420 pixels off
    ],
)
def test_in_bfloat16_the_starter_finds_in_a_photograph_what_it_finds_in_float32(
    name: str, least: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.devices.has_bfloat16", lambda device: True)  # torch computes in it anywhere, slowly
    model = load_model("starter")
    photograph = torch.from_numpy(read_image(shipped("photographs") / name)).permute(2, 0, 1).float() / 255
    with torch.no_grad():
        found = model.eval()([photograph])[0]
    sure = found[found.scores.argmax()[None]]  # of several boxes on one object the others move further
    assert sure.scores > 0.9
    truth = [(photograph, {"boxes": sure.boxes, "labels": sure.labels, "masks": sure.bitmaps().to(torch.uint8)})]
    figures = evaluate(model, truth, precision="bf16")
    for kind, precision in least.items():
        assert figures[kind]["AP"] > precision
    best = [coco_results(model, truth, precision=precision)[0]["score"] for precision in ("float32", "bf16")]
    assert best[0] == pytest.approx(best[1], abs=0.02)
    assert best[0] != best[1]
    assert next(model.parameters()).dtype == torch.float32


def test_detections_beyond_the_models_limit_are_counted_and_the_limit_can_be_raised(dataset: CocoDataset) -> None:
    torch.manual_seed(0)
    fields = TINY_MODEL | {"num_classes": 2, "backbone": "mobilenet_v2", "detections_per_image": 3}
    model = MaskRCNN(ModelConfig.from_dict(fields), dataset.categories)
    with torch.no_grad():
        model.roi_heads.box_predictor.scores.bias[1] = 3.0  # every proposal is a disc
    with pytest.warns(
        UserWarning, match="in 3 images are left out, being more than 3 in an image: the model's detections_per_image"
    ):
        assert len(coco_results(model, dataset)) == 9
    assert len(coco_results(model, dataset, max_detections=50)) > 9
    assert "AR50" in evaluate(model, dataset, max_detections=50)["bbox"]
    assert model.config.detections_per_image == 3


@pytest.mark.parametrize("as_sequence", [False, True])
def test_a_large_picture_is_judged_by_what_the_predictor_sees_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_sequence: bool
) -> None:
    (tmp_path / "images").mkdir()
    with Image.open(shipped("photographs") / "astronaut.jpg") as photograph:
        large = photograph.convert("RGB").resize((1500, 1200), Image.Resampling.NEAREST)
        large.save(tmp_path / "images" / "large.png")
        photograph.save(tmp_path / "images" / "small.jpg")
    sizes = [(1200, 1500), (photograph.height, photograph.width)]
    images = [
        {"id": number, "file_name": name, "height": height, "width": width}
        for number, (name, (height, width)) in enumerate(zip(("large.png", "small.jpg"), sizes, strict=True), 1)
    ]
    file = tmp_path / "annotations.json"
    categories = [{"id": 1, "name": "person"}]
    file.write_text(json.dumps({"images": images, "annotations": [], "categories": categories}))
    dataset: Any = CocoDataset(tmp_path / "images", file)
    if as_sequence:
        dataset = [
            (dataset[index][0], {"boxes": torch.zeros(0, 4), "labels": [], "image_id": index + 1}) for index in range(2)
        ]
    monkeypatch.setattr("core.predict.sources.LARGE", 1_000_000)
    model = load_model("starter")
    predictor = Predictor(model, device="cpu", score_threshold=0.5)
    results = coco_results(model, dataset, categories=["person"], device="cpu", score_threshold=0.5)
    assert len(coco_results(model, dataset, categories=["person"], device="cpu", batch_size=2)) >= len(results)
    for image, (height, width) in zip(images, sizes, strict=True):
        found = predictor(tmp_path / "images" / str(image["file_name"]))
        persons = [instance for instance in found if instance.category_of(0)["name"] == "person"]
        own = [result for result in results if result["image_id"] == image["id"]]
        assert len(own) == len(persons) >= 1
        for result, instance in zip(own, persons, strict=True):
            x, y, w, h = result["bbox"]
            assert instance.boxes[0].tolist() == pytest.approx([x, y, x + w, y + h], abs=2.0)
            assert result["score"] == pytest.approx(float(instance.scores), abs=0.02)
            assert result["segmentation"]["size"] == [height, width]
