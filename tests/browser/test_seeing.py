"""What is seen and how: brightness, contrast, outlines, hidden and locked objects; none of it changes an image."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [[100.0, 80.0, 260.0, 80.0, 260.0, 220.0, 100.0, 220.0]]
COLOURED = """() => {
  const canvas = document.querySelector('.ml-objects-layer');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 3; i < data.length; i += 4) count += data[i] > 0 ? 1 : 0;
  return count;
}"""


def test_brightness_and_contrast_are_kept_over_a_reload_and_reset(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    editor.press("i")
    editor.page.get_by_label("Brightness").fill("150")
    editor.page.get_by_label("Contrast").fill("80")
    shown = "document.querySelector('.ml-canvas canvas').style.filter"
    assert editor.page.evaluate(shown) == "brightness(1.5) contrast(0.8)"
    editor.reload()
    assert editor.page.evaluate(shown) == "brightness(1.5) contrast(0.8)"
    open_options = editor.page.get_by_role("button", name="View options")
    assert open_options.get_attribute("aria-pressed") == "true"
    open_options.click()
    editor.page.get_by_role("button", name="Reset").click()
    assert editor.page.evaluate(shown) == ""
    assert editor.saved_count == 0


def test_sixteen_bits_show_their_shades_between_two_sliders(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    ramp = np.linspace(6554, 6810, 200 * 100).astype(np.uint16).reshape(100, 200)
    ramp[0, 0] = 65535
    path = photographs.folder / "deep.png"
    Image.fromarray(ramp).save(path)
    editor = open_editor(data_plane.upload(path))
    shades = """(() => {
      const [bitmap] = maskloop.bench.view.imageLayer.picture.levels;
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 1, bitmap.width, bitmap.height - 1);
      return new Set(data.filter((_, i) => i % 4 === 0)).size;
    })()"""
    assert editor.page.evaluate(shades) <= 3
    editor.press("i")
    low, high = editor.page.get_by_label("Darkest"), editor.page.get_by_label("Brightest")
    low.evaluate("slider => { slider.value = 98; slider.dispatchEvent(new Event('input')); }")  # held, not let go
    assert "url(" in editor.page.evaluate("document.querySelector('.ml-canvas canvas').style.filter")
    high.fill("106")
    editor.wait_for(f"{shades} > 80")
    assert editor.page.evaluate("document.querySelector('.ml-canvas canvas').style.filter") == ""  # not stretched twice
    editor.reload()
    editor.wait_for(f"{shades} > 80")
    editor.press("i")
    editor.page.get_by_role("button", name="Reset").click()
    editor.wait_for(f"{shades} <= 3")
    low.fill("400")
    high.fill("300")  # one end pushes the other along
    assert low.input_value() == "299"
    assert editor.saved_count == 0


def test_outlines_only_shows_far_less_colour(open_editor: Any, data_plane: DataPlane, photographs: Photographs) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=SQUARE)
    editor = open_editor(image)
    editor.expect_error("willReadFrequently")  # the test reads the canvas, the editor does not
    filled = editor.page.evaluate(COLOURED)
    editor.press("u")
    editor.page.wait_for_function(f"({COLOURED})() < {filled / 4}")
    editor.reload()
    editor.page.wait_for_function(f"({COLOURED})() < {filled / 4}")
    editor.press("u")
    editor.page.wait_for_function(f"({COLOURED})() > {filled / 2}")


def test_hidden_and_locked_objects_are_so_after_a_reload(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=SQUARE)
    editor = open_editor(image)
    editor.draw_polygon((20, 20), (60, 20), (40, 60))
    editor.press("v", "h", "l")  # before the server has numbered it
    editor.wait_saved(1)
    editor.reload()
    assert editor.page.locator(".ml-object-hidden").count() == 1
    assert editor.page.locator('.ml-object .ml-lock[aria-pressed="true"]').count() == 1
    assert len(editor.instances) == 2


def test_the_overview_is_there_while_a_part_is_in_sight_and_is_dragged_or_walked_with_arrows(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.upload(photographs.make("next.png"))
    editor = open_editor(image)
    overview, frame = editor.page.locator(".ml-minimap"), editor.page.locator(".ml-minimap-frame")
    assert not overview.is_visible()
    editor.move(200, 150)
    editor.page.mouse.wheel(0, -600)
    overview.wait_for()
    before = frame.bounding_box()
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x - 20, y - 10, steps=4)
    editor.page.mouse.up()
    editor.wait_for(f"document.querySelector('.ml-minimap-frame').getBoundingClientRect().x < {before['x'] - 18}")
    after = frame.bounding_box()
    assert (after["x"], after["y"]) == (pytest.approx(before["x"] - 20, abs=1), pytest.approx(before["y"] - 10, abs=1))
    overview.focus()
    editor.press("ArrowRight")
    editor.wait_for(f"document.querySelector('.ml-minimap-frame').getBoundingClientRect().x > {after['x'] + 2}")
    assert editor.document["image"]["image_id"] == image  # not the next image's arrow
    editor.press("f")
    overview.wait_for(state="hidden")
    editor.press("i")
    editor.page.get_by_label("Overview when zoomed in").uncheck()
    editor.reload()
    fitted = editor.page.evaluate("maskloop.bench.view.viewport.scale")
    editor.press("+", "+", "+")
    editor.wait_for(f"maskloop.bench.view.viewport.scale > 1.5 * {fitted} && !maskloop.bench.view.dirty.overlay")
    assert not overview.is_visible()


def seen(editor: Any, x: float, y: float) -> tuple[int, int, int]:
    """The colour that a pixel of the image has on the screen."""
    left, top = editor.place(x, y)
    clip = {"x": int(left), "y": int(top), "width": 1, "height": 1}
    return Image.open(BytesIO(editor.page.screenshot(clip=clip))).convert("RGB").getpixel((0, 0))  # type: ignore[return-value]


def test_gamma_brightens_the_middle_and_a_channel_alone_is_grey(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    path = photographs.make()
    picture = Image.open(path)
    picture.paste((200, 100, 50), (100, 100, 300, 200))
    picture.save(path)
    editor = open_editor(data_plane.upload(path))
    assert seen(editor, 200, 150) == (200, 100, 50)
    editor.press("i")
    editor.page.get_by_label("Gamma").fill("200")
    expected = [255 * (value / 255) ** 0.5 for value in (200, 100, 50)]
    assert list(seen(editor, 200, 150)) == pytest.approx(expected, abs=3)
    editor.page.get_by_label("Channel").select_option("green")
    green = 255 * (100 / 255) ** 0.5
    assert list(seen(editor, 200, 150)) == pytest.approx([green] * 3, abs=3)
    editor.page.get_by_role("button", name="Reset").click()
    assert seen(editor, 200, 150) == (200, 100, 50)


def test_an_image_that_is_long_in_coming_is_announced_until_it_or_another_is_there(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second = (data_plane.upload(photographs.make(f"{name}.png")) for name in ("here", "far away"))
    editor = open_editor(first)
    sign = editor.page.locator(".ml-loading")
    editor.page.evaluate(
        """(slow) => {
          const { fetch } = window;
          window.fetch = async (url, ...rest) => {
            const waits = String(url).endsWith(`/images/${slow}/document`);
            if (waits) await new Promise((resolve) => setTimeout(resolve, 800));
            return fetch(url, ...rest);
          };
        }""",
        second,
    )
    editor.press("d")
    editor.page.get_by_text("Loading far away.png").wait_for()
    editor.wait_for(f"maskloop.document.image.image_id === {second} && maskloop.drawn")
    sign.wait_for(state="hidden")
    opening = "([slow, quick]) => { const late = maskloop.bench.open(slow); maskloop.bench.open(quick); return late; }"
    editor.page.evaluate(opening, [second, first])  # until the slow one has come too
    editor.wait_for(f"maskloop.document.image.image_id === {first} && maskloop.drawn")
    assert not sign.is_visible()


def test_the_editor_fills_the_screen_and_comes_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    editor.press("Shift+F")
    editor.wait_for("document.fullscreenElement?.classList.contains('maskloop')")
    editor.press("Shift+F")
    editor.wait_for("document.fullscreenElement === null")


def test_the_words_on_the_selected_object_cover_no_neighbour_s(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    for x in (140.0, 150.0, 160.0):
        data_plane.draw(image, dog, segmentation=[[x, 100.0, x + 40, 220.0, x - 40, 220.0]])
    editor = open_editor(image)
    for x in (110, 155, 190):
        editor.press("Escape")
        editor.click(x, 215)
        covered = editor.page.evaluate("""async () => {
          const { view } = maskloop.bench;
          const drawn = [];
          const roundRect = CanvasRenderingContext2D.prototype.roundRect;
          CanvasRenderingContext2D.prototype.roundRect = function (x, y, width, height, ...rest) {
            if (this.canvas === view.overlay) drawn.push({ x, y, width, height });
            return roundRect.call(this, x, y, width, height, ...rest);
          };
          view.redraw();
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          CanvasRenderingContext2D.prototype.roundRect = roundRect;
          const others = view.objects.tagsSeen(view.viewport);
          const meets = (one, other) =>
            one.x < other.x + other.width && other.x < one.x + one.width &&
            one.y < other.y + other.height && other.y < one.y + one.height;
          return { drawn: drawn.length, others: others.length, met: drawn.filter((one) => others.some((other) => meets(one, other))).length };
        }""")  # noqa: E501
        assert editor.selected is not None
        assert covered["drawn"] >= 1
        assert covered["others"] >= 1
        assert covered["met"] == 0
