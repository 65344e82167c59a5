"""Any sequence of (image, target) as a data set: what is taken, what is filled in, and what is refused in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Subset
from torchvision import tv_tensors

from core.datasets.sample_sequence import SampleSequence, as_categories, said_categories

CLASSES = as_categories(["cup", "plate"])


def target(**changes: Any) -> dict[str, Any]:
    """Two objects in an image of 20 × 30 pixels, as torchvision's detection references have them."""
    masks = torch.zeros((2, 20, 30), dtype=torch.uint8)
    masks[0, 2:8, 1:5] = 1
    masks[1, 10:20, 20:30] = 1
    boxes = torch.tensor([[1.0, 2, 5, 8], [20, 10, 30, 20]])
    return {"boxes": boxes, "labels": torch.tensor([1, 2]), "masks": masks, "image_id": 7} | changes


def image() -> torch.Tensor:
    return torch.rand((3, 20, 30), generator=torch.Generator().manual_seed(0))


def read(given: Any, picture: Any = None, **options: Any) -> tuple[torch.Tensor, dict[str, Any]]:
    return SampleSequence([(image() if picture is None else picture, given)], CLASSES, **options).read(0)


def test_what_is_not_given_is_filled_in() -> None:
    _, complete = read(target())
    assert complete["iscrowd"].tolist() == [False, False]
    assert complete["area"].tolist() == [24, 100]
    assert complete["has_mask"].tolist() == [True, True]
    assert complete["image_id"] == 7
    _, boxes_alone = read({name: target()[name] for name in ("boxes", "labels")})
    assert boxes_alone["has_mask"].tolist() == [False, False]
    assert boxes_alone["image_id"] == 0


def test_images_of_every_kind_are_the_same_image() -> None:
    pixels = (image() * 255).round().to(torch.uint8)
    array = pixels.permute(1, 2, 0).numpy()
    expected = pixels.float() / 255
    for picture in (expected, pixels, array, Image.fromarray(array), tv_tensors.Image(pixels)):
        seen = read(target(), picture)[0]
        assert type(seen) is torch.Tensor
        torch.testing.assert_close(seen, expected)


def test_targets_of_lists_arrays_and_tv_tensors_are_the_same_target() -> None:
    own = target()
    boxes = tv_tensors.BoundingBoxes(own["boxes"], format="XYXY", canvas_size=(20, 30))
    wrapped = own | {"boxes": boxes, "masks": tv_tensors.Mask(own["masks"].bool()), "image_id": torch.tensor([7])}
    listed = own | {"boxes": own["boxes"].tolist(), "labels": [1, 2], "masks": own["masks"].numpy().astype(float)}
    for other in (wrapped, listed, own | {"image_id": np.int64(7)}):
        complete = read(other)[1]
        assert all(
            torch.equal(value, complete[name]) if isinstance(value, torch.Tensor) else value == complete[name]
            for name, value in read(own)[1].items()
        )


def test_an_image_without_objects_needs_no_masks_of_a_shape() -> None:
    _, empty = read({"boxes": [], "labels": []}, num_keypoints=3)
    assert empty["boxes"].shape == (0, 4)
    assert empty["keypoints"].shape == (0, 3, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"boxes": None}, "'boxes': none are there"),
        ({"boxes": torch.ones(2, 5)}, r"'boxes': shape \(2, 5\), but any×4 is needed"),
        ({"boxes": [[1, 2, 4, 6], [20, 10, 10, 10]]}, r"'boxes': box 1 is \[20.0, 10.0, 10.0, 10.0\], without an area"),
        ({"boxes": [[1, 2, float("nan"), 6]] * 2}, "'boxes': a number that is NaN"),
        ({"boxes": "everywhere"}, "'boxes': str that is no tensor"),
        ({"labels": None}, "'labels': none are there"),
        ({"labels": torch.tensor([0, 1])}, r"'labels': they are 0 to 1, but classes are 1 to 2 \(0 is background\)"),
        ({"labels": torch.tensor([1])}, r"'labels': shape \(1,\), but 2 is needed: one entry a box"),
        ({"masks": torch.zeros(2, 20, 20)}, r"'masks': shape \(2, 20, 20\), but 2×20×30 is needed"),
        ({"keypoints": torch.zeros(2, 4, 3)}, "'keypoints': 4 of each object, but the categories have 3 at most"),
        ({"keypoints": torch.zeros(2, 3, 2)}, r"'keypoints': shape \(2, 3, 2\), but 2×any×3"),
        ({"image_id": "first"}, "'image_id': 'first', but a whole number is needed"),
        ({"masks": None}, "'masks': none are there, but the model has a mask head"),
    ],
)
def test_a_wrong_value_is_said_with_its_sample_and_key(changes: dict[str, Any], message: str) -> None:
    samples = SampleSequence([(image(), target()), (image(), target(**changes))], CLASSES, num_keypoints=3)
    samples.needs_masks = True
    samples.read(0)
    with pytest.raises(ValueError, match=rf"^sample 1, {message}") as error:
        samples.read(1)
    assert "\n" not in str(error.value)


def test_boxes_in_another_layout_are_refused() -> None:
    boxes = tv_tensors.BoundingBoxes(target()["boxes"], format="XYWH", canvas_size=(20, 30))
    with pytest.raises(ValueError, match="sample 0, 'boxes': they are XYWH"):
        read(target(boxes=boxes))


def test_wrong_samples_and_sequences_are_said() -> None:
    with pytest.raises(ValueError, match=r"sample 0, image: values from 0 to 255; floats in 0\.\.1 are"):
        read(target(), torch.tensor([0.0, 255.0]).expand(3, 20, 2))
    with pytest.raises(ValueError, match=r"sample 0, image: .*nowhere\.png"):
        read(target(), "nowhere.png")
    with pytest.raises(ValueError, match="sample 0: its target is list, a dictionary"):
        read([1])
    with pytest.raises(ValueError, match=r"sample 0: Tensor, but a pair \(image, target\)"):
        SampleSequence([image()], CLASSES).read(0)
    with pytest.raises(ValueError, match="type generator: a sequence"):
        SampleSequence((pair for pair in ()), CLASSES)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="has no samples"):
        SampleSequence([], CLASSES)


def test_two_samples_of_one_image_id_are_refused_where_it_counts() -> None:
    samples = SampleSequence([(image(), target()), (image(), target())], CLASSES)
    with pytest.raises(ValueError, match="sample 1, 'image_id': 7 is that of sample 0 too"):
        samples.data  # noqa: B018


def test_a_mask_over_its_box_becomes_the_pixels_it_stands_for() -> None:
    over_box = torch.zeros((2, 6, 4), dtype=torch.uint8)
    over_box[0, :3] = 1
    over_box[1] = 1
    given = target(box_masks=over_box)
    del given["masks"]
    samples = SampleSequence([(image(), given)], CLASSES)
    bitmap = np.zeros((20, 30), dtype=np.uint8)
    bitmap[2:5, 1:5] = 1
    assert np.array_equal(samples.bitmap(0, [0]), bitmap)
    bitmap[10:20, 20:30] = 1
    assert np.array_equal(samples.bitmap(0, [0, 1]), bitmap)


def test_a_part_of_a_data_set_has_its_classes() -> None:
    class Own(list):
        categories = ("cup", {"id": 9, "name": "plate"})

    own = Own([(image(), target())])
    assert said_categories(Subset(own, [0])) == [{"id": 1, "name": "cup"}, {"id": 9, "name": "plate"}]
    assert said_categories([]) is None
