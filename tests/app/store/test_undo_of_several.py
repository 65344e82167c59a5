"""Two people at one image: undo and redo take one's own edits, and never silently what somebody else has changed."""

from __future__ import annotations

from typing import Any

import pytest

from app.store.categories import create_category
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.editing import edits, history
from app.store.editing.predictions import replace_predictions
from app.store.errors import ConflictError, OthersEditError
from tests.app.conftest import block, image_row

IMAGE = 1


@pytest.fixture
def category(store: Store) -> int:
    """A class, and an image with the id IMAGE."""
    with store.writing() as session:
        session.add(image_row(120, 80))
        return create_category(session, {"name": "apple", "keypoints": []}).id


def draw(store: Store, category: int, x: float) -> int:
    with store.writing() as session:
        fields = {"category_id": category, "segmentation": block(x, 5, 10, 10)}
        return edits.create_instance(session, IMAGE, fields)[1].id


def move(store: Store, instance: int, x: float) -> None:
    with store.writing() as session:
        revision = document_json(session, find_image(session, IMAGE))["revision"]
        edits.update_instance(session, IMAGE, instance, revision, {"segmentation": block(x, 5, 10, 10)})


def travel(store: Store, direction: Any, **options: Any) -> None:
    with store.writing() as session:
        direction(session, history.image_for_writing(session, IMAGE), **options)


def left_sides(store: Store) -> dict[int, float]:
    with store.reading() as session:
        document = document_json(session, find_image(session, IMAGE))
    return {row["id"]: row["bbox"][0] for row in document["instances"]}


def test_undo_passes_over_what_somebody_else_did_in_between(store: Store, category: int) -> None:
    anna, bert = store.sent_by("anna"), store.sent_by("bert")
    first = draw(anna, category, 0)
    theirs = draw(bert, category, 20)
    travel(anna, history.undo)
    assert left_sides(store) == {theirs: 20}
    travel(anna, history.redo)
    assert left_sides(store) == {first: 0, theirs: 20}
    travel(bert, history.undo)
    assert left_sides(store) == {first: 0}


def test_undo_of_somebody_elses_edit_is_refused_unless_it_is_asked_for(store: Store, category: int) -> None:
    anna, bert = store.sent_by("anna"), store.sent_by("bert")
    first = draw(anna, category, 0)
    draw(bert, category, 20)
    travel(bert, history.undo)
    with pytest.raises(OthersEditError, match="somebody else's"):
        travel(bert, history.undo)
    assert left_sides(store) == {first: 0}
    travel(bert, history.undo, anyones=True)
    assert left_sides(store) == {}


def test_an_object_that_somebody_else_changed_since_is_not_undone(store: Store, category: int) -> None:
    anna, bert = store.sent_by("anna"), store.sent_by("bert")
    instance = draw(anna, category, 0)
    move(bert, instance, 30)
    with pytest.raises(ConflictError, match="somebody else has changed"):
        travel(anna, history.undo)
    assert left_sides(store) == {instance: 30}
    travel(bert, history.undo)  # theirs taken back, nothing stands in the way
    travel(anna, history.undo)
    assert left_sides(store) == {}


def test_an_object_that_somebody_else_deleted_is_not_brought_back(store: Store, category: int) -> None:
    anna, bert = store.sent_by("anna"), store.sent_by("bert")
    instance = draw(anna, category, 0)
    move(anna, instance, 30)
    with bert.writing() as session:
        edits.delete_instance(session, IMAGE, instance, 2)
    with pytest.raises(ConflictError, match="somebody else has deleted"):
        travel(anna, history.undo)
    assert left_sides(store) == {}


def test_what_nobody_sent_and_what_a_program_sends_is_undone_as_ever(store: Store, category: int) -> None:
    anna, program = store.sent_by("anna"), store.sent_by("")
    with store.writing() as session:
        found = {"category_id": category, "segmentation": block(50, 5, 10, 10), "score": 0.9}
        replace_predictions(session, IMAGE, [found], "model")
    travel(anna, history.undo)
    assert left_sides(store) == {}
    draw(anna, category, 0)
    travel(program, history.undo)
    assert left_sides(store) == {}


def test_undo_of_the_first_of_many_keeps_the_stack_whole(store: Store, category: int) -> None:
    anna, bert = store.sent_by("anna"), store.sent_by("bert")
    mine = draw(anna, category, 0)
    others = [draw(bert, category, 20 + 5 * number) for number in range(3)]
    again = draw(anna, category, 60)
    travel(anna, history.undo)
    travel(anna, history.undo)
    assert left_sides(store) == {others[0]: 20, others[1]: 25, others[2]: 30}
    for _ in others:
        travel(bert, history.undo)
    assert left_sides(store) == {}
    travel(anna, history.redo)
    travel(anna, history.redo)
    assert left_sides(store) == {mine: 0, again: 60}


def test_their_work_keeps_the_image_in_progress_when_mine_is_undone(store: Store, category: int) -> None:
    draw(store.sent_by("anna"), category, 0)
    draw(store.sent_by("bert"), category, 20)
    travel(store.sent_by("anna"), history.undo)
    with store.reading() as session:
        assert find_image(session, IMAGE).status == "in_progress"
