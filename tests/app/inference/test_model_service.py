"""The model beside the canvas: predictions that never touch a person's work, prompts, clicks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from sqlalchemy import select

from app.inference.model_terms import found_objects
from app.inference.model_thread import Haste
from app.inference.outlines import MOST_VERTICES, outline, without_specks
from app.server import create_app
from app.store.database import Store
from app.store.editing.edits import set_status
from app.store.editing.predictions import replace_predictions
from app.store.image_files import original_path, sha256_of
from app.store.tables import Instance
from core.evaluation.thresholds import write_score_thresholds
from core.masks import decode_rle, encode_rle, segmentation_to_rle
from core.model.score_thresholds import ScoreThresholds
from tests.app.conftest import HEIGHT, WIDTH, Upload, block, file_bytes, picture
from tests.app.reviewed_workspace import write_tiny_model

Document = Callable[[int], dict[str, Any]]


def replace(store: Store, image: int, *found: dict[str, Any], model: str = "model") -> None:
    with store.writing() as session:
        replace_predictions(session, image, found, model)


def proposal(category: int, x: float, y: float, score: float = 0.9, size: float = 20) -> dict[str, Any]:
    return {"category_id": category, "segmentation": block(x, y, size, size), "score": score}


def test_a_new_prediction_replaces_only_what_nobody_touched(
    client: TestClient, store: Store, upload: Upload, category: int, person: int, document: Document
) -> None:
    image = upload(1)
    replace(store, image, *(proposal(category, 25 * place, 5) for place in range(4)))
    accepted, edited, deleted, _ = document(image)["instances"]
    url = f"/api/images/{image}/instances"
    client.put(f"{url}/{accepted['id']}", json={"base_revision": 1, "status": "accepted"})
    client.put(f"{url}/{edited['id']}", json={"base_revision": 1, "segmentation": block(26, 6, 20, 20)})
    client.delete(f"{url}/{deleted['id']}?base_revision=1")
    manual = client.post(url, json={"category_id": category, "segmentation": block(5, 50, 20, 20)}).json()["instance"]
    before = {row["id"]: row for row in document(image)["instances"]}
    replace(
        store,
        image,
        proposal(category, 1, 5),  # on the accepted one
        proposal(category, 26, 5),  # on the edited one
        proposal(category, 5, 51),  # on the drawn one
        proposal(person, 5, 50),  # there too, but another class
        proposal(category, 90, 50),  # new
        model="better",
    )
    after = document(image)["instances"]
    kept = [row for row in after if row["id"] in before]
    assert kept == [before[row["id"]] for row in (accepted, edited, manual)]
    new = [row for row in after if row["id"] not in before]
    assert [(row["category_id"], row["bbox"][:2], row["model"]) for row in new] == [
        (person, [5, 50], "better"),
        (category, [90, 50], "better"),
    ]
    undone = client.post(f"/api/images/{image}/undo").json()["instances"]
    assert {row["id"] for row in undone} == set(before)


def test_the_same_prediction_again_is_no_edit(
    client: TestClient, store: Store, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    for _ in range(3):
        replace(store, image, proposal(category, 5, 5), proposal(category, 45, 5))
    assert document(image)["revision"] == 1
    assert len(document(image)["instances"]) == 2


def test_a_prediction_without_a_pixel_is_left_out(
    client: TestClient, store: Store, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    replace(store, image, {"category_id": category, "segmentation": [[5, 5, 5, 5, 5, 5]], "score": 0.9})
    assert document(image)["instances"] == []


def test_the_model_finds_objects_and_makes_their_classes(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1)
    answer = client.post(f"/api/images/{image}/predict", json={"score_threshold": 0})
    assert answer.status_code == 200, answer.text
    found = answer.json()["instances"]
    assert found
    assert [category["name"] for category in answer.json()["categories"]] == ["unicorn"]
    assert answer.json()["model"] == "tiny"
    assert answer.json()["seconds"] > 0
    now = document(image)
    assert now == {key: value for key, value in answer.json().items() if key in now}
    for row in found:
        assert (row["source"], row["status"], row["model"]) == ("predicted", "proposed", "tiny")
        assert 0 <= row["score"] <= 1
        assert row["area"] > 0
    assert client.post(f"/api/images/{image}/predict", json={"score_threshold": 0}).json()["revision"] == 1
    assert client.post(f"/api/images/{image}/predict", json={"score_threshold": 1}).json()["instances"] == []
    assert client.post(f"/api/images/{image}/predict").status_code == 200
    assert client.get("/api/assist").json() == {"state": "ready", "model": "tiny", "message": ""}
    assert client.get("/api/export").status_code == 200


@pytest.mark.parametrize("body", [{"model": "nonsense"}, {"score_threshold": 2}, {"score_threshold": "high"}])
def test_a_prediction_that_cannot_be_made(client: TestClient, upload: Upload, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/images/{upload(1)}/predict", json=body)
    assert answer.status_code in (404, 422)
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("left", [None, 0, 0.5])
def test_a_file_that_is_gone_or_damaged_is_named(
    client: TestClient, upload: Upload, category: int, store: Store, left: float | None
) -> None:
    image, other = upload(1, "field.png"), upload(2, "wood.png")
    fields = {"category_id": category, "segmentation": block(10, 10, 20, 20)}
    instance = client.post(f"/api/images/{image}/instances", json=fields).json()["instance"]["id"]
    data = file_bytes(picture(1))
    path = original_path(store.workspace, sha256_of(data))
    path.unlink()
    if left is not None:
        path.write_bytes(data[: int(left * len(data))])
    clicks = [[20, 20, 1]]
    for url, body in (
        (f"{image}/predict", {}),
        (f"{image}/masks", {"boxes": [[5, 5, 30, 30]]}),
        (f"{image}/masks", {"points": clicks, "category": category}),
        (f"{image}/refine", {"instance": instance, "points": clicks}),
        (f"{other}/propagate", {"source": image}),
    ):
        answer = client.post(f"/api/images/{url}", json=body)
        wrong = "is gone from" if left is None else "is damaged"
        assert answer.status_code == 404, (url, answer.text)
        assert "field.png" in answer.json()["error"]
        assert wrong in answer.json()["error"].replace("in the workspace ", "")
    assert upload(1, "field.png") == image  # uploaded again, it is there again
    assert client.post(f"/api/images/{image}/predict", json={}).status_code == 200


def test_a_box_gives_the_object_in_it(client: TestClient, upload: Upload, category: int, document: Document) -> None:
    image = upload(1)
    answer = client.post(f"/api/images/{image}/masks", json={"boxes": [[20, 10, 80, 60], [5.5, 5.5, 30, 30]]})
    assert answer.status_code == 200, answer.text
    instances = answer.json()["instances"]
    names = {row["id"]: row["name"] for row in client.get("/api/categories").json()["categories"]}
    for instance, (x0, y0, x1, y1) in zip(instances, [(20, 10, 80, 60), (5.5, 5.5, 30, 30)], strict=True):
        assert instance["id"] is None
        assert names[instance["category_id"]] == "unicorn"
        x, y, width, height = instance["bbox"]
        # A hand's box is not exact: the object may reach a little beyond it.
        assert x0 - 2 <= x < x + width <= x1 + 2
        assert y0 - 2 <= y < y + height <= y1 + 2
    assert document(image)["instances"] == []
    given = client.post(f"/api/images/{image}/masks", json={"boxes": [[80, 60, 20, 10]], "category": category})
    assert given.json()["instances"][0]["category_id"] == category
    by_name = client.post(f"/api/images/{image}/masks", json={"boxes": [[20, 10, 80, 60]], "category": "unicorn"})
    assert names[by_name.json()["instances"][0]["category_id"]] == "unicorn"
    kept = client.post(f"/api/images/{image}/instances", json=given.json()["instances"][0])
    assert kept.status_code == 201
    assert (kept.json()["instance"]["source"], kept.json()["instance"]["status"]) == ("manual", "proposed")


@pytest.mark.parametrize(
    "body",
    [
        {"boxes": []},
        {"boxes": [[1, 2, 3]]},
        {"boxes": [[10, 10, 10, 10]]},
        {"boxes": [[500, 500, 600, 600]]},
        {"boxes": [["a", 1, 2, 3]]},
        {"boxes": "all"},
        {},
        {"boxes": [[10, 10, 50, 50]], "points": [[20, 20, 1]]},
        {"boxes": [[10, 10, 50, 50]], "category": 99},
        {"boxes": [[10, 10, 50, 50]], "category": "none such"},
    ],
)
def test_boxes_that_cannot_be(client: TestClient, upload: Upload, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/images/{upload(1)}/masks", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"].split(".")[0] in ("boxes", "category")
    assert "\n" not in answer.json()["error"]


def test_clicks_refine_a_mask_and_store_nothing(
    client: TestClient, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    client.post(f"/api/images/{image}/instances", json={"category_id": category, "segmentation": block(20, 20, 30, 30)})
    points = [[60.5, 30.5, 1], [25.5, 25.5, 0], [40, 40, True]]
    answer = client.post(f"/api/images/{image}/refine", json={"instance": 1, "points": points})
    assert answer.status_code == 200, answer.text
    mask = decode_rle(segmentation_to_rle(answer.json()["segmentation"], HEIGHT, WIDTH))
    assert mask[30, 60]
    assert not mask[25, 25]
    assert mask[40, 40]
    assert answer.json()["area"] == mask.sum()
    assert document(image)["revision"] == 1
    unsaved = {"segmentation": block(20, 20, 30, 30), "category_id": category}
    again = client.post(f"/api/images/{image}/refine", json={"instance": unsaved, "points": points})
    assert again.json() == answer.json()
    box = client.post(
        f"/api/images/{image}/refine", json={"instance": {"bbox": [20, 20, 30, 30]}, "points": [[25.5, 25.5, 0]]}
    )
    assert box.json()["area"] < 900


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"instance": 1, "points": []}, 422),
        ({"instance": 1, "points": [[500, 5, 1]]}, 422),
        ({"instance": 1, "points": [[5, 5]]}, 422),
        ({"instance": 1, "points": [["x", 5, 1]]}, 422),
        ({"instance": 77, "points": [[5, 5, 1]]}, 404),
        ({"instance": {}, "points": [[5, 5, 1]]}, 422),
        ({"instance": {"segmentation": [[1, 1, 2, 2]]}, "points": [[5, 5, 1]]}, 422),
    ],
)
def test_clicks_that_cannot_be(
    client: TestClient, upload: Upload, category: int, body: dict[str, Any], status: int
) -> None:
    image = upload(1)
    client.post(f"/api/images/{image}/instances", json={"category_id": category, "segmentation": block(20, 20, 30, 30)})
    answer = client.post(f"/api/images/{image}/refine", json=body)
    assert answer.status_code == status
    assert "\n" not in answer.json()["error"]


def blob(seed: int, size: int = 400) -> NDArray[np.uint8]:
    """A round shape with a wavy outline."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] - size / 2
    angle = np.arctan2(rows, columns)
    radius = 0.35 * size
    for wave in range(2, 9):
        radius = radius + random.uniform(0, 0.12 * size / wave) * np.sin(wave * angle + random.uniform(0, 6.3))
    return (np.hypot(rows, columns) < radius).astype(np.uint8)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [40, 400, 900])
