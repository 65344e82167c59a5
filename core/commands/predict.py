"""`python -m core predict`."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy import uint8
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from core.commands.arguments import Predict
from core.commands.class_names import load_named_model
from core.datasets import read_image
from core.datasets.images import IMAGE_SUFFIXES
from core.drawing import draw
from core.files import check_can_write, write_atomically, write_text_atomically
from core.masks import segmentation_bbox
from core.memory import keep_freed_memory
from core.predict.predictor import CutDetections, Predictor
from core.prompts.prompter import MaskPrompter
from core.ranges import ONE_OR_MORE, SHARE, check_ranges
from core.structures import named_categories

RANGES = {
    "score_threshold": SHARE,
    "batch_size": ONE_OR_MORE,
    "min_size": ONE_OR_MORE,
    "max_size": ONE_OR_MORE,
    "detections_per_image": ONE_OR_MORE,
}


def predict(command: Predict) -> int:
    """Write the objects found in all images; 1 where some of them could not be read."""
    check_ranges(command, RANGES, command_line=True)
    sources = image_files(command.sources)
    check_can_write(command.output)
    pictures = picture_files(command.draw, sources) if command.draw is not None else {}
    keep_freed_memory()
    predictor = Predictor(
        load_named_model(command.model, command.class_names),
        device=command.device,
        score_threshold=command.score_threshold,
        min_size=command.min_size,
        max_size=command.max_size,
        detections_per_image=command.detections_per_image,
        precision=command.precision,
    )
    prompter = MaskPrompter(device=command.device) if command.refine_masks else None
    if prompter is not None and predictor.model.config.mask_head is None:
        raise ValueError(f"{command.model} finds no masks: leave out --refine-masks")
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    broken, cut = 0, []
    warnings.simplefilter("ignore", CutDetections)  # counted here, in one line at the end
    with tqdm(total=len(sources), unit="image", disable=None) as bar:
        for start in range(0, len(sources), command.batch_size):
            batch = sources[start : start + command.batch_size]
            readable = list(_readable(batch))
            broken += len(batch) - len(readable)
            found = predictor.predict_batch([pixels for _, pixels in readable]) if readable else []
            for (name, pixels), instances in zip(readable, found, strict=True):
                image_id = len(images) + 1
                height, width = pixels.shape[:2]
                if instances.left_out:
                    cut.append(instances.left_out)
                if prompter is not None:
                    instances = prompter.refined(pixels, instances)
                images.append({"id": image_id, "file_name": name, "width": width, "height": height})
                annotations += instances.to_coco(
                    image_id, polygons=command.polygons, first_annotation_id=len(annotations) + 1
                )
                if name in pictures:
                    write_picture(pictures[name], draw(pixels, instances))
            bar.update(len(batch))
    if not images:
        raise ValueError(f"none of the {len(sources)} images could be read: {command.output} was not written")
    content: object = data_set(images, annotations, named_categories(predictor.categories))
    if command.format == "results":
        content = results_list(annotations)
    text = json.dumps(content, ensure_ascii=False)
    write_text_atomically(Path(command.output), text)
    if cut:
        print(cut_note(cut, predictor), file=sys.stderr)
    print(f"{len(annotations)} objects in {len(images)} images: {command.output}")
    return 1 if broken else 0


def cut_note(cut: Sequence[int], predictor: Predictor) -> str:
    """One line on the objects that the limit left out, given how many in each image where it did."""
    limit = predictor.detections_per_image
    return (
        f"note: {sum(cut)} objects in {len(cut)} images are left out, being more than {limit} in an image: "
        "--detections-per-image sets the limit"
    )


def image_files(sources: Sequence[str]) -> list[tuple[str, Path]]:
    """(name, path) of each image: a folder's by the path inside it, a single image's by its file name.

    Where two would have the same name, all keep the path they were given by. Raises
    FileNotFoundError for a source that is not there, and ValueError for a folder without images, or no source at all.
    """
    if not sources:
        raise ValueError("no image or folder is named: name those to look at")
    found: list[tuple[str, Path]] = []
    for source in map(Path, sources):
        if source.is_dir():
            inside = sorted(path for path in source.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
            if not inside:
                raise ValueError(f"{source}: there are no images in this folder")
            found += [(path.relative_to(source).as_posix(), path) for path in inside]
        elif source.exists():
            found.append((source.name, source))
        else:
            raise FileNotFoundError(f"{source}: there is no such image or folder")
    names = [name for name, _ in found]
    return found if len(set(names)) == len(names) else [(path.as_posix(), path) for _, path in found]


def picture_files(folder: str, sources: Sequence[tuple[str, Path]]) -> dict[str, Path]:
    """Where the picture of each image goes: its name with .jpg, inside the folder.

    Raises ValueError where that would be one of the images themselves.
    """
    files: dict[str, Path] = {}
    images = {path.resolve() for _, path in sources}
    for name, _ in sources:
        inside = Path(name).relative_to(Path(name).anchor)
        file = Path(folder) / inside.with_suffix(".jpg")
        if file in files.values():  # of a.png and a.jpg
            file = Path(folder) / f"{inside}.jpg"
        if file.resolve() in images:
            raise ValueError(f"--draw {folder}: {file} is one of the images; name another folder")
        files[name] = file
    return files


def write_picture(file: Path, picture: NDArray[uint8]) -> None:
    """A picture as JPEG, its folder made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, lambda path: Image.fromarray(picture).save(path, format="JPEG", quality=92))


def _readable(batch: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, NDArray[uint8]]]:
    """Each image that opens; one line for each that does not."""
    for name, path in batch:
        try:
            yield name, read_image(path)
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            named = reason if str(path) in reason else f"{path}: {reason}"
            tqdm.write(f"error: {named}", file=sys.stderr)


def data_set(
    images: list[dict[str, Any]], annotations: list[dict[str, object]], categories: Sequence[Any]
) -> dict[str, object]:
    """A COCO data set that any COCO tool opens and `core check` finds right; its annotations have a `score` besides.

    As in every COCO data set an object's `bbox` is its mask's; the detected box, which `core evaluate` judges, is
    its `detection_bbox`. An object whose mask is empty keeps the detected box alone.
    """
    sizes = {image["id"]: (image["height"], image["width"]) for image in images}
    own = [_with_box_of_mask(annotation, *sizes[annotation["image_id"]]) for annotation in annotations]
    return {"images": images, "annotations": own, "categories": list(categories)}


def _with_box_of_mask(annotation: dict[str, Any], height: int, width: int) -> dict[str, object]:
    if "segmentation" not in annotation:
        return annotation
    box = segmentation_bbox(annotation["segmentation"], height, width)
    if box[2] <= 0 or box[3] <= 0:
        detected = annotation["bbox"]
        bare = {name: value for name, value in annotation.items() if name != "segmentation"}
        return bare | {"area": detected[2] * detected[3]}
    return annotation | {"bbox": [round(value, 3) for value in box], "detection_bbox": annotation["bbox"]}


def results_list(annotations: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same as COCO's results format: what an evaluator asks for and nothing else."""
    fields = ("image_id", "category_id", "bbox", "score", "segmentation", "keypoints")
    return [{field: annotation[field] for field in fields if field in annotation} for annotation in annotations]
