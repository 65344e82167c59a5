"""Weights at rest: ours there and back; damaged, foreign and hostile files in one line."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision.models import resnet18
from torchvision.models.detection import fasterrcnn_resnet50_fpn

from core import load_model, save_model
from core.model.categories import with_person_keypoints
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import SIDECAR_FILE, WEIGHTS_FILE, available_models, read_sidecar
from core.model.weights.coco_categories import categories_by_id, person_with_keypoints
from core.model.weights.safe_pickle import read_arrays
from core.model.weights.torchvision import convert
from core.structures import named_categories
from tests.core.model.tiny_models import image, tiny_config, tiny_model

NAMES = ["apple", "pear", "person"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tiny_model(), tmp_path_factory.mktemp("run"), NAMES, {"segm": {"AP": 0.5}}, {"base_model": "a"})


def one_line(error: pytest.ExceptionInfo[Any], *words: str) -> None:
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def copied(saved: Path, folder: Path) -> Path:
    for name in (WEIGHTS_FILE, SIDECAR_FILE):
        (folder / name).write_bytes((saved / name).read_bytes())
    return folder


# -- ours ---------------------------------------------------------------------------------------------


def test_a_directory_or_its_weights_file_gives_the_model_back(saved: Path) -> None:
    for source in (saved, str(saved), saved / WEIGHTS_FILE):
        model = load_model(source)
        assert not model.training
        assert [category["name"] for category in model.categories] == NAMES
        assert model.config == tiny_config()
    assert read_sidecar(saved)["metrics"] == {"segm": {"AP": 0.5}}
    assert sorted(path.name for path in saved.iterdir()) == [SIDECAR_FILE, WEIGHTS_FILE]


def test_half_the_bytes_give_nearly_the_same_weights(saved: Path, tmp_path: Path) -> None:
    model = tiny_model()
    save_model(model, tmp_path, half=True)
    assert (tmp_path / WEIGHTS_FILE).stat().st_size < 0.55 * (saved / WEIGHTS_FILE).stat().st_size
    for name, tensor in load_model(tmp_path).state_dict().items():
        torch.testing.assert_close(tensor, model.state_dict()[name], atol=1e-3, rtol=1e-3)


def test_an_attached_keypoint_model_is_saved_and_loaded_with_the_other(tmp_path: Path) -> None:
    model = MaskRCNN(tiny_config(), [{"id": n, "name": name} for n, name in enumerate(NAMES, 1)])
    keypoints = MaskRCNN(tiny_config(num_classes=1, num_keypoints=17, mask_head=None), [person_with_keypoints()])
    model.attach_keypoint_model(keypoints)
    save_model(model.eval(), tmp_path)
    loaded = load_model(tmp_path)
    first, second = model([image()])[0], loaded([image()])[0]
    assert 3 in first.labels
    assert first.keypoints is not None
    assert second.keypoints is not None
    assert torch.equal(first.keypoints, second.keypoints)
    persons = first.labels == 3
    assert (first.keypoints[persons, :, 2] == 2).all()
    assert (first.keypoints[~persons] == 0).all()
    assert loaded.categories[2]["keypoints"][0] == "nose"
    assert "keypoints" not in loaded.categories[0]


def test_keypoint_models_that_do_not_belong_to_a_model_are_refused() -> None:
    with torch.device("meta"):
        model = MaskRCNN(tiny_config(), [{"id": n, "name": name} for n, name in enumerate(NAMES, 1)])
        with pytest.raises(ValueError, match="has no keypoint head"):
            model.attach_keypoint_model(MaskRCNN(tiny_config()))
        other = tiny_config(num_classes=1, num_keypoints=17, image_mean=(0.5, 0.5, 0.5))
        with pytest.raises(ValueError, match="images of another image_mean"):
            model.attach_keypoint_model(MaskRCNN(other))
    with pytest.raises(ValueError, match="no class 'person'"):
        with_person_keypoints([{"id": 1, "name": "apple"}], person_with_keypoints())


def test_categories_that_do_not_fit_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"2 categories, but ModelConfig\.num_classes=3"):
        save_model(tiny_model(), tmp_path / "run", ["apple", "pear"])
    assert not (tmp_path / "run").exists()


# -- damaged ------------------------------------------------------------------------------------------


def test_no_such_name_lists_those_there_are() -> None:
    with pytest.raises(FileNotFoundError) as error:
        load_model("coca")
    one_line(error, "'coca'", "coco", "coco-keypoints")


def test_a_directory_without_weights_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        load_model(tmp_path)
    one_line(error, str(tmp_path), WEIGHTS_FILE)


def test_truncated_weights_say_so(saved: Path, tmp_path: Path) -> None:
    copied(saved, tmp_path)
    content = (tmp_path / WEIGHTS_FILE).read_bytes()
    for length in (0, 5, 1000, len(content) - 1):
        (tmp_path / WEIGHTS_FILE).write_bytes(content[:length])
        with pytest.raises(ValueError, match="not a complete safetensors file") as error:
            load_model(tmp_path)
        one_line(error, str(tmp_path))


SIDECARS: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "is not JSON"),
    "another version": ({"format": 2}, "not a model description of format 1"),
    "a list": ([1], "not a model description"),
    "no configuration": ({"format": 1}, "'config' and 'categories' are missing"),
    "an unknown field": (
        {"format": 1, "config": {"cascade": 1}, "categories": []},
        "unknown ModelConfig field 'cascade'",
    ),
    "a wrong value": ({"format": 1, "config": {"backbone": "vgg"}, "categories": []}, "ModelConfig.backbone='vgg'"),
    "too few categories": (
        {"format": 1, "config": {"num_classes": 2}, "categories": [{"id": 1, "name": "a"}]},
        "1 categories, but",
    ),
}


@pytest.mark.parametrize(("sidecar", "message"), SIDECARS.values(), ids=SIDECARS)
def test_a_sidecar_that_does_not_describe_a_model_is_named(
    sidecar: Any, message: str, saved: Path, tmp_path: Path
) -> None:
    copied(saved, tmp_path)
    text = sidecar if isinstance(sidecar, str) else json.dumps(sidecar)
    (tmp_path / SIDECAR_FILE).write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        load_model(tmp_path)
    one_line(error, str(tmp_path / SIDECAR_FILE))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("num_classes", 4, "'box_predictor.deltas.bias' is \\(12,\\), the configuration needs \\(16,\\)"),
        ("mask_head", None, "'mask_head.*' is left over in"),
        ("num_keypoints", 5, "'keypoint_head.*' is missing from"),
    ],
)
def test_weights_of_another_shape_name_the_tensor(
    field: str, value: Any, message: str, saved: Path, tmp_path: Path
) -> None:
    copied(saved, tmp_path)
    sidecar = read_sidecar(saved)
    sidecar["config"][field] = value
    sidecar["categories"] = [{"id": n, "name": str(n)} for n in range(1, sidecar["config"]["num_classes"] + 1)]
    (tmp_path / SIDECAR_FILE).write_text(json.dumps(sidecar))
    with pytest.raises(ValueError, match=message) as error:
        load_model(tmp_path)
    one_line(error, str(tmp_path))


# -- foreign ------------------------------------------------------------------------------------------


class Hostile:
    """Unpickled carelessly, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("suffix", [".pth", ".pkl"])
