"""Polygons, RLE and bitmaps say the same, to the pixel."""

from __future__ import annotations

import json
import math
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask

from core.contours import outer_rings, simplify_ring
from core.masks import (
    crop_has_holes,
    crop_to_polygons,
    crop_to_rle,
    decode_rle,
    encode_rle,
    mask_has_holes,
    mask_to_polygons,
    polygon_area,
    polygons_to_mask,
    polygons_to_rle,
    rle_area,
    rle_bbox,
    rle_iou,
    segmentation_area,
    segmentation_bbox,
    segmentation_to_rle,
    validate_segmentation,
)

speckles = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


@st.composite
def blobs(draw: st.DrawFn) -> np.ndarray:
    """Smooth random regions of up to 60×60 pixels that often touch the image's border."""
    seed, height, width = draw(st.integers(0, 2**32 - 1)), draw(st.integers(3, 60)), draw(st.integers(3, 60))
    field = np.random.default_rng(seed).normal(size=(height, width))
    smooth = cv2.GaussianBlur(field, (0, 0), draw(st.floats(0.6, 6)))
    return (smooth > np.quantile(smooth, draw(st.floats(0.2, 0.95)))).astype(np.uint8)


def without_holes(mask: np.ndarray) -> np.ndarray:
    """Independent of the code under test: background that cannot be reached from outside (8-connected) is filled."""
    padded = np.pad(mask, 1)
    outside = padded.copy()
    cv2.floodFill(outside, None, (0, 0), 2, flags=8)
    return (outside[1:-1, 1:-1] != 2).astype(np.uint8)


# -- pixel edges --------------------------------------------------------------------------------------


def test_a_polygon_runs_on_pixel_edges() -> None:
    mask = np.zeros((20, 30), dtype=np.uint8)
    mask[5:15, 5:15] = 1
    assert mask_to_polygons(mask) == [[5, 5, 15, 5, 15, 15, 5, 15]]
    assert polygon_area([5, 5, 15, 5, 15, 15, 5, 15]) == mask.sum() == 100
    assert rle_bbox(encode_rle(mask)) == [5, 5, 10, 10]


def test_one_pixel_is_a_square_of_four_points() -> None:
    mask = np.zeros((7, 9), dtype=np.uint8)
    mask[6, 8] = 1  # in the image's last corner
    assert mask_to_polygons(mask) == [[8, 6, 9, 6, 9, 7, 8, 7]]
    assert mask_to_polygons(mask, tolerance=3) == [[8, 6, 9, 6, 9, 7, 8, 7]]


def test_pixels_that_touch_at_a_corner_have_polygons_of_their_own() -> None:
    mask = np.eye(3, dtype=np.uint8)
    assert len(mask_to_polygons(mask)) == 3
    assert not mask_has_holes(mask)
    np.testing.assert_array_equal(polygons_to_mask(mask_to_polygons(mask), 3, 3), mask)


def test_a_gap_that_opens_through_a_corner_is_no_hole() -> None:
    mask = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]], dtype=np.uint8)
    assert not mask_has_holes(mask)
    assert len(mask_to_polygons(mask)) == 1
    np.testing.assert_array_equal(polygons_to_mask(mask_to_polygons(mask), 3, 3), mask)


@given(speckles | blobs())
def test_tracing_and_rasterising_gives_the_mask_back(mask: np.ndarray) -> None:
    polygons = mask_to_polygons(mask)
    height, width = mask.shape
    np.testing.assert_array_equal(polygons_to_mask(polygons, height, width), without_holes(mask))
    assert mask_has_holes(mask) == bool((without_holes(mask) != mask).any())
    if polygons:
        independent = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(polygons, height, width)))
        np.testing.assert_array_equal(independent, without_holes(mask))


