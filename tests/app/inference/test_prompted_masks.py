"""Masks by prompt through the routes: from boxes, from clicks alone, from a mask that is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from app.inference.prompted_masks import PromptedMasks
from core.masks import decode_rle, encode_rle, segmentation_to_rle
from core.prompts.config import PromptConfig
from core.prompts.network import PromptNetwork
from core.prompts.weights import save_prompt_network
from tests.app.conftest import block, file_bytes

Document = Callable[[int], dict[str, Any]]
SIZE = 240


@pytest.fixture
def disc() -> NDArray[np.uint8]:
    """Where the disc of `photograph` is."""
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    return (np.hypot(columns - 150, rows - 110) < 45).astype(np.uint8)


@pytest.fixture
def photograph(client: TestClient, disc: NDArray[np.uint8]) -> int:
    """An image with an orange disc on a grey-blue ground."""
    pixels = np.random.default_rng(0).normal(0, 6, (SIZE, SIZE, 3)) + (95, 110, 130)
    pixels[disc > 0] += (110, 30, -80)
    data = file_bytes(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    return int(client.post("/api/images", files=[("files", ("disc.png", data))]).json()["images"][0]["image_id"])


def mask_of(answer: dict[str, Any], size: int = SIZE) -> NDArray[np.uint8]:
    if not answer["segmentation"]:
        return np.zeros((size, size), dtype=np.uint8)
    return decode_rle(segmentation_to_rle(answer["segmentation"], size, size))


def iou(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_a_box_of_any_class_gives_the_object_in_it(
    client: TestClient, photograph: int, category: int, disc: NDArray[np.uint8]
) -> None:
    body = {"boxes": [[103, 67, 196, 154]], "category": category}
    (found,) = client.post(f"/api/images/{photograph}/masks", json=body).json()["instances"]
    assert iou(mask_of(found), disc) > 0.85
    assert (found["category_id"], found["model"], found["id"]) == (category, "prompts", None)


def test_another_look_mends_the_masks_that_are_shown_and_no_others(disc: NDArray[np.uint8]) -> None:
    pixels = np.full((SIZE, SIZE, 3), (95, 110, 130), np.uint8)
    pixels[disc > 0] = (205, 140, 50)
    rough = encode_rle(np.roll(cv2.dilate(disc, np.ones((9, 9), np.uint8)), 6, axis=1))
    shown = {"segmentation": rough, "bbox": [100, 60, 100, 100], "score": 0.6, "threshold": 0.5}
    found = [shown, shown | {"score": 0.4}, shown | {"segmentation": [], "score": 0.9}]
    before = iou(mask_of(shown), disc)
    PromptedMasks("cpu").look_again(pixels, found)
    assert iou(mask_of(found[0]), disc) > before + 0.05
    assert found[0]["bbox"] != [100, 60, 100, 100]
    assert found[1]["segmentation"] == rough
    assert found[2]["segmentation"] == []


def test_a_prediction_takes_another_look_where_that_was_measured_to_help(
    client: TestClient, photograph: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(PromptedMasks, "look_again", lambda self, pixels, found, between: looks.append(len(found)))
    service = client.app.state.model_service  # type: ignore[attr-defined]
    client.post(f"/api/images/{photograph}/predict").raise_for_status()
    assert looks == []
    sidecar = Path(service.registry.location(service.model_name)) / "model.json"
    sidecar_before = sidecar.read_text()
    try:
        measured = {"mask_refinement": {"before": 0.6, "after": 0.7, "objects": 9}}
        sidecar.write_text(json.dumps(json.loads(sidecar_before) | measured))
        service._loaded.name = None  # as after a restart
        client.post(f"/api/images/{photograph}/predict").raise_for_status()
    finally:
        sidecar.write_text(sidecar_before)
    assert len(looks) == 1


def test_one_click_gives_the_object_under_it(
    client: TestClient, photograph: int, category: int, disc: NDArray[np.uint8], document: Document
) -> None:
    body = {"points": [[150, 110, 1]], "category": category}
    (found,) = client.post(f"/api/images/{photograph}/masks", json=body).json()["instances"]
    assert iou(mask_of(found), disc) > 0.6
    assert found["category_id"] == category
    preview = client.post(f"/api/images/{photograph}/masks", json=body | {"preview": True}).json()["instances"]
    assert iou(mask_of(preview[0]), disc) > 0.6
    assert document(photograph)["instances"] == []


def test_what_a_click_may_mean_begins_with_what_it_gives(
    client: TestClient, category: int, document: Document, project_root: Path
) -> None:
    """In the collar of the astronaut's suit."""
    picture = (project_root / "data/photographs/astronaut.jpg").read_bytes()
    posted = client.post("/api/images", files=[("files", ("astronaut.jpg", picture))]).json()
    astronaut = posted["images"][0]["image_id"]
    url, body = f"/api/images/{astronaut}/masks", {"points": [[256, 256, 1]], "category": category}
    (found,) = client.post(url, json=body).json()["instances"]
    first, *others = client.post(url, json=body | {"meanings": True}).json()["instances"]
    assert first == found
    assert others
    assert all(iou(mask_of(other, 512), mask_of(found, 512)) < 0.75 for other in others)
    assert all(mask_of(other, 512)[256, 256] for other in others)
    assert document(astronaut)["instances"] == []
    assert client.post(url, json=body | {"points": [[256, 256, 0]], "meanings": True}).json() == {"instances": []}
    outside = client.post(url, json=body | {"points": [[1e4, 110, 1]], "meanings": True})
    assert outside.status_code == 422
    assert "points" in outside.text


