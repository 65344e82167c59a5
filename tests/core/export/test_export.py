"""A model outside this package finds what `Predictor` finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core import Instances, MaskRCNN, ModelConfig, Predictor, save_model
from core.__main__ import main
from core.export import DetectionGraph, exported_program, write_onnx
from core.model.images import batch_images, resized_size
from core.model.roi_heads.box import BoxHead, BoxPredictor
from core.model.roi_heads.heatmaps import heatmaps_to_keypoints
from tests.core.toy_data import TINY_MODEL

# Upright, oblong (the longer edge decides), enlarged by nothing, and too small to be enlarged as far as the others.
SIZES = ((150, 120), (90, 210), (128, 128), (90, 100))
BLACK = np.zeros((100, 130, 3), dtype=np.uint8)
FIELDS = TINY_MODEL | {
    "num_classes": 2, "num_keypoints": 2, "min_size": 128, "max_size": 256, "max_enlargement": 1.25, "box_voting": 0.6,
    "image_mean": [0.0] * 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> MaskRCNN:
    torch.manual_seed(0)
    made = MaskRCNN(ModelConfig.from_dict(FIELDS)).eval()
    predictor, head = made.roi_heads.box_predictor, made.roi_heads.box_head
    assert isinstance(predictor, BoxPredictor)
    assert isinstance(head, BoxHead)
    with torch.no_grad():
        # Black is background, and the more there is to see the likelier an object.
        predictor.scores.weight.abs_().mul_(30)
        predictor.scores.weight[0], predictor.scores.bias[0] = 0.0, 4.0
        made.rpn.head.objectness.weight.mul_(30)
        for layer in head.fc:
            assert isinstance(layer, torch.nn.Linear)
            layer.bias.zero_()
    return made


@pytest.fixture(scope="module")
def graph(model: MaskRCNN) -> DetectionGraph:
    return DetectionGraph(model)


@pytest.fixture(scope="module")
def program(graph: DetectionGraph) -> torch.export.ExportedProgram:
    return exported_program(graph)


@pytest.fixture(scope="module")
def session(
    graph: DetectionGraph, program: torch.export.ExportedProgram, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    file = tmp_path_factory.mktemp("onnx") / "model.onnx"
    write_onnx(graph, file, program=program)
    return runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])


def pixels(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


def run(session: Any, image: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"image": image}), strict=True))


def assert_the_same(found: dict[str, NDArray[Any]], expected: Instances) -> None:
    assert expected.masks is not None
    assert found["labels"].tolist() == expected.labels.tolist()
    for name in ("boxes", "scores", "masks"):
        np.testing.assert_allclose(found[name], getattr(expected, name).numpy(), atol=1e-3, rtol=0)


@pytest.mark.parametrize("size", SIZES)
def test_onnx_finds_what_the_predictor_finds_in_images_of_any_size(
    model: MaskRCNN, session: Any, size: tuple[int, int]
) -> None:
    image = pixels(*size)
    found, expected = run(session, image), Predictor(model, "cpu", score_threshold=model.config.score_threshold)(image)
    assert len(expected) > 5
    assert_the_same(found, expected)
    assert expected.keypoint_scores is not None
    resized = resized_size(*size, model.config.min_size, model.config.max_size, model.config.max_enlargement)
    factors = np.array([resized[1] / size[1], resized[0] / size[0]] * 2, dtype=np.float32)
    heatmaps, boxes = torch.from_numpy(found["heatmaps"]), torch.from_numpy(found["boxes"] * factors)
    torch.testing.assert_close(heatmaps_to_keypoints(heatmaps, boxes)[1], expected.keypoint_scores, atol=1e-3, rtol=0)


def test_onnx_finds_nothing_in_an_image_in_which_the_predictor_finds_nothing(model: MaskRCNN, session: Any) -> None:
    assert len(Predictor(model, "cpu", score_threshold=model.config.score_threshold)(BLACK)) == 0
    found = run(session, BLACK)
    assert {name: value.shape[0] for name, value in found.items()} == dict.fromkeys(found, 0)
    assert found["masks"].shape[1:] == (28, 28)


def test_an_onnx_file_says_what_its_labels_mean(model: MaskRCNN, session: Any) -> None:
    facts = session.get_modelmeta().custom_metadata_map
    assert [category["name"] for category in json.loads(facts["categories"])] == [c["name"] for c in model.categories]
    assert facts["mask_paste"] == model.config.mask_paste


def test_the_program_of_torch_export_takes_images_of_other_sizes_than_it_was_recorded_with(
    model: MaskRCNN, graph: DetectionGraph, program: torch.export.ExportedProgram
) -> None:
    run_program = program.module()
    for size in SIZES[:2]:
        image = pixels(*size)
        batch = batch_images([torch.from_numpy(image).permute(2, 0, 1).float() / 255], model.config)
        outputs = run_program(batch.tensor, torch.tensor(batch.sizes[0]))
        found = dict(zip(graph.output_names, (output.detach().numpy() for output in outputs), strict=True))
        found["boxes"] = found["boxes"] / batch.scale(0, torch.device("cpu")).numpy()
        assert_the_same(found, Predictor(model, "cpu", score_threshold=model.config.score_threshold)(image))


def test_roi_pool_is_refused() -> None:
    config = ModelConfig.from_dict(FIELDS | {"roi_op": "pool"})
    with pytest.raises(ValueError, match="roi_op='pool' cannot be exported"):
        DetectionGraph(MaskRCNN(config))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["starter", "model.pt"], "model.pt: name a file that ends with .onnx, or .pt2"),
        (["starter", "nowhere/model.onnx"], "nowhere/model.onnx: there is no such folder"),
        (["starter", "model.onnx", "--score-threshold", "2"], "--score-threshold"),
        (["starter", "model.pt2", "--min-size", "100"], "--min-size and --max-size are ONNX's"),
    ],
)
def test_what_cannot_be_exported_is_one_line(
    options: list[str],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *options]) == 2
    assert complaint in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_command_says_nothing_that_nobody_can_mend(
    model: MaskRCNN, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript")
    save_model(model, tmp_path / "model", categories=[f"class {n}" for n in range(model.config.num_classes)])
    assert main(["export", str(tmp_path / "model"), str(tmp_path / "model.onnx")]) == 0
    assert "deprecated" not in capsys.readouterr().err
