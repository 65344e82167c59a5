"""The assistant in a notebook's cell: `annotate(folder)`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from app.notebook.pictures import (
    PathLike,
    Pictures,
    named_pictures,
    read_annotations,
    take_annotations,
    take_categories,
    take_pictures,
    workspace_beside,
)
from app.notebook.server_process import RunningServer, ServerStart
from app.notebook.session import AnnotationSession
from app.roles import OWNER
from app.store.database import Store
from app.store.tables import IMAGE_STATUSES, ImageStatus


def annotate(
    images: Pictures,
    annotations: PathLike | Mapping[str, object] | None = None,
    *,
    model: PathLike | None = None,
    workspace: PathLike | None = None,
    categories: Sequence[str | Mapping[str, object]] = (),
    annotations_status: ImageStatus | None = "in_progress",
    height: int = 720,
    port: int | None = None,
    url: str | None = None,
    device: str = "auto",
) -> AnnotationSession:
    """Show the assistant in this cell, on these images; what is corrected there is the session's.

    `images`: a folder (with all below it), a file, a list of files, PIL images or RGB arrays, or such by name.
    They are copied into the workspace and never changed themselves. Called again, it goes on where it was.

    `annotations`: COCO JSON to begin with, a file or its content; the images get `annotations_status`
    ("reviewed" where nothing is left to correct, None to leave it). An image takes annotations from a file
    once; those of a later call are for images that are new then.

    `model`: what predicts: a name, a run directory or a weights file. Without it the one in use, in a new
    workspace the starter model. `categories`: classes to have from the start, names or COCO categories.

    `workspace`: the folder where the work is kept; without it `<folder>-maskloop` beside the images.

    `height` of the frame in pixels. `port`: a free one without it. `url`: where the *browser* reaches the
    server, if the notebook runs on another machine, for example with jupyter-server-proxy
    `"https://hub.example.org/user/ada/proxy/{port}/"`.

    The server is a process of its own on 127.0.0.1 that lets in only this frame and who has the workspace's token.
    It survives a stopped cell and a restarted kernel, a second notebook on the same workspace joins it, and
    it ends with `close()` or two minutes after the last kernel. Without IPython nothing is shown, and the session is
    there all the same.

    Raises FileNotFoundError, ValueError and, where the server does not start, RuntimeError, in one line.
    """
    if annotations_status not in (*IMAGE_STATUSES, None):
        raise ValueError(f"annotations_status is {annotations_status!r}: choose one of {', '.join(IMAGE_STATUSES)}")
    pictures = named_pictures(images)
    name, content = read_annotations(annotations) if annotations is not None else ("", None)
    wanted = _named_model(model) if model is not None else None
    folder = Path(workspace).expanduser().absolute() if workspace is not None else workspace_beside(images)
    store = _open_store(folder)
    try:
        start = ServerStart(folder, port=port, model=wanted, device=device, url=url)
        try:
            ids, problems = take_pictures(store, pictures)
            if not ids:
                raise ValueError(problems[0])
            if content is not None:
                lines = take_annotations(store, content, ids, annotations_status)
                problems += [f"{name}: {line}" for line in lines]
            take_categories(store, categories)
            server = start.wait()
            if wanted is not None:
                _use_model(server, wanted)
        except BaseException:
            start.give_up()
            raise
    finally:
        store.close()
    session = AnnotationSession(server, height=height, problems=problems)
    session.show()
    return session


def _open_store(folder: Path) -> Store:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        line = f"{folder}: no workspace can be made there ({error.strerror}): say workspace='some/folder'"
        raise ValueError(line) from None
    return Store(folder).sent_by(None, OWNER)


def _named_model(model: PathLike) -> str:
    """A model's name, or the absolute path of its files: the server runs in another folder."""
    path = Path(model).expanduser()
    return str(path.absolute()) if path.exists() else os.fspath(model)


def _use_model(server: RunningServer, model: str) -> None:
    """Make a model current where it is not: a workspace that is there already may use another."""
    name = Path(model).stem if Path(model).exists() else model
    if server.ask("GET", "/api/models")["current"] != name:
        server.ask("POST", f"/api/models/{quote(name, safe='')}/promote")
