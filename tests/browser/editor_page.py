"""The editor as a person uses it: a mouse, a keyboard, and what can be read on the screen."""

from __future__ import annotations

from typing import Any

Place = tuple[float, float]


class EditorPage:
    """One page with the editor; coordinates of the methods are image pixels."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.expected: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))
        page.on("console", self._listen)
        page.on("request", self._check_request)

    def _listen(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"console {message.type}: {message.text}")

    def _check_request(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.errors.append(f"external request: {request.url}")

    def expect_error(self, text: str) -> None:
        """Errors with this text belong to the test."""
        self.expected.append(text)

    def assert_no_errors(self) -> None:
        """Nothing was written to the console as an error, and nothing was asked of another machine."""
        left = [error for error in self.errors if not any(text in error for text in self.expected)]
        assert not left, left

    # -- the page -------------------------------------------------------------------------------

    def open(self, path: str, image: int | None) -> None:
        """Load the page and wait until the image is drawn (without one: until the editor is there)."""
        self.page.goto(self.url + path + (f"#image={image}" if image is not None else ""))
        self.page.wait_for_function("window.maskloop !== undefined")
        if image is not None:
            self.wait_for(f"maskloop.drawn && maskloop.document.image.image_id === {image}")

    def reload(self) -> None:
        """As F5 does."""
        self.page.reload()
        self.wait_for("window.maskloop !== undefined && maskloop.drawn")

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        self.page.wait_for_function(condition)

    def wait_saved(self, count: int | None = None) -> None:
        """Wait until everything is on the server; with a count, until that many edits got there since the load."""
        also = f" && maskloop.savedCount >= {count}" if count is not None else ""
        self.wait_for(f"maskloop.saveState === 'saved'{also}")

    @property
    def document(self) -> dict[str, Any]:
        """The document as the editor has it."""
        return dict(self.page.evaluate("maskloop.document"))

    @property
    def instances(self) -> list[dict[str, Any]]:
        """The objects as the editor has them."""
        return list(self.document["instances"])

    @property
    def selected(self) -> dict[str, Any] | None:
        """The selected object."""
        return self.page.evaluate("maskloop.selected")  # type: ignore[no-any-return]

    @property
    def saved_count(self) -> int:
        """Edits that got to the server since the load."""
        return int(self.page.evaluate("maskloop.savedCount"))

    def notice(self, text: str) -> Any:
        """The message on the screen that has this text."""
        return self.page.locator(".ml-notice", has_text=text)

    # -- mouse and keys -------------------------------------------------------------------------

    def place(self, x: float, y: float) -> Place:
        """Where an image pixel is in the window."""
        left, top = self.page.evaluate("([x, y]) => maskloop.toWindow(x, y)", [x, y])
        return left, top

    def move(self, x: float, y: float) -> None:
        """Move the mouse to an image pixel."""
        self.page.mouse.move(*self.place(x, y))

    def click(self, x: float, y: float, button: str = "left", modifier: str | None = None) -> None:
        """Click an image pixel."""
        if modifier:
            self.page.keyboard.down(modifier)
        self.page.mouse.click(*self.place(x, y), button=button)
        if modifier:
            self.page.keyboard.up(modifier)

    def drag(self, start: Place, end: Place, button: str = "left") -> None:
        """Press at one image pixel, move in steps, let go at another."""
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down(button=button)
        self.page.mouse.move(*self.place((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), steps=3)
        self.page.mouse.move(*self.place(*end), steps=3)
        self.page.mouse.up(button=button)

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def draw_polygon(self, *corners: Place) -> None:
        """Take the polygon tool, click the corners, and close with a click on the first."""
        self.press("p")
        for corner in (*corners, corners[0]):
            self.click(*corner)
