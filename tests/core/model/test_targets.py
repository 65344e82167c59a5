"""Ground truth at the door, RoIs sampled from it, and masks and keypoints projected onto them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from core.model.ground_truth import ObjectsOfImage, read_targets
from core.model.images import ImageBatch, batch_images
from core.model.roi_heads.box import box_targets
from core.model.roi_heads.keypoint import keypoint_targets
from core.model.roi_heads.mask import mask_targets
from core.model.roi_heads.sampling import SampledRois, sample_rois
from tests.core.model.tiny_models import image, target, tiny_config, tiny_model, total

HEIGHT, WIDTH = 64, 96
# Twice as wide and half again as high: a mistake of x for y shows.
BATCH = ImageBatch(torch.zeros((1, 3, 96, 192)), [(96, 192)], [(HEIGHT, WIDTH)])
SCALE = torch.tensor([2.0, 1.5, 2.0, 1.5])


def read(given: dict[str, Any], **changes: Any) -> ObjectsOfImage:
    return read_targets([given], BATCH, tiny_config(**changes))[0]


def rois_on(boxes: torch.Tensor, objects: list[int]) -> SampledRois:
    """Positives at the given input-pixel boxes."""
    return SampledRois(boxes, torch.ones(len(boxes), dtype=torch.int64), torch.tensor(objects))


# -- at the door --------------------------------------------------------------------------------------


def test_boxes_are_scaled_each_side_by_itself_and_crowds_set_apart() -> None:
    given = target()
    objects = read(given)
    torch.testing.assert_close(objects.boxes, given["boxes"][:2] * SCALE)
    torch.testing.assert_close(objects.crowds, given["boxes"][2:] * SCALE)
    assert objects.labels.tolist() == [1, 3]
    assert objects.masks is not None
    assert torch.equal(objects.masks, given["masks"][:2])


@pytest.mark.parametrize(
    "box",
    [
        [5, 5, 5, 20],
        [5, 5, 20, 5],
        [float("nan")] * 4,
        [0, 0, float("inf"), 9],
        [-20, 5, 0, 20],  # wholly outside the image of 96×64, on each side
        [5, -20, 20, -2],
        [96, 5, 120, 20],
        [5, 64, 20, 70],
    ],
)
def test_a_box_without_an_area_or_a_place_in_the_image_is_left_out(box: list[float]) -> None:
    given = target()
    given["boxes"][0] = torch.tensor(box)
    objects = read(given)
    assert objects.labels.tolist() == [3]
    assert objects.masks is not None
    assert len(objects.masks) == 1


@pytest.mark.parametrize("kind", [torch.bool, torch.uint8, torch.int64, torch.float32])
@pytest.mark.parametrize("field", ["masks", "box_masks"])
def test_masks_of_any_kind_are_read_as_0_and_1(field: str, kind: torch.dtype) -> None:
    bitmaps = (torch.arange(3 * HEIGHT * WIDTH).reshape(3, HEIGHT, WIDTH) % 3 == 0).to(torch.uint8)
    given = {key: value for key, value in target().items() if key != "masks"}
    shown = (bitmaps * 255).to(kind) if kind in (torch.uint8, torch.int64) else bitmaps.to(kind)
    found = getattr(read(given | {field: shown}), field)
    assert found.dtype == torch.uint8
    assert torch.equal(found, bitmaps[:2])


NOTHING = {"boxes": torch.zeros((0, 4)), "labels": torch.zeros(0, dtype=torch.int64)}


@pytest.mark.parametrize(
    "given",
    [
        NOTHING,
        NOTHING | {"masks": torch.zeros((0, HEIGHT, WIDTH), dtype=torch.uint8)},
        NOTHING | {"masks": torch.zeros(0), "iscrowd": torch.zeros(0)},
        NOTHING | {"box_masks": torch.zeros((0, 112, 112), dtype=torch.uint8)},
    ],
    ids=["no masks", "masks of shape (0, H, W)", "masks of shape (0,)", "box masks"],
)
def test_an_image_without_objects_trains(given: dict[str, Any]) -> None:
    model = tiny_model(num_keypoints=3, head_norm="batch").train()
    losses = model([image()], [given])
    assert isinstance(losses, dict)
    assert losses["loss_mask"] == losses["loss_keypoint"] == losses["loss_box"] == losses["loss_rpn_box"] == 0
    total(losses).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_an_image_of_a_crowd_alone_trains_without_masks() -> None:
    crowd = {"boxes": torch.tensor([[1.0, 1, 60, 60]]), "labels": torch.tensor([2]), "iscrowd": torch.tensor([1])}
    losses = tiny_model().train()([image()], [crowd])
    assert isinstance(losses, dict)
    assert all(value.isfinite() for value in losses.values())


def test_one_pixel_objects_train() -> None:
    given = target()
    given["boxes"] = torch.tensor([[4.0, 6, 5, 7], [44, 10, 44.5, 10.25], [0, 0, 12, 12]])
    losses = tiny_model().train()([image()], [given])
    assert isinstance(losses, dict)
    total(losses).backward()
    assert all(value.isfinite() for value in losses.values())


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in target().items() if key != name}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no boxes": (without("boxes"), "no 'boxes'"),
    "no labels": (without("labels"), "no 'labels'"),
    "a flat list of no boxes beside labels": (target() | {"boxes": torch.zeros(0)}, r"labels are \(3,\), but 0 are"),
    "a label of background": (target() | {"labels": torch.tensor([0, 1, 2])}, r"labels span 0\.\.2, the model's are 1"),
    "a label past the last": (target() | {"labels": torch.tensor([1, 4, 2])}, r"labels span 1\.\.4"),
    "too few labels": (target() | {"labels": torch.tensor([1])}, r"labels are \(1,\), but 3 are needed"),
    "no masks": (without("masks"), "no masks, but the model has a mask head"),
    "masks of another image": (
        target() | {"masks": torch.zeros((3, 32, 32))},
        r"masks are \(3, 32, 32\), but 3 × 64 × 96 are needed",
    ),
    "a mask too few": (target() | {"masks": torch.zeros((2, HEIGHT, WIDTH))}, r"masks are \(2, 64, 96\)"),
    "another number of keypoints": (
        target(num_keypoints=5),
        r"keypoints are \(3, 5, 3\), but 3 × 4 × 3 are needed",
    ),
    "a box as x, y, width, height": (
        target() | {"boxes": torch.tensor([[4.0, 6, 20, 30], [40, 50, 5, 60], [0, 0, 12, 12]])},
        r"box 1 is \[40\.0, 50\.0, 5\.0, 60\.0\], with an end before its start; x0, y0, x1, y1 are needed",
    ),
    "annotated labels without background": (
        target() | {"annotated_labels": torch.ones(3)},
        r"annotated_labels are \(3,\), but 4 are needed",
    ),
}


@pytest.mark.parametrize(("given", "message"), WRONG.values(), ids=WRONG)
def test_a_malformed_target_is_named_in_one_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        read(given, num_keypoints=4)
    assert str(error.value).startswith("target 0 (image id ")
    assert "\n" not in str(error.value)


def test_a_target_too_few_is_said() -> None:
    with pytest.raises(ValueError, match="1 images but 0 targets"):
        read_targets([], BATCH, tiny_config())


def test_training_without_targets_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"call model\.eval\(\) for detections"):
        tiny_model().train()([image()])


def test_an_image_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"image 1 is torch.uint8 \(3, 8, 8\)"):
        batch_images([image(), torch.zeros((3, 8, 8), dtype=torch.uint8)], tiny_config())


# -- sampling -----------------------------------------------------------------------------------------


def test_a_quarter_of_the_regions_lies_on_objects() -> None:
    torch.manual_seed(0)
    objects = read(target())
    near = objects.boxes.repeat(20, 1) + torch.rand((40, 4))
    far = torch.tensor([[150.0, 80, 190, 95]]).repeat(100, 1)
    sampled = sample_rois(torch.cat([near, far]), objects, tiny_config(rois_per_image=32))
    assert len(sampled.rois) == 32
    assert sampled.positives == 8
    assert (sampled.labels[:8] > 0).all()
    assert (sampled.labels[8:] == 0).all()
    assert torch.equal(sampled.labels[:8], objects.labels[sampled.objects])


def test_objects_themselves_are_among_the_candidates() -> None:
    objects = read(target())
    sampled = sample_rois(torch.zeros((0, 4)), objects, tiny_config())
    assert sorted(sampled.objects.tolist()) == [0, 1]
    assert box_targets(sampled, objects).abs().max() < 1e-5


# -- masks --------------------------------------------------------------------------------------------


def test_a_mask_target_is_the_share_of_each_cell_that_the_object_covers() -> None:
    """A rectangle inside its RoI: every cell's share can be said in closed form."""
    given = target()
    objects = read(given)
    roi = torch.tensor([[0.0, 0.0, 128.0, 96.0]])  # in original pixels 64 wide and 64 high
    found = mask_targets(rois_on(roi, [0]), objects, SCALE, 16)[0]
    edges = torch.arange(17) * 4.0

    def share(low: float, high: float) -> torch.Tensor:
        return (edges[1:].clamp(max=high) - edges[:-1].clamp(min=low)).clamp(min=0) / 4

    expected = share(6, 50)[:, None] * share(4, 40)[None]
    # Bilinear samples soften an edge by less than half a pixel of a four pixels wide cell.
    assert (found - expected).abs().max() < 0.13
    assert (found[3:11, 2:9] == 1).all()
    assert (found[14:] == 0).all()


