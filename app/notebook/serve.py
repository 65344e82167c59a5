"""The assistant beside a notebook, in a process of its own: `python -m app.notebook.serve WORKSPACE`.

It belongs to a workspace, not to a kernel: a cell that is stopped or a kernel that is restarted leaves the page
and what is being drawn on it alone, and a second notebook finds the same server. `server.json` in
`<workspace>/notebook/` says where it is, and one file a kernel who uses it. Where no kernel does any more it ends,
two minutes after the last request.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from app.access import read_token
from app.json_files import read_json, write_json
from app.serving import listen, server_for
from app.store.database import Store

FOLDER = "notebook"
SERVER = "server.json"
LOG = "server.log"
HOST = "127.0.0.1"
PATIENCE = 120.0  # seconds without a kernel and without a request: a restart is over by then, and so is the work


def main(arguments: list[str] | None = None) -> int:
    """Serve until nobody uses the server any more; exit status 2 and a last line "error: …" where it cannot."""
    parser = argparse.ArgumentParser(prog="python -m app.notebook.serve")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--url", default=None, help="where browsers reach it, {port} being its port")
    options = parser.parse_args(arguments)
    try:
        serve(options)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 2
    return 0


def serve(options: argparse.Namespace) -> None:
    """Build the application and run it."""
    store = Store(options.workspace)
    listener = listen(HOST, options.port)

    from app.server import create_app

    port = listener.getsockname()[1]
    page = page_address(port, options.url)
    address = urlsplit(page)
    application = create_app(
        store,
        model=options.model,
        device=options.device,
        hosts=[address.hostname or HOST],
        token=read_token(store.workspace),
    )
    requests = RequestClock(application)
    server = server_for(requests, address.path.rstrip("/"))
    folder = store.workspace / FOLDER
    threading.Thread(target=_watch, args=(server, requests, folder, port, page), daemon=True).start()
    server.run(sockets=[listener])


def page_address(port: int, url: str | None) -> str:
    """Where a browser finds the page, with a slash at the end."""
    return (url or f"http://{HOST}:{{port}}/").replace("{port}", str(port)).rstrip("/") + "/"


class RequestClock:
    """An ASGI application that remembers when it was last asked for anything."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.last = time.monotonic()

    async def __call__(self, scope: object, receive: Any, send: object) -> None:
        self.last = time.monotonic()
        await self.app(scope, receive, send)


def served_by(folder: Path) -> dict[str, Any]:
    """`{"pid", "port", "page", "machine"}` of the last server of a workspace; empty where there never was one."""
    try:
        return dict(read_json(folder / SERVER))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def register(folder: Path) -> None:
    """Say that this process uses the server."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / f"{os.getpid()}.kernel", {"started": psutil.Process().create_time()})


def unregister(folder: Path) -> None:
    """Say that this process no longer does."""
    (folder / f"{os.getpid()}.kernel").unlink(missing_ok=True)


def kernels(folder: Path) -> Iterator[int]:
    """The processes that use the server and are alive; files of those that are gone are cleared away."""
    for file in folder.glob("*.kernel"):
        try:
            process = psutil.Process(int(file.stem))
            # Process numbers are given out again. The clock may be set, which moves the time by as much.
            alive = (
                abs(process.create_time() - read_json(file)["started"]) < 60
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.Error, FileNotFoundError):
            alive = False
        if alive:
            yield int(file.stem)
        else:
            file.unlink(missing_ok=True)


def _watch(server: Any, requests: RequestClock, folder: Path, port: int, page: str) -> None:
    """Say where the server is once it is up, and end it when nobody uses it."""
    while not server.started:
        time.sleep(0.02)
    here = {"pid": os.getpid(), "port": port, "page": page, "machine": socket.gethostname()}
    write_json(folder / SERVER, here)
    last_used = time.monotonic()
    while not server.should_exit:
        time.sleep(1.0)
        if any(kernels(folder)):
            last_used = time.monotonic()
        # A folder that is gone was a temporary one.
        if not folder.is_dir() or time.monotonic() - max(last_used, requests.last) > PATIENCE:
            server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())