def test_an_outline_has_few_vertices_and_is_still_the_mask(seed: int, size: int) -> None:
    crop = blob(seed, size)
    segmentation = outline(crop, 7, 11, size + 20, size + 20)
    assert isinstance(segmentation, list)
    assert sum(len(polygon) for polygon in segmentation) <= 2 * MOST_VERTICES
    drawn = decode_rle(segmentation_to_rle(segmentation, size + 20, size + 20))
    truth = np.zeros_like(drawn)
    truth[11 : 11 + size, 7 : 7 + size] = crop
    least = 0.97 if size > 40 else 0.93
    assert np.count_nonzero(drawn & truth) >= least * np.count_nonzero(drawn | truth)


def test_specks_go_and_real_holes_stay() -> None:
    crop = blob(3, 200)
    clean = crop.copy()
    crop[2, 2] = 1  # a speck
    crop[100, 100] = 0  # a pinhole
    np.testing.assert_array_equal(without_specks(crop), clean)
    crop[80:110, 80:110] = 0
    segmentation = outline(crop, 0, 0, 200, 200)
    assert isinstance(segmentation, dict)
    assert not decode_rle(segmentation)[90, 90]
    assert outline(np.zeros((5, 5), dtype=np.uint8), 0, 0, 9, 9) == []
    one = np.ones((1, 1), dtype=np.uint8)
    assert decode_rle(segmentation_to_rle(outline(one, 3, 4, 9, 9), 9, 9)).sum() == 1
    assert encode_rle(one)


