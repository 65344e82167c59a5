"""`train` and `evaluate` on models, data and callbacks of a program's own."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torchvision.ops import FrozenBatchNorm2d

from core import CocoDataset, MaskRCNN, ModelConfig, TrainConfig, evaluate, load_model, train
from core.datasets.sample_sequence import SampleSequence
from core.training import Callback
from tests.core.evaluation.test_evaluate_model import PerfectMaskRCNN
from tests.core.toy_data import CATEGORIES, TINY_MODEL, toy_config, write_toy_data

TINY = TINY_MODEL | {"backbone": "mobilenet_v2"}
NAMES = ["disc", "square"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    write_toy_data(folder, 4, keypoints=True)
    return folder


@pytest.fixture(scope="module")
def coco(toy: Path) -> CocoDataset:
    return CocoDataset(toy / "images", toy / "annotations.json", box_masks=True)


def config_for(toy: Path, output: Path, **fields: Any) -> TrainConfig:
    ours = {"model_config": json.dumps(TINY), "steps": 2, "log_every": 1}
    return toy_config(toy, output, **(ours | fields))


def own_config(output: Path, **fields: Any) -> TrainConfig:
    return replace(TrainConfig(output=str(output), steps=2, log_every=1, device="cpu"), **fields)


def tiny(**fields: Any) -> MaskRCNN:
    torch.manual_seed(0)
    values = TINY | {"num_classes": 2, "num_keypoints": 2} | fields
    return MaskRCNN(ModelConfig.from_dict(values), [{"id": 1, "name": "disc"}, {"id": 2, "name": "square"}])


def test_a_list_of_samples_trains_the_same_model_as_the_files(toy: Path, coco: CocoDataset, tmp_path: Path) -> None:
    config = config_for(toy, tmp_path / "files", val_annotations=str(toy / "annotations.json"), validate_every=0)
    from_files = train(config)
    samples = [coco[index] for index in range(len(coco))]
    config = replace(config, images=(), annotations=(), val_annotations=None, output=str(tmp_path / "samples"))
    result = train(config, dataset=samples, validation=samples, categories=coco.categories)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("files", "samples"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert result.metrics["segm"] == from_files.metrics["segm"]
    assert load_model(tmp_path / "samples").categories == coco.categories


def test_a_model_that_is_given_learns_itself(coco: CocoDataset, tmp_path: Path) -> None:
    model = tiny()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    samples = [coco[index] for index in range(len(coco))]
    result = train(own_config(tmp_path / "run"), model=model, dataset=samples)
    written = load_model(result.directory).state_dict()
    after = model.state_dict()
    assert all(torch.equal(written[name], after[name]) for name in after)
    assert not any(torch.equal(before[name], after[name]) for name in before if name.endswith("conv.weight"))
    again = train(own_config(tmp_path / "run", steps=3, resume=True), model=tiny(), dataset=samples)
    assert again.steps == 3


def scores_of(model: MaskRCNN) -> Tensor:
    """The classifier's rows: background, disc, square."""
    return model.roi_heads.box_predictor.scores.weight.detach().clone()


def test_a_given_model_learns_one_class_in_a_run_and_another_in_the_next(coco: CocoDataset, tmp_path: Path) -> None:
    model = tiny(backbone="resnet18")  # with convolutions that learn by Winograd's transforms
    layers = dict(model.named_modules())
    samples = [coco[0]]
    samples[0][1]["labels"].fill_(1)
    for name, rows in (("disc", [True, True, False]), ("square", [True, False, True])):
        before = scores_of(model)
        config = own_config(tmp_path / name, base_distillation=0.0, weight_decay=0.1)
        train(config, model=model, dataset=samples, categories=[name])
        moved = (scores_of(model) != before).any(dim=1)
        assert moved.tolist() == rows  # neither learned nor decayed
    assert dict(model.named_modules()) == layers
    assert not model.roi_heads.box_predictor.scores.weight._backward_hooks