@given(speckles, st.integers(0, 9), st.integers(0, 9))
def test_a_crop_has_the_polygons_of_its_place_in_the_image(crop: np.ndarray, left: int, top: int) -> None:
    mask = np.zeros((25, 25), dtype=np.uint8)
    mask[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    assert crop_to_polygons(crop, left, top) == mask_to_polygons(mask)
    assert crop_has_holes(crop) == mask_has_holes(mask)


# -- simplification -----------------------------------------------------------------------------------


@given(speckles | blobs(), st.sampled_from([0.2, 0.5, 1.0, 2.0, 8.0]))
def test_simplified_polygons_never_vanish(mask: np.ndarray, tolerance: float) -> None:
    height, width = mask.shape
    exact, simple = mask_to_polygons(mask), mask_to_polygons(mask, tolerance)
    assert len(simple) == len(exact)
    for polygon, original in zip(simple, exact, strict=True):
        assert 6 <= len(polygon) <= len(original)
        assert polygons_to_mask([polygon], height, width).any()


@given(blobs(), st.sampled_from([0.3, 0.5, 0.8, 1.0, 2.0, 4.0]))
def test_no_corner_of_the_outline_is_farther_than_the_tolerance(mask: np.ndarray, tolerance: float) -> None:
    """From half a pixel on it is counted from the middle of the steps, half a pixel from their corners."""
    for ring in outer_rings(mask):
        simple = simplify_ring(ring, tolerance)
        assert distances(ring.astype(float), simple).max() <= tolerance + (0.5 if tolerance >= 0.5 else 0) + 1e-6


def distances(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """Of each of N points from the outline of a closed K×2 polygon."""
    edge = np.roll(polygon, -1, axis=0) - polygon
    offset = points[:, None] - polygon
    along = np.clip((offset * edge).sum(axis=2) / np.maximum((edge**2).sum(axis=1), 1e-12), 0, 1)
    return np.linalg.norm(offset - along[..., None] * edge, axis=2).min(axis=1)


def test_simplification_keeps_rectangles_and_straightens_stairs() -> None:
    rectangle = np.zeros((40, 40), dtype=np.uint8)
    rectangle[3:33, 10:30] = 1
    assert mask_to_polygons(rectangle, 1.0) == mask_to_polygons(rectangle)
    triangle = np.tril(np.ones((40, 40), dtype=np.uint8))
    assert len(mask_to_polygons(triangle)[0]) > 150
    assert len(mask_to_polygons(triangle, 0.5)[0]) <= 12


@pytest.mark.parametrize(("tolerance", "points", "overlap"), [(0.5, 40, 0.985), (1.0, 32, 0.98), (2.0, 20, 0.96)])
def test_a_circle_needs_few_points_and_stays_a_circle(tolerance: float, points: int, overlap: float) -> None:
    rows, columns = np.mgrid[:200, :200]
    circle = ((rows - 99.5) ** 2 + (columns - 99.5) ** 2 < 80**2).astype(np.uint8)
    [polygon] = mask_to_polygons(circle, tolerance)
    simple = polygons_to_mask([polygon], 200, 200)
    assert len(polygon) / 2 <= points  # of 372 along the pixel edges
    assert (simple & circle).sum() / (simple | circle).sum() > overlap


def test_a_slanted_edge_is_a_handful_of_points() -> None:
    """However the stairs of a straight edge fall on 100 columns."""
    for slope in (0.1, 0.3, 0.5, 0.77, 1.0):
        columns = np.arange(100)
        half_plane = (np.arange(130)[:, None] + 0.5 > 10 + slope * (columns + 0.5)).astype(np.uint8)
        [polygon] = mask_to_polygons(half_plane, 0.5)
        assert len(polygon) / 2 <= 11


# -- RLE ------------------------------------------------------------------------------------------------


@given(speckles | blobs())
def test_rle_round_trip_and_figures(mask: np.ndarray) -> None:
    rle = encode_rle(mask)
    json.dumps(rle)
    np.testing.assert_array_equal(decode_rle(rle), mask)
    assert rle_area(rle) == mask.sum()
    rows, columns = np.nonzero(mask)
    expected = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1] if len(rows) else [0, 0, 0, 0]
    assert rle_bbox(rle) == expected


def test_bool_masks_and_masks_of_255_are_masks() -> None:
    mask = np.array([[0, 1], [1, 1]], dtype=np.uint8)
    assert encode_rle(mask.astype(bool)) == encode_rle(mask) == encode_rle(mask * 255)


@given(speckles)
def test_every_form_of_runs_decodes_alike(mask: np.ndarray) -> None:
    runs: list[int] = []
    previous = 0
    flat = mask.ravel(order="F").tolist()
    start = 0
    for position, value in enumerate([*flat, None]):
        if value != previous:
            runs.append(position - start)
            start, previous = position, value
    size = list(mask.shape)
    compressed = encode_rle(mask)
    for counts in (runs, compressed["counts"], compressed["counts"].encode()):
        np.testing.assert_array_equal(decode_rle({"size": size, "counts": counts}), mask)
    assert segmentation_to_rle({"size": size, "counts": runs}, *size) == compressed


@given(speckles | blobs(), st.data())
def test_a_crop_encodes_like_its_whole_image(crop: np.ndarray, data: st.DataObject) -> None:
    height = crop.shape[0] + data.draw(st.integers(0, 4))
    width = crop.shape[1] + data.draw(st.integers(0, 4))
    top = data.draw(st.integers(0, height - crop.shape[0]))
    left = data.draw(st.integers(0, width - crop.shape[1]))
    image = np.zeros((height, width), dtype=np.uint8)
    image[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    assert crop_to_rle(crop, left, top, height, width) == encode_rle(image)


def test_an_empty_crop_is_an_empty_rle() -> None:
    assert crop_to_rle(np.zeros((0, 3), dtype=np.uint8), 7, 9, 10, 12) == encode_rle(np.zeros((10, 12)))


def test_a_crop_beyond_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="reaches beyond 10×8"):
        crop_to_rle(np.ones((3, 3), dtype=np.uint8), 8, 0, 8, 10)


def test_iou_of_two_masks() -> None:
    first, second = np.zeros((2, 9, 9), dtype=np.uint8)
    first[:4], second[2:6] = 1, 1
    assert rle_iou(encode_rle(first), encode_rle(second)) == pytest.approx(2 / 6)
    assert rle_iou(encode_rle(first), encode_rle(first)) == 1
    empty = encode_rle(np.zeros((9, 9)))
    assert rle_iou(empty, encode_rle(first)) == 0


def test_crops_of_a_large_image_encode_without_a_canvas() -> None:
    crop = np.ones((200, 200), dtype=np.uint8)
    ours = min(_seconds(lambda: crop_to_rle(crop, 1000, 500, 1080, 1920)) for _ in range(5))
    canvas = np.zeros((1080, 1920), dtype=np.uint8)
    whole = min(_seconds(lambda: encode_rle(canvas)) for _ in range(5))
    assert ours < whole / 2


def _seconds(call) -> float:  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


# -- COCO segmentations ---------------------------------------------------------------------------------


def test_parts_of_an_object_count_once_where_they_overlap() -> None:
    parts = [[0, 0, 6, 0, 6, 6, 0, 6], [3, 3, 9, 3, 9, 9, 3, 9]]
    assert segmentation_area(parts, 12, 12) == 36 + 36 - 9
    assert segmentation_bbox(parts, 12, 12) == [0, 0, 9, 9]


def test_bbox_of_polygons_keeps_fractions_and_ends_at_the_image() -> None:
    assert segmentation_bbox([[1.25, 2.5, 30, 2.5, 30, 7.75]], 20, 25) == [1.25, 2.5, 23.75, 5.25]


def test_no_polygons_are_an_object_without_a_mask() -> None:
    validate_segmentation([], 4, 5)
    assert polygons_to_rle([], 4, 5) == encode_rle(np.zeros((4, 5)))
    assert segmentation_area([], 4, 5) == 0
    assert segmentation_bbox([], 4, 5) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ([1, 2, 3, 4, 5, 6], r"write \[\[x, y"),
        ([[1, 2, 3, 4]], "4 numbers: at least 3 points"),  # pycocotools would read it as a box
        ([[1, 2, 3, 4, 5, 6, 7]], "an x or a y is missing"),
        ([[1, 2, 3, 4, 5, math.nan]], "not finite"),
        ([[1, 2, 3, 4, 5, math.inf]], "not finite"),
        ([[1, 2, 3, 4, 5, "6"]], "not a number"),
        ([[1, 2, 3, 4, 5, None]], "not a number"),
        ([[1, 2, 3, 4, 5, True]], None),
        ([[[1, 2], [3, 4], [5, 6]]], "not a number"),
        ([[1, 2, [3], 4, 5, 6]], "not a number"),
        ([[1, 2, 3, 4, 5, 1e9]], "far outside"),
        (["1,2,3,4,5,6"], "list of numbers"),
        ("1,2", "a list of polygons or an RLE"),
        (None, "a list of polygons or an RLE"),
        ({"counts": [20]}, "no 'size'"),
        ({"size": [4, 5]}, "no 'counts'"),
        ({"size": [5, 4], "counts": [20]}, "swapped"),
        ({"size": [4, 6], "counts": [24]}, r"the image is \[4, 5\]"),
        ({"size": "4x5", "counts": [20]}, r"the image is \[4, 5\]"),
        ({"size": 20, "counts": [20]}, r"the image is \[4, 5\]"),
        ({"size": [4, 5], "counts": [10, 9]}, "add up to 19, not to the 20"),
        ({"size": [4, 5], "counts": [10, 11]}, "add up to 21"),
        ({"size": [4, 5], "counts": [21, -1]}, "negative run"),
        ({"size": [4, 5], "counts": [10.5, 9.5]}, "whole number"),
        ({"size": [4, 5], "counts": 20}, "text or a list"),
        ({"size": [4, 5], "counts": "~~"}, "damaged"),
        ({"size": [4, 5], "counts": "é"}, "damaged"),
        ({"size": [4, 5], "counts": "oooooooooo0"}, "damaged"),
        ({"size": [4, 5], "counts": ""}, "add up to 0"),
        ({"size": [4, 5], "counts": "P"}, "damaged"),  # promises another character
    ],
)
def test_what_is_no_segmentation_is_refused_in_one_line(segmentation: object, message: str | None) -> None:
    if message is None:
        validate_segmentation(segmentation, 4, 5)
        return
    with pytest.raises(ValueError, match=message) as error:
        validate_segmentation(segmentation, 4, 5)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError):
        segmentation_to_rle(segmentation, 4, 5)


