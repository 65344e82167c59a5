"""Which images `annotate` takes, under which names, and that it takes each once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.notebook.pictures import named_pictures, take_pictures, workspace_beside
from app.store.database import Store
from tests.app.conftest import file_bytes, picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    names = ("b.PNG", "a.jpg", "deep/a.jpg", ".ipynb_checkpoints/a.jpg", "._a.jpg", "notes.txt")
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file_bytes(picture(seed)))
    return folder


def test_a_folder_gives_its_images_and_no_litter(photos: Path) -> None:
    Store(photos / "workspace inside").close()
    (photos / "workspace inside" / "thumbnail.webp").write_bytes(b"")
    assert [name for name, _ in named_pictures(photos)] == ["a.jpg", "b.PNG", "deep/a.jpg"]


def test_files_are_named_below_what_they_have_in_common(photos: Path) -> None:
    assert [name for name, _ in named_pictures([photos / "a.jpg", str(photos / "b.PNG")])] == ["a.jpg", "b.PNG"]
    files = [photos / "deep" / "a.jpg", photos / "a.jpg"]
    assert [name for name, _ in named_pictures(files)] == ["deep/a.jpg", "a.jpg"]
    assert named_pictures(photos / "a.jpg") == [("a.jpg", photos / "a.jpg")]


def test_the_workspace_lies_beside_the_images(photos: Path) -> None:
    beside = photos.with_name("photos-maskloop")
    assert workspace_beside(photos) == beside
    assert workspace_beside(f"{photos}/") == beside
    assert workspace_beside(photos / "a.jpg") == beside
    assert workspace_beside([photos / "a.jpg", photos / "b.PNG"]) == beside
    for without in ([photos / "a.jpg", photos / "deep/a.jpg"], [picture(1)], {"a.png": picture(1)}):
        with pytest.raises(ValueError, match="workspace="):
            workspace_beside(without)


def test_an_image_is_taken_once(store: Store, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in photos.rglob("*.*"):
        os.utime(file, (1, 1))
    found = named_pictures(photos)
    time.sleep(0.05)  # the clock of a file system is coarse
    ids, problems = take_pictures(store, found)
    assert (len(set(ids)), problems) == (3, [])
    monkeypatch.setattr("app.notebook.pictures._bytes_of", lambda *_: pytest.fail("read again"))
    assert take_pictures(store, found) == (ids, [])
    monkeypatch.undo()
    (photos / "a.jpg").write_bytes(file_bytes(picture(77)))
    again, _ = take_pictures(store, found)
    assert again[0] not in ids
    assert again[1:] == ids[1:]


def test_images_in_memory_have_numbers_or_the_names_given(store: Store) -> None:
    array = np.asarray(picture(5))
    listed = named_pictures([array, picture(6), Image.fromarray(array[:, :, 0])])
    assert [name for name, _ in listed] == ["image-0001.png", "image-0002.png", "image-0003.png"]
    ids, problems = take_pictures(store, listed)
    assert problems == []
    assert take_pictures(store, listed)[0] == ids
    ids, _ = take_pictures(store, named_pictures({"left eye": array}))
    assert len(ids) == 1


def test_what_cannot_be_read_gets_a_line_of_its_own(store: Store, photos: Path) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG and nothing more")
    ids, problems = take_pictures(store, [*named_pictures(photos), ("gone.png", photos / "gone.png")])
    assert len(ids) == 3
    assert [problem.split(":")[0] for problem in problems] == ["broken.png", "gone.png"]
    assert all("\n" not in problem for problem in problems)
