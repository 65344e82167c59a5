"""The last image's objects on the next one: still, moved, turned, or gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from core.masks import decode_rle, encode_rle, segmentation_to_rle
from tests.app.conftest import file_bytes

Document = Callable[[int], dict[str, Any]]
HEIGHT, WIDTH = 200, 320


def leaf(dx: float = 0, dy: float = 0, degrees: float = 0) -> NDArray[np.uint8]:
    """A mask that no turning maps on itself."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (90, 80), (34, 16), 20, 0, 360, 1, -1)
    mask[78:110, 84:92] = 1
    matrix = cv2.getRotationMatrix2D((90, 85), degrees, 1)
    matrix[:, 2] += dx, dy
    return np.asarray(cv2.warpAffine(mask, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST), dtype=np.uint8)


def scene(dx: float = 0, dy: float = 0, degrees: float = 0, *, empty: bool = False, seed: int = 1) -> bytes:
    """A patterned leaf on a patterned ground, seen by a noisy camera."""
    random = np.random.default_rng(7)
    ground = cv2.resize(random.integers(70, 130, (12, 20, 3), dtype=np.uint8), (WIDTH, HEIGHT))
    pattern = cv2.resize(random.integers(120, 250, (40, 64, 3), dtype=np.uint8), (WIDTH, HEIGHT))
    matrix = cv2.getRotationMatrix2D((90, 85), degrees, 1)
    matrix[:, 2] += dx, dy
    pattern = cv2.warpAffine(pattern, matrix, (WIDTH, HEIGHT))
    pixels = ground.astype(float)
    if not empty:
        on = leaf(dx, dy, degrees) > 0
        pixels[on] = pattern[on]
    pixels += np.random.default_rng(seed).normal(0, 3, pixels.shape)
    return file_bytes(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))


@pytest.fixture
def picture(client: TestClient) -> Callable[..., int]:
    """Uploads a scene; returns its id."""

    def upload(name: str, *place: float, **options: Any) -> int:
        answer = client.post("/api/images", files=[("files", (name, scene(*place, **options)))])
        return int(answer.json()["images"][0]["image_id"])

    return upload


@pytest.fixture
def first(client: TestClient, picture: Callable[..., int], category: int) -> int:
    """The first image of the series, with its leaf drawn."""
    image = picture("1.png")
    body = {"category_id": category, "segmentation": encode_rle(leaf())}
    assert client.post(f"/api/images/{image}/instances", json=body).status_code == 201
    return image


def mask_of(instance: dict[str, Any]) -> NDArray[np.uint8]:
    return decode_rle(segmentation_to_rle(instance["segmentation"], HEIGHT, WIDTH))


def iou(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float((first & second).sum() / (first | second).sum())


@pytest.mark.parametrize(("place", "least"), [((), 0.99), ((45, 30), 0.9), ((-30, 12, 9), 0.85)])
def test_an_object_goes_where_the_picture_went_as_a_proposal_in_one_step(
    client: TestClient,
    picture: Callable[..., int],
    first: int,
    place: tuple[float, ...],
    least: float,
    document: Document,
) -> None:
    second = picture("2.png", *place, seed=2)
    told = client.post(f"/api/images/{second}/propagate", json={"source": first}).json()
    assert (told["added"], told["there"], told["lost"]) == (1, 0, 0)
    (proposal,) = told["instances"]
    assert iou(mask_of(proposal), leaf(*place)) > least
    assert (proposal["status"], proposal["source"], proposal["model"]) == ("proposed", "predicted", "propagated")
    assert proposal["score"] > 0.5
    client.post(f"/api/images/{second}/undo")
    assert document(second)["instances"] == []
    client.post(f"/api/images/{second}/redo")
    assert len(document(second)["instances"]) == 1


def test_what_is_not_seen_any_more_is_left_out_and_said(
    client: TestClient, picture: Callable[..., int], first: int
) -> None:
    told = client.post(f"/api/images/{picture('2.png', empty=True, seed=3)}/propagate", json={"source": first}).json()
    assert (told["added"], told["lost"], told["instances"]) == (0, 1, [])


def test_a_second_time_adds_nothing_twice_and_what_a_person_drew_stays(
    client: TestClient, picture: Callable[..., int], first: int, category: int, document: Document
) -> None:
    second = picture("2.png", 20, 0, seed=2)
    for _ in range(2):
        client.post(f"/api/images/{second}/propagate", json={"source": first})
    (proposal,) = document(second)["instances"]
    body = {"base_revision": proposal["revision"], "segmentation": encode_rle(leaf(20, 1))}
    client.put(f"/api/images/{second}/instances/{proposal['id']}", json=body)
    told = client.post(f"/api/images/{second}/propagate", json={"source": first}).json()
    assert (told["added"], told["there"]) == (0, 1)
    assert [one["source"] for one in told["instances"]] == ["edited"]


def test_the_model_does_not_take_propagated_proposals_away(
    client: TestClient, picture: Callable[..., int], first: int
) -> None:
    second = picture("2.png", 20, 0, seed=2)
    client.post(f"/api/images/{second}/propagate", json={"source": first})
    found = client.post(f"/api/images/{second}/predict", json={"score_threshold": 0.99}).json()["instances"]
    assert [one["model"] for one in found].count("propagated") == 1


def test_proposals_that_score_too_low_to_be_shown_give_way_and_others_stay(
    client: TestClient, store: Store, picture: Callable[..., int], first: int, category: int, document: Document
) -> None:
    second = picture("2.png", 20, 0, seed=2)
    same, elsewhere = encode_rle(leaf(20, 0)), encode_rle(leaf(100, 60))
    for score, expected in ((0.9, (0, 1)), (0.1, (1, 0))):
        found = [
            {"category_id": category, "segmentation": mask, "score": score, "threshold": 0.6}
            for mask in (same, elsewhere)
        ]
        with store.writing() as session:
            replace_predictions(session, second, found, "model")
        told = client.post(f"/api/images/{second}/propagate", json={"source": first}).json()
        assert (told["added"], told["there"]) == expected
    assert sorted(one["model"] for one in document(second)["instances"]) == ["model", "propagated"]
    client.post(f"/api/images/{second}/undo")
    assert [one["model"] for one in document(second)["instances"]] == ["model", "model"]


def test_an_image_is_no_source_for_itself(client: TestClient, first: int) -> None:
    answer = client.post(f"/api/images/{first}/propagate", json={"source": first})
    assert answer.status_code == 422
    assert "another image" in answer.json()["error"]
