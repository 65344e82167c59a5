"""Images and annotations as training data: COCO files, synthetic scenes, transforms and loading."""

from core.datasets.coco import CocoDataset
from core.datasets.images import read_image

__all__ = ["CocoDataset", "read_image"]
