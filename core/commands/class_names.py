"""`--class-names`: names for the classes of weights that have none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.coco.reading import read_categories, read_coco_json
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import load_model
from core.structures import Category


def load_named_model(model: str, class_names: Sequence[str]) -> MaskRCNN:
    """`load_model` with the names given: names, "coco", a text file with one a line, or a COCO JSON file.

    Raises FileNotFoundError or ValueError, one line, for a file that is not there or not of this kind.
    """
    if not class_names:
        return load_model(model)
    if list(class_names) == ["coco"]:
        return load_model(model, categories="coco")
    names: Sequence[Category | str] = class_names
    if len(class_names) == 1 and Path(class_names[0]).suffix in (".json", ".txt"):
        names = _names_in(Path(class_names[0]))
    return load_model(model, categories=names)


def _names_in(file: Path) -> Sequence[Category | str]:
    if not file.is_file():
        raise FileNotFoundError(f"--class-names {file}: there is no such file")
    if file.suffix == ".json":
        return read_categories(read_coco_json(file)["categories"], file)
    return [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
