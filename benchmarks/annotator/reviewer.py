"""A person at the assistant, simulated: sees the truth, uses the routes that the page uses, and books every action.

What a sensible person would do: a box over a proposal that lies right but has a poor mask gives it another; every other
object gets a box, to which its proposals give way, and, in the same tool, clicks while they promise to be fewer than a
hand's: new edges and polygons that add to the mask or cut off it, or that draw it anew. All simple shapes are drawn by
hand. Wrong proposals that are left are deleted then. The hand is not steady: boxes and clicks are a little off, at an
object by as much in every run of a seed, so that runs differ by the help alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from benchmarks.annotator.ledger import SATISFIED, Ledger, Target
from benchmarks.annotator.mending import Patch, mending_patches
from core.masks import bitmap_iou, decode_rle, encode_rle, segmentation_to_rle
from core.prompts.clicks import next_click

SAME_OBJECT = 0.5  # IoU from which a proposal is taken for an object
SAME_OBJECT_OF_ANOTHER_CLASS = 0.7  # the same of another class; `same_object.js` of the page has both
SAME_PLACE = 0.6  # IoU of boxes from which a drawn one is meant for a proposal; `meant_proposal.js` of the page has it
MOST_CLICKS = 8
# Actions that a proposal saves: a box and some clicks; of one that is poor the box and often the class's key, but who
# draws the box has the object selected already.
GOOD_PROPOSAL, POOR_PROPOSAL = 3.0, 0.5
FIRST_GAIN = 0.08  # IoU that is expected of a click before one was made
OF_CLICKS = ("box", "refine")  # tools in which corners are clicked too, with Ctrl held for the first
SIMPLE = 4  # corners, the closing click among them, up to which a shape is drawn by hand at once


class Annotator:
    """Reviews one image after the other through an `httpx.Client` of the application."""

    def __init__(self, client: httpx.Client, seed: int = 0) -> None:
        self.client = client
        self.seed, self.images = seed, 0
        self.current_class: int | None = None
        # As `class_choice.js` of the page has it.
        self.current_right, self.guess_right, self.guess_told = 0.5, 0.6, 0.6

    def review(self, image_id: int, targets: Sequence[Target]) -> tuple[Ledger, list[float]]:
        """Correct an image until it agrees with its targets; the actions, and the IoU that each object ended with."""
        self.ledger, self.tool, self.image_id = Ledger(), "select", image_id
        self.images += 1
        document = self._ask("GET", "/document")
        self.height, self.width = document["image"]["height"], document["image"]["width"]
        threshold, shown, matches = self._best_threshold(document["instances"], targets)
        found = {index: shown[number] for index, number in matches.items()}
        settled: dict[int, float] = {}
        for index, instance in found.items():
            if (reached := bitmap_iou(self._mask(instance), targets[index].mask)) >= SATISFIED:
                self._named(instance, targets[index], selected=False)
                settled[index] = reached
        self.good = [found[index] for index in settled]
        self.matched = [instance for index, instance in found.items() if index not in settled]
        self.proposals = [one for one in shown if one not in self.good]
        by_hand = [index for index, target in enumerate(targets) if index not in found and target.vertices <= SIMPLE]
        for index in [index for index in range(len(targets)) if index not in settled and index not in by_hand]:
            self.random = np.random.default_rng((self.seed, self.images, index))
            settled[index] = self._settle(targets[index], found.get(index))
        for index in by_hand:
            settled[index] = self._draw(targets[index])
        for instance in self.proposals:
            self._delete(instance)
        self.ledger.book("accept")
        moved = {} if threshold is None else {"score_threshold": threshold}
        self._ask("PUT", "/status", {"status": "reviewed", **moved})
        return self.ledger, list(settled.values())

    def _best_threshold(
        self, instances: Sequence[dict[str, Any]], targets: Sequence[Target]
    ) -> tuple[float | None, list[dict[str, Any]], dict[int, int]]:
        """The slider where a person would leave (None) or put it: what is shown, and object → place in it."""
        saved = self._pairs(instances, targets)
        best: tuple[float, float | None, list[dict[str, Any]], dict[int, int]] | None = None
        for threshold in (None, *sorted({one["score"] for one in instances if one["score"] is not None}), 1.0):
            numbers = [number for number, one in enumerate(instances) if _is_shown(one, threshold)]
            matches = _matches(list(saved), numbers)
            useful = sum(saved[index, numbers[place]] for index, place in matches.items())
            cost = len(numbers) - len(matches) - useful + (threshold is not None)
            if best is None or cost < best[0]:
                best = (cost, threshold, [instances[number] for number in numbers], matches)
        assert best is not None
        self.ledger.book("threshold", best[1] is not None)
        return best[1:]

    def _pairs(self, instances: Sequence[dict[str, Any]], targets: Sequence[Target]) -> dict[tuple[int, int], float]:
        """Which proposal (by number) may be taken for which object (by index), the best first, and what that saves.

        One with a poor mask is of use only where a box around the object is meant for it: else another box is quicker
        than the clicks that mend it.
        """
        masks = [self._mask(instance) for instance in instances]
        found = [
            (instance["category_id"] == target.category_id, overlap, index, number)
            for number, (instance, mask) in enumerate(zip(instances, masks, strict=True))
            for index, target in enumerate(targets)
            if (overlap := bitmap_iou(mask, target.mask)) >= SATISFIED
            or (overlap >= SAME_OBJECT and meant(target.box, [instance]) is not None)
        ]
        # A proposal spares the box; one that is good as it is spares the clicks too.
        return {
            (index, number): GOOD_PROPOSAL if overlap >= SATISFIED else POOR_PROPOSAL
            for _, overlap, index, number in sorted(found, reverse=True)
        }

    # -- one object ---------------------------------------------------------------------------------

    def _settle(self, target: Target, proposed: dict[str, Any] | None) -> float:
        """A box around an object, which takes the place of a proposal that lies there, and clicks; clicks alone where
        the box would not be taken for the object's proposal. The IoU that is reached.
        """
        box = self._box_around(target)
        if proposed not in self.proposals:
            proposed = None  # it gave way to another object
        over, beside = meant(box, [*self.proposals, *self.good]), False
        if over is not None and over is not proposed and (over in self.good or over in self.matched):
            self.ledger.book("tool")  # Alt: it lies under the box, but is another object
            over, beside = None, True
        if proposed is not None and over is not proposed:
            self.proposals.remove(proposed)
            named = self._named(proposed, target, selected=False)
            return self._click_until_satisfied(named, target, box=None)
        instance = self._box(box, target, over)
        if not beside:
            self._make_way(instance)
        named = self._named(instance, target, selected=True)
        return self._click_until_satisfied(named, target, box)

    def _delete(self, instance: dict[str, Any]) -> None:
        self.ledger.book("delete")
        self._ask("DELETE", f"/instances/{instance['id']}?base_revision={instance['revision']}")

    def _make_way(self, drawn: dict[str, Any]) -> None:
        """Other proposals of what was drawn go, as the page does it: no action is booked."""
        if not drawn["segmentation"]:
            return
        mask = self._mask(drawn)
        for other in list(self.proposals):
            least = SAME_OBJECT if other["category_id"] == drawn["category_id"] else SAME_OBJECT_OF_ANOTHER_CLASS
            if bitmap_iou(self._mask(other), mask) >= least:
                self.proposals.remove(other)
                self._ask("DELETE", f"/instances/{other['id']}?base_revision={other['revision']}")

    def _named(self, instance: dict[str, Any], target: Target, *, selected: bool) -> dict[str, Any]:
        self.current_class = target.category_id
        if instance["category_id"] == target.category_id:
            return instance
        self.ledger.book("select", not selected)
        self.ledger.book("class")
        return self._change(instance, {"category_id": target.category_id})

    def _box_around(self, target: Target) -> list[float]:
        x0, y0, x1, y1 = target.box
        off = self.random.normal(0, 0.03, 4) * np.array([x1 - x0, y1 - y0] * 2)
        corners = np.array([x0, y0, x1, y1]) + off
        return list(np.clip(corners, 0, [self.width, self.height] * 2).round(1).tolist())

    def _box(self, box: list[float], target: Target, over: dict[str, Any] | None) -> dict[str, Any]:
        """What the page makes of a box: another mask for the proposal that it is drawn over, or an object."""
        self._use("box")
        self.ledger.book("box")
        (found,) = self._ask("POST", "/masks", {"boxes": [box]})["instances"]
        if over is not None and found["segmentation"]:
            self.proposals.remove(over)
            return self._change(over, {"segmentation": found["segmentation"]})
        fields = {"category_id": self._class_of(found, target)}
        fields |= {"segmentation": found["segmentation"]} if found["segmentation"] else {"bbox": found["bbox"]}
        return dict(self._ask("POST", "/instances", fields)["instance"])

    def _class_of(self, found: dict[str, Any], target: Target) -> int:
        """What the page makes of a guess, and learns from it."""
        guess, score, current = found["category_id"], found["score"] or 0, self.current_class
        if current is None:
            return int(guess)
        chosen = guess if score * self.guess_right / self.guess_told >= self.current_right else current
        self.current_right += 0.2 * ((current == target.category_id) - self.current_right)
        if guess != current:
            self.guess_right += 0.3 * ((guess == target.category_id) - self.guess_right)
            self.guess_told += 0.3 * (score - self.guess_told)
        return int(chosen)

    def _click_until_satisfied(self, instance: dict[str, Any], target: Target, box: list[float] | None) -> float:
        """Clicks, then corners where they promise to be fewer; the IoU that is reached. Who has just drawn its `box`
        has the object selected and clicks with the same tool.
        """
        points: list[list[float]] = []
        mask = self._mask(instance)
        now = first = bitmap_iou(mask, target.mask)
        while now < SATISFIED:
            gain = (now - first) / len(points) if points else FIRST_GAIN
            expected = max(1.0, (SATISFIED - now) / max(gain, 1e-3))
            patches = mending_patches(mask, target.mask, most=_anew(target).actions) if mask.any() else None
            by_hand = sum(patch.actions for patch in patches or [_anew(target)])
            if len(points) == MOST_CLICKS or not mask.any() or by_hand + (self.tool not in OF_CLICKS) <= expected:
                self.ledger.book("select", not points and box is None)
                return self._mend(instance, target, patches)
            if not points and box is None:
                self._use("refine")
                self.ledger.book("select")
            clicked = next_click(target.mask, mask, self.random)
            assert clicked is not None
            self.ledger.book("click")
            points.append([clicked[0], clicked[1], int(clicked[2])])
            answer = self._ask("POST", "/refine", {"instance": instance["id"], "points": points, "box": box})
            if answer["segmentation"]:  # an emptied mask is offered for deletion, not stored
                instance = self._change(instance, {"segmentation": answer["segmentation"]})
                mask = self._mask(instance)
            else:
                mask = np.zeros_like(mask)
            now = bitmap_iou(mask, target.mask)
        return now

    def _mend(self, instance: dict[str, Any], target: Target, patches: list[Patch] | None) -> float:
        """New edges and polygons that add or cut off, or all of the outline anew, in the tool of clicks."""
        if self.tool not in OF_CLICKS:
            self._use("refine")
        if patches is None:
            self.ledger.book("tool", len(target.polygons))  # Ctrl+Alt, Ctrl with its first point
            self.ledger.book("vertex", target.vertices)
            return self._stored(instance, target.polygons, target)
        self.ledger.book("tool", sum(patch.keys for patch in patches))
        self.ledger.book("vertex", sum(patch.clicks for patch in patches))
        return self._stored(instance, encode_rle(patches[-1].mask), target)

    def _stored(self, instance: dict[str, Any], segmentation: Any, target: Target) -> float:
        return bitmap_iou(self._mask(self._change(instance, {"segmentation": segmentation})), target.mask)

    def _draw(self, target: Target) -> float:
        self._use("polygon")
        self.ledger.book("vertex", target.vertices)
        self.ledger.book("class", self.current_class != target.category_id)
        self.current_class = target.category_id
        fields = {"category_id": target.category_id, "segmentation": target.polygons}
        drawn = self._ask("POST", "/instances", fields)["instance"]
        self._make_way(drawn)
        return bitmap_iou(self._mask(drawn), target.mask)

    # -- details --------------------------------------------------------------------------------------

    def _use(self, tool: str) -> None:
        self.ledger.book("tool", tool != self.tool)
        self.tool = tool

    def _ask(self, method: str, route: str, body: Any = None) -> Any:
        answer = self.client.request(method, f"/api/images/{self.image_id}{route}", json=body)
        answer.raise_for_status()
        return answer.json()

    def _change(self, instance: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        body = {"base_revision": instance["revision"], **fields}
        return dict(self._ask("PUT", f"/instances/{instance['id']}", body)["instance"])

    def _mask(self, instance: dict[str, Any]) -> NDArray[np.uint8]:
        segmentation = instance["segmentation"] or encode_rle(np.zeros((self.height, self.width), np.uint8))
        return decode_rle(segmentation_to_rle(segmentation, self.height, self.width))


def _anew(target: Target) -> Patch:
    """All of an object drawn anew in a tool of clicks: its corners, and a key held as each of its polygons begins."""
    return Patch(target.vertices, len(target.polygons), target.mask, 1.0)


def _matches(pairs: Sequence[tuple[int, int]], numbers: Sequence[int]) -> dict[int, int]:
    """Object → place among the shown `numbers`, each at most once, the best pairs first."""
    places = {number: place for place, number in enumerate(numbers)}
    matches: dict[int, int] = {}
    for index, number in pairs:
        if index not in matches and number in places:
            matches[index] = places.pop(number)
    return matches


def _is_shown(instance: dict[str, Any], threshold: float | None) -> bool:
    """Whether the page shows a proposal; None: as its model is calibrated."""
    least = instance.get("threshold") or 0.0 if threshold is None else threshold
    return instance["score"] is None or instance["score"] >= least


def meant(box: Sequence[float], proposals: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The proposal whose place a box takes, as the page tells: the one whose box agrees most with it."""
    scores = [iou_of_boxes(box, one["bbox"]) for one in proposals]
    best = int(np.argmax(scores)) if scores else -1
    return proposals[best] if best >= 0 and scores[best] >= SAME_PLACE else None


def iou_of_boxes(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of (x0, y0, x1, y1) and (x, y, width, height)."""
    x0, y0, x1, y1 = (float(value) for value in first)
    x, y, width, height = second
    common = max(0.0, min(x1, x + width) - max(x0, x)) * max(0.0, min(y1, y + height) - max(y0, y))
    both = (x1 - x0) * (y1 - y0) + width * height - common
    return common / both if both > 0 else 0.0
