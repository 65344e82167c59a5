"""COCO metrics from annotations and a results list: the twelve figures, and AP by category."""

from __future__ import annotations

import contextlib
import gc
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from core.coco.normalise import read_dataset
from core.evaluation.completed import Detection, EvaluatedData
from core.evaluation.curves import Curves, write_curves
from core.evaluation.ground_truth import complete_ground_truth, complete_results, read_results
from core.evaluation.keypoints import keypoint_counts, oks_sigmas, pad_keypoints
from core.masks import rle_area, rle_bbox

Kind = Literal["bbox", "segm", "keypoints"]

# In the order in which every COCO evaluator prints them; s, m, l: objects up to 32², up to 96², and larger.
DETECTION_STATISTICS = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")
KEYPOINT_STATISTICS = ("AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl")

# What counts of an image and category: COCO's own limits, and the least that leaves AR1 and AR10 their meaning.
MAX_DETECTIONS: dict[Kind, int] = {"bbox": 100, "segm": 100, "keypoints": 20}
LEAST_MAX_DETECTIONS = 11


@contextlib.contextmanager
def _garbage_collection_paused() -> Iterator[None]:
    """Spares Python's collector from walking, again and again, through a million dictionaries that are all in use."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_garbage_collection_paused()
def evaluate_results(
    annotations: str | Path | dict[str, object],
    results: str | Path | Sequence[dict[str, object]] | dict[str, object],
    kinds: Sequence[Kind] | None = None,
    *,
    image_ids: Iterable[int] | None = None,
    max_detections: int | None = None,
    curves: str | Path | None = None,
) -> dict[str, dict[str, Any]]:
    """COCO average precision and recall of a results list, the same figures as pycocotools to the last digit.

    `annotations` is a COCO data set and `results` a COCO results list of any origin, each a file or its content;
    neither is changed. Results that are a whole data set, as `python -m core predict` writes them, are matched by
    the names of their images and categories, a results list by ids. `kinds` are those that both sides have unless
    named. With `image_ids` only these images count. Of an image and category the best `max_detections` results
    count, by default COCO's 100 (20 for keypoints); "AR100" is then named after the number. Results beyond that,
    and results of categories that the annotations do not name, are left out: a warning counts them. With `curves`,
    a folder, precision-recall curves and a match grid are written there as CSV and PNG (`core.evaluation.curves`,
    by matplotlib). Keypoints are as exact as a category's list `sigmas` says, one number a keypoint; see
    `oks_sigmas`.

    The answer is {"bbox": {"AP": …, "AP50": …, "per_category": {name: AP}}, "segm": …, "keypoints": …}
    with the names of `DETECTION_STATISTICS` and `KEYPOINT_STATISTICS`; −1 where there is nothing to
    measure, such as small objects in a set without any. `per_category` has the categories that have
    annotated objects. Two things differ from pycocotools, which gets them wrong: annotation id 0
    counts like any other, and objects marked `ignore` are ignored. A file is mended as it is read
    (`core.coco.normalise`): an object that it has twice counts once, a box is its mask's, both with a warning, and
    objects that CVAT wrote with iscrowd 1 are no crowds. Its content, as `json.load` gives it, is judged as it stands.

    Raises FileNotFoundError or ValueError, one line, for files or results that cannot be meant.
    """
    dataset = read_dataset(annotations) if isinstance(annotations, str | Path) else annotations
    found = read_results(results) if isinstance(results, str | Path) else results
    kept = None if image_ids is None else set(image_ids)
    ground_truth = complete_ground_truth(dataset, kept)
    detections = complete_results(list(found) if isinstance(found, tuple) else found, dataset)
    if kept is not None:
        detections = [detection for detection in detections if detection["image_id"] in kept]
    for kind in kinds or ():
        if kind not in get_args(Kind):
            raise ValueError(f"kind {kind!r}: choose among {', '.join(get_args(Kind))}")
    if max_detections is not None and max_detections < LEAST_MAX_DETECTIONS:
        raise ValueError(f"max_detections={max_detections}: at least {LEAST_MAX_DETECTIONS} is needed, 100 is COCO's")
    evaluated = {
        kind: _evaluated(ground_truth, detections, kind, max_detections or MAX_DETECTIONS[kind])
        for kind in kinds or _kinds(ground_truth, detections)
    }
    if curves is not None:
        write_curves(curves, [_curves(own, ground_truth) for own in evaluated.values()], ground_truth, detections)
    return {kind: _figures(own, ground_truth) for kind, own in evaluated.items()}


def annotated_kinds(dataset: EvaluatedData | Mapping[str, Any]) -> list[Kind]:
    """What a COCO data set can be compared in: its objects have boxes, and maybe masks and keypoints."""
    kinds: list[Kind] = ["bbox"]
    if any(annotation.get("segmentation") and not annotation.get("box_only") for annotation in dataset["annotations"]):
        kinds.append("segm")
    if any(any(annotation.get("keypoints") or ()) for annotation in dataset["annotations"]):
        kinds.append("keypoints")
    return kinds


def _kinds(dataset: EvaluatedData, detections: Sequence[Detection]) -> list[Kind]:
    """The kinds that both sides have; without any detection, those that the annotations have."""
    fields = {"bbox": "bbox", "segm": "segmentation", "keypoints": "keypoints"}
    return [
        kind
        for kind in annotated_kinds(dataset)
        if not detections or any(fields[kind] in detection for detection in detections)
    ]


def _evaluated(dataset: EvaluatedData, detections: Sequence[Detection], kind: Kind, max_detections: int) -> _Evaluation:
    """The evaluation of one kind, with its figures."""
    # The evaluator leaves marks in the dictionaries it is given, and one kind's must not reach the next.
    ground_truth = COCO(dataset | {"annotations": [dict(annotation) for annotation in dataset["annotations"]]})
    of_kind = _detections_of_kind(dataset, detections, kind)
    _say_what_the_limit_cuts(of_kind, kind, max_detections)
    results = COCO(dataset | {"annotations": of_kind})
    evaluation = _Evaluation(ground_truth, results, kind, print_function=_say_nothing)
    if kind == "keypoints":
        evaluation.sigmas = oks_sigmas(dataset)
        evaluation.params.catIds = sorted(evaluation.sigmas)
        evaluation.params.maxDets = [max_detections]
    else:
        evaluation.params.maxDets = [1, 10, max_detections]
    evaluation.run()
    return evaluation


def _figures(evaluation: _Evaluation, dataset: EvaluatedData) -> dict[str, object]:
    """The figures of one kind, by name."""
    names: Sequence[str] = DETECTION_STATISTICS
    if evaluation.params.iouType == "keypoints":
        names = KEYPOINT_STATISTICS
    names = [f"AR{evaluation.params.maxDets[-1]}" if name == "AR100" else name for name in names]
    figures: dict[str, object] = {name: float(value) for name, value in zip(names, evaluation.stats, strict=True)}
    curves = _curves(evaluation, dataset)
    figures["per_category"] = dict(zip(curves.names, curves.precision.mean(axis=(0, 1)).tolist(), strict=True))
    return figures


def _curves(evaluation: _Evaluation, dataset: EvaluatedData) -> Curves:
    """Precision at each recall of the categories that have annotated objects."""
    # precision: IoU thresholds × recall thresholds × categories × areas × detection limits; −1 without objects
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    names_by_id = {category["id"]: category["name"] for category in dataset["categories"]}
    shown = np.flatnonzero((precision > -1).any(axis=(0, 1)))
    names = [names_by_id[evaluation.params.catIds[number]] for number in shown]
    return Curves(evaluation.params.iouType, names, evaluation.params.recThrs, precision[:, :, shown])


def _say_what_the_limit_cuts(detections: Sequence[dict[str, object]], kind: Kind, max_detections: int) -> None:
    """A warning, one line, that counts the results beyond the limit."""
    counts = Counter((detection["image_id"], detection["category_id"]) for detection in detections)
    cut = {image: count - max_detections for image, count in counts.items() if count > max_detections}
    if cut:
        warnings.warn(
            f"{kind}: {sum(cut.values())} of {len(detections)} results do not count, being beyond the best "
            f"{max_detections} of a category in each of {len({image for image, _ in cut})} images: "
            "max_detections sets the limit",
            stacklevel=3,
        )


def _detections_of_kind(dataset: EvaluatedData, detections: Sequence[Detection], kind: Kind) -> list[dict[str, object]]:
    """The detections that can be matched as `kind`, each with `bbox`, `segmentation`, `area` and an id.

    As in pycocotools, the area is that of the box where a result has one, also for masks.
    """
    points = max(keypoint_counts(dataset).values(), default=0)
    prepared: list[dict[str, object]] = []
    for detection in detections:
        complete: dict[str, Any] = {**detection}
        mask = detection.get("segmentation")
        if kind == "keypoints":
            if "keypoints" not in detection:
                continue
            where = f"a result of image {detection['image_id']}"
            complete["keypoints"] = pad_keypoints(detection["keypoints"], points, where)
            if "bbox" not in detection:
                x, y = np.array(detection["keypoints"][0::3]), np.array(detection["keypoints"][1::3])
                complete["bbox"] = [x.min(), y.min(), np.ptp(x), np.ptp(y)]
        elif kind == "segm":
            if mask is None:
                continue
        elif "bbox" not in detection:
            if mask is None:
                continue
            complete["bbox"] = rle_bbox(mask)
        if "bbox" in detection or mask is None:
            complete["area"] = complete["bbox"][2] * complete["bbox"][3]
        else:
            complete["area"] = rle_area(mask)
        prepared.append(complete | {"id": len(prepared) + 1, "iscrowd": 0})
    return prepared


class _Evaluation(COCOeval_faster):  # type: ignore[misc]  # the package has no types
    """The evaluator, with objects marked `ignore` ignored.

    COCO's own code sets `ignore` to `iscrowd` and so forgets the mark; here both count. Objects with
    a box alone are ignored in the comparison of masks: that they are there is known, their shape is not.
    Masks are compressed before they come here, so the evaluator is spared to decode and encode each.
    Each category has the OKS sigmas of its own.
    """

    sigmas: dict[int, NDArray[np.float64]]  # by category id, of keypoints

    def computeOks(self, imgId: int, catId: int) -> object:  # noqa: N802 - names of the evaluator
        points = max(map(len, self.sigmas.values()))
        # Keypoints are padded to the longest category's: what is padded is unlabelled.
        own = self.sigmas[catId]
        self.params.kpt_oks_sigmas = np.concatenate([own, np.full(points - len(own), own.mean())])
        return super().computeOks(imgId, catId)

    def _prepare(self) -> None:
        annotations = self.cocoGt.dataset["annotations"]
        ignored = [
            annotation
            for annotation in annotations
            if annotation.get("ignore") or (self.params.iouType == "segm" and annotation.get("box_only"))
        ]
        by_mask = self.params.compute_rle
        if by_mask:
            for annotation in [*annotations, *self.cocoDt.dataset["annotations"]]:
                annotation["rle"] = self._compressed(annotation)
        self.params.compute_rle = False
        super()._prepare()
        self.params.compute_rle = by_mask
        for annotation in ignored:
            annotation["ignore"] = 1

    def _compressed(self, annotation: dict[str, Any]) -> dict[str, object]:
        """The mask of an annotation or detection; of an object with a box alone, the box."""
        if not annotation.get("box_only"):
            mask: dict[str, object] = annotation["segmentation"]
            return mask
        image = self.cocoGt.imgs[annotation["image_id"]]
        box: dict[str, object] = coco_mask.frPyObjects(annotation["segmentation"], image["height"], image["width"])[0]
        return box


def _say_nothing(*_: object) -> None:
    """Takes the evaluator's printing: what matters is in the figures."""