def test_a_hostile_pickle_is_refused_and_nothing_happens(suffix: str, tmp_path: Path) -> None:
    trap, path = tmp_path / "trap", tmp_path / f"model{suffix}"
    content = {"model": {"backbone.stem.conv1.weight": Hostile(trap)}}
    if suffix == ".pth":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match="nothing in it was executed") as error:
        load_model(path)
    one_line(error, str(path))
    assert not trap.exists()


@pytest.mark.parametrize("length", [0, 1, 200, 5000])
@pytest.mark.parametrize("suffix", [".pth", ".pkl", ".safetensors"])
def test_a_truncated_foreign_file_says_so(suffix: str, length: int, tmp_path: Path) -> None:
    whole, path = tmp_path / "whole", tmp_path / f"cut{suffix}"
    if suffix == ".pkl":
        whole.write_bytes(pickle.dumps({"model": {"a": np.zeros(9999, dtype=np.float32)}}))
    else:
        torch.save({"a": torch.zeros(9999)}, whole)
    path.write_bytes(whole.read_bytes()[:length])
    with pytest.raises(ValueError, match="nothing in it was executed") as error:
        load_model(path)
    one_line(error, str(path))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_of_arrays_is_read_whatever_wrote_it(protocol: int, tmp_path: Path) -> None:
    content = {
        "model": {
            "column-major": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
            "big-endian": np.arange(4, dtype=">i8"),
            "half": np.float16([[1.5]]),
            "nothing": np.zeros((0, 3)),
            "one": np.array(7),
        },
        "epoch": 3,
        "author": "zoo",
    }
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    read = read_arrays(path)
    assert (read["epoch"], read["author"]) == (3, "zoo")
    for name, array in content["model"].items():  # type: ignore[attr-defined]
        np.testing.assert_array_equal(read["model"][name], array)
        assert read["model"][name].dtype.isnative
        assert read["model"][name].flags.writeable


