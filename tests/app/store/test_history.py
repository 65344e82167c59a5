"""Undo and redo under any sequence of edits: the document is what an independent model of it says."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import func, select

from app.store.categories import create_category
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.editing import edits, history
from app.store.editing.predictions import replace_predictions
from app.store.tables import Edit
from tests.app.conftest import block, image_row

WIDTH, HEIGHT = 120, 80
places = st.tuples(st.integers(0, 100), st.integers(0, 60))
scores = st.lists(st.sampled_from([0.2, 0.4, 0.6, 0.8]), max_size=3)


class Editing(RuleBasedStateMachine):
    """Every kind of edit, undo and redo, on one image; snapshots of the document are what undo must bring back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(self.folder.name, "sqlite://")
        with self.store.writing() as session:
            image = image_row(WIDTH, HEIGHT)
            session.add(image)
            self.category = create_category(session, {"name": "apple", "keypoints": ["stem"]}).id
            session.flush()
            self.image = image.id
        self.done: list[Any] = [self.snapshot()]  # what undo goes back through; the last is now
        self.undone: list[Any] = []
        self.edits = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def document(self) -> dict[str, Any]:
        with self.store.reading() as session:
            return deepcopy(document_json(session, find_image(session, self.image)))

    def snapshot(self) -> Any:
        """The document without what counts upwards."""
        document = self.document()
        for instance in document["instances"]:
            del instance["revision"]
        return document["instances"], document["image"]["status"], document["image"].get("changed", False)

    def edited(self) -> None:
        now = self.snapshot()
        self.done.append(now)
        self.undone.clear()
        self.edits += 1

    def pick(self, number: int) -> dict[str, Any]:
        instances = self.document()["instances"]
        return dict(instances[number % len(instances)])

    def has_instances(self) -> bool:
        return bool(self.done[-1][0])

    @rule(place=places, status=st.sampled_from(["accepted", "proposed"]))
    def create(self, place: tuple[int, int], status: str) -> None:
        fields = {"category_id": self.category, "segmentation": block(*place, 10, 10), "status": status}
        with self.store.writing() as session:
            edits.create_instance(session, self.image, fields)
        self.edited()

    @precondition(has_instances)
    @rule(number=st.integers(0, 20), place=places, visibility=st.sampled_from([0, 1, 2]))
    def update(self, number: int, place: tuple[int, int], visibility: int) -> None:
        instance = self.pick(number)
        keypoints = [*place, visibility] if visibility else [0, 0, 0]
        fields = {"segmentation": block(*place, 12, 9), "keypoints": keypoints}
        before = self.snapshot()
        with self.store.writing() as session:
            edits.update_instance(session, self.image, instance["id"], instance["revision"], fields)
        if self.snapshot() != before:
            self.edited()

    @precondition(has_instances)
    @rule(number=st.integers(0, 20))
    def delete(self, number: int) -> None:
        instance = self.pick(number)
        with self.store.writing() as session:
            edits.delete_instance(session, self.image, instance["id"], instance["revision"])
        self.edited()

    @rule(scores=scores)
    def predict(self, scores: list[float]) -> None:
        found = [
            {"category_id": self.category, "segmentation": block(25 * place, 2, 20, 20), "score": score}
            for place, score in enumerate(scores)
        ]
        before = self.document()["revision"]
        with self.store.writing() as session:
            replace_predictions(session, self.image, found, "model")
        if self.document()["revision"] != before:
            self.edited()

    @rule(threshold=st.sampled_from([None, 0.5]))
    def accept(self, threshold: float | None) -> None:
        before = self.snapshot()
        with self.store.writing() as session:
            edits.accept_instances(session, self.image, threshold)
        if self.snapshot() != before:
            self.edited()

    @rule(status=st.sampled_from(["todo", "in_progress", "reviewed"]), threshold=st.sampled_from([None, 0.5]))
    def status(self, status: str, threshold: float | None) -> None:
        before = self.document()["revision"]  # a second review of an image that was edited since is an edit too
        with self.store.writing() as session:
            edits.set_status(session, self.image, status, threshold)
        if self.document()["revision"] != before:
            self.edited()

    @precondition(lambda self: len(self.done) > 1)
    @rule()
    def undo(self) -> None:
        with self.store.writing() as session:
            history.undo(session, history.image_for_writing(session, self.image))
        self.edits += 1
        self.undone.append(self.done.pop())
        assert self.snapshot() == self.done[-1]

    @precondition(lambda self: bool(self.undone))
    @rule()
    def redo(self) -> None:
        with self.store.writing() as session:
            history.redo(session, history.image_for_writing(session, self.image))
        self.edits += 1
        self.done.append(self.undone.pop())
        assert self.snapshot() == self.done[-1]

    @invariant()
    def the_document_is_what_was_done(self) -> None:
        document = self.document()
        assert self.snapshot() == self.done[-1]
        assert document["can_undo"] == (len(self.done) > 1)
        assert document["can_redo"] == bool(self.undone)
        assert document["revision"] == self.edits
        assert all(instance["revision"] <= document["revision"] for instance in document["instances"])

    @invariant()
    def the_history_only_grows(self) -> None:
        with self.store.reading() as session:
            assert session.scalar(select(func.count()).select_from(Edit)) == self.edits


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
