"""What CONTRIBUTING.md says an extension touches: each done once, by a patch of tests/exercises in a copy of the tree.

A tool's exercise is tests/canvas/exercise.test.js; a head's is in tests/core/model/test_parts_of_ones_own.py.
"""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from app.store.categories import create_category
from app.store.database import Store
from app.store.editing.edits import create_instance
from app.store.images import add_image
from tests.exercises.patches import apply, imported_from

Extended = Callable[[str], list[str]]


@pytest.fixture
def extended(project_root: Path, tmp_path: Path) -> Iterator[Extended]:
    """Applies a patch; from then on the test's imports come from the copy that has it."""
    with ExitStack() as stack:

        def apply_and_import(name: str) -> list[str]:
            touched = apply(project_root / "tests" / "exercises" / name, project_root, tmp_path / "copy")
            stack.enter_context(imported_from(tmp_path / "copy"))
            return touched

        yield apply_and_import


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace of the project as it is: one object on one image."""
    file = tmp_path / "street.png"
    Image.new("RGB", (60, 40), "white").save(file)
    store = Store(tmp_path / "workspace")
    image, _ = add_image(store, file.read_bytes(), "street.png")
    with store.writing() as session:
        category = create_category(session, {"name": "parked car"})
        create_instance(session, image.id, {"category_id": category.id, "bbox": [10, 5, 20, 15]})
    store.close()
    return tmp_path / "workspace"


def module(name: str) -> Any:
    """A module as it is imported now: from the copy, once a patch was applied."""
    return importlib.import_module(name)


def test_a_column_of_an_instance_is_a_field_a_column_and_a_migration(extended: Extended, workspace: Path) -> None:
    touched = extended("column.patch")
    assert len(touched) + 1 <= 4  # and its test
    store = module("app.store.database").Store(workspace)
    history, documents = module("app.store.editing.history"), module("app.store.documents")

    def shown() -> dict[str, Any]:
        with store.reading() as session:
            document = documents.document_json(session, documents.find_image(session, 1))
        return document["instances"][0]

    assert shown()["difficult"] is False  # of an object that was there before
    with store.writing() as session:
        image = history.image_for_writing(session, 1)
        state = session.get(module("app.store.tables").Instance, 1).state
        history.write(session, image, "update", {1: replace(state, difficult=True)})
    assert shown()["difficult"] is True
    with store.writing() as session:
        history.undo(session, history.image_for_writing(session, 1))
    assert shown()["difficult"] is False
    with store.writing() as session:
        history.redo(session, history.image_for_writing(session, 1))
    assert shown()["difficult"] is True
    store.close()


def test_an_export_format_is_a_module_and_its_line_in_the_list(
    extended: Extended, workspace: Path, tmp_path: Path
) -> None:
    touched = extended("export_format.patch")
    assert len(touched) <= 2
    store = module("app.store.database").Store(workspace)
    selection = module("app.exchange.coco_export").Selection()
    module("app.exchange.export_files").write_export(store, tmp_path / "out.zip", selection, "kitti", False)
    store.close()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        labels = archive.read("label_2/street.txt").decode()
    assert labels == "parked_car 0 0 0 10.00 5.00 30.00 20.00 0 0 0 0 0 0 0\n"


def test_an_augmentation_is_a_class_and_its_field(extended: Extended) -> None:
    touched = extended("augmentation.patch")
    assert len(touched) <= 2
    image, target = torch.rand(3, 8, 12), {"boxes": torch.tensor([[1.0, 1, 6, 5]]), "labels": torch.tensor([1])}
    samples = module("core.datasets.sample_sequence").as_annotated_images([(image, target)], [{"id": 1, "name": "car"}])
    config = module("core.config").TrainConfig(grey=1.0, horizontal_flip=0.0)
    grey, same = module("core.datasets.transforms").training_transforms(samples, config)(image, target)
    assert grey.shape == image.shape
    assert torch.equal(grey[0], grey[1])
    assert torch.equal(grey[1], grey[2])
    assert torch.equal(same["boxes"], target["boxes"])


def test_a_patch_whose_place_is_gone_says_so(project_root: Path, tmp_path: Path) -> None:
    patch = tmp_path / "late.patch"
    patch.write_text("--- a/core/masks.py\n+++ b/core/masks.py\n@@\n a line that is nowhere\n+another\n")
    with pytest.raises(ValueError, match=r"late\.patch: core/masks\.py has 0 places like"):
        apply(patch, project_root, tmp_path / "copy")
