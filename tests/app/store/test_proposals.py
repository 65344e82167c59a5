"""Proposals are stored from a low score up; what counts of them is what their model is calibrated to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.store.database import Store
from app.store.documents import list_images
from app.store.editing.predictions import replace_predictions
from core.evaluation.thresholds import write_score_thresholds
from core.model.score_thresholds import ScoreThresholds
from tests.app.conftest import Upload, block
from tests.app.reviewed_workspace import write_tiny_model

Document = Callable[[int], dict[str, Any]]
SCORES = (0.9, 0.5, 0.3, 0.1)


@pytest.fixture
def image(store: Store, upload: Upload, category: int) -> int:
    """An image with four proposals of a model that is calibrated to 0.4, and one that has no threshold."""
    image = upload(1)
    found: list[dict[str, Any]] = [
        {"category_id": category, "segmentation": block(25 * place, 5, 20, 20), "score": score, "threshold": 0.4}
        for place, score in enumerate(SCORES)
    ]
    found.append({"category_id": category, "segmentation": block(5, 50, 20, 20), "score": 0.2})
    with store.writing() as session:
        replace_predictions(session, image, found, "model")
    return image


def scores(instances: list[dict[str, Any]], status: str = "accepted") -> list[float]:
    return [row["score"] for row in instances if row["status"] == status]


def test_all_are_in_the_document_each_with_what_it_takes_to_count(image: int, document: Document) -> None:
    assert [(row["score"], row.get("threshold")) for row in document(image)["instances"]] == [
        *((score, 0.4) for score in SCORES),
        (0.2, None),
    ]


def test_accepting_without_a_threshold_takes_what_counts(client: TestClient, image: int) -> None:
    answer = client.post(f"/api/images/{image}/accept", json={}).json()
    assert scores(answer["instances"]) == [0.9, 0.5, 0.2]
    assert scores(answer["instances"], "proposed") == [0.3, 0.1]


def test_accepting_ids_takes_them_whatever_they_score(client: TestClient, image: int, document: Document) -> None:
    lowest = document(image)["instances"][3]["id"]
    answer = client.post(f"/api/images/{image}/accept", json={"instances": [lowest]}).json()
    assert scores(answer["instances"]) == [0.1]


def test_reviewed_accepts_what_counts_and_removes_the_rest(client: TestClient, image: int) -> None:
    answer = client.put(f"/api/images/{image}/status", json={"status": "reviewed"}).json()
    assert scores(answer["instances"]) == [0.9, 0.5, 0.2]
    assert len(answer["instances"]) == 3
    undone = client.post(f"/api/images/{image}/undo").json()
    assert sorted(row["score"] for row in undone["instances"]) == sorted([*SCORES, 0.2])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"score_threshold": 0.15}, [0.9, 0.5, 0.3, 0.2]),
        ({"score_thresholds": {"CATEGORY": 0.95}}, []),
        ({"score_threshold": 0.95, "score_thresholds": {"CATEGORY": 0.05}}, [0.9, 0.5, 0.3, 0.1, 0.2]),
        ({"score_threshold": 0.6, "score_thresholds": {"999": 0.05}}, [0.9]),
    ],
)
def test_reviewed_by_given_thresholds(
    client: TestClient, image: int, category: int, given: dict[str, Any], kept: list[float]
) -> None:
    if "score_thresholds" in given:
        by_class = given["score_thresholds"].items()
        given = given | {"score_thresholds": {key.replace("CATEGORY", str(category)): least for key, least in by_class}}
    answer = client.put(f"/api/images/{image}/status", json={"status": "reviewed", **given}).json()
    assert scores(answer["instances"]) == kept


def test_exports_have_what_counts_unless_a_score_is_asked_for(client: TestClient, image: int) -> None:
    def exported(**query: Any) -> list[float]:
        answer = client.get("/api/export", params=query)
        assert answer.status_code == 200, answer.text
        return [entry["score"] for entry in answer.json()["annotations"]]

    assert exported() == [0.9, 0.5, 0.2]
    assert exported(score_threshold=0.25) == [0.9, 0.5, 0.3]
    assert exported(include="accepted") == []


def test_lists_and_statistics_know_what_counts(client: TestClient, store: Store, image: int, category: int) -> None:
    with store.reading() as session:
        (row,) = list_images(session)["images"]
    assert row["counts"]["proposed"] == row["counts"]["instances"] == 3
    assert row["uncertainty"] == pytest.approx((0.1 + 0.5 + 0.8) / 3)


def test_an_image_with_nothing_but_ghosts_of_a_class_does_not_show_it(
    client: TestClient, store: Store, upload: Upload, category: int
) -> None:
    image = upload(2)
    ghost = {"category_id": category, "segmentation": block(5, 5, 20, 20), "score": 0.2, "threshold": 0.5}
    with store.writing() as session:
        replace_predictions(session, image, [ghost], "model")
    assert client.get(f"/api/images?category={category}").json()["total"] == 0


def test_a_model_that_was_never_calibrated_has_the_single_default(client: TestClient, upload: Upload) -> None:
    found = client.post(f"/api/images/{upload(1)}/predict").json()["instances"]
    assert found
    assert {row["threshold"] for row in found} == {0.5}


def test_a_calibrated_model_brings_its_own(client: TestClient, store: Store, upload: Upload, tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "calibrated")
    write_score_thresholds(model, ScoreThresholds({"unicorn": 0.07}, 0.3))
    registry = client.app.state.registry  # type: ignore[attr-defined]
    registry.open()
    with store.writing() as session:
        registry.add(session, "calibrated", path=str(model), categories=["unicorn"])
    image = upload(1)
    client.post("/api/models/calibrated/promote")
    found = client.post(f"/api/images/{image}/predict").json()["instances"]
    assert found
    assert {(row["model"], row["threshold"]) for row in found} == {("calibrated", 0.07)}