def test_masks_over_boxes_give_the_targets_that_masks_over_the_image_give() -> None:
    generator = torch.Generator().manual_seed(3)
    given = target()
    soft = F.interpolate(torch.rand((1, 3, 8, 12), generator=generator), (HEIGHT, WIDTH), mode="bicubic")[0]
    given["masks"] = (soft > 0.5).to(torch.uint8) * given["masks"]
    whole = read(given)
    boxed = dict(given)
    sides = []
    for mask, (x0, y0, x1, y1) in zip(given["masks"], given["boxes"].int().tolist(), strict=True):
        crop = mask[y0:y1, x0:x1].float()
        sides.append(F.interpolate(crop[None, None], (112, 112), mode="nearest")[0, 0].to(torch.uint8))
    del boxed["masks"]
    boxed["box_masks"] = torch.stack(sides)
    inside = read(boxed)
    torch.manual_seed(0)
    rois = whole.boxes[[0, 1, 0, 1]] + 6 * torch.randn((4, 4))
    sampled = rois_on(rois, [0, 1, 0, 1])
    first, second = (mask_targets(sampled, objects, SCALE, 14) for objects in (whole, inside))
    assert (first - second).abs().mean() < 0.03
    assert ((first > 0.5) == (second > 0.5)).float().mean() > 0.97


