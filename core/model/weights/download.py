"""torchvision's COCO weights: fetched once, verified by checksum, kept in torch's cache."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from tqdm import tqdm

from core.model.weights.coco_categories import categories_in_order

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class WeightsFile:
    """One file of torchvision's; the last part of its name starts the SHA-256 of its contents."""

    file_name: str
    size_mb: float

    @property
    def url(self) -> str:
        return f"https://download.pytorch.org/models/{self.file_name}"

    @property
    def checksum(self) -> str:
        return self.file_name.rsplit("-", 1)[1].removesuffix(".pth")


@dataclass(frozen=True)
class CocoModel:
    """A model by name: its files (a second one adds person keypoints) and classes."""

    files: tuple[WeightsFile, ...]
    categories: list[str]


_MASK = WeightsFile("maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth", 178.1)
_MASK_V2 = WeightsFile("maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth", 185.9)
_KEYPOINT = WeightsFile("keypointrcnn_resnet50_fpn_coco-fc266e95.pth", 237.0)

_NAMES = [category["name"] for category in categories_in_order()]

COCO_FILES: dict[str, CocoModel] = {
    "coco": CocoModel((_MASK, _KEYPOINT), _NAMES),
    "coco-v2": CocoModel((_MASK_V2, _KEYPOINT), _NAMES),
    "coco-keypoints": CocoModel((_KEYPOINT,), ["person"]),
}


def cached_file(file: WeightsFile) -> Path:
    """Where the file lies once it was downloaded: torch's own cache, shared with torchvision."""
    return Path(torch.hub.get_dir()) / "checkpoints" / file.file_name


def download(file: WeightsFile) -> Path:
    """The local path of the weights, fetched with a progress bar where it is not cached yet.

    Raises:
        ConnectionError: there is no network; the line says what to do.
        ValueError: what arrived has another checksum; nothing is kept.
    """
    path = cached_file(file)
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{file.file_name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            digest = _fetch(file, target)
        if not digest.startswith(file.checksum):
            raise ValueError(f"{file.url}: checksum {digest[:8]} is not {file.checksum}; try again")
        os.replace(temporary, path)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise ConnectionError(
            f"cannot download {file.file_name} ({reason}): connect once, put the file into {path.parent}, "
            "or go on with --model starter"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _fetch(file: WeightsFile, target: BinaryIO) -> str:
    digest = hashlib.sha256()
    with urllib.request.urlopen(file.url, timeout=TIMEOUT_SECONDS) as response:
        total = int(response.headers.get("Content-Length") or 0)
        bar = tqdm(
            total=total, unit="B", unit_scale=True, desc=file.file_name, disable=not sys.stderr.isatty(), leave=False
        )
        with bar:
            while chunk := response.read(1 << 20):
                digest.update(chunk)
                target.write(chunk)
                bar.update(len(chunk))
    return digest.hexdigest()
