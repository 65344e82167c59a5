"""Data distillation (appendix B; Radosavovic et al., arXiv:1712.04440): a model's own labels of unlabelled images.

What the model finds with test-time augmentation becomes a COCO data set to train on, from that score on at which an
image has as many objects as a labelled one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy import uint8
from numpy.typing import NDArray

from core.coco.reading import image_file_name
from core.masks import rle_area, rle_bbox
from core.predict.augmented import SCALES
from core.predict.predictor import CutDetections, Predictor
from core.structures import named_categories

DESCRIPTION = "pseudo-labels of a model with test-time augmentation (arXiv:1712.04440), seen by nobody"


def distill(
    predictor: Predictor,
    images: Iterable[tuple[str, NDArray[uint8]]],
    categories: Sequence[Mapping[str, Any]] | None = None,
    scales: Sequence[float] = SCALES,
    mirror: bool = True,
) -> dict[str, Any]:
    """All that the predictor finds from its score threshold on in images (file name, RGB pixels), as a COCO data set.

    Each annotation has its `score`; masks are RLE. Where there is a mask, box and area are the mask's, as in every
    COCO file, and an object whose mask is empty is left out. With `categories` of labelled data only objects of
    classes of the same name are kept, under those ids, and keypoints where they are the same; else the model's
    categories are written. A warning counts the objects beyond the predictor's `detections_per_image`.
    """
    known = {category["name"]: category for category in categories or named_categories(predictor.categories)}
    model_keypoints = {category["name"]: category.get("keypoints") for category in predictor.categories}
    data: dict[str, Any] = {"images": [], "annotations": [], "categories": list(known.values())}
    cut = []
    for image_id, (name, pixels) in enumerate(images, 1):
        height, width = pixels.shape[:2]
        data["images"].append({"id": image_id, "file_name": name, "width": width, "height": height})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CutDetections)  # counted here, over all images
            found = predictor.augmented(pixels, scales, mirror)
        cut += [found.left_out] if found.left_out else []
        for index, annotation in enumerate(found.to_coco(image_id)):
            category = known.get(found.category_of(index)["name"])
            if category is None or not _take_mask(annotation):
                continue
            if "keypoints" in annotation and category.get("keypoints") != model_keypoints[category["name"]]:
                del annotation["keypoints"], annotation["num_keypoints"]
            own = {"id": len(data["annotations"]) + 1, "category_id": category["id"]}
            data["annotations"].append(annotation | own)
    if cut:
        limit = predictor.detections_per_image
        warnings.warn(
            f"{sum(cut)} objects in {len(cut)} images are left out, being more than {limit} in an image: "
            "detections_per_image sets the limit",
            CutDetections,
            stacklevel=2,
        )
    return data


def objects_an_image(labelled: Mapping[str, Any], names: Iterable[str]) -> float:
    """How many objects of the classes of these names a labelled image has on average, crowds apart.

    Raises ValueError, in one line, where that is none.
    """
    wanted = set(names)
    ids = {category["id"] for category in labelled["categories"] if category["name"] in wanted}
    count = sum(
        annotation["category_id"] in ids and not annotation.get("iscrowd", 0) for annotation in labelled["annotations"]
    )
    if not count:
        raise ValueError("the labelled data has no object of a class that the model knows: give a score threshold")
    return count / len(labelled["images"])


def matching_threshold(data: Mapping[str, Any], objects: float) -> float:
    """The score from which on `distill`'s images have `objects` each on average; the lowest score where all are fewer.

    Raises ValueError, in one line, where nothing was found.
    """
    scores = sorted((annotation["score"] for annotation in data["annotations"]), reverse=True)
    if not scores:
        raise ValueError("the model finds nothing in the images: there is nothing to learn from them")
    wanted = max(1, round(objects * len(data["images"])))
    return float(scores[min(wanted, len(scores)) - 1])


def with_scores_from(data: Mapping[str, Any], threshold: float, **provenance: object) -> dict[str, Any]:
    """The data set without the annotations below a score; its `info` says where the labels come from."""
    kept = [annotation for annotation in data["annotations"] if annotation["score"] >= threshold]
    numbered = [annotation | {"id": number} for number, annotation in enumerate(kept, 1)]
    info = {"description": DESCRIPTION, "score_threshold": threshold, **provenance}
    return {"info": info, **data, "annotations": numbered}


def merge(labelled: Mapping[str, Any], labelled_images: Path, root: Path, pseudo: Mapping[str, Any]) -> dict[str, Any]:
    """Labelled data and pseudo-labels in its categories as one data set; file names are relative to `root`.

    Ids of the labelled data stay; the others follow them. `labelled_images` is the folder of its images, inside `root`.
    """
    folder = labelled_images.relative_to(root)
    images = [
        image | {"file_name": (folder / str(image_file_name(image, labelled_images))).as_posix()}
        for image in labelled["images"]
    ]
    image_shift, annotation_shift = (
        max((entry["id"] for entry in labelled[key]), default=0) for key in ("images", "annotations")
    )
    images += [image | {"id": image["id"] + image_shift} for image in pseudo["images"]]
    annotations = labelled["annotations"] + [
        annotation | {"id": annotation["id"] + annotation_shift, "image_id": annotation["image_id"] + image_shift}
        for annotation in pseudo["annotations"]
    ]
    return {**labelled, "info": pseudo["info"], "images": images, "annotations": annotations}


def _take_mask(annotation: dict[str, Any]) -> bool:
    """Give an annotation the box and the area of its mask, if it has one; False where that is empty."""
    if "segmentation" not in annotation:
        return True
    annotation["bbox"] = rle_bbox(annotation["segmentation"])
    annotation["area"] = rle_area(annotation["segmentation"])
    return bool(annotation["area"])
