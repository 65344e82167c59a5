"""One list says what is known of an object: the columns, the history and the answers follow it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from app.api.schemas import InstanceShape
from app.store.documents import state_json
from app.store.editing.geometry import new_state
from app.store.instance_state import InstanceState
from app.store.tables import Category, Instance
from tests.app.conftest import block, image_row


@pytest.fixture
def state() -> InstanceState:
    category = Category(id=3, name="apple", color="#000000", keypoints=[], skeleton=[])
    return new_state(image_row(40, 30), category, {"segmentation": block(2, 3, 10, 5)})


def test_each_field_is_a_column_and_each_column_a_field() -> None:
    columns = set(Instance.__table__.columns.keys())
    assert {entry.name for entry in fields(InstanceState)} == columns - {
        "id", "image_id", "revision", "updated",
    }  # fmt: skip


def test_an_answer_is_what_its_documentation_says(state: InstanceState) -> None:
    seldom = {"author", "attributes", "threshold"}  # are there where there is something to say
    documented = {entry.name for entry in fields(InstanceShape)} - {"created", "extra"} - seldom
    assert set(state_json(state, image_id=1, instance_id=None, revision=0)) == documented


def test_a_row_keeps_a_state_and_gives_it_back(state: InstanceState) -> None:
    row = Instance(id=1, image_id=1, revision=1)
    row.state = state
    assert row.state == state
    assert (row.area, row.bbox, row.status) == (50, [2, 3, 10, 5], "accepted")


def test_the_history_of_an_older_version_lacks_what_has_a_default(state: InstanceState) -> None:
    kept = replace(state, created=5.0).to_json()
    assert InstanceState.from_json(kept).created == 5.0
    del kept["created"]
    assert InstanceState.from_json(kept) == state
    assert InstanceState.from_json(kept | {"of a newer version": 1}) == state
