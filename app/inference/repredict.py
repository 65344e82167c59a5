"""Predicting anew after a model version came into use: only on images that no person has worked on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.inference.model_terms import ModelUnavailableError
from app.json_files import read_json, write_json
from app.store.database import Store
from app.store.tables import Image, Instance

PROGRESS = "repredict.json"  # in the workspace: what is left to do, should the server end before it is done
SAVE_EVERY = 20  # images


class Repredictor:
    """One background thread that runs the current model on untouched images, one image after another.

    `predict(image_id, model)` replaces the predictions of an image that is untouched still. A person's work is safe
    twice: images with any of it are not taken, and a prediction never replaces what a person did in the meantime.
    """

    def __init__(self, store: Store, predict: Callable[[int, str], object]) -> None:
        self.store = store
        self.predict = predict
        self._progress_file = store.workspace / PROGRESS
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._generation = 0  # a newer start makes an older thread end
        self._state: dict[str, Any] = {"model": None, "total": 0, "done": 0, "running": False, "errors": []}

    def status(self) -> dict[str, Any]:
        """`{"model", "total", "done", "running", "errors"}`: images, and one line for each that failed."""
        with self._lock:
            return dict(self._state, errors=list(self._state["errors"]))

    def open(self) -> None:
        """Go on where an earlier server stopped."""
        if self._progress_file.exists():
            saved = read_json(self._progress_file)
            self._begin(saved["model"], saved["left"])

    def start(self, model: str) -> int:
        """Predict with `model` on every untouched image; what an earlier start still had to do is given up.

        Returns how many images that is.
        """
        image_ids = untouched_images(self.store)
        self._begin(model, image_ids)
        return len(image_ids)

    def close(self) -> None:
        """Stop after the image at hand; `open` goes on from there.

        Waits a second for it at most: a model that is still being downloaded must not keep the server from ending.
        """
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)

    def _begin(self, model: str, image_ids: list[int]) -> None:
        with self._lock:
            self._generation += 1
            self._state = {
                "model": model, "total": len(image_ids), "done": 0, "running": bool(image_ids), "errors": [],
            }  # fmt: skip
            generation = self._generation
            self._save(model, image_ids)
        self._thread = threading.Thread(
            target=self._run, args=(model, image_ids, generation), name="predicting anew", daemon=True
        )
        self._thread.start()

    def _run(self, model: str, image_ids: list[int], generation: int) -> None:
        for number, image_id in enumerate(image_ids):
            error = None
            try:
                with self.store.reading() as session:
                    untouched = is_untouched(session, image_id)
                if untouched:
                    self.predict(image_id, model)
            except ModelUnavailableError as problem:  # said in full already
                error = f"image {image_id}: {problem}"
            except Exception as problem:  # one image must not keep the others from their predictions
                logging.getLogger(__name__).exception("image %d could not be predicted anew", image_id)
                error = f"image {image_id}: {problem}"
            with self._lock:
                if generation != self._generation:
                    return
                if error:
                    self._state["errors"].append(error)
                self._state["done"] = number + 1
                left = image_ids[number + 1 :]
                self._state["running"] = bool(left)
                if not left or self._closed.is_set() or number % SAVE_EVERY == 0:
                    self._save(model, left)
            if self._closed.is_set():
                return

    def _save(self, model: str, left: list[int]) -> None:
        if left:
            write_json(self._progress_file, {"model": model, "left": left})
        else:
            self._progress_file.unlink(missing_ok=True)


def untouched_images(store: Store) -> list[int]:
    """The ids of images that no person has worked on: to do, with nothing but untouched predictions."""
    with store.reading() as session:
        return list(session.scalars(_untouched().order_by(Image.id)))


def is_untouched(session: Session, image_id: int) -> bool:
    """Whether an image is still one of them."""
    return session.scalar(_untouched().where(Image.id == image_id)) is not None


def _untouched() -> Any:
    touched = exists().where(
        Instance.image_id == Image.id, or_(Instance.source != "predicted", Instance.status == "accepted")
    )
    return select(Image.id).where(Image.status == "todo", Image.removed.is_(None), ~touched)
