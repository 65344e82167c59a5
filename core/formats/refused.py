"""Files of tools whose format is not read: what they are, and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.formats.files import Folder, Outline, outline_of, suffix
from core.formats.texts import parsed_json

_COCO = "export it as COCO there"


def is_geti(outline: Outline) -> bool:
    """Whether a JSON is what lies beside the data.parquet of Geti: the schema of one of Datumaro's newer data sets."""
    return {"version", "schema"} <= outline.keys and bool({"object_columns", "videos"} & outline.keys)


# What the file is, how it is told by the keys of its JSON, and what to do instead.
_KNOWN: tuple[tuple[str, Callable[[Outline], bool], str], ...] = (
    (
        "a project of VIA 3",
        lambda outline: {"project", "file", "view", "metadata"} <= outline.keys,
        "draw or open it in VIA 2, or export it as COCO (Share, then Export) and import that",
    ),
    (
        "Supervisely's JSON of a video",
        lambda outline: {"objects", "size", "frames"} <= outline.keys,
        "turn the video into a project of images there",
    ),
    (
        "captions of COCO, without objects",
        lambda outline: {"images", "annotations"} <= outline.keys and "caption" in outline.listed,
        "its instances file has the objects",
    ),
    (
        "Geti's own export (data.parquet and this, of Datumaro's newer data sets)",
        is_geti,
        "export it as COCO or Datumaro JSON there",
    ),
    (
        "Ultralytics' JSON lines",
        lambda outline: {"type", "task", "class_names"} <= outline.keys,
        "export it as YOLO or COCO there",
    ),
    ("Hasty's JSON", lambda outline: {"images", "label_classes"} <= outline.keys, _COCO),
    ("Encord's JSON", lambda outline: {"label_hash", "data_units"} <= outline.keys, _COCO),
    (
        "Segments.ai's JSON",
        lambda outline: "dataset" in outline.keys and "task_attributes" in outline.inner,
        "export_dataset(release, 'coco-instance') of its SDK writes COCO",
    ),
    (
        "FiftyOne's JSON",
        lambda outline: "samples" in outline.keys and "filepath" in outline.listed,
        "export the data set as fiftyone.types.COCODetectionDataset",
    ),
    ("a list of Scale's tasks", lambda outline: {"task_id", "response"} <= outline.keys, "convert it to COCO"),
    (
        "a manifest of SageMaker Ground Truth",
        lambda outline: "source-ref" in outline.keys,
        "convert it to COCO",
    ),
    (
        "a JSON of Cityscapes",
        lambda outline: {"imgHeight", "imgWidth", "objects"} <= outline.keys,
        "python -m core convert cityscapes ROOT OUT.json writes COCO",
    ),
    (
        "BDD100K's JSON",
        lambda outline: {"name", "labels"} <= outline.keys or {"name", "frames"} <= outline.keys,
        "python -m bdd100k.label.to_coco writes COCO",
    ),
    (
        "the metadata of a Hugging Face data set",
        lambda outline: {"file_name", "objects"} <= outline.keys,
        "convert it to COCO",
    ),
    (
        "a list of images as detectron2 or MMDetection has it",
        lambda outline: (
            outline.is_list and ({"file_name", "annotations"} <= outline.keys or {"filename", "ann"} <= outline.keys)
        ),
        "write it as COCO: images, annotations and categories",
    ),
)
_ARCHIVES = (".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".rar", ".7z")
_TABLES = (".csv", ".tsv")


class KnownFormatError(ValueError):
    """A file of a tool whose format is known and not read."""


def refusal(folder: Folder) -> str | None:
    """One line on the first JSON that is known for what it is and not read; None where there is none."""
    for name in folder.starting_with("{["):
        outline = folder.outline(name) or _outline_of_line(folder.text_or_empty(name))
        for what, is_it, way_out in _KNOWN:
            if outline is not None and is_it(outline):
                return f"{name}: {what}, which is not read; {way_out}"
    return None


def other_refusal(folder: Folder) -> str | None:
    """One line on the first archive or table that is not read; None where there is none."""
    for name in folder.texts():
        if suffix(name) in _ARCHIVES:
            return f"{name}: of packed files only .zip is looked into; pack what is in it as that"
        if suffix(name) in _TABLES and len(re.split(r"[,;\t]", folder.head(name).partition("\n")[0])) > 1:
            return (
                f"{name}: a table without the columns of a file name (file_name) and of a box (x, y, w, h or xmin, "
                "ymin, xmax, ymax), a mask (segmentation) or runs (EncodedPixels); call its columns so"
            )
    return None


def _outline_of_line(text: str) -> Outline | None:
    """What the first line of a text is where each line is a JSON of its own; None where it is none."""
    try:
        return outline_of(parsed_json(text.lstrip().partition("\n")[0], ""))
    except ValueError:
        return None
