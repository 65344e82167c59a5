"""A person at the assistant, simulated: sees the truth, and uses the tools of the page through the routes that it uses.

Every click, drag and key press is counted as one action. The hand is not steady: boxes are drawn a little off, and
clicks miss the middle. Nothing is stored that the tools did not give: a mask comes from the model, from the refine
tool, or from a polygon drawn click by click.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import httpx
import numpy as np
from numpy.typing import NDArray

from core.masks import decode_rle, encode_rle, mask_to_polygons, polygons_to_rle, rle_iou, segmentation_to_rle

SATISFIED = 0.85  # mask IoU with the truth at which a mask is left as it is
SURE = 0.5  # score from which the page takes the model's guess for the class of a drawn box
SAME_OBJECT = 0.5  # IoU from which a proposal is taken for an object


@dataclass
class SimulatedAnnotator:
    """`review` corrects one image. `satisfied` is the mask IoU at which the person leaves a mask as it is."""

    client: httpx.Client
    satisfied: float = SATISFIED
    most_clicks: int = 3  # with the refine tool, before the object is drawn by hand
    seed: int = 0
    actions: int = field(default=0, init=False)
    tool: str = field(default="select", init=False)
    current_class: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def review(self, image_id: int, truth: Sequence[dict[str, Any]]) -> int:
        """Correct an image until it agrees with `truth` (COCO annotations with the workspace's category ids).

        Returns the actions that it took, the one of marking it reviewed among them.
        """
        self.actions, self.tool = 0, "select"
        document = self.client.get(f"/api/images/{image_id}/document").json()
        self.image_id, self.size = image_id, (document["image"]["height"], document["image"]["width"])
        masks = [segmentation_to_rle(annotation["segmentation"], *self.size) for annotation in truth]
        shown = [one for one in document["instances"] if is_shown(one)]
        matches = self._match(shown, truth, masks)
        for number, instance in enumerate(shown):
            if number not in matches.values():
                self._delete(instance)
        for index, annotation in enumerate(truth):
            instance = shown[matches[index]] if index in matches else self._draw_box(annotation)
            instance = self._name(instance, annotation["category_id"], selected=index not in matches)
            self._mend(instance, annotation, masks[index])
        self._act()  # "mark reviewed" accepts what is left
        self._ask("PUT", "/status", {"status": "reviewed"})
        return self.actions

    # -- what a hand does -----------------------------------------------------------------------

    def _delete(self, instance: dict[str, Any]) -> None:
        self._use("select")
        self._act(2)  # select it, press Delete
        self._ask("DELETE", f"/instances/{instance['id']}?base_revision={instance['revision']}")

    def _draw_box(self, annotation: dict[str, Any]) -> dict[str, Any]:
        self._use("box")
        self._act()
        x, y, width, height = annotation["bbox"]
        noise = self.rng.normal(0, 0.02, 4) * [width, height, width, height]
        corners = np.array([x, y, x + width, y + height]) + noise
        box = np.clip(corners, 0, [self.size[1], self.size[0]] * 2).round(1).tolist()
        (found,) = self._ask("POST", "/masks", {"boxes": [box]})["instances"]
        sure = found["score"] >= SURE or self.current_class is None
        fields = {"category_id": found["category_id"] if sure else self.current_class}
        if found["segmentation"]:
            fields["segmentation"] = found["segmentation"]
        else:
            fields["bbox"] = found["bbox"]
        return dict(self._ask("POST", "/instances", fields)["instance"])

    def _name(self, instance: dict[str, Any], category_id: int, *, selected: bool) -> dict[str, Any]:
        if instance["category_id"] == category_id:
            return instance
        self._act(1 if selected else 2)  # its number, after it was selected
        self.current_class = category_id
        return self._change(instance, {"category_id": category_id})

    def _mend(self, instance: dict[str, Any], annotation: dict[str, Any], wanted: Any) -> None:
        points: list[tuple[float, float, bool]] = []
        while self._iou(instance, wanted) < self.satisfied:
            if len(points) == self.most_clicks:
                self._draw_by_hand(instance, annotation, wanted)
                return
            self._use("refine")
            self._act(1 if points else 2)  # the object is selected before the first click
            points.append(self._click(instance, wanted))
            refined = self._ask("POST", "/refine", {"instance": instance["id"], "points": points})
            instance = self._change(instance, {"segmentation": refined["segmentation"]})

    def _draw_by_hand(self, instance: dict[str, Any], annotation: dict[str, Any], wanted: Any) -> None:
        self._act()  # it is selected still: Delete
        self._ask("DELETE", f"/instances/{instance['id']}?base_revision={instance['revision']}")
        self._use("polygon")
        polygons = fewest_corners(wanted, self.satisfied)
        self._act(polygon_clicks(polygons) + (self.current_class != annotation["category_id"]))
        self.current_class = annotation["category_id"]
        fields = {"category_id": annotation["category_id"], "segmentation": polygons}
        self._ask("POST", "/instances", fields)

    def _click(self, instance: dict[str, Any], wanted: Any) -> tuple[float, float, bool]:
        """A click somewhere inside the largest piece that is wrong, rather near its middle."""
        truth = decode_rle(wanted).astype(bool)
        mask = decode_rle(self._rle(instance)).astype(bool)
        wrong = truth != mask
        _, pieces, sizes, _ = cv2.connectedComponentsWithStats(wrong.astype(np.uint8), connectivity=4)
        piece = pieces == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA]))
        depth = cv2.distanceTransform(np.pad(piece, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1].astype(float)
        chances = np.where(depth >= 0.5 * depth.max(), depth, 0).ravel()
        row, column = divmod(int(self.rng.choice(chances.size, p=chances / chances.sum())), self.size[1])
        return column + 0.5, row + 0.5, bool(truth[row, column])

    # -- details --------------------------------------------------------------------------------

    def _use(self, tool: str) -> None:
        self._act(tool != self.tool)  # its key
        self.tool = tool

    def _act(self, times: int = 1) -> None:
        self.actions += int(times)

    def _ask(self, method: str, route: str, body: Any = None) -> Any:
        answer = self.client.request(method, f"/api/images/{self.image_id}{route}", json=body)
        answer.raise_for_status()
        return answer.json()

    def _change(self, instance: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        body = {"base_revision": instance["revision"], **fields}
        return dict(self._ask("PUT", f"/instances/{instance['id']}", body)["instance"])

    def _rle(self, instance: dict[str, Any]) -> Any:
        if instance["segmentation"]:
            return segmentation_to_rle(instance["segmentation"], *self.size)
        return encode_rle(np.zeros(self.size, np.uint8))

    def _iou(self, instance: dict[str, Any], wanted: Any) -> float:
        return rle_iou(self._rle(instance), wanted)

    def _match(
        self, shown: Sequence[dict[str, Any]], truth: Sequence[dict[str, Any]], masks: Sequence[Any]
    ) -> dict[int, int]:
        """Object → proposal: the pairs that overlap most, those of the right class first."""
        pairs = []
        for number, instance in enumerate(shown):
            for index, annotation in enumerate(truth):
                if (iou := self._iou(instance, masks[index])) >= SAME_OBJECT:
                    pairs.append((instance["category_id"] == annotation["category_id"], iou, index, number))
        matches: dict[int, int] = {}
        for _, _, index, number in sorted(pairs, reverse=True):
            if index not in matches and number not in matches.values():
                matches[index] = number
        return matches


def is_shown(instance: dict[str, Any]) -> bool:
    """Whether the page shows an object: a proposal from the score on that its model is calibrated to."""
    return instance["score"] is None or instance["score"] >= (instance.get("threshold") or 0)


def fewest_corners(rle: Any, satisfied: float) -> list[list[float]]:
    """The polygons with the fewest corners, of a few dozen simplifications, that overlap a mask well enough."""
    mask: NDArray[np.uint8] = decode_rle(rle)
    exact = mask_to_polygons(mask)
    for tolerance in np.geomspace(0.25 * float(np.sqrt(mask.sum())), 0.2, 40):
        polygons = mask_to_polygons(mask, tolerance=float(tolerance))
        if polygons and rle_iou(polygons_to_rle(polygons, *mask.shape), rle) >= satisfied:
            return polygons
    return exact


def polygon_clicks(polygons: Sequence[Sequence[float]]) -> int:
    """Clicks that draw polygons: one a corner, and one that closes each."""
    return sum(len(polygon) // 2 + 1 for polygon in polygons)


def actions_by_hand(truth: Sequence[dict[str, Any]], size: tuple[int, int], satisfied: float = SATISFIED) -> int:
    """Actions for an image where everything is drawn as polygons, as well as the simulated person wants it.

    The polygon tool once, each polygon, the class where it is not that of the object before, and one action for
    marking the image reviewed. Objects are drawn class by class, which saves keys.
    """
    clicks = [
        polygon_clicks(fewest_corners(segmentation_to_rle(one["segmentation"], *size), satisfied)) for one in truth
    ]
    return 1 + sum(clicks) + len({one["category_id"] for one in truth}) + 1