@pytest.mark.parametrize("value", [np.array([object()]), np.array(["text"]), {1, 2}, Path("a"), np.float32(1)])
def test_anything_but_arrays_of_numbers_is_refused(value: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"model": value}))
    with pytest.raises(ValueError, match="not a pickle of numpy arrays alone"):
        read_arrays(path)


def test_a_list_that_is_in_itself_many_times_is_read_once(tmp_path: Path) -> None:
    content: list[Any] = []
    for _ in range(60):
        content = [content, content]
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match="holds no state dict but a list"):
        load_model(path)


def test_files_of_other_kinds_say_what_they_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    for content, words in (
        (resnet18(weights=None).state_dict(), "nor an R-CNN of torchvision or detectron2"),
        ([1, 2], "holds no state dict but a list"),
        (
            {
                "backbone.body.conv1.weight": torch.zeros(1),
                "roi_heads.box_predictor.cls_score.weight": torch.zeros((2, 1)),
            },
            "no known ResNet",
        ),
    ):
        torch.save(content, path)
        with pytest.raises(ValueError, match=words) as error:
            load_model(path)
        one_line(error, str(path))


def test_torchvisions_faster_r_cnn_is_read_and_an_unknown_tensor_named() -> None:
    with torch.device("meta"):
        state = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict()
    shapes = {name: torch.zeros(()).expand(tensor.shape) for name, tensor in state.items()}
    config, tensors, categories = convert(shapes)
    assert config.mask_head is None
    assert len(tensors["box_predictor.deltas.bias"]) == 4 * 90
    unused = [category["id"] for category in categories if category.get("unused")]
    assert unused == [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
    with pytest.raises(ValueError, match=r"unknown tensor 'roi_heads\.cascade'"):
        convert(shapes | {"roi_heads.cascade": torch.zeros(1)})


# -- names --------------------------------------------------------------------------------------------


def test_rows_that_stand_for_no_class_are_in_no_list_of_names(tmp_path: Path) -> None:
    for model in available_models():
        assert not any(name.startswith("unused") or name == "N/A" for name in model["categories"])
        assert model["size_mb"] > 0
    assert len(named_categories(categories_by_id())) == 80
    model = tiny_model(num_classes=90, mask_head=None)
    save_model(model, tmp_path, categories_by_id())
    kept = named_categories(load_model(tmp_path).categories)
    assert [category["name"] for category in kept][10:12] == ["fire hydrant", "stop sign"]


# -- hostile descriptions and numbers -----------------------------------------------------------------


def with_sidecar(saved: Path, folder: Path, **changes: Any) -> Path:
    values = read_sidecar(copied(saved, folder)) | changes
    (folder / SIDECAR_FILE).write_text(json.dumps(values))
    return folder


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("num_keypoints", 10**7),
        ("fpn_channels", 10**6),
        ("box_head_channels", 10**7),
        ("mask_head_convs", 10**7),
        ("rpn_conv_depth", 10**9),
        ("anchor_ratios", [0.5] * 10**6),
        ("num_classes", 10**9),
        ("num_classes", 3.5),
        ("fpn_channels", -1),
    ],
)
def test_a_description_that_its_weights_do_not_fit_allocates_nothing(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: Any
) -> None:
    with_sidecar(saved, tmp_path, config=read_sidecar(saved)["config"] | {field: value})
    real = torch.empty

    def small(*arguments: Any, **options: Any) -> Any:
        made = real(*arguments, **options)
        assert made.device.type == "meta" or made.numel() < 10**7
        return made

    monkeypatch.setattr(torch, "empty", small)
    with pytest.raises(ValueError) as error:
        load_model(tmp_path)
    one_line(error, str(tmp_path))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["apple", "apple", "person"], "two categories have the name 'apple'"),
        (["apple", "", "person"], "category 2 has no name"),
        (["apple", "  ", "person"], "category 2 has no name"),
        (["apple", 7, "person"], "category 2 has no name"),
        (["apple", "x" * 10**6, "person"], "1000000 characters"),
        (["apple", "\ud800", "person"], "half a character"),
    ],
)
def test_doubled_and_empty_class_names_are_named(saved: Path, tmp_path: Path, names: list[Any], said: str) -> None:
    categories = [{"id": label, "name": name} for label, name in enumerate(names, 1)]
    with pytest.raises(ValueError) as error:
        load_model(with_sidecar(saved, tmp_path, categories=categories))
    one_line(error, said)