@pytest.fixture
def offline_client(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    """An application that should begin with the COCO model, on a machine without a network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty cache"))

    def no_network(*_arguments: Any, **_options: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", no_network)
    app = create_app(store, model="coco", device="cpu", with_page=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


def test_without_a_network_it_goes_on_with_the_starter_model(offline_client: TestClient) -> None:
    for _ in range(600):
        state = offline_client.get("/api/assist").json()
        if state["state"] != "loading":
            break
        time.sleep(0.1)
    assert "coco" in state["message"]
    assert "starter" in state["message"]
    assert "\n" not in state["message"]
    known = [model["name"] for model in offline_client.get("/api/models").json()["models"]]
    if "starter" in known:
        assert (state["state"], state["model"]) == ("ready", "starter")
        german = {"MaskLoop-Language": "de"}
        said = offline_client.get("/api/assist", headers=german).json()["message"]
        assert said.startswith("Modell „coco“ ist nicht verwendbar")
        notes = {one["name"]: one["note"] for one in offline_client.get("/api/models", headers=german).json()["models"]}
        assert notes["starter"].startswith("starter ist ein kleines Modell")
        assert offline_client.app.state.registry.original() == "starter"  # type: ignore[attr-defined]


def test_an_image_that_a_person_works_on_by_then_can_be_left_alone(
    client: TestClient, store: Store, upload: Upload, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch goes on while somebody reviews, or imports what others did."""
    first, second = upload(1), upload(2)
    body = {"score_threshold": 0, "only_untouched": True}
    client.put(f"/api/images/{first}/status", json={"status": "in_progress"})
    assert client.post(f"/api/images/{first}/predict", json=body).json()["instances"] == []

    def reviewed_meanwhile(*arguments: Any) -> list[dict[str, Any]]:
        with store.writing() as session:
            set_status(session, second, "reviewed")
        return found_objects(*arguments)

    monkeypatch.setattr("app.inference.model_service.found_objects", reviewed_meanwhile)
    assert client.post(f"/api/images/{second}/predict", json=body).json()["instances"] == []
    assert document(second)["image"]["status"] == "reviewed"
    assert client.post(f"/api/images/{second}/predict", json={"score_threshold": 0}).json()["instances"]


def test_the_event_loop_is_free_while_the_model_works(client: TestClient, upload: Upload) -> None:
    image = upload(1)
    release, entered = threading.Event(), threading.Event()

    def long_work() -> None:
        entered.set()
        release.wait(20)

    client.app.state.model_service.thread.submit(long_work, Haste.AHEAD)  # type: ignore[attr-defined]
    assert entered.wait(10)
    answers: list[int] = []
    waiting = threading.Thread(
        target=lambda: answers.append(client.post(f"/api/images/{image}/predict").status_code), daemon=True
    )
    waiting.start()
    started = time.perf_counter()
    for _ in range(5):
        assert client.get(f"/api/images/{image}/document").status_code == 200
    assert time.perf_counter() - started < 10
    assert answers == []
    release.set()
    waiting.join(30)
    assert answers == [200]


def test_a_click_is_answered_while_another_image_is_predicted(
    client: TestClient, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = upload(1), upload(2)
    assert client.post(f"/api/images/{first}/predict").status_code == 200  # the model is in memory
    service = client.app.state.model_service  # type: ignore[attr-defined]
    begun, clicked = threading.Event(), threading.Event()

    def slow_layer(*_: object) -> None:
        if begun.is_set():  # the layers that follow, and those of the click
            return
        begun.set()
        end = time.monotonic() + 10
        while not clicked.wait(0.01) and time.monotonic() < end:
            service.thread.give_way()

    monkeypatch.setattr(service._loaded, "between_layers", slow_layer)
    body = {"only_untouched": True, "score_threshold": 0}
    prediction = service.predict(second, None, 0.0, only_untouched=True)
    waits = service.predict(first, None, 0.0)
    assert begun.wait(10)
    answer = client.post(f"/api/images/{first}/masks", json={"points": [[60, 40, True]]})
    assert answer.status_code == 200, answer.text
    assert not prediction.done()
    assert not waits.done()
    clicked.set()
    prediction.result(timeout=20)
    waits.result(timeout=20)
    found = client.get(f"/api/images/{second}/document").json()["instances"]
    monkeypatch.undo()
    again = client.post(f"/api/images/{second}/predict", json=body).json()["instances"]
    assert found
    assert found == again


def test_a_prediction_keeps_to_its_model_where_a_click_brings_another(
    client: TestClient, store: Store, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version is promoted after the prediction gave way and before the click asks for the one in use."""
    image = upload(1)
    assert client.post(f"/api/images/{upload(2)}/predict").status_code == 200  # the model is in memory
    service = client.app.state.model_service  # type: ignore[attr-defined]
    run = write_tiny_model(store.workspace / "runs" / "1")
    write_score_thresholds(run, ScoreThresholds({"unicorn": 0.001}))
    with store.writing() as session:
        service.registry.add_run(session, "tuned", run, "tiny", {}, ["unicorn"])
    clicks: list[Future[object]] = []

    def click() -> None:
        service.registry.promote("tuned")
        service._loaded.use(None)

    def between_layers(*_: object) -> None:
        if not clicks:
            clicks.append(service.thread.submit(click, Haste.AT_ONCE))
            service.thread.give_way()

    monkeypatch.setattr(service._loaded, "between_layers", between_layers)
    assert service.predict(image, None, 0.0).result(timeout=20).model == "tiny"
    clicks[0].result(timeout=1)
    assert service.model_name == "tuned"
    with store.reading() as session:
        stored = session.scalars(select(Instance).where(Instance.image_id == image)).all()
    assert {(row.model, row.threshold) for row in stored} == {("tiny", 0.5)}
