"""The split into images to learn from and images to judge by."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.finetuning.held_out import held_out_quota, read_split, remember_split, split_images


def digests(count: int, first: int = 0) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(first, first + count)]


@pytest.mark.parametrize(("images", "held_out"), [(0, 0), (1, 0), (3, 0), (4, 1), (5, 1), (12, 2), (18, 4), (100, 20)])
def test_a_fifth_is_held_out_and_at_least_one_of_four(images: int, held_out: int) -> None:
    assert held_out_quota(images) == held_out
    parts = split_images(digests(images), {})
    assert len(parts) == images
    assert sum(part == "held_out" for part in parts.values()) == held_out


def test_the_order_of_the_images_does_not_matter() -> None:
    images = digests(30)
    assert split_images(images, {}) == split_images(reversed(images), {})


@given(st.lists(st.integers(1, 12), min_size=1, max_size=8))
def test_an_image_keeps_its_part_while_the_set_grows(batches: list[int]) -> None:
    assigned: dict = {}
    total = 0
    for batch in batches:
        total += batch
        parts = split_images(digests(total), assigned)
        changed = {digest for digest, part in assigned.items() if parts[digest] != part}
        assert not changed
        assert sum(part == "held_out" for part in parts.values()) >= min(1, held_out_quota(total))
        assert "train" in parts.values()
        assigned |= parts


def test_images_that_all_were_trained_on_give_up_one() -> None:
    images = digests(5)
    parts = split_images(images, dict.fromkeys(images, "train"))
    assert [digest for digest in sorted(images) if parts[digest] == "held_out"] == sorted(images)[:1]


def test_the_split_is_remembered_beside_images_that_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    assert read_split(path) == {}
    remember_split(path, {"a": "train", "b": "held_out"})
    remember_split(path, {"c": "train"})
    assert read_split(path) == {"a": "train", "b": "held_out", "c": "train"}
    assert [file.name for file in tmp_path.iterdir()] == ["split.json"]
