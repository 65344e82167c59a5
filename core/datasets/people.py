"""Jointed people of the synthetic scenes, with the 17 keypoints of COCO's persons."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from core.datasets.figures import Figure, empty_figure, fine_cells

KEYPOINT_NAMES = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
# COCO's own list: pairs of 1-based keypoint numbers.
SKELETON = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9),
    (8, 10), (9, 11), (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)  # fmt: skip

SKIN, SHIRT, TROUSERS, HAIR, DETAIL = range(1, 6)  # materials


_TORSO, _HEAD, _LEFT_ARM, _RIGHT_ARM, _LEFT_LEG, _RIGHT_LEG = range(1, 7)  # body parts, for what hides what
_PARTS_OF_KEYPOINT = (
    *[(_HEAD,)] * 5,
    (_TORSO, _LEFT_ARM),
    (_TORSO, _RIGHT_ARM),
    *[(_LEFT_ARM,), (_RIGHT_ARM,)] * 2,
    (_TORSO, _LEFT_LEG),
    (_TORSO, _RIGHT_LEG),
    *[(_LEFT_LEG,), (_RIGHT_LEG,)] * 2,
)

Point = NDArray[np.float64]  # x to the right of the image, y down, z towards the viewer


def person(rng: np.random.Generator, centre: tuple[float, float], size: float) -> Figure:
    """A person in a random pose, `size` pixels along the longer side, seen from any direction."""
    joints, head_radius, facing = _pose(rng)
    turn = rng.normal(0, 0.12) if rng.random() < 0.9 else rng.uniform(0, 2 * np.pi)
    cosine, sine = np.cos(turn), np.sin(turn)
    joints[:, :2] = joints[:, :2] @ np.array([[cosine, sine], [-sine, cosine]])
    scale = size / (np.ptp(joints[:, :2], axis=0).max() + 2 * head_radius)
    joints *= scale
    joints[:, :2] += np.asarray(centre) - (joints[:, :2].max(axis=0) + joints[:, :2].min(axis=0)) / 2
    return _draw(rng, joints, head_radius * scale, scale, facing)


def _pose(rng: np.random.Generator) -> tuple[Point, float, float]:
    """The 17 keypoints, then head centre and neck, of a body about 1 high; head radius; cosine of the yaw.

    Yaw 0 looks at the viewer, and then the person's left is on the right of the image.
    """
    yaw = rng.choice([rng.normal(0, 0.5), rng.normal(np.pi, 0.5), rng.uniform(0, 2 * np.pi)], p=[0.6, 0.15, 0.25])

    def around(azimuth: float, radius: float, down: float = 0.0) -> Point:
        return np.array([radius * np.sin(azimuth + yaw), down, radius * np.cos(azimuth + yaw)])

    left, right = np.pi / 2, -np.pi / 2
    tilt = rng.normal(0, 0.15)
    neck = rng.uniform(0.26, 0.32) * np.array([np.sin(tilt), -np.cos(tilt), 0])
    radius = rng.uniform(0.068, 0.085)
    head = neck + np.array([rng.normal(0, 0.015), -0.03 - radius, 0])
    face = [
        head + around(0, 0.95 * radius, 0.15 * radius),
        *[head + around(side * 0.55, 0.85 * radius, -0.15 * radius) for side in (1, -1)],
        *[head + around(side, radius, 0.0) for side in (left, right)],
    ]
    shoulder_width, hip_width = rng.uniform(0.1, 0.135), rng.uniform(0.055, 0.08)
    pairs = []
    for side in (left, right):
        outwards = np.sign(np.sin(side + yaw)) or 1.0
        shoulder = neck + around(side, shoulder_width, 0.025)
        swing = rng.normal(0.25, 0.25) if rng.random() < 0.55 else rng.uniform(-0.7, 2.9)
        elbow = shoulder + _bone(rng, outwards * swing, 0.17)
        bend = rng.normal(0, 0.4) if rng.random() < 0.5 else rng.uniform(-2.3, 2.3)
        wrist = elbow + _bone(rng, outwards * swing + bend, 0.15)
        hip = around(side, hip_width)
        swing = rng.normal(0.08, 0.12) if rng.random() < 0.6 else rng.uniform(-0.5, 1.5)
        knee = hip + _bone(rng, outwards * swing, 0.24)
        bend = rng.normal(0, 0.15) if rng.random() < 0.6 else rng.uniform(-1.8, 0.4)
        ankle = knee + _bone(rng, outwards * (swing + bend), 0.23)
        pairs.append([shoulder, elbow, wrist, hip, knee, ankle])
    limbs = [joint for both in zip(*pairs, strict=True) for joint in both]
    return np.array([*face, *limbs, head, neck]), radius, float(np.cos(yaw))


def _bone(rng: np.random.Generator, angle: float, length: float) -> Point:
    """A bone hanging at an angle from straight down, foreshortened where it points to or from the viewer."""
    forward = rng.normal(0, 0.35)
    flat = length * np.cos(forward)
    return np.array([flat * np.sin(angle), flat * np.cos(angle), length * np.sin(forward)])


def _draw(rng: np.random.Generator, joints: Point, head_radius: float, scale: float, facing: float) -> Figure:
    figure, origin = empty_figure(joints[:, :2], max(head_radius * 1.2, 0.09 * scale))
    parts = np.zeros_like(figure.materials)
    points = fine_cells(joints[:, :2], origin, figure.fine)
    unit = scale * figure.fine  # cells to a body height
    arm, leg = rng.uniform(0.024, 0.04), rng.uniform(0.04, 0.06)
    sleeve = SHIRT if rng.random() < 0.5 else SKIN
    trouser = TROUSERS if rng.random() < 0.7 else SKIN

    def limb(first: int, second: int, radii: tuple[float, float], material: int, part: int) -> None:
        outline = _capsule(points[first], points[second], radii[0] * unit, radii[1] * unit)
        cv2.fillConvexPoly(figure.materials, outline, material)
        cv2.fillConvexPoly(parts, outline, part)

    def draw_arm(side: int) -> None:
        shoulder, elbow, wrist = 5 + side, 7 + side, 9 + side
        limb(elbow, wrist, (arm * 0.85, arm * 0.7), sleeve, _LEFT_ARM + side)
        limb(shoulder, elbow, (arm * 1.15, arm * 0.9), SHIRT, _LEFT_ARM + side)
        limb(wrist, wrist, (arm * 0.95, arm * 0.95), SKIN, _LEFT_ARM + side)

    def draw_leg(side: int) -> None:
        hip, knee, ankle = 11 + side, 13 + side, 15 + side
        limb(knee, ankle, (leg * 0.75, leg * 0.55), trouser, _LEFT_LEG + side)
        limb(hip, knee, (leg * 1.15, leg * 0.8), TROUSERS, _LEFT_LEG + side)
        limb(ankle, ankle, (leg * 0.75, leg * 0.75), DETAIL, _LEFT_LEG + side)

    def draw_torso() -> None:
        width = int(2 * 0.035 * unit) + 1
        outline = points[[5, 6, 12, 11]]
        for grid, number in ((figure.materials, SHIRT), (parts, _TORSO)):
            cv2.fillConvexPoly(grid, cv2.convexHull(outline), number)
            cv2.polylines(grid, [outline], True, number, width)
        limb(17, 18, (0.03, 0.03), SKIN, _HEAD)

    draws: list[tuple[float, Callable[[], None]]] = [
        (joints[17, 2], lambda: _draw_head(figure.materials, parts, points, head_radius * figure.fine, facing)),
        (joints[5:13:6, 2].mean() - 0.001 * scale, draw_torso),
        *[(joints[[7 + side, 9 + side], 2].mean(), partial(draw_arm, side)) for side in (0, 1)],
        *[(joints[[11 + side, 13 + side], 2].mean() - 0.1 * scale, partial(draw_leg, side)) for side in (0, 1)],
    ]
    for _, draw in sorted(draws, key=lambda item: float(item[0])):
        draw()
    hidden = _hidden_by_body(joints, points, parts, head_radius)
    figure.keypoints = np.column_stack([joints[:17, :2], hidden])
    return figure


def _draw_head(
    materials: NDArray[np.uint8], parts: NDArray[np.uint8], points: NDArray[np.int32], radius: float, facing: float
) -> None:
    """Hair and skin, and a face where it is turned to the viewer."""
    head = tuple(points[17].tolist())
    up = points[17] - points[18]
    lean = float(np.degrees(np.arctan2(up[0], -up[1])))
    axes = (max(int(radius), 1), max(int(radius * 1.2), 1))
    cv2.ellipse(parts, head, axes, lean, 0, 360, _HEAD, -1)
    if facing < -0.3:
        cv2.ellipse(materials, head, axes, lean, 0, 360, HAIR, -1)
    else:
        cv2.ellipse(materials, head, axes, lean, 0, 360, SKIN, -1)
        cv2.ellipse(materials, head, axes, lean, 200, 340, HAIR, -1)
    for ear in points[3:5]:
        for grid, number in ((materials, SKIN), (parts, _HEAD)):
            cv2.circle(grid, tuple(ear.tolist()), max(int(radius * 0.22), 1), number, -1)
    if facing > 0:
        for eye in points[1:3]:
            cv2.circle(materials, tuple(eye.tolist()), max(int(radius * 0.14), 0), DETAIL, -1)
        nose = points[0]
        cv2.line(
            materials,
            tuple(points[1:3].mean(axis=0).astype(int).tolist()),
            tuple(nose.tolist()),
            DETAIL,
            max(int(radius * 0.1), 1),
        )


def _hidden_by_body(
    joints: Point, points: NDArray[np.int32], parts: NDArray[np.uint8], head_radius: float
) -> NDArray[np.bool_]:
    """Which of the 17 keypoints lie behind the head, or under a part of the body that is not theirs."""
    seen = parts[np.clip(points[:17, 1], 0, parts.shape[0] - 1), np.clip(points[:17, 0], 0, parts.shape[1] - 1)]
    hidden = np.array([part not in (0, *own) for part, own in zip(seen.tolist(), _PARTS_OF_KEYPOINT, strict=True)])
    behind = joints[:5, 2] - joints[17, 2] < np.array([-0.05, -0.05, -0.05, -0.4, -0.4]) * head_radius
    hidden[:5] |= behind
    return hidden


def _capsule(
    first: NDArray[np.int32], second: NDArray[np.int32], radius: float, end_radius: float
) -> NDArray[np.int32]:
    """The convex outline around two circles."""
    angles = np.arange(16) * np.pi / 8
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    both = np.concatenate([first + circle * max(radius, 0.5), second + circle * max(end_radius, 0.5)])
    hull: NDArray[np.int32] = cv2.convexHull(np.rint(both).astype(np.int32))
    return hull
