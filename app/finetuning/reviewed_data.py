"""The reviewed images as a frozen COCO data set: what one fine-tuning learns from and is judged by."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.exchange.coco_export import Selection, export_coco
from app.finetuning import job_directory
from app.finetuning.held_out import Part, split_images
from app.messages.message import say
from app.store.errors import NotFoundError
from app.store.images import short_name
from app.store.tables import Category, Image, Instance
from app.store.trash import kept_images

FEWEST_REVIEWED = 2


class TooLittleDataError(ValueError):
    """There is not enough to learn from; the message says in one line what is missing."""


class SideCounts(TypedDict):
    """How many images are learnt from, and how many are held out."""

    train: int
    held_out: int


class ClassCount(SideCounts):
    """How many objects a class has on either."""

    id: int
    name: str


@dataclass(frozen=True)
class ReviewedData:
    """Reviewed images with their accepted instances, each image in its part of the split."""

    images: Sequence[Image]
    objects: Mapping[tuple[int, int], int]  # how many of a class are on an image, by their ids; of crowds alone 0
    categories: Sequence[Category]  # those with instances
    accepted: Sequence[str]  # names of all classes with accepted instances, those that are not to be learnt too
    parts: dict[str, Part]  # by the image's SHA-256

    def image_count(self, part: Part) -> int:
        """How many images are in a part."""
        return sum(self.parts[image.sha256] == part for image in self.images)

    def image_counts(self) -> SideCounts:
        """The same of each part."""
        return {"train": self.image_count("train"), "held_out": self.image_count("held_out")}

    def sides(self) -> list[list[str]]:
        """Pairs of classes whose names differ by their side only."""
        from core.keypoint_sides import mirrored_names  # brings torch, which takes longer to import than all the rest

        return [list(pair) for pair in mirrored_names([category.name for category in self.categories])]

    def staying(self, known: Collection[str]) -> list[str]:
        """Those of the classes that a base model knows, `known`, of which there are too few objects to learn from."""
        from core.training.learning.base_share import FEW_OBJECTS  # as above

        return [row["name"] for row in self.class_counts() if row["name"] in known and row["train"] < FEW_OBJECTS]

    def class_counts(self) -> list[ClassCount]:
        """`{"id", "name", "train", "held_out"}`: objects of each class in each part, the commonest first.

        Crowds do not count: they are regions to be left alone, which teach nothing.
        """
        part_of = {image.id: self.parts[image.sha256] for image in self.images}
        counts: Counter[tuple[int, Part]] = Counter()
        for (category_id, image_id), number in self.objects.items():
            counts[category_id, part_of[image_id]] += number
        rows: list[ClassCount] = [
            {
                "id": category.id,
                "name": category.name,
                "train": counts[category.id, "train"],
                "held_out": counts[category.id, "held_out"],
            }
            for category in self.categories
        ]
        return sorted(rows, key=lambda row: (-row["train"] - row["held_out"], row["name"]))

    def what_is_missing(self) -> str | None:
        """One line that says why nothing can be learnt from this yet; None where something can."""
        if len(self.images) < FEWEST_REVIEWED:
            return say("one_reviewed" if len(self.images) == 1 else "none_reviewed", fewest=FEWEST_REVIEWED)
        counts = self.class_counts()
        if not any(self.objects.values()):
            return say("nothing_on_reviewed", images=len(self.images))
        if not any(row["train"] for row in counts):
            return say("all_held_out")
        return None


def reviewed_data(
    session: Session,
    assigned: dict[str, Part],
    category_ids: Collection[int] | None = None,
    groups_of: Callable[[Sequence[str]], Sequence[Sequence[str]]] | None = None,
) -> ReviewedData:
    """All reviewed images, with their accepted instances of `category_ids` (None: of every class).

    `groups_of` gives the groups of images (by SHA-256) that show nearly the same: each stays in one part.
    """
    images = session.scalars(kept_images().where(Image.status == "reviewed", ~Image.excluded).order_by(Image.id)).all()
    # Counted by the database: the page asks for a plan often, and the objects themselves are megabytes of outlines.
    accepted = (
        select(Instance.category_id, Instance.image_id, func.sum(1 - Instance.iscrowd))
        .join(Image, Image.id == Instance.image_id)
        .where(Image.status == "reviewed", Instance.status == "accepted", Image.removed.is_(None), ~Image.excluded)
        .group_by(Instance.category_id, Instance.image_id)
    )
    every = {(category_id, image_id): number for category_id, image_id, number in session.execute(accepted)}
    objects = {key: number for key, number in every.items() if category_ids is None or key[0] in category_ids}
    known = session.scalars(select(Category).order_by(Category.id)).all()
    used, kept = ({category_id for category_id, _ in some} for some in (objects, every))
    categories = [category for category in known if category.id in used]
    names = [category.name for category in known if category.id in kept]
    digests = [image.sha256 for image in images]
    alike = groups_of(digests) if groups_of is not None else None
    return ReviewedData(images, objects, categories, names, split_images(digests, assigned, alike))


def write_snapshot(session: Session, data: ReviewedData, directory: Path, file_of: Callable[[Image], Path]) -> None:
    """Freeze `data`, as read in this session, in `directory`: a COCO file for each part, and the images.

    The files are an export like any other: written by the same code and checked in the same way. `file_of` gives
    the file of an image; it is linked, not copied, where the disk allows it, so that it costs no space and stays
    whatever happens to the workspace while a training runs.
    """
    folder = directory / job_directory.IMAGES
    folder.mkdir(parents=True)
    for image in data.images:
        source, target = file_of(image), folder / image.sha256
        if target.exists():
            continue  # of two images with the same bytes
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise NotFoundError(say("file_gone", name=short_name(image.file_name))) from None
        except OSError:
            shutil.copyfile(source, target)
    categories = [category.id for category in data.categories]
    for part, file in (("train", job_directory.TRAIN_ANNOTATIONS), ("held_out", job_directory.HELD_OUT_ANNOTATIONS)):
        images = [image.id for image in data.images if data.parts[image.sha256] == part]
        if images:
            selection = Selection("reviewed", accepted_only=True, image_ids=images, category_ids=categories)
            export_coco(session, directory / file, selection, file_name=lambda image: image.sha256)
