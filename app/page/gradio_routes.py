"""Of the framework that serves the page only those routes are open that the page uses.

Gradio's other routes copy files, serve them, fetch addresses and take uploads, and it checks their paths only in an
application that it has launched itself; a mounted one is never launched. Nothing of that is needed here: data moves
over `/api`, pictures too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from app.roles import OWNER, PAGE_FUNCTIONS, SCOPE_KEY, PersonRole, refusal

# What a browser asks for, found by recording it (tests/browser/test_gradio_routes.py).
READ = re.compile(
    r"/|/theme\.css|/favicon\.ico|/gradio_api/app_id|/gradio_api/heartbeat/\w+|/(?:assets|static)(?:/[\w\-][\w.\-]*)+"
)
LONGEST_PATH = 200  # characters; no disk has names of more than 255 bytes, and Gradio does not expect the error
CALL = "/gradio_api/run/predict"
LARGEST_CALL = 256 * 1024  # bytes; the tab's own are a few hundred
FILES = "page-files"  # in the workspace; what Gradio would keep of files


class OnlyWhatThePageUses:
    """ASGI wrapper of the mounted Gradio application: 404 for everything else, and no call may name a file."""

    def __init__(self, app: Any) -> None:  # gradio.routes.App, which takes seconds to import
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "there is no such route"})
            return
        # No parameter of an address means anything here; Gradio's own lead to its saved states, or to an error.
        scope = {**scope, "query_string": b""}
        path, method = scope["path"].removeprefix(scope.get("root_path", "")) or "/", scope["method"]
        if method in ("GET", "HEAD") and len(path) <= LONGEST_PATH and READ.fullmatch(path):
            await self.app(scope, receive, send)
        elif method == "POST" and path == CALL:
            await self._call(scope, receive, send)
        else:
            await JSONResponse({"error": "there is no such page"}, 404)(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await JSONResponse({"error": "the request is too large"}, 413)(scope, receive, send)
            return
        try:
            call = orjson.loads(body)
            names_a_file = _names_a_file(call)
        except (ValueError, RecursionError):
            await JSONResponse({"error": "the body is not valid JSON"}, 422)(scope, receive, send)
            return
        if names_a_file:
            await JSONResponse({"error": "files are not taken here; upload to /api/images"}, 422)(scope, receive, send)
            return
        if not self._is_a_call(call):
            await JSONResponse({"error": "the page has no function that takes this"}, 422)(scope, receive, send)
            return
        person, needed = scope.get(SCOPE_KEY, OWNER), self._role_needed(call)
        if not person.has(needed):
            await JSONResponse({"error": refusal(person, needed)}, 403)(scope, receive, send)
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    def _is_a_call(self, call: Any) -> bool:
        """Whether it names a function of the page and brings what that takes."""
        if (
            not isinstance(call, dict)
            or type(call.get("fn_index")) is not int
            or not isinstance(call.get("data"), list)
        ):
            return False
        function = self.app.get_blocks().fns.get(call["fn_index"])
        return (
            function is not None
            and len(call["data"]) == len(function.inputs)
            and all(map(_holds, function.inputs, call["data"]))
        )

    def _role_needed(self, call: dict[str, Any]) -> PersonRole:
        """What the table says of the function that is called; one that is not in it is for admins."""
        name = getattr(self.app.get_blocks().fns[call["fn_index"]].fn, "__name__", "")
        return PAGE_FUNCTIONS.get(name, "admin")


def _holds(component: Any, value: object) -> bool:
    """Whether a field of numbers can have a value; of others, an emptied slider's too, Gradio makes an error 500."""
    kind = component.get_block_name()
    if kind not in ("slider", "number"):
        return True
    if value is None:
        return bool(kind == "number")
    low, high = component.minimum, component.maximum
    return isinstance(value, (int, float)) and (low is None or low <= value) and (high is None or value <= high)


async def _body(receive: Receive) -> bytes | None:
    """A request's body; None where it is larger than a call of the page can be."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_CALL:
            return None
        if not message.get("more_body", False):
            return body


def _names_a_file(value: Any) -> bool:
    """Whether a call holds anything that Gradio would take for a file: by its mark, its path or its address."""
    if isinstance(value, dict):
        return not value.keys().isdisjoint(("path", "url", "_type")) or any(map(_names_a_file, value.values()))
    return isinstance(value, list) and any(map(_names_a_file, value))


def keep_files_in(workspace: Path) -> None:
    """Let what Gradio keeps of files lie in the workspace, for its owner alone; made before the page is."""
    folder = workspace / FILES
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
