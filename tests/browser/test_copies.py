"""Copy, paste and duplicate: on the same image beside the original, on another at the same place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.masks import encode_rle
from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [[40.0, 40.0, 100.0, 40.0, 100.0, 100.0, 40.0, 100.0]]


def ring() -> dict[str, Any]:
    """A mask with a hole, of an image of 300 × 400."""
    mask = np.zeros((300, 400), np.uint8)
    mask[150:250, 200:300] = 1
    mask[180:220, 230:270] = 0
    return dict(encode_rle(mask))


def test_objects_are_pasted_into_the_next_image_at_the_same_place_in_one_step(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second = data_plane.upload(photographs.make("1.png")), data_plane.upload(photographs.make("2.png"))
    data_plane.draw(first, data_plane.category("dog"), segmentation=SQUARE)
    data_plane.draw(first, data_plane.category("ball"), segmentation=ring())
    editor = open_editor(first)
    editor.press("Control+a", "Control+c", "d")
    editor.wait_for(f"maskloop.document.image.image_id === {second} && maskloop.drawn")
    editor.press("Control+v")
    editor.wait_saved(1)
    before, after = (data_plane.document(image)["instances"] for image in (first, second))
    assert [one["segmentation"] for one in after] == [one["segmentation"] for one in before]
    assert [one["category_id"] for one in after] == [one["category_id"] for one in before]
    assert {one["source"] for one in after} == {"manual"}
    assert editor.page.evaluate("maskloop.bench.editor.selection.size") == 2
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 0")


def test_what_was_copied_survives_a_reload_and_lies_beside_its_original(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=SQUARE)
    editor = open_editor(image)
    editor.click(70, 70)
    editor.press("Control+c")
    editor.reload()
    editor.press("Control+v")
    editor.wait_saved(1)
    editor.press("Control+v")
    editor.wait_saved(2)
    lefts = [one["bbox"][0] for one in data_plane.document(image)["instances"]]
    assert lefts[0] == 40
    assert lefts[1] - lefts[0] == pytest.approx(lefts[2] - lefts[1], abs=0.1)
    assert lefts[1] > 42


def test_duplicate_stays_inside_the_image_and_is_selected(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    corner = [[340.0, 240.0, 400.0, 240.0, 400.0, 300.0, 340.0, 300.0]]
    data_plane.draw(image, data_plane.category("dog"), segmentation=corner)
    editor = open_editor(image)
    editor.click(370, 270)
    editor.press("Control+d")
    editor.wait_saved(1)
    original, copied = data_plane.document(image)["instances"]
    assert copied["area"] == original["area"]
    assert copied["bbox"][0] < original["bbox"][0]
    assert editor.selected["id"] == copied["id"]


def test_a_smaller_image_gets_what_lies_inside_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    large = data_plane.upload(photographs.make("large.png"))
    small = data_plane.upload(photographs.make("small.png", width=90, height=80))
    data_plane.draw(large, data_plane.category("dog"), segmentation=SQUARE)
    data_plane.draw(large, data_plane.category("ball"), segmentation=ring())
    editor = open_editor(large)
    editor.press("Control+a", "Control+c", "d")
    editor.wait_for(f"maskloop.document.image.image_id === {small} && maskloop.drawn")
    editor.press("Control+v")
    editor.wait_saved(1)
    (pasted,) = data_plane.document(small)["instances"]
    assert pasted["bbox"] == [40, 40, 50, 40]
