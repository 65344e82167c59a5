"""Which keypoints trade places in a mirrored image, and what happens where nobody can tell."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
import torch

from core.datasets.transforms import HorizontalFlip
from core.keypoint_sides import keypoint_partners, unclear_sides
from core.model.images import batch_images
from core.predict.augmented import detect_augmented
from tests.core.model.tiny_models import image, tiny_model


def category(names: list[str], **fields: Any) -> Any:
    return {"id": 1, "name": "thing", "keypoints": names, "skeleton": [], **fields}


def partners(names: list[str], **fields: Any) -> list[int]:
    return keypoint_partners([category(names, **fields)])[1].tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("left_eye", "right_eye"),
        ("eyeLeft", "eyeRight"),
        ("EYE_LEFT", "EYE_RIGHT"),
        ("lHip", "rHip"),
        ("HipL", "HipR"),
        ("hip2L", "hip2R"),
        ("LAnkle", "RAnkle"),
        ("Lank", "Rank"),
        ("lank", "rank"),
        ("kneel", "kneer"),
        ("L_knee", "R_knee"),
        ("l-knee", "r-knee"),
        ("knee.L", "knee.R"),
        ("front_lPaw", "front_rPaw"),
        ("l1", "r1"),
        ("œil gauche", "œil droit"),
        ("main gauche", "main droite"),
        ("linkes Auge", "rechtes Auge"),
        ("mano izquierda", "mano derecha"),
        ("左目", "右目"),
        ("левый глаз", "правый глаз"),
    ],
)
def test_a_name_and_the_same_for_the_other_side_are_a_pair(one: str, other: str) -> None:
    assert partners([one, "nose", other]) == [2, 1, 0]
    assert unclear_sides([category([one, "nose", other])]) == []


def test_names_that_only_begin_or_end_like_a_side_are_nobodys_partner() -> None:
    assert partners(["lip", "rear", "collar", "rump", "tail", "light"]) == [0, 1, 2, 3, 4, 5]


def test_flip_pairs_of_a_category_go_before_its_names() -> None:
    assert partners(["left_eye", "right_eye", "x", "y"], flip_pairs=[[3, 4]]) == [0, 1, 3, 2]
    assert partners(["left_eye", "right_eye"], flip_pairs=[]) == [0, 1]
    for wrong in ([[0, 1]], [[1, 1]], [[1, 2], [2, 3]], [[1, 2, 3]], [[1, 9]], ["ab"], 3, [[1.0, 2.0]]):
        with pytest.raises(ValueError, match=r"category 'thing': flip_pairs must be pairs .* from 1 to 3") as error:
            partners(["a", "b", "c"], flip_pairs=wrong)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["og", "od", "nez"], "no two keypoints of 'thing' are named as left and right"),
        (["1", "2", "3"], "no two keypoints of 'thing' are named as left and right"),
        (["left_eye", "right_eye", "left_ear"], "keypoint 'left_ear' of 'thing' has no partner on the other side"),
    ],
)
def test_nothing_is_mirrored_where_nobody_can_tell_the_sides(names: list[str], reason: str) -> None:
    target = {
        "boxes": torch.tensor([[1.0, 1, 5, 5]]),
        "labels": torch.tensor([1]),
        "keypoints": torch.ones((1, len(names), 3)),
    }
    picture = torch.rand((3, 8, 8))
    with pytest.warns(UserWarning, match=re.escape(f"images are not mirrored: {reason}; 'flip_pairs' in the category")):
        flip = HorizontalFlip(1.0, [category(names)])
    assert torch.equal(flip(picture, target)[0], picture)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flip = HorizontalFlip(1.0, [category(names, flip_pairs=[[1, 2]])])
        HorizontalFlip(0.0, [category(names)])  # nobody wants it
        HorizontalFlip(1.0, [category(["stem"]), {"id": 2, "name": "bare"}])
    assert torch.equal(flip(picture, target)[0], picture.flip(-1))


def test_keypoints_seen_in_a_mirror_are_left_out_where_nobody_can_tell_the_sides() -> None:
    model = tiny_model(num_keypoints=2, score_threshold=0.15, detections_per_image=60).eval()
    model.categories[2] = category(["og", "od"], id=3)
    with pytest.warns(UserWarning, match="keypoints are not averaged with those of mirrored images: no two keypoints"):
        seen = detect_augmented(model, image(), [1.0])
    assert (seen.labels == 3).any()
    batch = batch_images([image()], model.config)
    boxes = seen.boxes * batch.scale(0, seen.boxes.device)
    plain = model.predict_given_boxes(model.features(batch.tensor), batch, [boxes], [seen.labels])[0]
    assert seen.keypoints is not None
    torch.testing.assert_close(seen.keypoints, plain.keypoints)
    model.categories[2] = category(["og", "od"], id=3, flip_pairs=[[1, 2]])
    averaged = detect_augmented(model, image(), [1.0])
    assert torch.equal(averaged.boxes, seen.boxes)
    assert averaged.keypoints is not None
    assert not torch.allclose(averaged.keypoints, seen.keypoints)
