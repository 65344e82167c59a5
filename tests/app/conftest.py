"""An application on an empty workspace, and what tests put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.server import create_app
from app.store.database import Store
from app.store.tables import Image as ImageRow
from tests.app.reviewed_workspace import write_tiny_model

WIDTH, HEIGHT = 120, 80


def picture(seed: int = 0, width: int = WIDTH, height: int = HEIGHT, mode: str = "RGB") -> Image.Image:
    """An image that no other seed gives, brighter to the right and greener to the bottom."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    noise = np.random.default_rng(seed).integers(0, 40, (height, width))
    pixels = np.stack([x, y, 215 * np.ones_like(x)], axis=2) * 0.8 + noise[:, :, None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)


def file_bytes(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def image_row(width: int, height: int) -> ImageRow:
    """An image in the database, without a file."""
    return ImageRow(
        sha256="0" * 64, file_name="a.png", width=width, height=height, bytes=1,
        media_type="image/png", converted=False, status="todo", revision=0,
    )  # fmt: skip


def block(x: float, y: float, width: float, height: float) -> list[list[float]]:
    """A rectangle as a COCO segmentation."""
    return [[x, y, x + width, y, x + width, y + height, x, y + height]]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights, which finds something everywhere."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store of an empty workspace."""
    store = Store(tmp_path / "workspace")
    yield store
    store.close()


@pytest.fixture
def client(store: Store, tiny_model: Path) -> Iterator[TestClient]:
    """The data plane on it, without the page."""
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client


Upload = Callable[..., int]


@pytest.fixture
def upload(client: TestClient) -> Upload:
    """Upload one picture and get its image id."""

    def upload(seed: int = 0, name: str | None = None, **size: int) -> int:
        data = file_bytes(picture(seed, **size))
        answer = client.post("/api/images", files=[("files", (name or f"picture {seed}.png", data))])
        assert answer.status_code == 201, answer.text
        return int(answer.json()["images"][0]["image_id"])

    return upload


@pytest.fixture
def category(client: TestClient) -> int:
    """The id of a class without keypoints."""
    return int(client.post("/api/categories", json={"name": "apple"}).json()["id"])


@pytest.fixture
def person(client: TestClient) -> int:
    """The id of a class with three keypoints."""
    fields = {"name": "person", "keypoints": ["head", "left hand", "right hand"], "skeleton": [[1, 2], [1, 3]]}
    return int(client.post("/api/categories", json=fields).json()["id"])


@pytest.fixture
def document(client: TestClient) -> Callable[[int], dict[str, Any]]:
    """The document of an image."""
    return lambda image_id: dict(client.get(f"/api/images/{image_id}/document").json())
