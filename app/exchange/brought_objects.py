"""What a file brings to one image of the store, compared with what is on it, as one edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exchange.same_objects import KnownObjects
from app.store.editing.geometry import box_iou
from app.store.editing.history import image_for_writing, standing_edits, write
from app.store.instance_state import InstanceState
from app.store.tables import Edit, Image, ImageStatus, Instance

ImportMode = Literal["merge", "add", "replace"]
# IoU of boxes from which an object of the same source and id is the same one: reshaped, or given another class.
SAME_PLACE, SAME_PLACE_OTHER_CLASS = 0.3, 0.9


@dataclass(frozen=True)
class ImportOptions:
    """How a file meets what is there already."""

    status: ImageStatus | None = "reviewed"  # what images become; None leaves it
    # "add" brings what is new; "merge" also updates what an earlier import of the same source brought and nobody has
    # edited since; "replace" removes what the file does not have from the images that it has.
    mode: ImportMode = "merge"
    empty_images: bool = False  # images for which the file has no object get `status` too
    proposals: bool = False  # everything comes as a proposal, scores or not
    model: str | None = None  # of proposals that do not name theirs
    crowds_as_objects: bool = False  # what has iscrowd 1 is a single object: a brush mask
    source: str = ""  # what the file is called: the same source is updated by "merge"
    dry_run: bool = False  # everything is worked out and nothing kept


@dataclass
class ImportReport:
    """What became of an annotation file."""

    images: list[int] = field(default_factory=list)  # ids of those that were found
    annotations: int = 0  # new objects, and keypoints for objects that had none
    already_there: int = 0  # the same object on the same image: not stored twice
    updated: int = 0
    removed: int = 0
    deleted_here: int = 0  # objects that a person has deleted since the same source brought them: they stay away
    categories: dict[int, int] = field(default_factory=dict)  # the file's id, normalised → the store's
    errors: list[dict[str, Any]] = field(default_factory=list)  # what was left out or changed
    dropped: Counter[str] = field(default_factory=Counter)  # fields of other tools that cannot be kept
    notes: list[str] = field(default_factory=list)  # what was written in another way than COCO's
    reviewed: set[int] = field(default_factory=set)  # images that became so
    stays: dict[int, str] = field(default_factory=dict)  # why others did not, though asked for

    def include(self, report: ImportReport, about: str) -> None:
        """Take in what became of one of several files; `about` stands before each of its lines."""
        self.images += report.images
        for name in ("annotations", "already_there", "updated", "removed"):
            setattr(self, name, getattr(self, name) + getattr(report, name))
        own = report.categories.values()
        self.categories |= {len(self.categories) + number: category for number, category in enumerate(own)}
        self.reviewed |= report.reviewed
        self.stays |= report.stays
        self.errors += [{**error, "error": about + error["error"]} for error in report.errors]

    def stay_notes(self) -> list[str]:
        """How many images did not become reviewed, a line for each reason."""
        reasons = Counter(reason for image, reason in self.stays.items() if image not in self.reviewed)
        lines = []
        for reason, number in sorted(reasons.items()):
            lines.append(f"{number} image{'' if number == 1 else 's'} did not become reviewed: they {reason}")
        return lines


class BroughtObjects:
    """What the file brings to one image, compared with what is on it."""

    def __init__(self, session: Session, image: Image, options: ImportOptions) -> None:
        self.image, self.options = image, options
        self._stored = {row.id: row for row in session.scalars(select(Instance).where(Instance.image_id == image.id))}
        self._known = KnownObjects(image.height, image.width)
        for row in self._stored.values():
            self._known.add(row.state, row.id)
        self._of_origin = {origin: row.id for row in self._stored.values() if (origin := _origin(row.state))}
        imports = select(Edit.revision).where(Edit.image_id == image.id, Edit.kind == "import")
        self._imports = set(session.scalars(imports))
        self._deleted = _deleted_by_people(session, image) if self._imports and options.mode == "merge" else {}
        self._found: set[int] = set()
        self.created: list[InstanceState] = []
        self.changed: dict[int, InstanceState | None] = {}
        self.lost = 0
        self.proposals = 0
        self._stays_away = 0
        self.became: ImageStatus | None = None  # what writing made of the image

    def take(self, state: InstanceState, report: ImportReport) -> None:
        """Add an object, or what the same one lacks: keypoints, a person's word, or a new shape from its own source."""
        self.proposals += state.status == "proposed"
        found = self._known.find(state)
        if found is not None and not (found[1] is None and state.keypoints and state.keypoints != found[0].keypoints):
            self._complete(*found, state, report)
            return
        origin = _origin(state)
        before = self._stored.get(self._of_origin.get(origin, -1)) if origin else None
        if before is not None and not _may_be_later(before.state, state):
            before = None
        if before is not None and self.options.mode == "merge" and before.id not in self._found:
            self._found.add(before.id)
            if before.revision in self._imports:  # nobody has edited it since
                self.changed[before.id] = replace(state, created=before.created)
                report.updated += 1
            else:
                report.already_there += 1
            return
        if before is None and origin and origin in self._deleted and _is_there(*self._deleted[origin], state):
            self._stays_away += 1
            report.deleted_here += 1
            return
        self._known.add(state)
        self.created.append(state)
        report.annotations += 1

    def _complete(
        self, known: InstanceState, identifier: int | None, state: InstanceState, report: ImportReport
    ) -> None:
        if identifier is None:
            report.already_there += 1
            return
        self._found.add(identifier)
        mended = known
        if state.keypoints and not known.keypoints:
            mended = replace(mended, keypoints=state.keypoints)
        if state.status == "accepted" and known.status == "proposed":
            mended = replace(mended, status="accepted")
        if mended == known:
            report.already_there += 1
        else:
            if state.status == "accepted":
                mended = replace(mended, status="accepted", author=state.author or known.author)
            self.changed[identifier] = mended
            report.annotations += 1

    def write(self, session: Session, report: ImportReport) -> None:
        """One edit with all of it."""
        status = self.became = self._status()
        if status == "reviewed":
            # On a reviewed image the file says what is there: nothing that a model proposed is left beside it.
            for row in self._stored.values():
                if row.status == "proposed" and row.id not in self._found:
                    self.changed.setdefault(row.id, None)
        if self.options.mode == "replace":
            for row in self._stored.values():
                if row.id not in self._found:
                    self.changed.setdefault(row.id, None)
        image = image_for_writing(session, self.image.id)
        report.removed += sum(state is None for state in self.changed.values())
        if self.created or self.changed or (status is not None and status != image.status):
            write(session, image, "import", self.changed, self.created, status)
        report.images.append(image.id)

    def _status(self) -> ImageStatus | None:
        wanted, arrived = self.options.status, bool(self.created or self.changed or self._found or self._stays_away)
        if wanted != "reviewed":
            return wanted
        if self.lost or self.proposals or not (arrived or self.options.empty_images):
            return "in_progress" if self.created and not self.proposals and self.image.status == "todo" else None
        return wanted

    @property
    def stays(self) -> str | None:
        """Why the image did not become reviewed; None where it did or nobody asked."""
        if self.options.status != "reviewed" or "reviewed" in (self.became, self.image.status):
            return None
        if self.lost:
            return "lost an object on the way"
        return "have proposals" if self.proposals else "have no object in the file"