def test_a_run_that_fails_leaves_nothing_on_a_given_model(coco: CocoDataset, tmp_path: Path) -> None:
    class Fails(Callback):
        def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
            assert model.roi_heads.box_predictor.scores.weight._backward_hooks
            raise RuntimeError("the power went")

    model = tiny(backbone="resnet18")
    layers = dict(model.named_modules())
    samples = [coco[0]]
    samples[0][1]["labels"].fill_(1)
    with pytest.raises(RuntimeError, match="the power went"):
        train(own_config(tmp_path / "run"), model=model, dataset=samples, categories=["disc"], callbacks=[Fails()])
    assert dict(model.named_modules()) == layers
    assert not model.roi_heads.box_predictor.scores.weight._backward_hooks


def test_a_given_model_with_frozen_norms_that_never_measured_anything_is_warned_of(
    coco: CocoDataset, tmp_path: Path
) -> None:
    model = tiny(backbone="resnet18", backbone_norm="frozen")
    with pytest.warns(UserWarning, match="backbone_norm='frozen' holds on to statistics that the given model's new"):
        train(own_config(tmp_path / "run", steps=1), model=model, dataset=[coco[0]])
    for norm in model.backbone.modules():
        if isinstance(norm, FrozenBatchNorm2d):
            norm.running_mean.add_(0.1)  # as weights that were loaded have it
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "backbone_norm")
        train(own_config(tmp_path / "next", steps=1), model=model, dataset=[coco[0]])


def test_what_a_given_model_has_frozen_stays(coco: CocoDataset, tmp_path: Path) -> None:
    model = tiny()
    model.freeze([model.backbone])
    before = {name: tensor.clone() for name, tensor in model.backbone.state_dict().items()}
    train(own_config(tmp_path / "run"), model=model, dataset=[coco[0]])
    assert all(torch.equal(before[name], tensor) for name, tensor in model.backbone.state_dict().items())


def test_a_given_model_without_the_classes_gets_rows_in_a_copy(coco: CocoDataset, tmp_path: Path) -> None:
    model = MaskRCNN(ModelConfig.from_dict(TINY | {"num_classes": 1}), [{"id": 1, "name": "disc"}])
    train(own_config(tmp_path / "run", steps=1), model=model, dataset=[coco[0]], categories=NAMES)
    assert [category["name"] for category in load_model(tmp_path / "run").categories] == NAMES
    assert [category["name"] for category in model.categories] == ["disc"]


class Torchvisionlike:
    """As the detection references write one: whole masks, no iscrowd, uint8 images, ids from 100 on."""

    def __init__(self, folder: Path) -> None:
        self.coco = CocoDataset(folder / "images", folder / "annotations.json")

    def __len__(self) -> int:
        return len(self.coco)

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Any]]:
        image, target = self.coco[index]
        kept = {name: target[name] for name in ("boxes", "labels", "masks")}
        return (image * 255).to(torch.uint8), kept | {"image_id": 100 + index}


def test_a_data_set_as_torchvisions_references_have_it_trains_with_every_augmentation(
    toy: Path, tmp_path: Path
) -> None:
    config = own_config(
        tmp_path / "run", batch_size=1, copy_paste=1.0, large_scale_jitter=(0.8, 1.2), crop_size=96, colour_jitter=0.2
    )
    result = train(config, model=tiny(num_keypoints=0), dataset=Torchvisionlike(toy))
    assert result.steps == 2


def test_a_sequence_is_evaluated_to_the_figures_of_the_files(toy: Path, coco: CocoDataset) -> None:
    model = PerfectMaskRCNN(coco, NAMES[::-1], num_keypoints=0)
    expected = evaluate(model, coco)
    given = Torchvisionlike(toy)
    model.truth = {given[index][0].float().div(255).double().sum().item(): coco[index][1] for index in range(4)}
    found = evaluate(model, given, categories=[CATEGORIES[0]["name"], "square"])
    assert found == expected
    # Labels that stand for other classes are judged as those.
    assert evaluate(model, given, categories=["square", "disc"])["bbox"]["AP"] == 0


