"""Images that show nearly the same stay on one side of the split: a model is not judged by what it learnt."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.finetuning.held_out import Part, split_images
from app.finetuning.likeness import CHUNK, ImageHashes, difference_hash, groups_of_alike


def photograph(seed: int) -> NDArray[np.uint8]:
    """Smooth random greys, 240×320."""
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 16), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def test_a_copy_that_is_smaller_brighter_or_a_little_shifted_is_alike_and_another_picture_is_not() -> None:
    one = photograph(1)
    copies = [cv2.resize(one, (160, 120)), cv2.convertScaleAbs(one, alpha=0.8, beta=20), np.roll(one, 3, axis=1)]
    hashes = {f"copy {number}": difference_hash(np.asarray(copy)) for number, copy in enumerate(copies)}
    hashes |= {f"other {seed}": difference_hash(photograph(seed)) for seed in range(2, 8)} | {"a": difference_hash(one)}
    assert groups_of_alike(hashes, hashes) == [
        ["a", "copy 0", "copy 1", "copy 2"],
        *([f"other {seed}"] for seed in range(2, 8)),
    ]


def test_pictures_that_are_all_alike_by_nature_stand_alone() -> None:
    assert groups_of_alike("abcd", dict.fromkeys("abc", 5)) == [["a"], ["b"], ["c"], ["d"]]


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_on_both_sides(seed: int) -> None:
    random = np.random.default_rng(seed)
    names = [f"{number:02d}" for number in range(20)]
    hashes = {name: int(random.integers(0, 9)) * 0x1111_0F0F_0F0F for name in names}
    groups = groups_of_alike(names, hashes)
    parts = split_images(names, {}, groups)
    assert set(parts) == set(names)
    assert all(len({parts[name] for name in group}) == 1 for group in groups)
    assert sum(part == "held_out" for part in parts.values()) <= 4


def test_a_new_copy_goes_where_the_first_one_was_and_nothing_changes_its_part() -> None:
    assigned: dict[str, Part] = {"a": "held_out", "b": "train", "c": "train", "d": "train"}
    parts = split_images("abcdxy", assigned, [["a", "x"], ["b", "y"], ["c"], ["d"]])
    assert parts == assigned | {"x": "held_out", "y": "train"}


def test_each_file_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    cv2.imwrite(str(file), photograph(1))
    broken = tmp_path / "b.png"
    broken.write_bytes(b"no picture")
    files = {"a": file, "b": broken}
    known = ImageHashes(tmp_path / "hashes.json").of("ab", files.__getitem__)
    assert set(known) == {"a"}
    file.unlink()
    assert ImageHashes(tmp_path / "hashes.json").of("ab", files.__getitem__) == known


def test_images_that_come_in_many_pieces_are_grouped_as_one_by_one() -> None:
    random = np.random.default_rng(0)
    names = [f"{number:03d}" for number in range(2 * CHUNK + 50)]
    scenes = [int(value) for value in random.integers(0, 1 << 63, 200)]
    hashes = {name: scenes[random.integers(200)] ^ (1 << int(random.integers(63))) for name in names}
    by_scene: dict[int, list[str]] = {}
    for name, value in hashes.items():
        scene = next(scene for scene in scenes if (scene ^ value).bit_count() <= 1)
        by_scene.setdefault(scene, []).append(name)
    assert groups_of_alike(names, hashes) == sorted(by_scene.values())


def test_threads_that_ask_at_once_read_each_file_once(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    cv2.imwrite(str(file), photograph(1))
    asked: list[str] = []

    def file_of(digest: str) -> Path:
        asked.append(digest)
        time.sleep(0.01)
        return file

    hashes = ImageHashes(tmp_path / "hashes.json")
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: hashes.groups("abcdef", file_of), range(3)))
    assert sorted(asked) == list("abcdef")
    assert answers[0] == answers[1] == answers[2]


def test_groups_follow_the_images_that_are_asked_for(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2), ("c", 1), ("d", 3), ("e", 4)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), photograph(seed))
    hashes = ImageHashes(tmp_path / "hashes.json")
    assert hashes.groups("abde", lambda name: tmp_path / f"{name}.png") == [["a"], ["b"], ["d"], ["e"]]
    assert hashes.groups("abcde", lambda name: tmp_path / f"{name}.png") == [["a", "c"], ["b"], ["d"], ["e"]]