def _deleted_by_people(session: Session, image: Image) -> dict[tuple[str, str], tuple[list[float], int]]:
    """Imported objects that a person has deleted: the box of each in its source, and its class, by source and id."""
    deleted = {}
    for edit in standing_edits(session, image, ("delete", "batch")):
        for number, values in edit.before["instances"].items():
            origin = ((values or {}).get("extra") or {}).get("origin")
            if edit.after["instances"][number] is None and isinstance(origin, list) and len(origin) == 3 and origin[0]:
                deleted[origin[0], origin[1]] = origin[2], values["category_id"]
    return deleted


def _origin(state: InstanceState) -> tuple[str, str] | None:
    """The source that an object came from, and its id there; None where the source had no name."""
    origin = (state.extra or {}).get("origin")
    return (origin[0], origin[1]) if isinstance(origin, list) and len(origin) == 3 and origin[0] else None


def _may_be_later(before: InstanceState, state: InstanceState) -> bool:
    """Whether an object of a file is a stored one of the same source and id as it has become since.

    Two files may have one name and ids from 1: annotations.json is what everyone's export is called, and people's and
    models' files of the same images are too. What lies elsewhere is another object, and so is what somebody else has
    drawn; a proposal never takes the place of what a person has accepted.
    """
    if before.status == "accepted" and state.status == "proposed":
        return False
    if before.author and state.author and before.author != state.author:
        return False
    # The box that it had when it was imported, wherever a person has moved it since.
    return _is_there(list((before.extra or {})["origin"][2]), before.category_id, state)


def _is_there(box: Sequence[float], category_id: int, state: InstanceState) -> bool:
    """Whether an object lies where a box is: with another class, right there."""
    return box_iou(box, state.bbox) >= (SAME_PLACE if state.category_id == category_id else SAME_PLACE_OTHER_CLASS)