def test_objects_are_pasted_into_images_without_any_whose_targets_have_no_masks(
    coco: CocoDataset, tmp_path: Path
) -> None:
    image, _ = coco[0]
    sample = Torchvisionlike(Path(coco.source).parent)[0]
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    samples = [sample, (image, empty)]
    learned = []

    class Pasted(Callback):
        def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
            learned.append(float(losses["loss_mask"]))

    config = own_config(tmp_path / "run", steps=6, batch_size=1, copy_paste=1.0)
    train(config, model=tiny(num_keypoints=0), dataset=samples, callbacks=[Pasted()])
    assert len(learned) == 6
    assert any(learned)


class Noting(Callback):
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def on_start(self, run: Any) -> None:
        self.heard.append(("start", run.done))

    def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
        self.heard.append(("step", run.done, set(losses)))

    def on_log(self, run: Any, entry: Mapping[str, Any]) -> None:
        self.heard.append(("log", entry["kind"]))

    def on_checkpoint(self, run: Any) -> None:
        self.heard.append(("checkpoint", (run.directory / "checkpoint.pt").is_file()))

    def on_end(self, run: Any, reason: str) -> None:
        self.heard.append(("end", reason))


def test_callbacks_hear_of_a_run_in_its_order(toy: Path, tmp_path: Path) -> None:
    noting = Noting()
    train(config_for(toy, tmp_path / "run", log_every=2), callbacks=[noting])
    losses = {"loss_objectness", "loss_rpn_box", "loss_classifier", "loss_box", "loss_mask", "loss_keypoint"}
    assert noting.heard == [
        ("start", 0), ("log", "start"), ("step", 1, losses), ("step", 2, losses), ("log", "step"),
        ("checkpoint", True), ("log", "end"), ("end", "finished"),
    ]  # fmt: skip


class StopsAtOnce(Callback):
    def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
        run.stop()


class Breaks(Callback):
    def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
        raise RuntimeError("the callback broke")


def test_a_callback_may_end_a_run_in_good_order_or_by_breaking(toy: Path, tmp_path: Path) -> None:
    result = train(config_for(toy, tmp_path / "stopped"), callbacks=[StopsAtOnce()])
    assert (result.stopped, result.steps) == (True, 1)
    assert (tmp_path / "stopped" / "checkpoint.pt").is_file()
    noting = Noting()
    with pytest.raises(RuntimeError, match="the callback broke"):
        train(config_for(toy, tmp_path / "broken"), callbacks=[noting, Breaks()])
    assert noting.heard[-1] == ("end", "error")


class BreaksAtTheEnd(Callback):
    def on_end(self, run: Any, reason: str) -> None:
        raise RuntimeError("the last callback broke")


def test_the_end_is_told_once_also_where_a_callback_breaks_there(toy: Path, tmp_path: Path) -> None:
    noting = Noting()
    with pytest.raises(RuntimeError, match="the last callback broke"):
        train(config_for(toy, tmp_path / "run"), callbacks=[noting, BreaksAtTheEnd()])
    assert [entry for entry in noting.heard if entry[0] == "end"] == [("end", "finished")]
    assert (tmp_path / "run" / "metrics.jsonl").read_text().count('"kind": "end"') == 1


