"""What a fine-tuning learns from: reviewed images, frozen as COCO files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage
from pycocotools.coco import COCO
from sqlalchemy import event

from app.exchange.coco_export import Selection, export_coco
from app.finetuning import job_directory
from app.finetuning.reviewed_data import reviewed_data, write_snapshot
from app.store.categories import create_category
from app.store.database import Store
from app.store.editing.edits import create_instance, set_status
from app.store.editing.predictions import replace_predictions
from app.store.errors import NotFoundError
from app.store.image_files import original_path
from app.store.images import add_image
from core import CocoDataset


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "workspace")
    with store.writing() as session:
        for name in ("fig", "date", "nut"):
            create_category(session, {"name": name, "keypoints": ["stem", "tip"] if name == "fig" else []})
    yield store
    store.close()


def add_picture(store: Store, tmp_path: Path, number: int) -> int:
    path = tmp_path / f"{number}.png"
    PilImage.fromarray(np.full((40, 60, 3), number, np.uint8)).save(path)
    return add_image(store, path.read_bytes(), path.name)[0].id


def add_square(store: Store, image_id: int, category_id: int, left: int = 5, **fields: object) -> None:
    square = [[left, 5, left + 10, 5, left + 10, 15, left, 15]]
    with store.writing() as session:
        create_instance(session, image_id, {"category_id": category_id, "segmentation": square, **fields})


def review(store: Store, image_id: int) -> None:
    with store.writing() as session:
        set_status(session, image_id, "reviewed")


def missing(store: Store, category_ids: list[int] | None = None) -> str | None:
    with store.reading() as session:
        return reviewed_data(session, {}, category_ids).what_is_missing()


def test_what_is_missing_is_said_step_by_step(store: Store, tmp_path: Path) -> None:
    assert "at least 2 reviewed images and there are none" in (missing(store) or "")
    first, second = add_picture(store, tmp_path, 1), add_picture(store, tmp_path, 2)
    review(store, first)
    assert "there is 1" in (missing(store) or "")
    review(store, second)
    assert "no instances" in (missing(store) or "")
    add_square(store, second, 1)
    assert missing(store) is None
    assert "no instances" in (missing(store, [2]) or "")


def test_only_accepted_instances_of_reviewed_images_count(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(6)]
    for image_id in images[:5]:
        add_square(store, image_id, 1)
        review(store, image_id)
    add_square(store, images[5], 2)  # not reviewed
    proposal = {"category_id": 3, "score": 0.9, "bbox": [20, 20, 10, 10], "segmentation": [[20, 20, 30, 20, 30, 30]]}
    with store.writing() as session:
        replace_predictions(session, images[0], [proposal], "starter")
    with store.reading() as session:
        data = reviewed_data(session, {})
    assert [image.id for image in data.images] == images[:5]
    assert [category.name for category in data.categories] == ["fig"]
    assert data.class_counts() == [{"id": 1, "name": "fig", "train": 4, "held_out": 1}]
    assert data.staying(["fig", "nut"]) == ["fig"]
    assert data.staying(["nut"]) == []


def test_crowds_are_nothing_to_learn_from(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(5)]
    for image_id in images:
        add_square(store, image_id, 1, iscrowd=1)
        review(store, image_id)
    assert "no instances" in (missing(store) or "")
    with store.reading() as session:
        assert reviewed_data(session, {}).class_counts() == [{"id": 1, "name": "fig", "train": 0, "held_out": 0}]
    add_square(store, images[0], 3)
    with store.reading() as session:
        data = reviewed_data(session, {})
    assert [row["name"] for row in data.class_counts()] == ["nut", "fig"]
    assert set(data.staying(["fig", "nut"])) == {"fig", "nut"}


def test_objects_are_counted_without_reading_their_outlines(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(5)]
    for image_id in images:
        for left in (5, 20, 35):
            add_square(store, image_id, 1, left=left)
        review(store, image_id)
    asked: list[str] = []
    with store.reading() as session:
        bind = session.get_bind()
        event.listen(bind, "before_cursor_execute", lambda *call: asked.append(call[2]))
        data = reviewed_data(session, {})
    assert data.class_counts() == [{"id": 1, "name": "fig", "train": 12, "held_out": 3}]
    assert asked
    assert not any("segmentation" in statement for statement in asked)


def test_the_snapshot_is_coco_and_outlives_the_workspace_files(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(5)]
    for image_id in images:
        add_square(store, image_id, 1, keypoints=[6, 6, 2, 8, 8, 1])
        add_square(store, image_id, 3, left=30)
        review(store, image_id)
    job = tmp_path / "job"
    with store.reading() as session:
        data = reviewed_data(session, {})
        write_snapshot(session, data, job, lambda image: original_path(store.workspace, image.sha256))
    for image in data.images:
        original_path(store.workspace, image.sha256).unlink()
    seen = []
    for file, number in ((job_directory.TRAIN_ANNOTATIONS, 4), (job_directory.HELD_OUT_ANNOTATIONS, 1)):
        coco = COCO(str(job / file))
        assert len(coco.imgs) == number
        assert {category["name"] for category in coco.cats.values()} == {"fig", "nut"}
        assert len(coco.anns) == 2 * number
        dataset = CocoDataset(job / job_directory.IMAGES, job / file)
        for index in range(number):
            picture, target = dataset[index]
            assert picture.shape == (3, 40, 60)
            assert target["masks"].sum(dim=(1, 2)).tolist() == [100, 100]
            assert target["keypoints"][0].tolist() == [[6, 6, 2], [8, 8, 1]]
        seen += dataset.image_ids
    assert sorted(seen) == images


def test_a_file_that_is_gone_is_named_before_a_job_begins(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(2)]
    for image_id in images:
        add_square(store, image_id, 1)
        review(store, image_id)
    with store.reading() as session:
        data = reviewed_data(session, {})
        original_path(store.workspace, data.images[1].sha256).unlink()
        with pytest.raises(NotFoundError, match=f"the file of {data.images[1].file_name} is gone"):
            write_snapshot(session, data, tmp_path / "job", lambda image: original_path(store.workspace, image.sha256))


def test_images_without_objects_are_learnt_from_as_background(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(3)]
    for image_id in images:
        review(store, image_id)
    add_square(store, images[0], 1)
    job = tmp_path / "job"
    with store.reading() as session:
        data = reviewed_data(session, {})
        write_snapshot(session, data, job, lambda image: original_path(store.workspace, image.sha256))
    dataset = CocoDataset(job / job_directory.IMAGES, job / job_directory.TRAIN_ANNOTATIONS)
    assert sorted(len(dataset[index][1]["boxes"]) for index in range(3)) == [0, 0, 1]
    assert not (job / job_directory.HELD_OUT_ANNOTATIONS).exists()


def test_what_is_learnt_from_is_what_export_writes(store: Store, tmp_path: Path) -> None:
    images = [add_picture(store, tmp_path, number) for number in range(3)]
    for image_id in images:
        add_square(store, image_id, 1, keypoints=[6, 6, 2, 0, 0, 0])
        add_square(store, image_id, 1, left=25)  # nobody looked for keypoints
        add_square(store, image_id, 2, left=40)
        with store.writing() as session:
            fields = {"category_id": 3, "segmentation": [[20.3, 20.6, 50.7, 20.2, 50.1, 35.9]], "iscrowd": 1}
            create_instance(session, image_id, fields)
        review(store, image_id)
    job, exported = tmp_path / "job", tmp_path / "exported.json"
    with store.reading() as session:
        data = reviewed_data(session, {}, [1, 3])
        assert len(data.categories) == 2
        assert len(data.accepted) == 3  # one is kept on the images too, though not to be learnt
        write_snapshot(session, data, job, lambda _: tmp_path / "0.png")
        export_coco(session, exported, Selection(status="reviewed", accepted_only=True))
    learnt, whole = (json.loads(path.read_text()) for path in (job / job_directory.TRAIN_ANNOTATIONS, exported))
    assert learnt["categories"] == [category for category in whole["categories"] if category["id"] != 2]
    assert learnt["annotations"] == [entry for entry in whole["annotations"] if entry["category_id"] != 2]
    crowds = [entry for entry in learnt["annotations"] if entry["iscrowd"]]
    assert len(crowds) == 3
    assert all(isinstance(entry["segmentation"], dict) for entry in crowds)
