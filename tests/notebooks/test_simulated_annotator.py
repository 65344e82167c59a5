"""The stand-in for a person does what it says, and what it did is in the store's history."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.server import create_app
from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from core.masks import encode_rle, polygons_to_rle, rle_iou, segmentation_to_rle
from tests.app.conftest import block, file_bytes, picture

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SIZE = (80, 120)  # height, width
SQUARE = {"category": "apple", "segmentation": block(10, 10, 40, 30), "bbox": [10, 10, 40, 30]}
CORNER = {
    "category": "pear",
    "segmentation": [[60, 5, 110, 5, 110, 15, 70, 15, 70, 70, 60, 70]],
    "bbox": [60, 5, 50, 65],
}
OF_PROPOSALS = ["accepted as it was", "edited", "deleted"]


@pytest.fixture
def annotator(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    return importlib.import_module("simulated_annotator")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = create_app(Store(tmp_path / "w"), model="scenes", device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def put_on(client: TestClient, *objects: dict[str, Any]) -> tuple[int, dict[str, int]]:
    """An image with these objects as proposals of a model, and the ids of the classes."""
    files = [("files", ("a.png", file_bytes(picture(1, width=SIZE[1], height=SIZE[0]))))]
    image = client.post("/api/images", files=files).json()["images"][0]["image_id"]
    ids = {name: client.post("/api/categories", json={"name": name}).json()["id"] for name in ("apple", "pear")}
    proposals = [
        {"category_id": ids[one["category"]], "score": 0.9, "segmentation": one["segmentation"]} for one in objects
    ]
    with client.app.state.store.writing() as session:  # type: ignore[attr-defined]
        replace_predictions(session, image, proposals, "scenes")
    return image, ids


def truth_of(ids: dict[str, int], *objects: dict[str, Any]) -> list[dict[str, Any]]:
    return [one | {"category_id": ids[one["category"]]} for one in objects]


def test_what_is_right_costs_one_action_an_image(client: TestClient, annotator: Any) -> None:
    image, ids = put_on(client, SQUARE, CORNER)
    assert annotator.SimulatedAnnotator(client).review(image, truth_of(ids, SQUARE, CORNER)) == 1
    document = client.get(f"/api/images/{image}/document").json()
    assert document["image"]["status"] == "reviewed"
    assert [(one["source"], one["status"]) for one in document["instances"]] == [("predicted", "accepted")] * 2


def test_a_wrong_name_and_one_too_many(client: TestClient, annotator: Any, tmp_path: Path) -> None:
    other = SQUARE | {"category": "pear"}
    image, ids = put_on(client, other, CORNER)
    # Delete the corner (select, Delete), rename the square (select, its number), reviewed.
    assert annotator.SimulatedAnnotator(client).review(image, truth_of(ids, SQUARE)) == 5
    (left,) = client.get(f"/api/images/{image}/document").json()["instances"]
    assert (left["category_id"], left["source"]) == (ids["apple"], "edited")
    effort = importlib.import_module("effort").effort_by_image(tmp_path / "w")
    assert effort.loc[0, ["model", "proposals", "accepted as it was", "edited", "deleted", "drawn anew"]].tolist() == [
        "scenes", 2, 0, 1, 1, 0,
    ]  # fmt: skip


def test_every_object_is_as_good_as_it_wants_in_the_end(client: TestClient, annotator: Any, tmp_path: Path) -> None:
    small = SQUARE | {"segmentation": block(12, 12, 30, 22)}  # IoU 0.55 with what it should be
    image, ids = put_on(client, small)
    truth = truth_of(ids, SQUARE, CORNER)
    actions = annotator.SimulatedAnnotator(client).review(image, truth)
    instances = client.get(f"/api/images/{image}/document").json()["instances"]
    for wanted in truth:
        rle = segmentation_to_rle(wanted["segmentation"], *SIZE)
        (found,) = [one for one in instances if one["category_id"] == wanted["category_id"]]
        assert rle_iou(segmentation_to_rle(found["segmentation"], *SIZE), rle) >= annotator.SATISFIED
    assert actions > 5
    effort = importlib.import_module("effort").effort_by_image(tmp_path / "w")
    assert effort.loc[0, "drawn anew"] >= 1
    assert effort.loc[0, OF_PROPOSALS].sum() == effort.loc[0, "proposals"] == 1


def test_a_polygon_has_no_more_corners_than_it_needs(annotator: Any) -> None:
    square = segmentation_to_rle(SQUARE["segmentation"], *SIZE)
    polygons = annotator.fewest_corners(square, 0.99)
    assert annotator.polygon_clicks(polygons) == 5
    y, x = np.mgrid[:80, :120]
    disc = encode_rle((x - 60) ** 2 + (y - 40) ** 2 < 30**2)
    coarse, fine = (annotator.fewest_corners(disc, wanted) for wanted in (0.85, 0.97))
    assert rle_iou(polygons_to_rle(coarse, *SIZE), disc) >= 0.85
    assert rle_iou(polygons_to_rle(fine, *SIZE), disc) >= 0.97
    assert 6 <= annotator.polygon_clicks(coarse) < annotator.polygon_clicks(fine)


def test_by_hand_counts_tool_corners_classes_and_review(annotator: Any) -> None:
    truth = truth_of({"apple": 1, "pear": 2}, SQUARE, SQUARE)
    assert annotator.actions_by_hand(truth, SIZE, 0.99) == 1 + 5 + 5 + 1 + 1
