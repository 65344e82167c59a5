"""MaskPrompter on weights of its own kind: what it promises whatever they know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from core import CocoDataset, Instances, MaskPrompter
from core.datasets.images import read_image
from core.masks import bitmap_iou
from core.prompts.config import PromptConfig
from core.prompts.local_mask import LocalMask
from core.prompts.network import PromptNetwork
from core.prompts.prompt_maps import Prompt
from core.prompts.prompter import Answer
from core.prompts.weights import load_prompt_network, save_prompt_network
from core.prompts.windows import Look


@pytest.fixture(scope="module")
def prompter(tmp_path_factory: pytest.TempPathFactory) -> MaskPrompter:
    """Random weights at the smallest size."""
    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("prompts")
    save_prompt_network(PromptNetwork(PromptConfig(size=64, channels=16, blocks=1)), folder)
    return MaskPrompter(folder)


def picture(height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)


coordinates = st.floats(0, 90)
clicks = st.lists(st.tuples(coordinates, coordinates, st.booleans()), max_size=5)
boxes = st.none() | st.tuples(st.floats(-20, 140), st.floats(-20, 110), st.floats(-20, 140), st.floats(-20, 110))
masks = st.none() | st.tuples(st.integers(0, 119), st.integers(0, 89), st.integers(0, 60), st.integers(0, 60))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clicks=clicks, box=boxes, mask=masks)
def test_every_prompt_has_a_mask_or_one_line(prompter: MaskPrompter, clicks: list, box: object, mask: object) -> None:
    known = None
    if mask is not None:
        x, y, width, height = mask  # type: ignore[misc]
        known = np.zeros((90, 120), dtype=np.uint8)
        known[y : y + height, x : x + width] = 1
    try:
        answer = prompter(picture(), box=box, clicks=clicks, mask=known)
    except ValueError as error:
        refusal = str(error)
        assert "\n" not in refusal
        assert "box" in refusal
        return
    assert answer.shape == (90, 120)
    assert answer.dtype == np.uint8
    assert set(np.unique(answer)) <= {0, 1}
    sides = {(min(int(y), 89), min(int(x), 119)): include for x, y, include in clicks}
    assert all(answer[place] == include for place, include in sides.items())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clicks=clicks)
def test_what_clicks_may_mean_begins_with_their_answer_and_says_nothing_twice(
    prompter: MaskPrompter, clicks: list
) -> None:
    meanings = prompter.meanings(picture(), clicks) if clicks else []
    if not any(include for _, _, include in clicks):
        assert meanings == []
        return
    masks = [answer.mask.whole(90, 120) for answer in meanings]
    assert len(masks) <= 7
    assert (masks[0] == prompter(picture(), clicks=clicks)).all()
    sides = {(min(int(y), 89), min(int(x), 119)): include for x, y, include in clicks}
    assert all(mask[place] == include for mask in masks for place, include in sides.items())
    different = [mask.tobytes() for mask in masks]
    assert len(set(different)) == len(different)


def test_a_click_on_a_part_may_mean_the_whole(shared_data: Path) -> None:
    """On the giraffe in front the likeliest is a spot of its coat."""
    coco = shared_data / "coco_subset"
    data = CocoDataset(coco / "images", coco / "annotations/instances_train.json")
    index = data.file_names.index("000000000144.jpg")
    pixels = read_image(coco / "images/000000000144.jpg")
    giraffes = [data.bitmap(index, [number]) for number in range(len(data.annotations(index)))]
    first, *others = MaskPrompter(device="cpu").meanings(pixels, [(320.0, 240.0, True)])

    def as_a_giraffe(answer: Answer) -> float:
        return max(bitmap_iou(answer.mask.whole(*pixels.shape[:2]), giraffe) for giraffe in giraffes)

    assert as_a_giraffe(first) < 0.1
    assert max(map(as_a_giraffe, others)) > 0.4


def test_clicks_that_empty_a_mask_give_an_empty_mask(prompter: MaskPrompter) -> None:
    mask = np.zeros((90, 120), dtype=np.uint8)
    mask[40, 50] = 1
    answer = prompter(picture(), clicks=[(50.5, 40.5, False)], mask=mask)
    assert not answer.any()


def test_only_excluding_clicks_on_nothing_give_an_empty_mask(prompter: MaskPrompter) -> None:
    assert not prompter(picture(), clicks=[(50, 40, False)]).any()


def test_what_no_click_is_near_to_stays(prompter: MaskPrompter) -> None:
    mask = np.zeros((300, 400), dtype=np.uint8)
    mask[10:60, 10:60] = 1
    mask[200:290, 300:390] = 1  # a second part, far from the click
    mask[230:250, 330:350] = 0  # with a hole
    answer = prompter(picture(300, 400), clicks=[(35, 62, True)], mask=mask)
    np.testing.assert_array_equal(answer[180:, 280:], mask[180:, 280:])


def test_a_mask_of_another_size_is_refused(prompter: MaskPrompter) -> None:
    with pytest.raises(ValueError, match="must be of one size"):
        prompter(picture(), mask=np.ones((4, 4), dtype=np.uint8))


def test_nothing_asked_is_one_line(prompter: MaskPrompter) -> None:
    with pytest.raises(ValueError, match="a box, a click or a mask is needed"):
        prompter(picture())


def test_a_batch_answers_as_one_by_one(prompter: MaskPrompter) -> None:
    prompts = [
        Prompt((5, 5, 60, 60)),
        Prompt((50, 20, 110, 80)),
        Prompt(mask=LocalMask(20, 20, np.ones((30, 30), "u1"))),
    ]
    together = prompter.answers(picture(), prompts)
    for prompt, answer in zip(prompts, together, strict=True):
        alone = prompter.answer(picture(), prompt).mask.whole(90, 120)
        assert np.count_nonzero(alone != answer.mask.whole(90, 120)) <= 5  # sums in another order


def looks_of(
    prompter: MaskPrompter, prompts: list[Prompt], limit: float, monkeypatch: pytest.MonkeyPatch, **options: bool
) -> list[list[Prompt]]:
    """What is looked at for prompts, look by look, where answers of at least `limit` are good enough."""
    asked: list[list[Prompt]] = []
    looks = MaskPrompter.looks

    def noted(self: MaskPrompter, pixels: np.ndarray, prompts: list[Prompt]) -> list[Look]:
        asked.append(list(prompts))
        return looks(self, pixels, prompts)

    monkeypatch.setattr(MaskPrompter, "looks", noted)
    monkeypatch.setattr("core.prompts.prompter.LOOK_AGAIN_BELOW", limit)
    for prompt in prompts:
        prompter.answer(picture(), prompt, **options)
    return [one for one in asked if one]


def test_what_a_box_gave_is_looked_at_again_as_the_mask_that_is_there(
    prompter: MaskPrompter, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Prompt((20.0, 20.0, 80.0, 70.0))
    (first,) = prompter.looks(picture(), [box])
    once, again = looks_of(prompter, [box], 1.1, monkeypatch)
    assert once == [box]
    assert again[0].box == box.box
    assert again[0].mask is not None
    np.testing.assert_array_equal(again[0].mask.whole(90, 120), first.mask((90, 120)).whole(90, 120))


def test_good_answers_previews_and_masks_that_were_given_are_looked_at_once(
    prompter: MaskPrompter, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Prompt((20.0, 20.0, 80.0, 70.0))
    mask = Prompt((20.0, 20.0, 80.0, 70.0), [(40.0, 40.0, True)], LocalMask(20, 20, np.ones((30, 30), "u1")))
    assert len(looks_of(prompter, [box], 0.0, monkeypatch)) == 1
    assert len(looks_of(prompter, [box], 1.1, monkeypatch, finer=False)) == 1
    assert len(looks_of(prompter, [mask], 1.1, monkeypatch)) == 1


def test_another_models_mask_is_seen_twice_each_time_from_what_was_seen_before(prompter: MaskPrompter) -> None:
    masks = [LocalMask(20, 20, np.ones((30, 30), "u1")), LocalMask(60, 30, np.ones((20, 40), "u1"))]
    once = [answer.mask for answer in prompter.answers(picture(), [Prompt(mask=mask) for mask in masks])]
    twice = [answer.mask for answer in prompter.answers(picture(), [Prompt(mask=mask) for mask in once])]
    for seen, expected in zip(prompter.seen_again(picture(), masks), twice, strict=True):
        np.testing.assert_array_equal(seen.whole(90, 120), expected.whole(90, 120))


def test_a_mask_that_a_look_empties_stays_as_it_was(prompter: MaskPrompter, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = [Answer(LocalMask.empty(), 0.0)]
    monkeypatch.setattr(MaskPrompter, "answers", lambda self, pixels, prompts: nothing * len(prompts))
    mask = LocalMask(20, 20, np.ones((30, 30), "u1"))
    assert prompter.seen_again(picture(), [mask]) == [mask]


def test_instances_are_refined_and_all_but_their_masks_stays(prompter: MaskPrompter) -> None:
    found = Instances(
        (90, 120),
        torch.tensor([[20.0, 20.0, 50.0, 50.0], [60.0, 30.0, 100.0, 50.0], [5.0, 5.0, 9.0, 9.0]]),
        torch.tensor([1, 2, 1]),
        torch.tensor([0.9, 0.8, 0.7]),
        torch.stack([torch.ones(28, 28), torch.ones(28, 28), torch.zeros(28, 28)]),
    )
    refined = prompter.refined(picture(), found)
    seen = prompter.seen_again(picture(), [LocalMask.of(*crop) for crop in found[:2].mask_crops()])
    expected = [*(mask.whole(90, 120) for mask in seen), np.zeros((90, 120), "u1")]  # an empty mask stays empty
    np.testing.assert_array_equal(refined.bitmaps().numpy(), np.stack(expected) == 1)
    for name in ("boxes", "labels", "scores", "masks"):
        assert getattr(refined, name) is getattr(found, name)


def test_instances_without_masks_or_of_another_image_are_refused(prompter: MaskPrompter) -> None:
    nothing = Instances((90, 120), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), torch.zeros(0))
    with pytest.raises(ValueError, match="these instances have no masks"):
        prompter.refined(picture(), nothing)
    with pytest.raises(ValueError, match="of an image of 120×90, this one is 120×91"):
        prompter.refined(picture(91, 120), nothing)


def test_a_crop_of_a_huge_image_is_seen_as_the_small_image_is(prompter: MaskPrompter) -> None:
    """What is around an object decides, not how large the image is or where in it the object lies."""
    small = picture(200, 200)
    huge = np.full((2000, 3000, 3), 128, dtype=np.uint8)
    huge[1000:1200, 2000:2200] = small
    first = prompter(small, box=(60, 60, 140, 140))
    second = prompter(huge, box=(2060, 1060, 2140, 1140))[1000:1200, 2000:2200]
    assert np.count_nonzero(first != second) <= 5


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no prompt model here"):
        MaskPrompter(tmp_path)
    save_prompt_network(PromptNetwork(PromptConfig(size=64, channels=16, blocks=1)), tmp_path)
    weights = tmp_path / "prompts.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"prompts\.safetensors is not a complete safetensors file"):
        load_prompt_network(tmp_path)
    for text in ("[]", "[" * 200_000, '{"format": 1, "config": {"blocks": 1000000000}}'):
        (tmp_path / "prompts.json").write_text(text)
        with pytest.raises(ValueError, match=r"prompts\.json") as error:
            load_prompt_network(tmp_path)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda tensor: torch.full_like(tensor, float("nan")), "not finite"),
        (lambda tensor: tensor.to(torch.int32), "int32"),
        (lambda tensor: tensor[None], "the configuration needs"),
    ],
)
def test_hostile_weights_are_named(tmp_path: Path, spoil: Callable[[torch.Tensor], torch.Tensor], said: str) -> None:
    save_prompt_network(PromptNetwork(PromptConfig(size=64, channels=8, blocks=1)), tmp_path)
    weights = tmp_path / "prompts.safetensors"
    tensors = load_file(weights)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    save_file(tensors | {name: spoil(tensors[name])}, weights)
    with pytest.raises(ValueError, match=said):
        load_prompt_network(tmp_path)
