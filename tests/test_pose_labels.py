"""Which landmarks data/models/starter/pose_labels.py believes; MediaPipe's answers are made up, it is not installed."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.conftest import PROJECT_ROOT, module_of_file

IMAGE = np.zeros((200, 300, 3), np.uint8)
BOX = [100.0, 20.0, 60.0, 160.0]  # of a person who fills it


@pytest.fixture(scope="module")
def pose_labels() -> ModuleType:
    return module_of_file(PROJECT_ROOT / "data/models/starter/pose_labels.py")


def mask() -> Any:
    filled = np.zeros(IMAGE.shape[:2], np.uint8)
    filled[20:180, 100:160] = 1
    return filled


class Pose:
    """Answers with landmarks at the same places of the image in whichever crop it sees."""

    def __init__(self, points: Any, visibility: Any) -> None:
        self.points, self.visibility, self.margins = np.asarray(points, float), visibility, iter((1.3, 1.0, 1.6))

    def process(self, crop: Any) -> Any:
        side = int(160 * next(self.margins))
        corner = int(130 - side / 2), int(100 - side / 2)
        places = (self.points - corner) / side
        marks = [SimpleNamespace(x=0.0, y=0.0, visibility=0.0)] * 33
        for number, (x, y), seen in zip(LANDMARKS, places, self.visibility, strict=True):
            marks[number] = SimpleNamespace(x=x, y=y, visibility=seen)
        return SimpleNamespace(pose_landmarks=SimpleNamespace(landmark=marks))


LANDMARKS = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]
ON_PERSON = np.column_stack([np.linspace(105, 155, 17), np.linspace(25, 175, 17)])


def test_landmarks_on_the_mask_are_the_keypoints_and_unseen_ones_are_not_labelled(pose_labels: ModuleType) -> None:
    visibility = [1.0] * 15 + [0.2, 0.4]
    points = np.reshape(pose_labels.keypoints_of(Pose(ON_PERSON, visibility), IMAGE, BOX, mask()), (17, 3))
    np.testing.assert_allclose(points[:15, :2], ON_PERSON[:15], atol=0.06)
    assert points[:, 2].tolist() == [2] * 15 + [0, 0]
    assert not points[15:].any()


def test_one_that_is_off_the_mask_is_left_out_and_with_many_nobody_is_labelled(pose_labels: ModuleType) -> None:
    beside = ON_PERSON.copy()
    beside[3] = 220, 60
    points = np.reshape(pose_labels.keypoints_of(Pose(beside, [1.0] * 17), IMAGE, BOX, mask()), (17, 3))
    assert not points[3].any()
    assert (points[:, 2] == 2).sum() == 16
    beside[:3] = 220, 60
    assert pose_labels.keypoints_of(Pose(beside, [1.0] * 17), IMAGE, BOX, mask()) is None


def test_few_landmarks_and_a_skeleton_in_a_corner_are_not_believed(pose_labels: ModuleType) -> None:
    assert pose_labels.keypoints_of(Pose(ON_PERSON, [1.0] * 4 + [0.0] * 13), IMAGE, BOX, mask()) is None
    small = 130 + (ON_PERSON - ON_PERSON.mean(0)) * 0.2
    assert pose_labels.keypoints_of(Pose(small, [1.0] * 17), IMAGE, BOX, mask()) is None


def test_only_persons_with_a_mask_of_some_size_and_no_keypoints_are_asked_for(pose_labels: ModuleType) -> None:
    person = {"segmentation": [[0, 0, 9, 0, 9, 9]], "bbox": BOX}
    assert pose_labels.to_label(person)
    assert pose_labels.to_label(person | {"keypoints": [0] * 51})
    assert not pose_labels.to_label(person | {"keypoints": [5, 5, 2] + [0] * 48})
    assert not pose_labels.to_label(person | {"segmentation": []})
    assert not pose_labels.to_label(person | {"bbox": [0, 0, 30, 59]})
