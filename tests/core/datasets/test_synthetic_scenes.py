"""Synthetic scenes: exact, varied and the same for a seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from core.coco.check import check_coco
from core.datasets import CocoDataset
from core.datasets.figures import SHAPES, shape
from core.datasets.people import KEYPOINT_NAMES, SKELETON, person
from core.datasets.synthetic_scenes import CATEGORIES, SMALLEST, generate_scene, write_shapes
from core.masks import decode_rle, segmentation_to_rle

PERSON = len(SHAPES) + 1


def masks(image: np.ndarray, annotations: list[dict[str, Any]]) -> list[np.ndarray]:
    """The bitmap of every annotation."""
    return [decode_rle(segmentation_to_rle(a["segmentation"], *image.shape[:2])) for a in annotations]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_annotations_are_exact_and_visible_parts_do_not_overlap(seed: int) -> None:
    image, annotations = generate_scene(seed)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    taken = np.zeros(image.shape[:2], dtype=int)
    for annotation, mask in zip(annotations, masks(image, annotations), strict=True):
        rows, columns = np.nonzero(mask)
        assert annotation["area"] == mask.sum() >= 12
        assert annotation["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert annotation["iscrowd"] == 0
        taken += mask
    assert taken.max(initial=0) <= 1
    assert [annotation["id"] for annotation in annotations] == list(range(1, len(annotations) + 1))


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_keypoint_visibility_means_what_coco_says(seed: int) -> None:
    """2: seen, on the person's own pixels or where nothing covers it; 1: covered; 0: outside, and (0, 0)."""
    image, annotations = generate_scene(seed)
    height, width = image.shape[:2]
    bitmaps = masks(image, annotations)
    for number, annotation in enumerate(annotations):
        if annotation["category_id"] != PERSON:
            assert "keypoints" not in annotation
            continue
        points = np.reshape(annotation["keypoints"], (17, 3))
        assert annotation["num_keypoints"] == (points[:, 2] > 0).sum()
        for x, y, visibility in points.tolist():
            assert visibility in (0, 1, 2)
            if visibility == 0:
                assert (x, y) == (0, 0)
                continue
            assert 0 <= x < width
            assert 0 <= y < height
            if visibility == 2:
                assert not any(later[int(y), int(x)] for later in bitmaps[number + 1 :])


def test_a_seed_always_gives_the_same_scene() -> None:
    first, second, other = generate_scene([5, 1]), generate_scene([5, 1]), generate_scene([5, 2])
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]
    assert first[0].shape != other[0].shape or (first[0] != other[0]).any()


def test_scenes_are_varied() -> None:
    scenes = [generate_scene(seed) for seed in range(60)]
    counts = [len(annotations) for _, annotations in scenes]
    assert min(counts) <= 2
    assert max(counts) >= 8
    objects = [annotation for _, annotations in scenes for annotation in annotations]
    assert {annotation["category_id"] for annotation in objects} == {category["id"] for category in CATEGORIES}
    longest = [max(annotation["bbox"][2:]) for annotation in objects]
    assert min(longest) < 1.5 * SMALLEST
    assert max(longest) > 160
    assert len({image.shape for image, _ in scenes}) > 20
    assert any(image.shape[0] > image.shape[1] for image, _ in scenes)
    visibilities = {v for a in objects for v in a.get("keypoints", [])[2::3]}
    assert visibilities == {0, 1, 2}
    assert any(isinstance(annotation["segmentation"], dict) for annotation in objects)  # a ring has a hole
    assert np.ptp([image.mean() for image, _ in scenes]) > 60
    assert np.ptp([image.std() for image, _ in scenes]) > 20


def test_size_and_number_of_objects_can_be_given() -> None:
    for seed in range(8):
        image, annotations = generate_scene(seed, height=96, width=64, max_objects=2)
        assert image.shape == (96, 64, 3)
        assert len(annotations) <= 2


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("size", [16, 100, 250])
def test_figures_are_as_large_as_asked(kind: str, size: float) -> None:
    for seed in range(5):
        figure = shape(np.random.default_rng(seed), kind, (150.0, 120.0), size)
        rows, columns = np.nonzero(figure.materials)
        extent = max(np.ptp(rows), np.ptp(columns)) / figure.fine
        assert extent == pytest.approx(size, abs=1.5)
        middle = (columns.max() + columns.min()) / 2 / figure.fine + figure.left
        assert middle == pytest.approx(150, abs=1.5)


def test_an_unknown_figure_is_named() -> None:
    with pytest.raises(ValueError, match="'cube': choose one of circle"):
        shape(np.random.default_rng(0), "cube", (0, 0), 20)


@pytest.mark.parametrize("size", [20, 80, 300])
def test_a_person_stands_under_its_keypoints(size: float) -> None:
    on_body = 0
    for seed in range(20):
        figure = person(np.random.default_rng(seed), (200.0, 200.0), size)
        assert figure.keypoints is not None
        cells = ((figure.keypoints[:, :2] - (figure.left, figure.top)) * figure.fine).astype(int)
        on_body += int((figure.materials[cells[:, 1], cells[:, 0]] > 0).sum())
    assert on_body >= 0.97 * 20 * 17


def test_the_keypoints_are_cocos() -> None:
    category = CATEGORIES[-1]
    assert category["name"] == "person"
    assert category["keypoints"] == list(KEYPOINT_NAMES)
    assert len(SKELETON) == 19
    assert category["skeleton"][0] == [16, 14]


def test_the_data_set_written_is_clean_coco(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_shapes(tmp_path / "shapes", 12, seed=3)
    assert file == tmp_path / "shapes/annotations.json"
    assert check_coco(file, tmp_path / "shapes/images") == []
    reference = COCO(str(file))
    assert len(reference.imgs) == 12
    for annotation in reference.anns.values():
        assert reference.annToMask(annotation).sum() == annotation["area"]
    dataset = CocoDataset(tmp_path / "shapes/images", file)
    image, target = dataset[3]
    assert image.shape[1:] == target["masks"].shape[1:]
    assert [category["name"] for category in dataset.categories] == [*SHAPES, "person"]


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_shapes(tmp_path / name, 3, seed=1, height=64, width=80, image_format="png")
    names = sorted(path.name for path in (tmp_path / "a/images").iterdir())
    assert names == ["000001.png", "000002.png", "000003.png"]
    for name in ["annotations.json", *(f"images/{name}" for name in names)]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    more = write_shapes(tmp_path / "c", 4, seed=1, height=64, width=80, image_format="png")
    fewer = json.loads((tmp_path / "a/annotations.json").read_text())["annotations"]
    assert json.loads(more.read_text())["annotations"][: len(fewer)] == fewer


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    write_shapes(tmp_path, 1, height=48, width=48)
    with pytest.raises(ValueError, match=r"annotations\.json exists already"):
        write_shapes(tmp_path, 1)
    with pytest.raises(ValueError, match="at least 1"):
        write_shapes(tmp_path / "none", 0)
    assert not (tmp_path / "none").exists()