def test_without_a_class_the_model_guesses_one(client: TestClient, photograph: int) -> None:
    (found,) = client.post(f"/api/images/{photograph}/masks", json={"points": [[150, 110, 1]]}).json()["instances"]
    names = {row["id"]: row["name"] for row in client.get("/api/categories").json()["categories"]}
    assert names[found["category_id"]] == "unicorn"


def test_a_preview_brings_no_class_in_and_does_not_wait_for_the_model(client: TestClient, photograph: int) -> None:
    """The pointer is only moved: nothing may come of it."""
    body = {"points": [[150, 110, 1]], "preview": True}
    (found,) = client.post(f"/api/images/{photograph}/masks", json=body).json()["instances"]
    assert found["category_id"] == 0
    assert client.get("/api/categories").json() == {"categories": []}
    assert client.get("/api/assist").json()["state"] == "loading"  # nobody has asked it for anything


def test_clicks_that_only_exclude_find_nothing(client: TestClient, photograph: int, category: int) -> None:
    body = {"points": [[150, 110, 0]], "category": category}
    answer = client.post(f"/api/images/{photograph}/masks", json=body)
    assert (answer.status_code, answer.json()) == (200, {"instances": []})


def test_clicks_that_leave_nothing_give_an_empty_mask_that_is_never_stored_as_a_box(
    client: TestClient, photograph: int, category: int, document: Document
) -> None:
    instance = {"segmentation": block(5, 5, 1, 1), "category_id": category}
    url = f"/api/images/{photograph}"
    answer = client.post(f"{url}/refine", json={"instance": instance, "points": [[5.5, 5.5, 0]]})
    assert answer.status_code == 200
    assert answer.json() == {"segmentation": [], "bbox": [0, 0, 0, 0], "area": 0}
    stored = client.post(f"{url}/instances", json=answer.json() | {"category_id": category})
    assert stored.status_code == 422
    assert document(photograph)["instances"] == []


def test_the_box_that_was_drawn_goes_on_saying_where_the_object_is(
    client: TestClient, photograph: int, category: int, disc: NDArray[np.uint8]
) -> None:
    """A quarter of the disc and a click near it say little; the box says how far it reaches."""
    quarter = disc.copy()
    quarter[:, 150:] = quarter[110:] = 0
    instance = {"segmentation": encode_rle(quarter), "category_id": category}
    body = {"instance": instance, "points": [[165, 125, 1]]}
    url = f"/api/images/{photograph}/refine"
    answers = [client.post(url, json=body | more).json() for more in ({}, {"box": [103, 67, 196, 154]})]
    without, within = map(mask_of, answers)
    assert iou(within, disc) > 0.85
    assert iou(within, disc) > iou(without, disc)
    outside = client.post(url, json=body | {"box": [300, 10, 400, 20]})
    assert (outside.status_code, outside.json()["field"]) == (422, "box")


def test_what_no_click_is_near_to_stays_and_holes_survive(client: TestClient, photograph: int, category: int) -> None:
    mask = np.zeros((SIZE, SIZE), dtype=np.uint8)
    mask[170:230, 10:80] = 1
    mask[190:205, 30:55] = 0  # a hole, far from the click
    mask[70:150, 110:150] = 1  # half of the disc
    rle = encode_rle(mask)
    instance = {"segmentation": rle, "category_id": category}
    body = {"instance": instance, "points": [[175, 110, 1]]}
    after = mask_of(client.post(f"/api/images/{photograph}/refine", json=body).json())
    assert after[110, 175]
    assert iou(after[160:, :90], mask[160:, :90]) > 0.97


@pytest.mark.parametrize(
    "body",
    [
        {"points": []},
        {"points": [[500, 10, 1]]},
        {"points": [[1e400, 10, 1]]},
        {"points": [["x", 10, 1]]},
        {"points": [[10, 10, 1]], "category": "none such"},
        {"points": [[10, 10, 1]] * 201},
    ],
)
def test_points_that_cannot_be(client: TestClient, photograph: int, body: dict[str, Any]) -> None:
    text = str(body).replace("'", '"').replace("inf", "1e400")
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"/api/images/{photograph}/masks", content=text, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["field"].split(".")[0] in ("points", "category")
    assert "\n" not in answer.json()["error"]


def test_the_prompt_model_of_the_version_in_use_answers_from_the_next_prompt_on(tmp_path: Path) -> None:
    """What objects look like is always said by the one that ships, so that it can be compared."""
    save_prompt_network(PromptNetwork(PromptConfig(size=64, channels=8, blocks=1)), tmp_path)
    in_use: list[str | None] = [None]
    prompts = PromptedMasks("cpu", lambda: in_use[0])
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    square = [[10.0, 10.0, 40.0, 10.0, 40.0, 40.0, 10.0, 40.0]]
    prompts.of_boxes(pixels, [[10, 10, 40, 40]])
    before = prompts.embeddings(pixels, [square])[0]
    in_use[0] = str(tmp_path)
    prompts.of_boxes(pixels, [[10, 10, 40, 40]])
    assert set(prompts._prompters) == {None, str(tmp_path)}
    after = prompts.embeddings(pixels, [square])[0]
    assert before is not None
    assert after is not None
    assert np.array_equal(before, after)
