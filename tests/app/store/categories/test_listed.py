"""The list of classes is what the database says at the moment, whoever wrote it."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from app.store.categories import all_categories, category_json
from app.store.categories.listed import category_list
from app.store.database import Store


def shown(store: Store) -> list[dict[str, object]]:
    with store.reading() as session:
        assert category_list(session).shown == [category_json(row) for row in all_categories(session)]
        return category_list(session).shown


def test_every_change_is_seen_that_of_another_process_too(client: TestClient, store: Store, person: int) -> None:
    for number in range(5):
        client.post("/api/categories", json={"name": f"class {number}"})
    first = shown(store)
    assert [row["name"] for row in first] == ["person", *(f"class {number}" for number in range(5))]
    changes: dict[int, dict[str, Any]] = {
        person: {"keypoints": ["head", "left hand", "right foot"]},
        2: {"position": 1, "key": "7"},
        3: {"hidden": True, "attributes": [{"name": "cut", "type": "flag"}]},
        4: {"color": "#102030", "supercategory": "fruit"},
    }
    for category, fields in changes.items():
        assert client.put(f"/api/categories/{category}", json=fields).status_code == 200
        assert shown(store) != first
    other = Store(store.workspace)
    with other.writing() as session:
        all_categories(session)[-1].name = "renamed"
    other.close()
    assert [row["name"] for row in shown(store)][-1] == "renamed"
    client.delete("/api/categories/6")
    assert len(shown(store)) == 5
    assert client.get("/api/categories").json()["categories"] == shown(store)


def test_what_did_not_change_is_not_made_again(client: TestClient, store: Store) -> None:
    for name in ("apple", "pear"):
        client.post("/api/categories", json={"name": name})
    with store.reading() as session:
        before = category_list(session)
        assert category_list(session) is before
    client.put("/api/categories/1", json={"name": "quince"})
    with store.reading() as session:
        after = category_list(session)
    assert after.digest != before.digest
    assert after.shown[0] is not before.shown[0]
    assert after.shown[1] is before.shown[1]
