"""A picture too large for one bitmap: a small version first, tiles closer up, coordinates of full size."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SPOT = (1003, 701)  # four red pixels, which no halved version shows as red
COLOUR = """([x, y]) => {
  const canvas = document.querySelector('.ml-canvas canvas');
  const box = canvas.getBoundingClientRect();
  const [left, top] = maskloop.toWindow(x, y);
  const ratio = canvas.width / box.width;
  return [...canvas.getContext('2d').getImageData((left - box.left) * ratio, (top - box.top) * ratio, 1, 1).data];
}"""


def test_closer_up_tiles_show_every_pixel_and_a_polygon_lies_on_it_exactly(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TILED_FROM": 1_000_000, "TILE": 256, "SMALL": 512}.items():
        monkeypatch.setattr(f"app.store.tiles.{name}", value)
    path = photographs.make(width=1200, height=900)
    picture = Image.open(path)
    picture.paste((255, 0, 0), (*SPOT, SPOT[0] + 2, SPOT[1] + 2))
    picture.save(path)
    image = data_plane.upload(path)
    data_plane.category("dog")
    editor = open_editor(image)
    editor.expect_error("willReadFrequently")  # the test reads the canvas, the editor does not
    assert editor.page.evaluate("maskloop.bench.view.imageLayer.picture.width") == 300
    editor.move(*SPOT)
    for _ in range(4):
        editor.page.mouse.wheel(0, -400)
    editor.wait_for("maskloop.bench.view.viewport.scale > 4 && !maskloop.bench.view.dirty.overlay")
    inside = f"({COLOUR})([{SPOT[0] + 1}, {SPOT[1] + 1}])"
    editor.wait_for(f"(([red, green]) => red > 200 && green < 90)({inside})")
    corners = [SPOT, (SPOT[0] - 12, SPOT[1]), (SPOT[0] - 12, SPOT[1] - 9)]
    editor.draw_polygon(*corners)
    editor.wait_saved(1)
    (drawn,) = data_plane.document(image)["instances"]
    expected = [float(value) for corner in corners for value in corner]
    assert drawn["segmentation"][0] == pytest.approx(expected, abs=0.1)


def test_the_overview_shows_the_whole_of_a_tiled_picture_and_moves_the_view_over_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TILED_FROM": 1_000_000, "TILE": 256, "SMALL": 512}.items():
        monkeypatch.setattr(f"app.store.tiles.{name}", value)
    editor = open_editor(data_plane.upload(photographs.make(width=1200, height=900)))
    overview = editor.page.locator(".ml-minimap")
    assert not overview.is_visible()
    editor.move(300, 200)
    editor.page.mouse.wheel(0, -800)
    overview.wait_for()
    box = overview.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(4 / 3, abs=0.05)
    editor.page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    middle = "(([x, y]) => [Math.round(x), Math.round(y)])((v => v.toImage(v.width / 2, v.height / 2))({view}))"
    middle = middle.replace("{view}", "maskloop.bench.view.viewport")
    assert editor.page.evaluate(middle) == [pytest.approx(900, abs=12), pytest.approx(675, abs=12)]
    editor.wait_for("maskloop.bench.view.tiles.tiles.size > 0 && !maskloop.bench.view.tiles.isFetching")


def test_the_lasso_looks_at_the_sharp_tiles_once_they_are_there(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TILED_FROM": 1_000_000, "TILE": 256, "SMALL": 512}.items():
        monkeypatch.setattr(f"app.store.tiles.{name}", value)
    editor = open_editor(data_plane.upload(photographs.make(width=2400, height=1800)))
    editor.wait_for("!maskloop.bench.view.tiles.isFetching")
    held: list[Any] = []  # sharper ones, which zooming in asks for
    editor.page.route(
        "**/tiles/**", lambda route: held.append(route)
    )  # a builtin has no name that playwright could keep
    editor.press("2", "Shift+P")
    editor.move(1200, 900)
    editor.page.mouse.wheel(0, -800)
    editor.wait_for("maskloop.bench.view.tiles.isFetching")
    editor.click(1200, 900)
    editor.move(1210, 905)
    editor.page.evaluate("window.blurred = maskloop.bench.tools.lasso.field.costs")
    for route in held:
        route.continue_()
    editor.page.unroute("**/tiles/**")
    editor.wait_for("!maskloop.bench.view.tiles.isFetching")
    editor.move(1220, 910)
    editor.wait_for("maskloop.bench.tools.lasso.field.costs !== blurred")
