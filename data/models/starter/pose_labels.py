"""Keypoints for persons that have a mask alone, proposed by MediaPipe Pose: a part of the starter's training data.

    pip install mediapipe==0.10.9 pycocotools opencv-python-headless "numpy<2"
    python data/models/starter/pose_labels.py IMAGES ANNOTATIONS.json OUTPUT.json

MediaPipe Pose (BlazePose, arXiv:2006.10204; Apache License 2.0) looks at each person's crop. Its 33 landmarks hold
COCO's 17 keypoints; those it believes to be visible are kept, the others stay "not labelled" (0), which training leaves
out. A person is labelled only where nearly all of them lie on the person's mask: in a crowd the landmarks are often a
neighbour's. What is annotated already stays as it is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO

LANDMARKS = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]  # of MediaPipe's 33, in COCO's order
VISIBLE = 0.5  # what MediaPipe calls visibility, from which on a landmark is kept
FEWEST = 5  # landmarks of a labelled person
ON_MASK = 0.9  # share of them on the mask, made three pixels wider
SPREAD = 0.4  # of the longer side of the person's box, at least, that they span
SMALLEST = 60  # pixels of the box's longer side
SIDE = 512  # pixels of the crop that MediaPipe sees


def square_crop(
    image: NDArray[np.uint8], box: list[float], margin: float
) -> tuple[NDArray[np.uint8], tuple[int, int], float]:
    """The square around a box, `margin` times its longer side: SIDE×SIDE×3, its corner and its scale."""
    x, y, width, height = box
    side = max(int(max(width, height) * margin), 2)
    left, top = int(x + width / 2 - side / 2), int(y + height / 2 - side / 2)
    square = np.full((side, side, 3), 128, np.uint8)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + side, image.shape[1]), min(top + side, image.shape[0])
    square[y0 - top : y1 - top, x0 - left : x1 - left] = image[y0:y1, x0:x1]
    return cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), (left, top), SIDE / side


def keypoints_of(pose: Any, image: NDArray[np.uint8], box: list[float], mask: NDArray[np.uint8]) -> list[float] | None:
    """COCO's list of 17 × (x, y, visibility) for one person, or None where the landmarks are not to be believed."""
    near = cv2.dilate(mask, np.ones((7, 7), np.uint8))
    for margin in (1.3, 1.0, 1.6):
        crop, corner, scale = square_crop(image, box, margin)
        found = pose.process(crop).pose_landmarks
        if not found:
            continue
        landmarks = [found.landmark[number] for number in LANDMARKS]
        points = np.array([(mark.x, mark.y) for mark in landmarks]) * SIDE / scale + corner
        visible = np.array([mark.visibility > VISIBLE for mark in landmarks])
        columns, rows = np.round(points).astype(int).T
        inside = (columns >= 0) & (columns < mask.shape[1]) & (rows >= 0) & (rows < mask.shape[0])
        visible &= inside
        on_mask = np.zeros(len(points), bool)
        on_mask[inside] = near[rows[inside], columns[inside]] > 0
        kept = visible & on_mask
        if visible.sum() < FEWEST or kept.sum() < ON_MASK * visible.sum():
            continue
        if np.ptp(points[kept], axis=0).max() >= SPREAD * max(box[2:]):
            return (np.column_stack([points.round(1), np.full(len(points), 2)]) * kept[:, None]).flatten().tolist()
    return None


def to_label(annotation: dict[str, Any]) -> bool:
    """Whether a person has a mask of some size and no keypoints."""
    large = max(annotation["bbox"][2:]) >= SMALLEST
    return bool(annotation["segmentation"]) and large and not any(annotation.get("keypoints", []))


def main() -> None:
    import mediapipe  # here, so that the tests of what is believed run without it

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("images", "annotations", "output"):
        parser.add_argument(name, type=Path)
    arguments = parser.parse_args()
    coco = COCO(arguments.annotations)
    starter = json.loads(Path(__file__).with_name("model.json").read_text())
    person = next(category for category in starter["categories"] if category["name"] == "person")
    here = coco.getCatIds(catNms=["person"])
    if not here:
        parser.error(f"{arguments.annotations} has no category person, whose keypoints these are")
    coco.cats[here[0]].update(keypoints=person["keypoints"], skeleton=person["skeleton"])
    pose = mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1, min_detection_confidence=0.3)
    persons = coco.loadAnns(coco.getAnnIds(catIds=here, iscrowd=False))
    labelled = 0
    for annotation in filter(to_label, persons):
        file = arguments.images / coco.imgs[annotation["image_id"]]["file_name"]
        image = cv2.imread(str(file))
        if image is None:
            parser.error(f"{file} is no image that can be read: see that the first folder is that of the annotations")
        points = keypoints_of(pose, image[:, :, ::-1], annotation["bbox"], coco.annToMask(annotation))
        if points:
            annotation.update(keypoints=points, num_keypoints=sum(value == 2 for value in points[2::3]))
            labelled += 1
    print(f"{labelled} of {len(persons)} persons labelled")
    arguments.output.write_text(json.dumps(coco.dataset))


if __name__ == "__main__":
    main()
