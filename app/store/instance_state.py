"""What is known of one object: the one list of it, for edits, history, requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from core.masks import Polygon, Rle

InstanceSource = Literal["predicted", "edited", "manual"]
InstanceStatus = Literal["proposed", "accepted"]
Segmentation = list[Polygon] | Rle  # [] for an object that is only a box

SEGMENTATION = (
    "COCO: polygons `[[x0, y0, x1, y1, …], …]`, an RLE `{size: [height, width], counts}` (text or list of runs), "
    "or `[]` for an object that is only a box."
)
BOX = "COCO: `[x, y, width, height]` in pixels. Where there is a segmentation the server computes it."
KEYPOINTS = "COCO: `[x, y, visibility, …]`, visibility 0 not labelled, 1 hidden, 2 visible; `[]` for none."

STORED_FROM = 0.05  # the score from which on a model's finds are stored
DEFAULT_THRESHOLD = 0.5  # from which on they count, of a model that was never calibrated


@dataclass(frozen=True, kw_only=True)
class InstanceState:
    """An object as an edit leaves it: what the history keeps, undo brings back and an answer shows.

    Each field is a column of `tables.Instance`. One that is added needs a default, which is what histories
    that were written before have in its place; `description` in its metadata is what /docs says of it.
    """

    category_id: int  # first: the history is searched for the number with a comma behind it
    bbox: list[float] = field(metadata={"description": BOX})
    area: float = field(metadata={"description": "Pixels of the mask; of the box where there is no mask."})
    segmentation: Segmentation = field(metadata={"description": SEGMENTATION})
    iscrowd: int
    keypoints: list[float] = field(metadata={"description": KEYPOINTS})
    score: float | None  # of the prediction it began as
    source: InstanceSource
    status: InstanceStatus
    model: str | None = field(metadata={"description": "The model version that predicted it."})
    # None: a person's, or an import's, whose proposals all count
    threshold: float | None = field(
        default=None,
        metadata={"description": "Of proposals: the score from which on they count; left out where all do."},
    )
    # Who wrote it last, by name; None for a model, and where nobody said. `documents.state_json` shows it.
    author: str | None = field(default=None, metadata={"exclude": True})
    # Seconds since 1970; None until it is written first. Kept through undo, and not shown.
    created: float | None = field(default=None, metadata={"exclude": True})
    # What a file says of it beside COCO's fields, and where it came from; None for what was drawn here.
    extra: dict[str, Any] | None = field(default=None, metadata={"exclude": True})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> InstanceState:
        """The state that a history entry keeps, whichever version of the application wrote it."""
        return cls(**{name: values[name] for name in STATE_FIELDS if name in values})

    def to_json(self) -> dict[str, object]:
        """What a history entry keeps."""
        return {name: getattr(self, name) for name in STATE_FIELDS}

    def shown(self) -> dict[str, Any]:
        """What an answer shows; a threshold only where there is one."""
        values = {name: getattr(self, name) for name in SHOWN_FIELDS}
        if self.threshold is None:
            values.pop("threshold")
        return values


STATE_FIELDS = tuple(entry.name for entry in fields(InstanceState))
SHOWN_FIELDS = tuple(entry.name for entry in fields(InstanceState) if not entry.metadata.get("exclude"))
