"""The editor's own arithmetic against pycocotools and numpy, run in the browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from core.keypoint_sides import keypoint_partners

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"
    ),  # inside pycocotools, with numpy 2
]


@pytest.fixture
def evaluate(browser: Any, server: Any) -> Any:
    """Evaluates JavaScript in a page of the server."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/canvas/index.html")
    yield page.evaluate
    context.close()


def random_masks() -> list[np.ndarray]:
    """100 masks: noise, blobs, empty, full, single pixels, on the borders."""
    random = np.random.default_rng(7)
    masks = [np.zeros((9, 5)), np.ones((4, 7)), np.eye(6)]
    for index in range(97):
        height, width = random.integers(1, 90, 2)
        if index % 3 == 0:
            mask = random.random((height, width)) > random.random()
        else:
            rows, columns = np.mgrid[:height, :width]
            centres = random.random((3, 2)) * [height, width]
            distances = [np.hypot(rows - row, columns - column) for row, column in centres]
            mask = np.min(distances, axis=0) < random.random() * 40
        masks.append(mask)
    return [np.asfortranarray(mask, dtype=np.uint8) for mask in masks]


def test_rle_codec_equals_pycocotools(evaluate: Any) -> None:
    masks = random_masks()
    encoded = [coco_mask.encode(mask) for mask in masks]
    rles = [{"size": list(map(int, rle["size"])), "counts": rle["counts"].decode()} for rle in encoded]
    results = evaluate(
        """async (rles) => {
          const codec = await import("/canvas/model/shapes/rle.js");
          const { decodeCrop, encodeCrop, countsFromString, countsToString } = codec;
          return rles.map((rle) => {
            const crop = decodeCrop(rle);
            return {
              crop: crop && { ...crop, pixels: [...crop.pixels] },
              again: crop && encodeCrop(crop, ...rle.size),
              text: countsToString(countsFromString(rle.counts)),
            };
          });
        }""",
        rles,
    )
    for mask, rle, result in zip(masks, rles, results, strict=True):
        decoded = np.zeros_like(mask)
        if (crop := result["crop"]) is not None:
            pixels = np.array(crop["pixels"]).reshape(crop["height"], crop["width"])
            decoded[crop["top"] :, crop["left"] :][: crop["height"], : crop["width"]] = pixels
            assert result["again"] == rle
        assert np.array_equal(decoded, mask)
        assert result["text"] == rle["counts"]


def test_traced_outlines_rasterise_to_the_same_mask(evaluate: Any) -> None:
    masks = random_masks()
    encoded = [coco_mask.encode(mask) for mask in masks]
    rles = [{"size": list(map(int, rle["size"])), "counts": rle["counts"].decode()} for rle in encoded]
    traced = evaluate(
        """async (rles) => {
          const { decodeCrop, traceRings } = await import("/canvas/model/shapes/rle.js");
          const { signedArea } = await import("/canvas/model/shapes/geometry.js");
          return rles.map((rle) => {
            const crop = decodeCrop(rle);
            return crop ? traceRings(crop).map((ring) => ({ ring, hole: signedArea(ring) < 0 })) : [];
          });
        }""",
        rles,
    )
    for mask, rings in zip(masks, traced, strict=True):
        height, width = mask.shape
        filled = np.zeros((height, width), int)
        for entry in rings:
            (rle,) = coco_mask.frPyObjects([entry["ring"]], height, width)
            filled += coco_mask.decode(rle).astype(int) * (-1 if entry["hole"] else 1)
        assert np.array_equal(filled, mask)


def test_simplified_ring_stays_within_its_tolerance(evaluate: Any) -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = 100 + 8 * np.sin(7 * angle)
    ring = np.stack([200 + radius * np.cos(angle), 200 + radius * np.sin(angle)], axis=1)
    kept = np.array(
        evaluate(
            """async (ring) => (await import("/canvas/model/shapes/geometry.js")).simplifyRing(ring, 1)""",
            ring.ravel().tolist(),
        )
    ).reshape(-1, 2)
    assert 10 < len(kept) < 120
    start, end = kept, np.roll(kept, -1, axis=0)
    along = np.clip(((ring[:, None] - start) * (end - start)).sum(-1) / ((end - start) ** 2).sum(-1), 0, 1)
    nearest = start + along[..., None] * (end - start)
    assert np.linalg.norm(ring[:, None] - nearest, axis=-1).min(1).max() <= 1 + 1e-6


def test_left_and_right_are_told_by_the_names_as_training_tells_them(evaluate: Any) -> None:
    named = [
        ["nose", "left_eye", "right_eye", "left_knee"],
        ["Nase", "linkes Auge", "rechtes Auge", "Knie links", "Knie rechts"],
        ["鼻子", "左眼", "右眼"],
        ["œil gauche", "œil droit", "main droite", "main gauche"],
        ["LEFT EYE", "RIGHT EYE", "Left Ear", "Right Ear"],
        ["l_eye", "r_eye", "LShoulder", "RShoulder", "hipL", "hipR", "lsho", "rsho", "kneel", "kneer"],
        ["лев глаз", "прав глаз", "top", "roof", "left"],
        ["head", "tail", "head"],
    ]
    tables = evaluate(
        """async (named) => {
          const { partnersOf } = await import("/canvas/model/shapes/keypoint_sides.js");
          return named.map(partnersOf);
        }""",
        named,
    )
    for names, partners in zip(named, tables, strict=True):
        expected = keypoint_partners([{"id": 1, "name": "any", "keypoints": names}])
        assert partners == expected[1].tolist(), names
