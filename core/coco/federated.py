"""Data sets in which not every class was looked for in every image, as LVIS (arXiv:1908.03195, section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.coco.json_values import is_whole


def annotated_labels(
    images: Sequence[Mapping[str, object]],
    annotations: Sequence[Sequence[Mapping[str, Any]]],
    label_of: Mapping[int, int],
    file: Path,
) -> list[Tensor] | None:
    """For each image bool K+1: the labels of which it shows every object; None where no image says so.

    LVIS's `neg_category_ids` are the classes that an image is known not to show. With those of its own annotations
    they are what was looked for, less `not_exhaustive_category_ids`, of which only some objects are marked. All other
    classes may be there unmarked: a region without an annotation is no evidence against them. An image without
    `neg_category_ids` shows every class, less the not exhaustive ones. Background, label 0, is always known.

    Raises ValueError, in one line, for ids that no category has.
    """
    if not any("neg_category_ids" in image or "not_exhaustive_category_ids" in image for image in images):
        return None
    result = []
    for image, own in zip(images, annotations, strict=True):
        labels = torch.zeros(len(label_of) + 1, dtype=torch.bool)
        if "neg_category_ids" in image:
            looked_for = _labels(image, "neg_category_ids", label_of, file)
            labels[[0, *looked_for, *(label_of[annotation["category_id"]] for annotation in own)]] = True
        else:
            labels[:] = True
        labels[_labels(image, "not_exhaustive_category_ids", label_of, file)] = False
        result.append(labels)
    return result


def _labels(image: Mapping[str, object], key: str, label_of: Mapping[int, int], file: Path) -> list[int]:
    ids = image.get(key, [])
    if not isinstance(ids, list) or not all(is_whole(number) and number in label_of for number in ids):
        raise ValueError(f"{file}: image {image['id']} has {key} {ids!r:.80}: a list of category ids is needed")
    return [label_of[number] for number in ids]
