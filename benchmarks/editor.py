"""How quick the editor is under a hand: medians in one run, in Chromium, on an empty workspace of its own.

`python -m benchmarks.editor`: a vertex until it is saved, the next image, dragging, a brush stroke, choosing a class.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import tempfile
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from app.server import create_app
from app.store.database import Store

REPEATS = 15
FRAMES = """async (steps) => {
  const times = [];
  for (let step = 0; step < steps; step++) {
    const before = performance.now();
    window.moveOn(step);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    times.push(performance.now() - before);
  }
  return times;
}"""
POINTER = """() => { window.point = (type, x, y) => {
  const canvas = maskloop.bench.view.overlay;
  const [clientX, clientY] = maskloop.toWindow(x, y);
  canvas.dispatchEvent(new PointerEvent(type, { clientX, clientY, pointerId: 1, button: type === "pointermove" ? -1 : 0,
    buttons: type === "pointerup" ? 0 : 1, bubbles: true, isPrimary: true, pointerType: "mouse" }));
}; }"""


class Workspace:
    """A served workspace, and what the benchmark puts into it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        app = create_app(Store(folder), model="scenes", device="cpu", with_page=False, load_at_once=False)
        self.server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=2))
        threading.Thread(target=self.server.run, daemon=True).start()
        while not self.server.started:
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=self.url, timeout=300)

    def category(self, name: str) -> int:
        """A new class."""
        return int(self.http.post("/api/categories", json={"name": name}).raise_for_status().json()["id"])

    def image(self, seed: int, size: tuple[int, int], objects: int, vertices: int, category: int) -> int:
        """An image with wavy discs in rows."""
        coarse = np.random.default_rng(seed).integers(60, 200, (6, 8, 3), dtype=np.uint8)
        buffer = BytesIO()
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
        answer = self.http.post("/api/images", files={"files": (f"{seed}.jpg", buffer.getvalue())}).raise_for_status()
        image = int(answer.json()["images"][0]["image_id"])
        across = int(np.ceil(np.sqrt(objects * size[0] / size[1])))
        step = size[0] / across
        turns = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
        radius = step * (0.38 + 0.04 * np.sin(9 * turns))
        create = []
        for number in range(objects):
            x, y = (number % across + 0.5) * step, (number // across + 0.5) * step
            ring = np.stack([x + radius * np.cos(turns), y + radius * np.sin(turns)], 1)
            inside = np.clip(ring, 0, size).round(2).ravel().tolist()
            create.append({"category_id": category, "segmentation": [inside]})
        self.http.post(f"/api/images/{image}/batch", json={"create": create}).raise_for_status()
        return image


def opened(page: Any, image: int) -> float:
    """Open an image as the keys do; milliseconds until it is drawn."""
    page.evaluate("id => maskloop.bench.open(id)", image)
    page.wait_for_function(f"maskloop.drawn && maskloop.document.image.image_id === {image}")
    page.wait_for_timeout(400)  # for what is read ahead
    return float(page.evaluate("maskloop.openedMilliseconds"))


def vertex_saved(page: Any, image: int) -> list[float]:
    """Milliseconds from letting a vertex go to the server's answer."""
    opened(page, image)
    page.evaluate("maskloop.bench.setTool('select'); maskloop.bench.editor.select(maskloop.document.instances[0].id)")
    times = []
    for _ in range(REPEATS):
        left, top = page.evaluate("maskloop.vertices(maskloop.selected.id)[0][0]")
        count = page.evaluate("maskloop.savedCount")
        page.mouse.move(left, top)
        page.mouse.down()
        page.mouse.move(left + 4, top + 3, steps=2)
        page.mouse.up()
        page.wait_for_function(f"maskloop.savedCount > {count}")
        times.append(float(page.evaluate("maskloop.lastSaveMilliseconds")))
    return times


def drag_frames(page: Any, image: int) -> list[float]:
    """Milliseconds of each frame while an object is dragged."""
    opened(page, image)
    page.evaluate("maskloop.bench.setTool('select'); maskloop.bench.editor.select(maskloop.document.instances[0].id)")
    page.evaluate("""() => {
      const [x, y, width, height] = maskloop.selected.bbox;
      window.from = [x + width / 2, y + height / 2];
      point("pointerdown", ...from);
      window.moveOn = (step) => point("pointermove", from[0] + step, from[1] + step / 2);
    }""")
    times = list(page.evaluate(FRAMES, 60))
    page.evaluate("point('pointerup', from[0], from[1])")
    return times


def brush_frames(page: Any, image: int) -> list[float]:
    """Milliseconds of each frame of a brush stroke."""
    opened(page, image)
    page.evaluate("maskloop.bench.editor.select(null); maskloop.bench.setTool('brush')")
    page.evaluate("""() => {
      point("pointerdown", 200, 200);
      window.moveOn = (step) => point("pointermove", 200 + 8 * step, 200 + 5 * step);
    }""")
    times = list(page.evaluate(FRAMES, 60))
    page.evaluate("point('pointerup', 680, 500)")
    return times


def class_changes(page: Any, image: int) -> list[float]:
    """Milliseconds from choosing a class of the selected object to the frame that shows it."""
    opened(page, image)
    page.evaluate("maskloop.bench.editor.select(maskloop.document.instances[0].id)")
    page.evaluate("""() => {
      const { editor } = maskloop.bench;
      const ids = editor.document.categories.map(({ id }) => id);
      window.moveOn = (step) => editor.chooseCategory(ids[(7 * step + 1) % ids.length]);
    }""")
    return list(page.evaluate(FRAMES, REPEATS))


def main() -> None:
    """Measure and print a table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    rows: list[tuple[str, float, str]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Workspace(Path(folder) / "workspace")
        categories = [workspace.category(f"class {number}") for number in range(9)]
        category = categories[0]
        small = workspace.image(1, (1600, 1200), 20, 60, category)
        large = [workspace.image(10 + number, (4000, 3000), 100, 200, category) for number in range(3)]
        many = workspace.image(2, (1600, 1200), 300, 60, category)
        thousand = workspace.image(3, (1600, 1200), 1000, 40, category)
        executable = next((path for path in map(shutil.which, names) if path), None)
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        page.add_init_script("localStorage.setItem('maskloop.preference:find-automatically', 'false')")
        page.goto(f"{workspace.url}/canvas/index.html#image={small}")
        page.wait_for_function("window.maskloop !== undefined && maskloop.drawn")
        page.evaluate(POINTER)
        median = statistics.median
        rows.append(("a vertex saved, ms", median(vertex_saved(page, small)), "≤ 40"))
        opened(page, large[-1])
        times = [opened(page, image) for image in large * 4]
        rows.append(("next image: 100 objects × 200 vertices, 12 megapixels, ms", median(times), "≤ 150"))
        rows.append(("dragging among 300 objects, frames a second", 1000 / median(drag_frames(page, many)), "≥ 50"))
        rows.append(("a brush stroke on 1,000 objects, ms a frame", median(brush_frames(page, thousand)), "≤ 50"))
        few = median(class_changes(page, small))
        for number in range(1194):
            workspace.category(f"kind {number}")
        rows.append(
            ("choosing a class: 1,203 classes against 9, ratio", median(class_changes(page, small)) / few, "≤ 2")
        )
        browser.close()
        workspace.server.should_exit = True
    print("| | median | wanted |\n|---|---|---|")
    for name, value, wanted in rows:
        print(f"| {name} | {value:.3g} | {wanted} |")


if __name__ == "__main__":
    main()
