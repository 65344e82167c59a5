"""Thumbnails with the accepted objects on them: in the place, the colour and the shape of each."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.store.thumbnails import Shape, with_objects
from core.masks import encode_rle
from tests.app.conftest import Upload, block, file_bytes

SIZE = (400, 300)  # of the image; the thumbnail is a quarter of it


def drawn(*shapes: Shape, size: tuple[int, int] = SIZE) -> Any:
    """Where a grey thumbnail of 100 × 75 pixels is grey no longer."""
    grey = file_bytes(Image.new("RGB", (100, 75), (120, 120, 120)), "WEBP", lossless=True)
    answer = Image.open(BytesIO(with_objects(grey, shapes, *size)))
    assert answer.format == "WEBP"
    return np.asarray(answer.convert("RGB")).astype(int)


def changed(pixels: Any) -> Any:
    return np.abs(pixels - 120).max(axis=2) > 30


def test_a_polygon_lies_where_it_does_on_the_image_and_has_its_colour() -> None:
    pixels = drawn(Shape(block(100, 60, 200, 120), [100, 60, 200, 120], "#ff0000"))
    rows, columns = np.nonzero(changed(pixels))
    assert (columns.min(), rows.min()) == (pytest.approx(25, abs=1), pytest.approx(15, abs=1))
    assert (columns.max(), rows.max()) == (pytest.approx(75, abs=1), pytest.approx(45, abs=1))
    red, green, blue = pixels[30, 50]
    assert min(red - green, red - blue) > 40


def test_a_mask_keeps_its_hole_and_equals_the_polygon_around_the_same_pixels() -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[60:180, 100:300] = 1
    whole = changed(drawn(Shape(encode_rle(mask), [100, 60, 200, 120], "#ff0000")))
    polygon = changed(drawn(Shape(block(100, 60, 200, 120), [100, 60, 200, 120], "#ff0000")))
    assert (whole ^ polygon).sum() < 0.06 * whole.sum()
    mask[100:140, 160:240] = 0
    assert not changed(drawn(Shape(encode_rle(mask), [100, 60, 200, 120], "#ff0000")))[29:32, 45:55].any()


@pytest.mark.parametrize("segmentation", [block(200, 100, 1, 1), []])
def test_an_object_smaller_than_a_pixel_and_a_plain_box_are_seen(segmentation: Any) -> None:
    assert changed(drawn(Shape(segmentation, [200, 100, 1, 1], "#00ff00")))[24:27, 49:52].any()


def test_what_reaches_beyond_the_image_is_cut_off() -> None:
    outside = Shape([], [500, 500, 10, 10], "#0000ff")
    there = changed(drawn(Shape(block(380, 280, 20, 20), [380, 280, 40, 40], "#0000ff"), outside))
    assert there[71:, 96:].all()
    assert not there[:68].any()
    assert not there[:, :93].any()
    assert not changed(drawn(outside)).any()


def test_the_route_draws_accepted_objects_alone_and_says_when_nothing_changed(
    client: TestClient, upload: Upload
) -> None:
    path = f"/api/images/{(image := upload())}/thumbnail"
    plain = client.get(path).content
    category = client.post("/api/categories", json={"name": "dog", "color": "#ff0000"}).json()["id"]
    create = [{"category_id": category, "segmentation": block(10, 10, 60, 50), "status": "proposed"}]
    client.post(f"/api/images/{image}/batch", json={"create": create}).raise_for_status()
    tag = client.get(f"{path}?objects=true").headers["etag"]
    client.post(
        f"/api/images/{image}/instances",
        json={"category_id": category, "segmentation": block(20, 10, 60, 50)},
    ).raise_for_status()
    answer = client.get(f"{path}?objects=true", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    pixels = np.asarray(Image.open(BytesIO(answer.content)).convert("RGB")).astype(int)
    before = np.asarray(Image.open(BytesIO(plain)).convert("RGB")).astype(int)
    differs = np.abs(pixels - before).max(axis=2) > 60
    assert differs[10:60, 20].all()
    assert not differs[15:55, 12:18].any()
    again = client.get(f"{path}?objects=true", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    client.put(f"/api/categories/{category}", json={"color": "#00ff00"}).raise_for_status()
    assert client.get(f"{path}?objects=true", headers={"If-None-Match": answer.headers["etag"]}).status_code == 200
    assert client.get(path).content == plain
