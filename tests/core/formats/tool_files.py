"""Files as other tools write them, and what was read of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def save(path: Path, content: str | bytes | object) -> Path:
    """A file of text, bytes or JSON, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def picture(path: Path, height: int = 50, width: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((height, width, 3), dtype=np.uint8)).save(path)


def objects(coco: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Image, class and annotation of each object."""
    images = {image["id"]: image["file_name"] for image in coco["images"]}
    classes = {category["id"]: category["name"] for category in coco["categories"]}
    return [(images[a["image_id"]], classes[a["category_id"]], a) for a in coco["annotations"]]
