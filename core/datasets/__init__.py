"""Images and annotations as training data: COCO files, synthetic scenes, transforms and loading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.datasets.images import read_image

if TYPE_CHECKING:
    from core.datasets.coco import CocoDataset

__all__ = ["CocoDataset", "read_image"]


def __getattr__(name: str) -> object:
    # On first use: whoever only reads images need not wait seconds for torch.
    if name == "CocoDataset":
        from core.datasets.coco import CocoDataset

        return CocoDataset
    raise AttributeError(f"module 'core.datasets' has no attribute {name!r}")
