"""Pictures of instances: what is drawn where, and what is left as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core import Instances, draw
from core.drawing import COLOURS, GAP

HEIGHT, WIDTH = 120, 160
PERSON: Any = {"id": 1, "name": "person", "keypoints": ["left", "right"], "skeleton": [[1, 2]]}


def grey(level: int = 128) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), level, dtype=np.uint8)


def instances(**changes: Any) -> Instances:
    """One object at the left and one at the right, the right one less sure."""
    fields: dict[str, Any] = {
        "image_size": (HEIGHT, WIDTH),
        "boxes": torch.tensor([[10.0, 40, 50, 100], [100, 40, 150, 100]]),
        "labels": torch.tensor([1, 1]),
        "scores": torch.tensor([0.9, 0.3]),
        "masks": torch.ones((2, 28, 28)),
        "categories": [PERSON],
    }
    return Instances(**(fields | changes))


def changed(picture: np.ndarray, level: int = 128) -> np.ndarray:
    return (picture != level).any(axis=2)


@pytest.mark.parametrize("level", [0, 128, 255], ids=["dark", "grey", "light"])
def test_masks_are_tinted_in_colours_of_their_own_and_nothing_else_is(level: int) -> None:
    picture = draw(grey(level), instances(), labels=False)
    different = changed(picture, level)
    assert different[41:99, 11:49].all()
    assert different[41:99, 101:149].all()
    assert not different[:, 60:95].any()
    first, second = picture[70, 30].astype(int), picture[70, 125].astype(int)
    assert np.abs(first - second).sum() > 60
    assert first.tolist() == np.rint(0.6 * level + 0.4 * np.array(COLOURS[0])).tolist()
    # An outline that is dark beside bright: seen on any ground.
    around = picture[66:74, 4:16].astype(int).sum(axis=2)
    assert around.max() - around.min() > 250


def test_the_image_given_stays_as_it_is() -> None:
    pixels = grey()
    draw(pixels, instances())
    assert not changed(pixels).any()


def test_names_are_written_above_their_objects_and_never_on_each_other() -> None:
    plain, named = draw(grey(), instances(), labels=False), draw(grey(), instances())
    written = (plain != named).any(axis=2)
    assert written[20:40, 10:40].any()
    assert not written[102:].any()
    near = instances(boxes=torch.tensor([[10.0, 40, 50, 100], [12, 41, 52, 101]]), masks=None)
    rows = np.flatnonzero((draw(grey(), near, boxes=False) != 128).any(axis=(1, 2)))
    one = instances(masks=None)[0]
    alone = np.flatnonzero((draw(grey(), one, boxes=False) != 128).any(axis=(1, 2)))
    assert len(rows) >= 2 * len(alone)


def test_unsure_objects_are_left_out_below_a_threshold() -> None:
    assert not changed(draw(grey(), instances(), score_threshold=0.5))[:, 80:].any()


def test_boxes_stand_for_masks_that_are_not_there() -> None:
    boxes_alone = changed(draw(grey(), instances(masks=None), labels=False))
    assert boxes_alone[70, 9:12].any()
    assert not boxes_alone[60:80, 20:40].any()
    assert changed(draw(grey(), instances(masks=None), boxes=False, labels=False)).sum() == 0


def test_labelled_keypoints_are_joined_by_the_skeleton() -> None:
    points = torch.zeros((2, 2, 3))
    points[0] = torch.tensor([[20.0, 60, 2], [40, 60, 1]])
    points[1] = torch.tensor([[110.0, 60, 2], [0, 0, 0]])
    picture = draw(grey(), instances(masks=None, keypoints=points), boxes=False, labels=False)
    different = changed(picture)
    assert different[59, 20:40].all()  # the bone
    assert different[59, 109]
    assert not different[:, 120:].any()  # nobody labelled the other end
    assert picture[59, 19].min() > 200  # visible: filled
    assert picture[59, 39].max() < 60  # hidden: a ring


def test_the_truth_stands_at_the_right() -> None:
    masks = torch.zeros((1, HEIGHT, WIDTH), dtype=torch.uint8)
    masks[0, 60:80, 60:90] = 1
    target = {"boxes": torch.tensor([[60.0, 60, 90, 80]]), "labels": torch.tensor([1]), "masks": masks}
    over_box = {name: target[name] for name in ("boxes", "labels")} | {"box_masks": torch.ones((1, 14, 14))}
    for truth in (target, over_box):
        picture = draw(grey(), instances(), truth=truth, labels=False)
        assert picture.shape == (HEIGHT, 2 * WIDTH + GAP, 3)
        left, right = picture[:, :WIDTH], picture[:, WIDTH + GAP :]
        assert np.array_equal(left, draw(grey(), instances(), labels=False))
        assert changed(right)[61:79, 61:89].all()
        assert changed(right).sum() < 1000
    named = draw(grey(), instances(), truth=instances())[:, WIDTH + GAP :]
    assert not np.array_equal(named, draw(grey(), instances()))  # no scores there


def test_an_image_of_another_size_is_refused_and_none_found_changes_nothing() -> None:
    with pytest.raises(ValueError, match="instances are of an image of 160×120, this one is 80×60"):
        draw(grey()[::2, ::2], instances())
    assert not changed(draw(grey(), instances()[:0])).any()
