"""`python -m core distill`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy import uint8
from numpy.typing import NDArray
from tqdm import tqdm

from core.coco.reading import image_file_name, read_categories, read_coco_json, read_images
from core.commands.arguments import Distill
from core.commands.class_names import load_named_model
from core.commands.predict import image_files
from core.datasets import read_image
from core.files import check_can_write, write_text_atomically
from core.memory import keep_freed_memory
from core.predict.distillation import distill as pseudo_labels
from core.predict.distillation import matching_threshold, merge, objects_an_image, with_scores_from
from core.predict.predictor import Predictor
from core.ranges import ONE_OR_MORE, POSITIVE, SHARE, check_ranges

LEAST_SCORE = 0.05  # what a model's configuration detects from on; below it the threshold is not looked for

RANGES = {
    "score_threshold": SHARE,
    "scales": POSITIVE,
    "min_size": ONE_OR_MORE,
    "max_size": ONE_OR_MORE,
    "detections_per_image": ONE_OR_MORE,
}


def distill(command: Distill) -> int:
    """Write a model's labels of unlabelled images; 1 where some of the images could not be read."""
    check_ranges(command, RANGES, command_line=True)
    if command.score_threshold is None and command.annotations is None:
        raise ValueError("--score-threshold, or --annotations of labelled data to match, is needed")
    if command.labelled_images and not command.annotations:
        raise ValueError("--labelled-images is the folder of the images in --annotations: give both")
    output = Path(command.output)
    check_can_write(output)
    labelled = _labelled(command) if command.annotations else None
    root, files = _unlabelled(command, labelled)
    threshold = command.score_threshold
    keep_freed_memory()
    predictor = Predictor(
        load_named_model(command.model, command.class_names),
        device=command.device,
        score_threshold=LEAST_SCORE if threshold is None else threshold,
        min_size=command.min_size,
        max_size=command.max_size,
        detections_per_image=command.detections_per_image,
    )
    objects = None
    if labelled is not None and threshold is None:
        objects = objects_an_image(labelled, (category["name"] for category in predictor.categories))
    readable = _readable(files)
    categories = labelled["categories"] if labelled is not None else None
    data = pseudo_labels(predictor, readable, categories, command.scales, command.mirror)
    if not data["images"]:
        raise ValueError(f"none of the {len(files)} images could be read: {output} was not written")
    if threshold is None:
        assert objects is not None
        threshold = matching_threshold(data, objects)
    provenance: dict[str, object] = {"model": command.model, "scales": list(command.scales), "mirror": command.mirror}
    if objects is not None:
        provenance |= {"labelled": Path(command.annotations or "").name, "objects_an_image": objects}
    content = with_scores_from(data, threshold, **provenance)
    found = len(content["annotations"])
    if labelled is not None and command.labelled_images:
        content = merge(labelled, Path(command.labelled_images).resolve(), root, content)
    text = json.dumps(content, ensure_ascii=False)
    write_text_atomically(output, text)
    print(f"{found} objects with scores from {threshold:.3f} on in {len(data['images'])} images: {output}")
    print(f"python -m core train --images {root} --annotations {output} …", file=sys.stderr)
    return 0 if len(data["images"]) == len(files) else 1


def _labelled(command: Distill) -> dict[str, Any]:
    """The labelled data set, known to be one."""
    file = Path(command.annotations or "")
    data = read_coco_json(file)
    read_categories(data["categories"], file)
    if not data["images"]:
        raise ValueError(f"{file} has no images: there is nothing to match")
    read_images(data["images"], file, Path(command.labelled_images or "."))
    # What is counted, and what the ids of the labels that are added follow: looked at before hours of work.
    needed = ("id", "category_id") if command.labelled_images else ("category_id",)
    for place, annotation in enumerate(data["annotations"]):
        for name in needed:
            if not isinstance(annotation, dict) or type(annotation.get(name)) is not int:
                raise ValueError(
                    f"{file}: annotations[{place}] has no {name} that is a whole number; "
                    f"python -m core check {file} says what else is wrong"
                )
    return data


def _unlabelled(command: Distill, labelled: dict[str, Any] | None) -> tuple[Path, list[tuple[str, Path]]]:
    """The folder that all images lie in, and (name in it, path) of those that are not labelled already."""
    paths = [path.resolve() for _, path in image_files(command.sources)]
    folders = [source if source.is_dir() else source.parent for source in (Path(s).resolve() for s in command.sources)]
    if command.labelled_images and labelled is not None:
        own = Path(command.labelled_images).resolve()
        if not own.is_dir():
            raise FileNotFoundError(f"{command.labelled_images}: there is no such folder of images")
        folders.append(own)
        known = {own / str(image_file_name(image, own)) for image in labelled["images"]}
        paths = [path for path in paths if path not in known]
        if not paths:
            raise ValueError(f"all images are labelled in {command.annotations} already: give some that are not")
    root = Path(os.path.commonpath(folders))
    return root, [(path.relative_to(root).as_posix(), path) for path in dict.fromkeys(paths)]


def _readable(files: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, NDArray[uint8]]]:
    """Each image that opens; one line for each that does not."""
    for name, path in tqdm(files, unit="image", disable=None):
        try:
            yield name, read_image(path)
        except (ValueError, OSError) as error:
            tqdm.write(f"error: {' '.join(str(error).split())}", file=sys.stderr)