@given(speckles)
def test_our_own_masks_pass_validation(mask: np.ndarray) -> None:
    validate_segmentation(encode_rle(mask), *mask.shape)
    validate_segmentation(mask_to_polygons(mask), *mask.shape)
    validate_segmentation(mask_to_polygons(mask, 2), *mask.shape)


@settings(max_examples=300)
@given(st.text(alphabet=st.characters(min_codepoint=40, max_codepoint=120), max_size=12))
def test_damaged_run_text_is_refused_or_decodes_within_the_image(counts: str) -> None:
    try:
        mask = decode_rle({"size": [6, 7], "counts": counts})
    except ValueError:
        return
    assert mask.shape == (6, 7)
    assert set(np.unique(mask)) <= {0, 1}


def test_real_annotations_survive(shared_data) -> None:  # type: ignore[no-untyped-def]
    """Polygons, RLE and crowds of COCO: our RLE is pycocotools', and its mask traced again is the same mask."""
    data = json.loads((shared_data / "coco_subset/annotations/instances_val.json").read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in data["images"]}
    for annotation in data["annotations"][:300] + [a for a in data["annotations"] if a["iscrowd"]]:
        height, width = sizes[annotation["image_id"]]
        segmentation = annotation["segmentation"]
        rle = segmentation_to_rle(segmentation, height, width)
        reference = coco_mask.frPyObjects(segmentation, height, width)
        if isinstance(segmentation, list):
            reference = coco_mask.merge(reference)
        assert rle["counts"].encode() == reference["counts"]
        mask = decode_rle(rle)
        np.testing.assert_array_equal(polygons_to_mask(mask_to_polygons(mask), height, width), without_holes(mask))