@pytest.mark.parametrize(
    ("fields", "given", "message"),
    [
        ({"output": ""}, {}, "output is needed"),
        ({}, {}, r"images and annotations are needed .* or train\(…, dataset=…\)"),
        ({"model": ""}, {"dataset": [0]}, r"classes of the data set are not known: give train\(…, categories="),
        ({"model_config": "{}"}, {"model": True}, "model_config are for a model that is built here"),
        ({}, {"callbacks": [print]}, "callbacks: <built-in function print> is none; derive"),
        ({}, {"model": True, "dataset": [(0, 0)]}, "sample 0, image"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    coco: CocoDataset, tmp_path: Path, fields: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    config = replace(own_config(tmp_path / "run"), **fields)
    if "model" in given:
        given = given | {"model": tiny()}
    given = {"dataset": [coco[0]]} | given if "needed" not in message else given
    with pytest.raises(ValueError, match=message) as error:
        train(config, **given)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_a_given_model_whose_classes_have_no_names_takes_those_of_the_data(coco: CocoDataset, tmp_path: Path) -> None:
    """Classes "1" and "2" stayed beside the data's, in a copy: the model that was given had learned nothing."""
    model = MaskRCNN(ModelConfig.from_dict(TINY | {"num_classes": 2, "num_keypoints": 2}))
    before = model.roi_heads.box_predictor.scores.weight.detach().clone()
    with pytest.warns(UserWarning, match=r"no names: they become the data's, in their order \(disc, square\)"):
        result = train(own_config(tmp_path / "run"), model=model, dataset=coco)
    assert not torch.equal(model.roi_heads.box_predictor.scores.weight, before)
    written = load_model(result.directory)
    for one in (model, written):
        assert [category["name"] for category in one.categories] == NAMES
        assert one.categories[0]["keypoints"] == CATEGORIES[0]["keypoints"]
    few = MaskRCNN(ModelConfig.from_dict(TINY | {"num_classes": 2}))  # without keypoints: it gets a head for them
    with pytest.warns(UserWarning, match="no names"):
        result = train(own_config(tmp_path / "few"), model=few, dataset=coco)
    assert load_model(result.directory).config.num_keypoints == 2


def test_a_model_that_is_frozen_throughout_is_said_to_be(coco: CocoDataset, tmp_path: Path) -> None:
    model = MaskRCNN(ModelConfig.from_dict(TINY | {"num_classes": 2, "num_keypoints": 2}), coco.categories)
    model.requires_grad_(False)
    with pytest.raises(ValueError, match="nothing of the model learns: all of it is frozen"):
        train(own_config(tmp_path / "run"), model=model, dataset=coco)


def test_a_data_set_is_its_owners_again_after_the_run(coco: CocoDataset, tmp_path: Path) -> None:
    """What was read of it then was mirrored, and its large pictures were small."""
    train(own_config(tmp_path / "run", steps=1), model=tiny(), dataset=coco)
    assert coco.transforms is None
    assert coco.shrinking is None


def test_paths_lists_and_numbers_of_numpy_are_taken_as_a_program_has_them(toy: Path, tmp_path: Path) -> None:
    config = TrainConfig(
        images=[toy / "images"],  # type: ignore[arg-type]
        annotations=[toy / "annotations.json"],  # type: ignore[arg-type]
        output=tmp_path / "run",  # type: ignore[arg-type]
        model="",
        model_config=TINY | {"min_size": np.int64(TINY["min_size"])},  # type: ignore[arg-type]
        empty_images=np.True_,  # type: ignore[arg-type]
        steps=np.int64(1),  # type: ignore[arg-type]
        learning_rate=np.float32(1e-3),  # type: ignore[arg-type]
        min_sizes=[64, 96],  # type: ignore[arg-type]
        device="cpu",
    )
    assert train(config).steps == 1
    written = json.loads((tmp_path / "run" / "train.json").read_text())
    assert (written["output"], written["min_sizes"], written["steps"]) == (str(tmp_path / "run"), [64, 96], 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"optimizer": "adam"}, "optimizer='adam': choose one of 'sgd', 'adamw'"),
        ({"schedule": "poly"}, "schedule='poly': choose one of 'step', 'cosine'"),
        ({"select_by": "ap"}, "select_by='ap': choose one of 'auto', 'bbox', 'segm', 'keypoints', 'last'"),
        ({"batch_size": 1.5}, r"batch_size=1\.5: a whole number is needed"),
        ({"learning_rate": "1e-3"}, "learning_rate='1e-3': a number is needed"),
        ({"steps": "3"}, "steps='3': a whole number or None is needed"),
        ({"min_sizes": 100}, "min_sizes=100: a tuple of whole numbers is needed"),
        ({"large_scale_jitter": 0.5}, r"large_scale_jitter=0\.5: a tuple of numbers is needed"),
        ({"resume": 1}, "resume=1: True or False is needed"),
        ({"writers": "csv"}, "writers='csv': a tuple of 'csv', 'tensorboard', 'wandb' is needed"),
        ({"model_config": {"min_size": {1, 2}}}, r"\{1, 2\} in a dictionary: texts, numbers and lists of them"),
    ],
)
def test_a_field_of_another_type_is_said_in_one_line(
    fields: dict[str, Any], message: str, coco: CocoDataset, tmp_path: Path
) -> None:
    """`optimizer="adam"` learned by AdamW, `schedule="poly"` by a cosine, without a word."""
    with pytest.raises(ValueError, match=message):
        train(own_config(tmp_path / "run", **fields), model=tiny(), dataset=coco)
    assert not (tmp_path / "run").exists()


