"""From a model and a data set to COCO metrics."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.datasets.annotated_images import AnnotatedImages, Samples
from core.datasets.sample_sequence import as_annotated_images, as_categories, said_categories
from core.devices import checked_dtype, choose_device
from core.evaluation.coco_metrics import Kind, annotated_kinds, evaluate_results
from core.model.folding import for_inference
from core.model.images import batch_images
from core.model.mask_rcnn import MaskRCNN
from core.predict.sources import read_source, shrunk_image
from core.structures import Category, Instances

if TYPE_CHECKING:
    from core.prompts.prompter import MaskPrompter


def evaluate(
    model: MaskRCNN,
    dataset: Samples,
    *,
    categories: Sequence[Category | str] | None = None,
    device: str | torch.device = "auto",
    score_threshold: float | None = None,
    batch_size: int = 1,
    kinds: Sequence[Kind] | None = None,
    max_detections: int | None = None,
    curves: str | Path | None = None,
    precision: str = "float32",
    prompter: MaskPrompter | None = None,
    progress: Callable[[int], object] | None = None,
) -> dict[str, dict[str, Any]]:
    """COCO metrics of a model on a data set, as `evaluate_results` gives them.

    The data set is a `CocoDataset` or any sequence of (image, target) as `SampleSequence` describes them, whose
    labels stand for `categories` (names or COCO categories), else for those in its attribute of that name, else
    for the model's.
    Model and data set need not number their categories alike: a detection counts for the category of
    the same name, and detections of categories that the data set does not name are left out; a
    warning counts them. `kinds` are those that the model finds and the data set annotates unless named.
    `score_threshold` leaves out detections below it; COCO's figures are meant for a low one, by default
    the model's own 0.05. `max_detections` count of an image and category (`evaluate_results`), and the
    model then finds as many in an image at least. `curves` is a folder for precision-recall curves and a match grid.
    `precision` is `Predictor`'s. A `prompter` refines the masks first, as in the assistant.
    `progress` is called with the number of images done after each batch. The model itself stays as it is.
    """
    if not isinstance(model, MaskRCNN):
        raise ValueError(
            f"a model of type {type(model).__name__} cannot be judged: give a core.MaskRCNN, which core.load_model "
            "makes of a name, a run directory or a weights file, torchvision's and detectron2's too"
        )
    images = _annotated_images(model, dataset, categories)
    results = coco_results(
        model,
        images,
        device=device,
        score_threshold=score_threshold,
        batch_size=batch_size,
        max_detections=max_detections,
        precision=precision,
        prompter=prompter,
        progress=progress,
    )
    annotations = images.data  # after the images were seen: a sequence need not be read twice then
    if kinds is None:
        kinds = evaluated_kinds(model, annotations)
    return evaluate_results(
        annotations, results, kinds, image_ids=images.image_ids, max_detections=max_detections, curves=curves
    )


def evaluated_kinds(model: MaskRCNN, annotations: dict[str, object]) -> list[Kind]:
    """What a model finds and a COCO data set annotates."""
    found: dict[Kind, bool] = {
        "bbox": True,
        "segm": model.config.mask_head is not None,
        "keypoints": model.config.num_keypoints > 0,
    }
    return [kind for kind in annotated_kinds(annotations) if found[kind]]


def coco_results(
    model: MaskRCNN,
    dataset: Samples,
    *,
    categories: Sequence[Category | str] | None = None,
    device: str | torch.device = "auto",
    score_threshold: float | None = None,
    batch_size: int = 1,
    max_detections: int | None = None,
    precision: str = "float32",
    prompter: MaskPrompter | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[dict[str, Any]]:
    """The COCO results list of a model on a data set, as `evaluate` takes one, with the data set's category ids.

    The model finds at least `max_detections` objects in an image where it is given; `precision` is `Predictor`'s,
    and the masks are those that a `prompter` sees, where there is one.
    Warnings count the detections of classes that the data set does not name and those beyond the model's limit.
    """
    device = choose_device(str(device))
    seen = _annotated_images(model, dataset, categories)
    category_ids = category_ids_by_label(model.categories, seen.categories)
    results: list[dict[str, object]] = []
    fast = for_inference(model, device, checked_dtype(precision, device))
    limit = max(fast.config.detections_per_image, max_detections or 0)
    unnamed: Counter[str] = Counter()
    crowded = left_out = 0
    with torch.no_grad():
        for first in range(0, len(seen), batch_size):
            indices = range(first, min(first + batch_size, len(seen)))
            images = [seen.pixels(index) for index in indices]
            for index, image, instances in zip(indices, images, _found(fast, images, device, limit), strict=True):
                # All that is left out has lower scores than what is kept.
                if score_threshold is None or bool((instances.scores >= score_threshold).all()):
                    crowded, left_out = crowded + (instances.left_out > 0), left_out + instances.left_out
                if score_threshold is not None:
                    instances = instances[instances.scores >= score_threshold]
                known = torch.tensor([int(label) in category_ids for label in instances.labels], dtype=torch.bool)
                unnamed.update(instances.category_of(place)["name"] for place in torch.nonzero(~known).flatten())
                kept = instances[known]
                if prompter is not None and kept.has_masks:
                    kept = prompter.refined(read_source(image), kept)
                results += _image_results(kept, seen.image_ids[index], category_ids)
            if progress is not None:
                progress(len(indices))
    if unnamed:
        total, names = unnamed.total(), ", ".join(name for name, _ in unnamed.most_common(5))
        more = f" and {len(unnamed) - 5} more" if len(unnamed) > 5 else ""
        warnings.warn(
            f"{total} detections of {len(unnamed)} classes that the annotations do not name left out: {names}{more}",
            stacklevel=2,
        )
    if crowded:
        warnings.warn(
            f"{left_out} detections in {crowded} images are left out, being more than {limit} in an image: the model's "
            "detections_per_image sets the limit, max_detections of an evaluation raises it",
            stacklevel=2,
        )
    return results


def _found(
    model: MaskRCNN, images: Sequence[NDArray[np.uint8] | torch.Tensor], device: torch.device, limit: int
) -> list[Instances]:
    """What a model finds in each image, in its pixels and on the CPU; large pictures are shrunk as by `Predictor`."""
    shrunk = [shrunk_image(image, model.config.min_size, model.config.max_size) for image in images]
    tensors = [image.to(device) for image, _ in shrunk]
    if all(image.shape[1:] == size for image, size in shrunk):
        found: list[Instances] = model(tensors, detections_per_image=limit)
    else:
        batch = batch_images(tensors, model.config)
        batch.original_sizes = [size for _, size in shrunk]
        found = model.detect(batch, model.features(batch.tensor), detections_per_image=limit)
    return [instances.to("cpu") for instances in found]  # at once: on a GPU each label that is asked for is waited for


def _annotated_images(
    model: MaskRCNN, dataset: Samples, categories: Sequence[Category | str] | None
) -> AnnotatedImages:
    own = as_categories(categories) if categories is not None else said_categories(dataset) or model.categories
    return as_annotated_images(dataset, own, model.config.num_keypoints)


def category_ids_by_label(categories: Sequence[Category], wanted: Sequence[Category]) -> dict[int, int]:
    """For each model label whose category's name is among `wanted`, the id it has there.

    Raises ValueError where two wanted categories share a name.
    """
    ids: dict[str, int] = {}
    for category in wanted:
        if category["name"] in ids:
            raise ValueError(f"two categories of the annotations are named {category['name']!r}: rename one")
        ids[category["name"]] = category["id"]
    return {
        label: ids[category["name"]] for label, category in enumerate(categories, start=1) if category["name"] in ids
    }


def _image_results(instances: Instances, image_id: int, category_ids: dict[int, int]) -> list[dict[str, object]]:
    fields = ("image_id", "category_id", "bbox", "score", "segmentation", "keypoints")
    return [
        {field: annotation[field] for field in fields if field in annotation}
        | {"category_id": category_ids[int(label)]}
        for annotation, label in zip(instances.to_coco(image_id), instances.labels, strict=True)
    ]
