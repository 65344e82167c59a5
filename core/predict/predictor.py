"""`Predictor`: a model ready for inference, with the features of recent images at hand for prompts."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.devices import checked_dtype, choose_device
from core.model.folding import for_inference
from core.model.images import ImageBatch, batch_images
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import load_model
from core.predict.augmented import SCALES, detect_augmented
from core.predict.sources import PredictorSource, checked_range, pixel_tensor, read_source, shrunk
from core.structures import Category, Instances


class CutDetections(UserWarning):
    """More objects were found in an image than `detections_per_image` lets through."""


@dataclass
class ImageFeatures:
    """An image as the heads see it."""

    batch: ImageBatch
    maps: list[Tensor]


class Predictor:
    """Finds objects in images, and turns boxes into masks.

    The model is copied, its normalisation folded into the convolutions and moved to the device; the
    feature maps of the last `cache_size` images are kept, so that prompts cost only the heads. Calls
    from several threads wait for each other.

    Args:
        model: a name, run directory, weights file or model.
        device: "auto" takes a GPU where there is one.
        score_threshold: detections below it are left out.
        min_size, max_size: size of the resized image; None is the model's own. A `min_size` that is given is reached
            however small the image is.
        detections_per_image: the most objects in an image; None is the model's own, 100 as a rule.
            Where it cuts, a `CutDetections` warning counts what is left out, `Instances.left_out` too.
        value_range: what is black and what white in images that are given as floats or as integers of
            more than 8 bits, (0, 255) say; None is 0..1 for tensors, `read_image`'s rule for arrays.
        precision: "float32", or "bf16": faster, with scores and boxes that differ a little, on a processor
            with avx512_bf16 or AMX and on a GPU; an error elsewhere. "auto" is bf16 on such a processor, else
            float32.

    Images may be torch tensors too, 3×H×W (or 1×H×W, 4×H×W, H×W).

    Raises:
        ValueError: an option is out of its range; one line that names it.
    """

    def __init__(
        self,
        model: str | Path | MaskRCNN = "starter",
        device: str = "auto",
        score_threshold: float = 0.5,
        min_size: int | None = None,
        max_size: int | None = None,
        cache_size: int = 8,
        detections_per_image: int | None = None,
        value_range: tuple[float, float] | None = None,
        precision: str = "float32",
    ) -> None:
        _check_at_least_one(min_size=min_size, max_size=max_size, detections_per_image=detections_per_image)
        if min_size is not None and max_size is not None and min_size > max_size:
            raise ValueError(f"min_size={min_size} is larger than max_size={max_size}: the shorter edge is min_size")
        if cache_size < 0:
            raise ValueError(f"cache_size={cache_size}: at least 0 is needed, for no image")
        self.device = choose_device(device)
        source = model if isinstance(model, MaskRCNN) else load_model(model)
        self.model = for_inference(source, self.device, checked_dtype(precision, self.device))
        self.min_size, self.max_size = min_size, max_size
        self.cache_size = cache_size
        self._cache: OrderedDict[str, ImageFeatures] = OrderedDict()
        self._lock = threading.RLock()
        self.score_threshold = score_threshold
        self.detections_per_image = detections_per_image or self.model.config.detections_per_image
        self.value_range = checked_range(value_range)

    @property
    def categories(self) -> list[Category]:
        """The model's categories in the order of its labels; `named_categories` of them are for people."""
        return self.model.categories

    @property
    def _sizes(self) -> tuple[int, int]:
        """Shorter and longer edge, at most, of the resized image."""
        return self.min_size or self.model.config.min_size, self.max_size or self.model.config.max_size

    @property
    def score_threshold(self) -> float:
        """Detections below it are left out; it can be changed at any time."""
        return self._score_threshold

    @score_threshold.setter
    def score_threshold(self, value: float) -> None:
        if not 0 <= value <= 1:
            raise ValueError(f"score_threshold={value}: scores are between 0 and 1")
        self._score_threshold = value

    def __call__(self, image: PredictorSource, key: str | None = None) -> Instances:
        """The objects of one image: path, bytes, PIL image, RGB array or tensor.

        `key` names the image in the feature cache (a checksum, say); without it the pixels do.
        """
        with self._lock, torch.no_grad():
            features = self._features(image, key)
            return self._told(self._detect(features))[0]

    def predict_batch(self, images: Sequence[PredictorSource]) -> list[Instances]:
        """The objects of several images in one pass; features are not kept. No images give an empty list."""
        if not len(images):
            return []
        with self._lock, torch.no_grad():
            batch = self._batch([self._read(image) for image in images])
            return self._told(self._detect(ImageFeatures(batch, self.model.features(batch.tensor))))

    def augmented(self, image: PredictorSource, scales: Sequence[float] = SCALES, mirror: bool = True) -> Instances:
        """The objects of one image, seen at several scales and mirrored too: slower and better.

        `scales` are factors of the resized image; features are not kept.
        """
        with self._lock:
            pixels = self._read(image)
            largest = [max(1, round(size * max((1.0, *scales)))) for size in self._sizes]
            found = detect_augmented(
                self.model,
                self._tensor(shrunk(pixels, *largest)),
                scales,
                mirror,
                original_size=(pixels.shape[0], pixels.shape[1]),
                min_size=self.min_size,
                max_size=self.max_size,
                score_threshold=self.score_threshold,
                detections_per_image=self.detections_per_image,
            )
            return self._told([found])[0]

    def boxes_to_masks(
        self,
        image: PredictorSource,
        boxes: Tensor | NDArray[np.floating] | Sequence[Sequence[float]],
        labels: Sequence[int] | None = None,
        key: str | None = None,
    ) -> Instances:
        """A mask (and keypoints) for each box that a person has drawn.

        Args:
            boxes: N×4 xyxy in pixels of the image; they are cut to it.
            labels: N labels in 1..K where the class is known; else the box head guesses, the score
                says how sure it is, and the mask is the mean of the classes' masks weighted by
                their probabilities, which serves objects of no known class better than one guess.

        Raises:
            ValueError: a box is malformed or has no area inside the image; the line names it.
        """
        with self._lock, torch.no_grad():
            features = self._features(image, key)
            batch = features.batch
            own = torch.as_tensor(_checked_boxes(boxes, batch.original_sizes[0]), device=self.device)
            scaled = own * batch.scale(0, self.device)
            probabilities = self.model.classify(features.maps, [scaled])[0].softmax(dim=1)[:, 1:]
            if labels is None:
                scores, best = probabilities.max(dim=1)
                known = best + 1
            else:
                known = self._checked_labels(labels, len(own))
                scores = probabilities[torch.arange(len(own)), known - 1]
            weights = probabilities if labels is None else None
            instances = self.model.predict_given_boxes(features.maps, batch, [scaled], [known], weights)[0]
            instances.scores, instances.boxes = scores, own
            return instances.to("cpu")

    def _detect(self, features: ImageFeatures) -> list[Instances]:
        # The model itself selects boxes: no mask is computed that would be thrown away.
        return self.model.detect(
            features.batch,
            features.maps,
            score_threshold=self.score_threshold,
            detections_per_image=self.detections_per_image,
        )

    def _features(self, image: PredictorSource, key: str | None) -> ImageFeatures:
        pixels: NDArray[np.uint8] | None = None
        if key is None:
            pixels = self._read(image)
            key = hashlib.blake2b(pixels.data, digest_size=16).hexdigest() + str(pixels.shape)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        batch = self._batch([self._read(image) if pixels is None else pixels])
        features = ImageFeatures(batch, self.model.features(batch.tensor))
        self._cache[key] = features
        while len(self._cache) > self.cache_size:
            self._cache.popitem(last=False)
        return features

    def _told(self, found: Sequence[Instances]) -> list[Instances]:
        """The same on the CPU; a warning counts what the limit cut."""
        cut = [item.left_out for item in found if item.left_out]
        if cut:
            limit = self.detections_per_image
            where = "the image" if len(found) == 1 else f"{len(cut)} of {len(found)} images"
            warnings.warn(
                f"{sum(cut)} objects of {where} are left out: detections_per_image={limit} is the most that is given",
                CutDetections,
                stacklevel=3,
            )
        return [item.to("cpu") for item in found]

    def _batch(self, images: Sequence[NDArray[np.uint8]]) -> ImageBatch:
        tensors = [self._tensor(shrunk(image, *self._sizes)) for image in images]
        batch = batch_images(tensors, self.model.config, self.min_size, self.max_size)
        batch.original_sizes = [(image.shape[0], image.shape[1]) for image in images]
        batch.tensor = batch.tensor.contiguous(memory_format=torch.channels_last)
        return batch

    def _read(self, image: PredictorSource) -> NDArray[np.uint8]:
        return read_source(image, self.value_range)

    def _tensor(self, pixels: NDArray[np.uint8]) -> Tensor:
        return pixel_tensor(pixels).to(self.device).permute(2, 0, 1).float().div_(255)

    def _checked_labels(self, labels: Sequence[int], count: int) -> Tensor:
        known = torch.as_tensor(labels, dtype=torch.int64, device=self.device)
        classes = self.model.config.num_classes
        if len(known) != count or (count and not 1 <= int(known.min()) <= int(known.max()) <= classes):
            raise ValueError(f"labels {list(labels)}: give each of the {count} boxes a label from 1 to {classes}")
        return known


def _check_at_least_one(**options: int | None) -> None:
    for name, value in options.items():
        if value is not None and value < 1:
            raise ValueError(f"{name}={value}: at least 1 is needed")


def _checked_boxes(boxes: Tensor | NDArray[np.floating] | Sequence[Sequence[float]], size: tuple[int, int]) -> Tensor:
    height, width = size
    try:
        values = torch.as_tensor(np.asarray(boxes, dtype=np.float32)) if len(boxes) else torch.zeros((0, 4))
    except ValueError:  # rows of unequal lengths
        values = torch.zeros(())
    if values.dim() != 2 or values.shape[1] != 4:
        raise ValueError("boxes are needed as N×4 numbers: x0, y0, x1, y1 of each")
    limits = values.new_tensor([width, height, width, height])
    clipped = values.clamp(min=0).minimum(limits)
    for given, box in zip(values.tolist(), clipped.tolist(), strict=True):
        x0, y0, x1, y1 = box
        if not (x1 > x0 and y1 > y0):
            raise ValueError(f"box {given}: no area inside the {width}×{height} image; give x0 < x1 and y0 < y1")
    return clipped
