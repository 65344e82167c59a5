"""Pictures that no browser draws as one: cut into tiles when they come in, exact in their coordinates all the same."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from app.store.database import Store
from app.store.image_files import keep_image
from app.store.tiles import levels_of
from core.masks import encode_rle
from tests.app.api.test_uploads import png_of_size
from tests.app.conftest import Upload, file_bytes, picture

WIDTH, HEIGHT = 601, 403  # of a picture that counts as large here


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch, upload: Upload) -> int:
    """A picture over the threshold, which is lowered; its levels are 601×403, 301×202 and 151×101."""
    for name, value in {"TILED_FROM": 200_000, "TILE": 128, "SMALL": 200}.items():
        monkeypatch.setattr(f"app.store.tiles.{name}", value)
    return upload(1, width=WIDTH, height=HEIGHT)


def tile(client: TestClient, image: int, level: int, column: int, row: int) -> NDArray[np.int64]:
    answer = client.get(f"/api/images/{image}/tiles/{level}/{column}/{row}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    return np.asarray(Image.open(BytesIO(answer.content))).astype(np.int64)


def test_the_tiles_of_a_large_picture_are_the_picture(client: TestClient, large: int) -> None:
    described = {"size": 128, "levels": 2}
    assert client.get(f"/api/images/{large}/document").json()["image"]["tiles"] == described
    assert client.get("/api/images").json()["images"][0]["tiles"] == described
    rows = [np.concatenate([tile(client, large, 0, column, row) for column in range(5)], 1) for row in range(4)]
    whole = np.concatenate(rows)
    expected = np.asarray(picture(1, WIDTH, HEIGHT)).astype(np.int64)
    assert whole.shape == expected.shape
    assert np.abs(whole - expected).mean() < 3  # JPEG
    small = tile(client, large, 2, 0, 0)
    assert small.shape == (101, 151, 3)
    assert np.abs(small.mean(axis=(0, 1)) - expected.mean(axis=(0, 1))).max() < 2


def test_a_tile_that_is_not_there_is_said_in_a_line(client: TestClient, large: int, upload: Upload) -> None:
    beyond = client.get(f"/api/images/{large}/tiles/0/5/0")
    assert (beyond.status_code, beyond.json()["error"]) == (404, "there is no tile 0/5/0")
    ordinary = client.get(f"/api/images/{upload(2)}/tiles/0/0/0")
    assert ordinary.status_code == 404
    assert "ask for its file" in ordinary.json()["error"]


def test_tiles_are_made_again_where_they_are_missing_and_go_with_the_picture(
    client: TestClient, store: Store, large: int
) -> None:
    (archive,) = (store.workspace / "tiles").rglob("*.zip")
    archive.unlink()
    assert tile(client, large, 1, 2, 1).shape == (74, 45, 3)
    assert archive.is_file()
    client.delete(f"/api/images/{large}")
    client.delete("/api/trash")
    assert not archive.exists()


def test_a_mask_on_a_large_picture_is_exported_as_it_was_drawn(client: TestClient, large: int, category: int) -> None:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[380:402, 500:600] = 1
    mask[390, 550] = 0
    body = {"category_id": category, "segmentation": encode_rle(mask)}
    assert client.post(f"/api/images/{large}/instances", json=body).status_code == 201
    (annotation,) = client.get("/api/export").json()["annotations"]
    assert annotation["segmentation"] == encode_rle(mask)
    assert annotation["bbox"] == [500, 380, 100, 22]


def test_108_megapixels_are_taken_and_more_than_175_refused_from_the_header(tmp_path: Path) -> None:
    assert levels_of(12_000, 9_000) == 2  # the small picture is 3000×2250
    with pytest.raises(ValueError, match="cut short or damaged"):  # there is only a header: its size is no hindrance
        keep_image(tmp_path, png_of_size(12_000, 9_000), "map.png")
    with pytest.raises(ValueError, match=r"map\.png: 13300×13300 is more than 175 megapixels; make the image smaller"):
        keep_image(tmp_path, png_of_size(13_300, 13_300), "map.png")


def test_a_large_picture_that_is_turned_is_shown_upright(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TILED_FROM": 5000, "SMALL": 100}.items():
        monkeypatch.setattr(f"app.store.tiles.{name}", value)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file_bytes(picture(3), "JPEG", exif=exif)
    (image,) = client.post("/api/images", files=[("files", ("turned.jpg", data))]).json()["images"]
    assert (image["width"], image["height"]) == (80, 120)
    assert tile(client, image["image_id"], 1, 0, 0).shape == (60, 40, 3)
    shown = client.get(f"/api/images/{image['image_id']}/file")
    assert Image.open(BytesIO(shown.content)).size == (80, 120)
