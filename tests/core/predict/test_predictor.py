"""`Predictor`: whole images, prompts on cached features, threads."""

from __future__ import annotations

import re
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.ops import box_iou

from core import Predictor, save_model
from core.devices import checked_dtype, choose_device
from core.model.mask_rcnn import MaskRCNN
from core.predict.predictor import CutDetections
from core.shipped import shipped
from tests.core.model.tiny_models import tiny_config, tiny_model

CATEGORIES: list[Any] = [
    {"id": 10, "name": "apple"},
    {"id": 20, "name": "pear"},
    {"id": 30, "name": "person", "keypoints": ["head", "foot"], "skeleton": [[1, 2]]},
]


def pixels(height: int = 60, width: int = 90, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def model() -> MaskRCNN:
    torch.manual_seed(0)
    return MaskRCNN(tiny_config(num_keypoints=2), CATEGORIES).eval()


@pytest.fixture
def predictor(model: MaskRCNN) -> Predictor:
    return Predictor(model, device="cpu", score_threshold=0.1, cache_size=2)


class Counter:
    """How often a method of a model was called."""

    def __init__(self, model: Any, name: str) -> None:
        self.calls = 0
        original = getattr(model, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            return original(*arguments, **named)

        setattr(model, name, counting)


def test_an_image_is_the_same_as_file_array_and_pil_image(predictor: Predictor, tmp_path: Path) -> None:
    array = pixels()
    Image.fromarray(array).save(tmp_path / "a.png")
    sources: list[Any] = [array, tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(array)]
    first, *others = [predictor(source) for source in sources]
    assert len(first) > 0
    assert first.image_size == (60, 90)
    assert all(torch.equal(first.boxes, other.boxes) for other in others)


def test_it_finds_what_the_model_finds(predictor: Predictor, model: MaskRCNN) -> None:
    array = pixels()
    model.config = tiny_config(num_keypoints=2, score_threshold=0.1)
    expected = model([torch.from_numpy(array).permute(2, 0, 1).float() / 255])[0]
    found = predictor(array)
    assert torch.equal(found.labels, expected.labels)
    torch.testing.assert_close(found.boxes, expected.boxes, atol=1e-2, rtol=1e-3)
    assert found.masks is not None
    torch.testing.assert_close(found.masks, expected.masks, atol=1e-3, rtol=1e-3)


def test_the_models_name_directory_or_itself(model: MaskRCNN, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    by_path, by_value = Predictor(tmp_path, device="cpu"), Predictor(model, device="cpu")
    assert by_path.categories == by_value.categories == CATEGORIES
    with pytest.raises(FileNotFoundError, match="no model 'missing'"):
        Predictor("missing")


def test_the_score_threshold_can_change_at_any_time(predictor: Predictor) -> None:
    many = predictor(pixels())
    predictor.score_threshold = float(many.scores.median())
    fewer = predictor(pixels())
    assert 0 < len(fewer) < len(many)
    assert fewer.scores.min() > predictor.score_threshold


def test_threshold_and_limit_leave_the_models_configuration_alone(model: MaskRCNN) -> None:
    predictor = Predictor(model, device="cpu", score_threshold=0.1, detections_per_image=2)
    predictor.score_threshold = 0.2
    assert predictor.model.config == model.config


def test_bfloat16_finds_nearly_the_same(model: MaskRCNN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.devices.has_bfloat16", lambda device: True)  # torch computes in it anywhere, slowly
    exact, fast = (Predictor(model, device="cpu", score_threshold=0.0, precision=p) for p in ("float32", "bf16"))
    boxes = [[5.0, 5.0, 60.0, 50.0], [20.0, 10.0, 80.0, 55.0]]
    one, other = (predictor.boxes_to_masks(pixels(), boxes, labels=[1, 2]) for predictor in (exact, fast))
    assert other.masks is not None
    assert other.masks.dtype == other.boxes.dtype == torch.float32
    torch.testing.assert_close(other.masks, one.masks, atol=0.02, rtol=0)
    torch.testing.assert_close(other.scores, one.scores, atol=0.02, rtol=0)
    assert not torch.equal(other.masks, one.masks)
    assert len(fast(pixels())) > 0
    assert len(fast.augmented(pixels(), [1.0])) > 0


def test_bfloat16_is_refused_where_the_processor_has_none(model: MaskRCNN, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True, "avx512_bf16": False}, raising=False)
    with pytest.raises(ValueError, match=r"this cpu has no bfloat16 \(avx512_bf16 or AMX is needed\); use float32"):
        Predictor(model, device="cpu", precision="bf16")


def test_a_precision_that_is_none_is_named(model: MaskRCNN) -> None:
    with pytest.raises(ValueError, match="precision 'half' is not known: use float32, bf16 or auto"):
        Predictor(model, device="cpu", precision="half")


@pytest.mark.parametrize(("faster", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_is_bfloat16_on_a_processor_that_is_faster_in_it(
    faster: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.devices.cpu_is_faster_in_bfloat16", lambda: faster)
    assert checked_dtype("auto", torch.device("cpu")) is dtype


def test_a_batch_is_found_as_its_images_are(predictor: Predictor) -> None:
    images = [pixels(), pixels(seed=1)]
    for together, alone in zip(predictor.predict_batch(images), [predictor(image) for image in images], strict=True):
        assert torch.equal(together.labels, alone.labels)
        torch.testing.assert_close(together.boxes, alone.boxes, atol=1e-2, rtol=1e-3)


def test_one_unmirrored_scale_is_plain_prediction(predictor: Predictor) -> None:
    plain, augmented = predictor(pixels()), predictor.augmented(pixels(), scales=[1.0], mirror=False)
    assert torch.equal(plain.labels, augmented.labels)
    torch.testing.assert_close(plain.boxes, augmented.boxes, atol=1e-2, rtol=1e-3)
    assert len(predictor.augmented(pixels())) > 0


# -- prompts ------------------------------------------------------------------------------------------

BOXES = [[5.0, 6.0, 40.0, 50.0], [30.0, 10.0, 88.0, 58.0]]


def test_a_box_gets_a_mask_a_class_and_keypoints(predictor: Predictor) -> None:
    found = predictor.boxes_to_masks(pixels(), BOXES)
    assert found.boxes.tolist() == BOXES
    assert found.masks is not None
    assert found.masks.shape == (2, 28, 28)
    assert ((found.labels >= 1) & (found.labels <= 3)).all()
    assert ((found.scores > 0) & (found.scores < 1)).all()
    assert found.keypoints is not None
    annotations = found.to_coco(image_id=7)
    assert all(annotation["category_id"] in (10, 20, 30) for annotation in annotations)
    assert [("keypoints" in annotation) for annotation in annotations] == (found.labels == 3).tolist()


def test_a_known_class_gets_its_own_mask(predictor: Predictor) -> None:
    both = [predictor.boxes_to_masks(pixels(), BOXES, labels=[label] * 2) for label in (1, 3)]
    assert [found.labels.tolist() for found in both] == [[1, 1], [3, 3]]
    assert both[0].masks is not None
    assert both[1].masks is not None
    assert not torch.equal(both[0].masks, both[1].masks)
    assert both[0].keypoints is not None
    assert both[0].keypoints.abs().sum() == 0
    assert both[1].keypoints is not None
    assert (both[1].keypoints[..., 2] == 2).all()


def test_an_unknown_class_gets_the_mean_of_masks_by_probability(predictor: Predictor) -> None:
    single = [predictor.boxes_to_masks(pixels(), BOXES, labels=[label] * 2) for label in (1, 2, 3)]
    masks = torch.stack([found.masks for found in single])  # type: ignore[misc]
    weights = torch.stack([found.scores for found in single])
    expected = (masks * weights[..., None, None]).sum(dim=0) / weights.sum(dim=0)[:, None, None]
    found = predictor.boxes_to_masks(pixels(), BOXES)
    torch.testing.assert_close(found.masks, expected, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(found.scores, weights.max(dim=0).values, atol=1e-5, rtol=1e-4)


def test_a_prompt_on_a_seen_image_costs_only_the_heads_and_each_once(predictor: Predictor) -> None:
    backbone, masks = Counter(predictor.model, "features"), Counter(predictor.model.roi_heads, "mask_features")
    predictor(pixels())
    predictor.boxes_to_masks(pixels(), BOXES)
    predictor.boxes_to_masks(pixels(), BOXES, labels=[1, 2])
    assert backbone.calls == 1
    assert masks.calls == 3


def test_boxes_are_cut_to_the_image(predictor: Predictor) -> None:
    found = predictor.boxes_to_masks(pixels(), [[-20, -20, 30, 500]])
    assert found.boxes.tolist() == [[0, 0, 30, 60]]


@pytest.mark.parametrize("box", [[5, 5, 5, 20], [20, 5, 10, 30], [200, 5, 220, 30], [float("nan"), 0, 5, 5]])
def test_a_box_without_an_area_in_the_image_is_named(predictor: Predictor, box: list[float]) -> None:
    with pytest.raises(ValueError, match="no area inside the 90×60 image"):
        predictor.boxes_to_masks(pixels(), [BOXES[0], box])


@pytest.mark.parametrize("boxes", [[[1, 2, 3]], [1, 2, 3, 4, 5]])
def test_boxes_of_another_shape_are_refused(predictor: Predictor, boxes: Any) -> None:
    with pytest.raises(ValueError, match=r"N×4"):
        predictor.boxes_to_masks(pixels(), boxes)


@pytest.mark.parametrize("labels", [[1], [0, 1], [1, 4]])
def test_labels_that_are_none_are_named(predictor: Predictor, labels: list[int]) -> None:
    with pytest.raises(ValueError, match="a label from 1 to 3"):
        predictor.boxes_to_masks(pixels(), BOXES, labels=labels)


def test_no_boxes_no_instances(predictor: Predictor) -> None:
    assert len(predictor.boxes_to_masks(pixels(), [])) == 0


# -- the cache ----------------------------------------------------------------------------------------


def test_features_are_kept_by_content_or_key_and_the_oldest_go(predictor: Predictor, tmp_path: Path) -> None:
    counter = Counter(predictor.model, "features")
    predictor(pixels(), key="a")
    predictor("there is no such file", key="a")  # not even read
    predictor(pixels(seed=1))
    predictor(pixels(seed=1).copy())
    assert counter.calls == 2
    predictor(pixels(seed=2), key="c")  # room for two: "a" goes
    predictor(pixels(), key="a")
    assert counter.calls == 4


def test_the_same_bytes_in_another_shape_are_another_image(predictor: Predictor) -> None:
    array = pixels(60, 90)
    assert predictor(array).image_size == (60, 90)
    assert predictor(array.reshape(90, 60, 3)).image_size == (90, 60)


def test_threads_wait_for_each_other(predictor: Predictor) -> None:
    expected = {seed: predictor(pixels(seed=seed)).boxes for seed in range(4)}
    wrong: list[int] = []

    def work(seed: int) -> None:
        for _ in range(3):
            if not torch.equal(predictor(pixels(seed=seed)).boxes, expected[seed]):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_model_without_masks_gives_boxes(tmp_path: Path) -> None:
    predictor = Predictor(tiny_model(mask_head=None), device="cpu", score_threshold=0.1)
    assert predictor(pixels()).masks is None
    assert predictor.boxes_to_masks(pixels(), BOXES).masks is None


def test_a_gpu_that_is_not_there_is_said() -> None:
    assert str(choose_device("cpu")) == "cpu"
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert str(choose_device("auto")) == "cpu"
    with pytest.raises(ValueError, match="no GPU that torch can use"):
        Predictor(tiny_model(), device="cuda")


@pytest.mark.parametrize("name", ["gpu", "mps", "cuda:x", "", "cpu:cpu", "tpu:0"])
def test_a_device_that_is_none_is_one_line_everywhere(name: str) -> None:
    for use in (choose_device, lambda device: Predictor(tiny_model(), device=device)):
        with pytest.raises(ValueError, match=r"is not known: use auto, cpu, cuda or cuda:1$"):
            use(name)


def test_what_comes_out_can_be_corrected_in_place(predictor: Predictor) -> None:
    instances = predictor.boxes_to_masks(pixels(), [[4, 4, 40, 40]])
    instances.labels[:] = 1
    assert instances.labels.tolist() == [1]


def test_objects_beyond_the_limit_are_counted_and_the_limit_is_an_option(model: MaskRCNN) -> None:
    every = Predictor(model, device="cpu", score_threshold=0.1, detections_per_image=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = every(pixels())
    assert len(found) > 12
    assert found.left_out == 0
    few = Predictor(model, device="cpu", score_threshold=0.1, detections_per_image=4)
    beyond = len(found) - 4
    with pytest.warns(CutDetections, match=f"{beyond} objects of the image are left out: detections_per_image=4"):
        assert few(pixels()).left_out == beyond
    with pytest.warns(CutDetections, match="objects of 2 of 2 images"):
        assert [item.left_out for item in few.predict_batch([pixels()] * 2)] == [beyond] * 2
    with pytest.warns(CutDetections):
        assert torch.equal(few.augmented(pixels(), [1.0], mirror=False).boxes, few(pixels()).boxes)
    assert torch.equal(few(pixels()).boxes, found.boxes[:4])
    assert model.config.detections_per_image == 10  # the model that was given stays as it is


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"score_threshold": 70}, "score_threshold=70: scores are between 0 and 1"),
        ({"score_threshold": -0.1}, "score_threshold=-0.1"),
        ({"score_threshold": float("nan")}, "score_threshold=nan"),
        ({"min_size": -5}, "min_size=-5: at least 1 is needed"),
        ({"max_size": 0}, "max_size=0: at least 1 is needed"),
        ({"min_size": 600, "max_size": 500}, "min_size=600 is larger than max_size=500"),
        ({"detections_per_image": 0}, "detections_per_image=0: at least 1 is needed"),
        ({"cache_size": -1}, "cache_size=-1: at least 0 is needed"),
    ],
)
def test_options_out_of_range_are_refused(model: MaskRCNN, option: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Predictor(model, device="cpu", **option)


def test_no_images_give_no_instances(predictor: Predictor) -> None:
    assert predictor.predict_batch([]) == []


def test_a_large_picture_is_shrunk_before_it_is_made_floats_and_boxes_stay_in_its_pixels(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(5).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    seen: list[tuple[int, ...]] = []
    to_tensor = predictor._tensor
    monkeypatch.setattr(predictor, "_tensor", lambda image: (seen.append(image.shape), to_tensor(image))[1])
    ordinary = predictor.boxes_to_masks(pixels, [[200, 100, 390, 290]], key="ordinary")
    monkeypatch.setattr("core.predict.sources.LARGE", 100_000)
    large = predictor.boxes_to_masks(pixels, [[200, 100, 390, 290]], key="large")
    assert seen[0] == (300, 400, 3)
    assert seen[1][0] < 300
    assert large.image_size == (300, 400)
    assert large.boxes.tolist() == ordinary.boxes.tolist() == [[200, 100, 390, 290]]


def test_a_large_picture_seen_at_several_scales_is_shrunk_first_and_what_is_found_is_in_its_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Image.open(shipped("photographs") / "astronaut.jpg") as photograph:
        large = np.asarray(photograph.convert("RGB").resize((1500, 1200)))
    starter = Predictor("starter", device="cpu")
    ordinary = starter.augmented(large, (1.0, 1.25))
    seen: list[tuple[int, ...]] = []
    to_tensor = starter._tensor
    monkeypatch.setattr(starter, "_tensor", lambda image: (seen.append(image.shape), to_tensor(image))[1])
    monkeypatch.setattr("core.predict.sources.LARGE", 1_000_000)
    shrunk = starter.augmented(large, (1.0, 1.25))
    assert seen == [(640, 800, 3)]  # of the largest scale: 1.25 · 512
    assert shrunk.image_size == ordinary.image_size == (1200, 1500)
    sure = ordinary[ordinary.scores > 0.8]
    assert len(sure)
    assert (box_iou(sure.boxes, shrunk.boxes).max(dim=1).values > 0.9).all()
