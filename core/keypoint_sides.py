"""Which keypoints trade places in a mirrored image: what a category says, or what its keypoints' names tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from core.structures import Category

# Words for left and right, as they are found inside names of keypoints.
SIDES = (
    ("left", "right"),
    ("links", "rechts"),
    ("link", "recht"),
    ("gauche", "droite"),
    ("gauche", "droit"),
    ("izquierda", "derecha"),
    ("izquierdo", "derecho"),
    ("izq", "der"),
    ("sinistra", "destra"),
    ("sinistro", "destro"),
    ("esquerda", "direita"),
    ("esquerdo", "direito"),
    ("lewa", "prawa"),
    ("lewy", "prawy"),
    ("lewe", "prawe"),
    ("лев", "прав"),
    ("左", "右"),
    ("왼", "오른"),
)
# A letter that stands for a side: alone; before a capital or at the end of a word that a capital begins (lEye, EyeL,
# LShoulder, Lsho); last, at the beginning or end of small letters (lsho, hipr). Each counts only where the
# other side's name is there too.
LETTERS = (
    r"(?<![^\W\d_])[lr](?![^\W\d_])",
    r"^[LRlr](?=[A-Z])",
    r"(?<=[a-z0-9])[LR](?=$|[\W_\d])",
    r"^[LR](?=[a-z])",
    r"(?<=[\W_])[LRlr](?=[A-Z])",
    r"^[lr](?=[a-z])",
    r"(?<=[a-z])[lr]$",
)
_ALONE = re.compile(LETTERS[0], re.IGNORECASE)


def keypoint_partners(categories: Sequence[Category]) -> Tensor:
    """int64 (K+1)×P: for each label and keypoint number, the keypoint that stands there in a mirrored image.

    Row 0 is the background's. A category's `flip_pairs` say who trades places; without them names decide: where a
    name with left for right is another of the category's names, these two are partners. Any other keypoint is its
    own. Raises ValueError, in one line, for `flip_pairs` that are no pairs of the category's keypoints.
    """
    longest = max((len(category.get("keypoints") or []) for category in categories), default=0)
    table = torch.arange(longest).repeat(len(categories) + 1, 1)
    for label, category in enumerate(categories, 1):
        for one, other in _pairs(category):
            table[label, one], table[label, other] = other, one
    return table


def unclear_sides(categories: Sequence[Category]) -> list[str]:
    """A reason, one line, for each category whose keypoints nobody can mirror.

    Several keypoints of which no two are a pair, and names of one side without the other's. `flip_pairs`, an empty
    list too, make a category clear.
    """
    reasons = []
    for category in categories:
        names = category.get("keypoints") or []
        if len(names) < 2 or category.get("flip_pairs") is not None:
            continue
        paired = {number for pair in _pairs(category) for number in pair}
        alone = [name for number, name in enumerate(names) if number not in paired and _names_a_side(name)]
        if alone:
            reasons.append(f"keypoint {alone[0]!r} of {category['name']!r} has no partner on the other side")
        elif not paired:
            reasons.append(f"no two keypoints of {category['name']!r} are named as left and right")
    return reasons


def mirrored_names(names: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ by their side only, as "left door" and "right door"."""
    return [(names[one], names[other]) for one, other in _pairs(Category(id=0, name="", keypoints=list(names)))]


def _pairs(category: Category) -> Iterator[tuple[int, int]]:
    """Pairs of keypoint numbers from 0 that trade places."""
    names = category.get("keypoints") or []
    given = category.get("flip_pairs")
    if given is not None:
        yield from _checked_pairs(given, len(names), category["name"])
        return
    taken: set[int] = set()
    for mirror in _mirrors():
        for number, name in enumerate(names):
            mirrored = mirror(name)
            if number in taken or mirrored == name or mirrored not in names:
                continue
            other = names.index(mirrored)
            if other not in taken:
                taken |= {number, other}
                yield number, other


def _checked_pairs(pairs: object, count: int, name: str) -> Iterator[tuple[int, int]]:
    seen: set[int] = set()
    for pair in pairs if isinstance(pairs, list | tuple) else [pairs]:
        numbers = list(pair) if isinstance(pair, list | tuple) else []
        whole = len(numbers) == 2 and all(isinstance(number, int) and 1 <= number <= count for number in numbers)
        if not whole or len({*numbers} - seen) < 2:
            raise ValueError(
                f"category {name!r}: flip_pairs must be pairs of different keypoint numbers from 1 to {count}, each "
                f"in one pair, not {pair!r}"
            )
        seen |= {*numbers}
        yield numbers[0] - 1, numbers[1] - 1


def _mirrors() -> Iterator[Callable[[str], str]]:
    """Ways to say a name for the other side, from the surest on."""
    for sides in SIDES:
        yield _Exchange(re.compile("|".join(sides), re.IGNORECASE), sides)
    yield _Exchange(_ALONE, ("l", "r"))
    for pattern in LETTERS[1:]:
        yield _Exchange(re.compile(pattern), ("l", "r"))


class _Exchange:
    """A name with the words for one side in place of the other's, in the same case."""

    def __init__(self, pattern: re.Pattern[str], sides: tuple[str, str]) -> None:
        self.pattern = pattern
        self.other = dict([sides, sides[::-1]])

    def __call__(self, name: str) -> str:
        return self.pattern.sub(self._other_side, name)

    def _other_side(self, match: re.Match[str]) -> str:
        word = match[0]
        other = self.other[word.lower()]
        if word.isupper():
            return other.upper()
        return other.capitalize() if word[0].isupper() else other


def _names_a_side(name: str) -> bool:
    return bool(re.search("left|right", name, re.IGNORECASE) or _ALONE.search(name))
