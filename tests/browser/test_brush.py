"""Masks painted and mended with a real mouse, compared pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from tests.browser.conftest import DataPlane, Photographs

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"
    ),  # inside pycocotools, with numpy 2
]

SQUARE = [100.0, 80.0, 260.0, 80.0, 260.0, 220.0, 100.0, 220.0]


def bitmap_of(instance: dict[str, Any]) -> np.ndarray:
    """The 300×400 mask of a stored object."""
    segmentation = instance["segmentation"]
    if isinstance(segmentation, list):
        segmentation = coco_mask.merge(coco_mask.frPyObjects(segmentation, 300, 400))
    return coco_mask.decode(segmentation).astype(bool)


def stroke(start: tuple[float, float], end: tuple[float, float], radius: float) -> np.ndarray:
    """The pixels within a radius of a line, computed here."""
    rows, columns = np.mgrid[:300, :400] + 0.5
    (ax, ay), (bx, by) = start, end
    length = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-9)
    along = np.clip(((columns - ax) * (bx - ax) + (rows - ay) * (by - ay)) / length, 0, 1)
    return np.hypot(columns - ax - along * (bx - ax), rows - ay - along * (by - ay)) <= radius


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    return float((a & b).sum() / (a | b).sum())


def test_brush_paints_a_new_object_and_grows_a_polygon(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("2", "b")
    radius = 14 / editor.page.evaluate("maskloop.bench.view.viewport.scale")
    editor.drag((60, 250), (160, 250))
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["category_id"] == data_plane.category("dog")
    painted = stroke((60, 250), (160, 250), radius)
    assert agreement(bitmap_of(stored), painted) > 0.96

    editor.drag((160, 250), (160, 150))
    editor.wait_saved(2)
    (stored,) = data_plane.document(image)["instances"]
    assert isinstance(stored["segmentation"], list)
    assert agreement(bitmap_of(stored), painted | stroke((160, 250), (160, 150), radius)) > 0.96


def test_eraser_cuts_a_hole_and_a_bitmap_stays_exact(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.press("e")
    editor.click(180, 150)  # chooses the object
    editor.drag((150, 150), (200, 150))
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert isinstance(stored["segmentation"], dict)  # a polygon cannot say the hole
    radius = 14 / editor.page.evaluate("maskloop.bench.view.viewport.scale")
    whole = np.zeros((300, 400), bool)
    whole[80:220, 100:260] = True
    once = bitmap_of(stored)
    assert agreement(once, whole & ~stroke((150, 150), (200, 150), radius)) > 0.995

    editor.press("b")
    editor.drag((250, 100), (320, 100))
    editor.wait_saved(2)
    (stored,) = data_plane.document(image)["instances"]
    twice = bitmap_of(stored)
    assert not (once & ~twice).any()
    assert agreement(twice, once | stroke((250, 100), (320, 100), radius)) > 0.995
    assert stored["bbox"][2] == pytest.approx(320 + radius - 100, abs=1.5)
    editor.press("Control+z", "Control+z")
    editor.wait_for("Array.isArray(maskloop.document.instances[0].segmentation)")
    assert data_plane.document(image)["instances"][0]["segmentation"] == [SQUARE]


def test_clicks_mend_the_mask(open_editor: Any, data_plane: DataPlane, tmp_path: Any) -> None:
    from PIL import Image

    pixels = np.full((300, 400, 3), (40, 90, 160), np.uint8)
    pixels[90:210, 90:310] = (220, 160, 40)  # the object; its first mask misses the right half
    random = np.random.default_rng(3)
    noisy = np.clip(pixels + random.normal(0, 6, pixels.shape), 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(tmp_path / "half.png")
    image = data_plane.upload(tmp_path / "half.png")
    data_plane.draw(image, data_plane.category("dog"), segmentation=[[90, 90, 200, 90, 200, 210, 90, 210]])
    editor = open_editor(image)
    truth = np.zeros((300, 400), bool)
    truth[90:210, 90:310] = True
    before = agreement(bitmap_of(data_plane.document(image)["instances"][0]), truth)
    editor.click(150, 150)
    editor.press("m")
    editor.click(260, 150)
    editor.wait_saved(1)
    after = agreement(bitmap_of(data_plane.document(image)["instances"][0]), truth)
    assert after > 0.9 > 0.6 > before
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].area === 110 * 120")


def pen_stroke(editor: Any, places: list[tuple[float, float, float]]) -> None:
    """A pen drawn over places of the image (x, y, pressure), as the browser reports one."""
    session = editor.page.context.new_cdp_session(editor.page)
    kinds = ["mousePressed"] + ["mouseMoved"] * (len(places) - 2) + ["mouseReleased"]
    for kind, (x, y, force) in zip(kinds, places, strict=True):
        left, top = editor.place(x, y)
        event = {"type": kind, "x": left, "y": top, "force": force, "pointerType": "pen", "clickCount": 1}
        session.send("Input.dispatchMouseEvent", {**event, "button": "left", "buttons": int(kind != "mouseReleased")})


def test_a_pen_paints_thin_where_it_is_pressed_lightly_and_the_choice_is_remembered(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("2", "b")
    pressure = editor.page.get_by_label("Pen pressure sets the size")
    assert not pressure.is_visible()  # nobody has a pen until one was seen
    light_to_firm = [(60 + 10 * step, 100, 0.2 + 0.04 * step) for step in range(21)]
    pen_stroke(editor, light_to_firm)
    editor.wait_saved(1)
    assert pressure.is_checked()
    drawn = bitmap_of(data_plane.document(image)["instances"][0])
    radius = 14 / editor.page.evaluate("maskloop.bench.view.viewport.scale")
    assert drawn[:, 65].sum() == pytest.approx(2 * radius * 0.22, abs=2.5)
    assert drawn[:, 250].sum() == pytest.approx(2 * radius * 0.96, abs=2.5)
    pressure.uncheck()
    editor.reload()
    editor.press("Escape", "b")
    assert not editor.page.get_by_label("Pen pressure sets the size").is_checked()
    pen_stroke(editor, [(x, 200, force) for x, _, force in light_to_firm])
    editor.wait_saved(1)
    even = bitmap_of(data_plane.document(image)["instances"][1])
    assert even[:, 65].sum() == even[:, 250].sum() == pytest.approx(2 * radius, abs=2.5)