def test_what_is_no_model_is_said_in_one_line(coco: CocoDataset) -> None:
    """A state dict was taken for the name of a file, and shown in full."""
    for given in (tiny().state_dict(), torch.nn.Linear(1, 1)):
        with pytest.raises(ValueError, match=f"a {type(given).__name__} is no model that can be loaded: give a name"):
            load_model(given)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a model of type Linear cannot be judged"):
        evaluate(torch.nn.Linear(1, 1), coco)  # type: ignore[arg-type]


@pytest.mark.parametrize("own", [False, True])
def test_a_picture_of_over_forty_megapixels_is_learned_from_at_the_size_that_the_model_sees(
    toy: Path, tmp_path: Path, own: bool
) -> None:
    height, width, factor = 5100, 8000, 128 / 8000  # the model's max_size, 128
    (tmp_path / "images").mkdir()
    Image.fromarray(np.full((height, width, 3), 90, dtype=np.uint8)).save(tmp_path / "images" / "survey.png")
    square = [1600.0, 800, 4800, 800, 4800, 4000, 1600, 4000]
    data = {
        "images": [{"id": 1, "file_name": "survey.png", "width": width, "height": height}],
        "categories": [{"id": 1, "name": "roof"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1600, 800, 3200, 3200],
                         "segmentation": [square], "area": 3200**2, "iscrowd": 0}],
    }  # fmt: skip
    (tmp_path / "annotations.json").write_text(json.dumps(data))
    coco = CocoDataset(tmp_path / "images", tmp_path / "annotations.json", box_masks=True)
    dataset: Any = coco
    if own:
        dataset = SampleSequence([(tmp_path / "images" / "survey.png", coco.read(0)[1])], coco.categories)
    assert dataset.read(0)[0].shape == (3, height, width)  # a data set by itself gives it whole
    seen: list[Any] = []

    class Looks(Callback):
        def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
            seen.extend((*run.dataset.read(0), run.dataset.bitmap(0, [0])))

    train(config_for(toy, tmp_path / "run", steps=1, copy_paste=0.5), dataset=dataset, callbacks=[Looks()])
    image, target, bitmap = seen
    assert image.shape == (3, 81, 128)
    np.testing.assert_allclose(
        target["boxes"], [np.multiply([1600, 800, 4800, 4000], [factor, 81 / height] * 2)], rtol=1e-5
    )
    assert bitmap.shape == (81, 128)
    assert bitmap.mean() == pytest.approx(target["area"].item() / 81 / 128, rel=0.05)
    assert dataset.pixels(0).shape == (height, width, 3)  # what is judged is told of the whole picture
    assert dataset.bitmap(0, [0]).shape == (height, width)  # and afterwards whoever asks
