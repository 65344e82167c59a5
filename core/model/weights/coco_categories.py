"""COCO's categories, as published weights number them."""

from __future__ import annotations

from torchvision.models.detection import KeypointRCNN_ResNet50_FPN_Weights, MaskRCNN_ResNet50_FPN_Weights

from core.config import ModelConfig
from core.model.categories import default_categories
from core.structures import Category

PERSON_SKELETON = [
    [16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9],
    [8, 10], [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7],
]  # fmt: skip


def categories_by_id() -> list[Category]:
    """Ids 1 to 90 without gaps: the ten that COCO does not use are marked so."""
    names = MaskRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"][1:]
    return [
        {"id": label, "name": name} if name != "N/A" else {"id": label, "name": f"unused {label}", "unused": True}
        for label, name in enumerate(names, 1)
    ]


def categories_in_order() -> list[Category]:
    """The 80 that there are, in the order of their ids."""
    return [category for category in categories_by_id() if not category.get("unused")]


def person_with_keypoints() -> Category:
    """The one category of a COCO keypoint model."""
    names = list(KeypointRCNN_ResNet50_FPN_Weights.COCO_V1.meta["keypoint_names"])
    return {"id": 1, "name": "person", "keypoints": names, "skeleton": PERSON_SKELETON}


def categories_of(config: ModelConfig) -> list[Category]:
    """COCO's categories where the numbers of classes and keypoints are COCO's, else categories named by number."""
    if config.num_classes == 90:
        return categories_by_id()
    if config.num_classes == 80:
        return categories_in_order()
    if config.num_classes == 1 and config.num_keypoints == 17:
        return [person_with_keypoints()]
    return default_categories(config)