@pytest.mark.parametrize("categories", [[1, 2, 3], [None] * 3, [{"id": {}, "name": "a"}] * 3, [[]] * 3])
def test_categories_that_are_none_are_one_line(saved: Path, tmp_path: Path, categories: list[Any]) -> None:
    with pytest.raises(ValueError) as error:
        load_model(with_sidecar(saved, tmp_path, categories=categories))
    one_line(error, SIDECAR_FILE)


def test_a_description_nested_too_deeply_is_one_line(saved: Path, tmp_path: Path) -> None:
    copied(saved, tmp_path)
    (tmp_path / SIDECAR_FILE).write_text('{"format": ' + "[" * 200_000)
    with pytest.raises(ValueError) as error:
        load_model(tmp_path)
    one_line(error, "nested too deeply")


def test_a_description_that_never_ends_is_one_line(saved: Path, tmp_path: Path) -> None:
    sidecar = copied(saved, tmp_path) / SIDECAR_FILE
    for make in (lambda: sidecar.symlink_to("/dev/zero"), lambda: os.mkfifo(sidecar), sidecar.mkdir):
        sidecar.unlink()
        make()
        with pytest.raises(ValueError, match=r"model\.json is no file"):
            load_model(tmp_path)


def test_parts_of_ones_own_that_are_none_are_one_line(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'own_parts' is no list"):
        load_model(with_sidecar(saved, tmp_path, own_parts=3))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda tensor: torch.full_like(tensor, float("nan")), "not finite"),
        (lambda tensor: torch.full_like(tensor, float("inf")), "not finite"),
        (lambda tensor: torch.full_like(tensor, 1e300, dtype=torch.float64), "not finite"),
        (lambda tensor: torch.ones_like(tensor, dtype=torch.int32), "int32"),
        (lambda tensor: torch.ones_like(tensor).to(torch.float8_e4m3fn), "float8_e4m3fn"),
    ],
)
def test_weights_that_are_not_finite_or_whole_numbers_are_refused(
    saved: Path, tmp_path: Path, spoil: Any, said: str
) -> None:
    copied(saved, tmp_path)
    tensors = load_file(tmp_path / WEIGHTS_FILE)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    save_file(tensors | {name: spoil(tensors[name])}, tmp_path / WEIGHTS_FILE)
    with pytest.raises(ValueError) as error:
        load_model(tmp_path)
    one_line(error, said, name)
