"""Classes by likeness: from examples alone, sure of what is alike, unsure of what is not."""

from __future__ import annotations

import numpy as np
import pytest

from core import MaskPrompter
from core.prompts import class_examples
from core.prompts.class_examples import ClassExamples
from core.prompts.local_mask import LocalMask


def clusters(classes: int, each: int, seed: int = 0) -> list[tuple[int, np.ndarray]]:
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(99).normal(0, 1, (classes, 32))
    return [
        (label, (middles[label] + random.normal(0, 0.3, 32)).astype(np.float32))
        for label in range(classes)
        for _ in range(each)
    ]


def test_what_looks_like_a_class_is_of_it() -> None:
    examples, class_of = ClassExamples(), {}
    for key, (label, embedding) in enumerate(clusters(5, 4)):
        examples.add(key, embedding)
        class_of[key] = label
    for label, embedding in clusters(5, 10, seed=1):
        guess, sure = examples.guess(embedding, class_of)  # type: ignore[misc]
        assert guess == label
        assert sure > 0.5
    stranger = np.random.default_rng(5).normal(0, 1, 32).astype(np.float32)
    assert examples.guess(stranger, class_of)[1] < 0.6  # type: ignore[index]


def test_an_example_whose_class_changes_counts_for_the_new_one() -> None:
    examples = ClassExamples()
    (_, first), (_, second) = clusters(2, 1)
    examples.add("a", first)
    examples.add("b", second)
    assert examples.guess(first, {"a": 7, "b": 8})[0] == 7  # type: ignore[index]
    assert examples.guess(first, {"a": 8, "b": 7})[0] == 8  # type: ignore[index]
    assert examples.guess(first, {"b": 8}) == (8, 0.5)  # "a" was deleted


def test_it_weighs_what_tells_classes_apart_against_what_varies_within_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def share_right() -> float:
        random = np.random.default_rng(3)

        def thing(label: int) -> np.ndarray:
            embedding = random.normal(0, 1.0, 32)  # how things of one class differ among each other
            embedding[:4] = random.normal(label, 0.1, 4)  # what they have in common
            return embedding.astype(np.float32)

        examples, class_of = ClassExamples(), {}
        for key in range(120):
            examples.add(key, thing(key % 3))
            class_of[key] = key % 3
        return float(np.mean([examples.guess(thing(n % 3), class_of)[0] == n % 3 for n in range(300)]))  # type: ignore[index]

    both = share_right()
    monkeypatch.setattr(class_examples, "DISCRIMINANT_SHARE", 0.0)
    assert both > share_right() + 0.03


def test_without_examples_nothing_is_guessed_and_the_oldest_go() -> None:
    examples = ClassExamples(most=2)
    assert examples.guess(np.zeros(4, np.float32), {}) is None
    for key in range(3):
        examples.add(key, np.full(4, key, np.float32))
    assert 0 not in examples
    assert len(examples) == 2


def test_the_shipped_model_tells_things_apart_by_their_looks() -> None:
    """Discs and striped squares on changing grounds: after three of each, others are recognised."""
    prompter = MaskPrompter()
    random = np.random.default_rng(0)

    def thing(kind: int) -> np.ndarray:
        pixels = random.normal(random.uniform(60, 190), 8, (160, 160, 3))
        rows, columns = np.mgrid[:160, :160]
        mask = (
            np.hypot(rows - 80, columns - 80) < 40
            if kind == 0
            else (np.abs(rows - 80) < 36) & (np.abs(columns - 80) < 36)
        )
        stripes = 80 * (columns // 6 % 2) if kind else 0 * columns
        pixels[mask] = (60 + random.uniform(0, 60) + stripes[mask])[:, None] + random.normal(0, 5, (mask.sum(), 3))
        return prompter.embeddings(pixels.clip(0, 255).astype(np.uint8), [LocalMask.of(mask)])[0]

    examples, class_of = ClassExamples(), {}
    for key in range(6):
        examples.add(key, thing(key % 2))
        class_of[key] = key % 2
    right = [examples.guess(thing(kind), class_of)[0] == kind for kind in (0, 1) * 5]  # type: ignore[index]
    assert np.mean(right) >= 0.9


def test_no_masks_have_no_embeddings() -> None:
    assert len(MaskPrompter().embeddings(np.zeros((20, 20, 3), np.uint8), [])) == 0


@pytest.mark.parametrize("size", [80, 400])
def test_an_embedding_does_not_depend_on_the_size_of_the_image(size: int) -> None:
    random = np.random.default_rng(1)
    pixels = np.full((size, size, 3), 128, np.uint8)
    pixels[20:60, 20:60] = random.integers(0, 255, (40, 40, 3))
    mask = LocalMask(20, 20, np.ones((40, 40), np.uint8))
    alone = np.full((80, 80, 3), 128, np.uint8)
    alone[20:60, 20:60] = pixels[20:60, 20:60]
    first, second = (MaskPrompter().embeddings(image, [mask])[0] for image in (pixels, alone))
    np.testing.assert_allclose(first, second, atol=1e-4)