def test_no_positives_no_mask_targets() -> None:
    objects = read(target())
    assert mask_targets(rois_on(torch.zeros((0, 4)), []), objects, SCALE, 28).shape == (0, 28, 28)


@pytest.mark.parametrize("features", ["fpn", "c4"])
def test_an_object_of_which_a_box_alone_is_known_teaches_no_mask(features: str) -> None:
    """Whatever stands where its mask would be; boxes and classes learn from it as from any other."""

    def losses(fill: int, has_mask: list[bool] | None) -> dict[str, torch.Tensor]:
        given = target()
        given["masks"][1] = fill
        if has_mask is not None:
            given["has_mask"] = torch.tensor(has_mask)
        model = tiny_model(features=features).train()
        torch.manual_seed(3)  # the same regions each time
        found = model([image()], [given])
        assert isinstance(found, dict)
        return found

    known, empty, full = losses(1, None), losses(0, [True, False, True]), losses(1, [True, False, True])
    assert torch.equal(empty["loss_mask"], full["loss_mask"])
    assert not torch.equal(full["loss_mask"], known["loss_mask"])
    assert torch.equal(losses(1, [True, True, True])["loss_mask"], known["loss_mask"])
    for name in ("loss_classifier", "loss_box", "loss_objectness", "loss_rpn_box"):
        assert torch.equal(full[name], known[name])

    none = losses(1, [False, False, False])["loss_mask"]
    assert none == 0
    none.backward()  # every parameter of the head is in the graph, as other processes expect


# -- keypoints ----------------------------------------------------------------------------------------


def keypoints_read(points: list[list[float]], **changes: Any) -> ObjectsOfImage:
    given = target()
    given["keypoints"] = torch.tensor([points] * 3)
    return read(given, num_keypoints=len(points), **changes)


def test_a_keypoint_is_a_cell_of_its_region() -> None:
    roi = torch.tensor([[20.0, 30.0, 76.0, 86.0]])  # 56 input pixels a side: one a cell
    points = [[15.25, 30.4, 2.0], [38.0, 57.3, 1.0], [15.0, 30.0, 0.0], [2.0, 30.0, 2.0]]
    position, visible = keypoint_targets(rois_on(roi, [0]), keypoints_read(points), SCALE, 56)
    # Input pixels (30.5, 45.6), (76, 85.95): the last cell; unlabelled; outside.
    assert position[0].tolist() == [15 * 56 + 10, 55 * 56 + 55, 0, 0]
    assert visible[0].tolist() == [True, True, False, False]


def test_an_offset_moves_keypoints_to_pixel_centres() -> None:
    objects = keypoints_read([[10.0, 20.0, 2.0]], keypoint_offset=0.5)
    assert objects.keypoints is not None
    assert objects.keypoints[0, 0].tolist() == [10.5, 20.5, 2.0]


def test_keypoints_are_learned_without_masks() -> None:
    given = {key: value for key, value in target(num_keypoints=4).items() if key != "masks"}
    losses = tiny_model(mask_head=None, num_keypoints=4).train()([image()], [given])
    assert isinstance(losses, dict)
    assert "loss_mask" not in losses
    assert losses["loss_keypoint"] > 0


def test_images_with_and_without_keypoints_make_one_batch() -> None:
    losses = tiny_model(num_keypoints=4).train()([image(), image(48, 80)], [target(num_keypoints=4), NOTHING])
    assert isinstance(losses, dict)
    assert losses["loss_keypoint"] > 0
