"""The tables of the store.

Times are seconds since 1970 (UTC). `JSON` columns hold what the column's comment says. Rows that a
person's history can bring back keep their ids: ids are never used twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, get_args

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    false,
    or_,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.roles import PersonRole
from app.store.instance_state import STATE_FIELDS, InstanceSource, InstanceState, InstanceStatus, Segmentation

ImageStatus = Literal["todo", "in_progress", "reviewed"]
IMAGE_STATUSES: tuple[ImageStatus, ...] = get_args(ImageStatus)


def natural_key(name: str) -> str:
    """A name such that texts sort as people count: every run of digits has the same length."""
    return re.sub(r"[0-9]+", lambda digits: digits[0].lstrip("0").rjust(20, "0"), name.casefold())


def _name_key(context: Any) -> str:
    return natural_key(context.get_current_parameters()["file_name"])


class Base(DeclarativeBase):
    """What every table derives from."""

    type_annotation_map: ClassVar = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        list[str]: JSON,
        list[float]: JSON,
        list[list[int]]: JSON,
    }


class Image(Base):
    """One image; its bytes lie in the workspace under their SHA-256."""

    __tablename__ = "images"
    __table_args__ = (
        CheckConstraint("status IN ('todo', 'in_progress', 'reviewed')", name="image_status"),
        Index("images_by_status", "status", "id"),
        Index("images_by_file_name", "file_name", "id"),
        Index("images_by_uncertainty", "uncertainty", "id"),
        Index("images_by_name_key", "name_key", "id"),
        Index("images_by_content", "sha256", "file_name", unique=True),  # equal bytes under two names are two images
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(Text)  # the user's own name: data, never a path of ours
    width: Mapped[int]  # pixels, after EXIF turning
    height: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)  # of the file as it was uploaded
    # Media type of what a browser is given: the uploaded bytes, or their upright RGB version.
    media_type: Mapped[str] = mapped_column(String(32))
    converted: Mapped[bool]  # whether a browser is given the upright RGB version
    status: Mapped[ImageStatus] = mapped_column(String(16), default="todo")
    revision: Mapped[int] = mapped_column(default=0)  # of the document: every edit adds one
    # Mean of 1 - score over the proposals on it; NULL where there are none.
    uncertainty: Mapped[float | None] = mapped_column(Float)
    undo_edit: Mapped[int | None] = mapped_column(Integer)  # the edit that undo takes back
    redo_edit: Mapped[int | None] = mapped_column(Integer)  # the undo that redo takes back
    reviewed_edit: Mapped[int | None] = mapped_column(Integer)  # what lay on top of the undo stack when it was reviewed
    created: Mapped[float] = mapped_column(Float, default=time.time)
    updated: Mapped[float] = mapped_column(Float, default=time.time)
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # see app/exchange/foreign_fields.py
    reviewed_by: Mapped[str | None] = mapped_column(String(100))  # who marked it reviewed; NULL while it is not
    removed: Mapped[float | None] = mapped_column(Float)  # when it was put into the trash; NULL where it was not
    excluded: Mapped[bool] = mapped_column(default=False, server_default=false())  # from training
    # The name as it is sorted by: photo 2 before photo 10, upper case with lower.
    name_key: Mapped[str | None] = mapped_column(Text, default=_name_key)

    @property
    def changed(self) -> bool:
        """Whether it was edited since it was reviewed; an undo of that edit makes it unchanged again."""
        return self.status == "reviewed" and self.reviewed_edit not in (None, self.undo_edit)


class Category(Base):
    """A class of objects; the id is the one of the user's data."""

    __tablename__ = "categories"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    supercategory: Mapped[str | None] = mapped_column(String(200))
    color: Mapped[str] = mapped_column(String(7))  # "#rrggbb"
    keypoints: Mapped[list[str]] = mapped_column(default=list)  # names
    skeleton: Mapped[list[list[int]]] = mapped_column(default=list)  # pairs of 1-based keypoint numbers
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # see app/exchange/foreign_fields.py
    # "kept"; "suggested" by a model, until a person accepts an object of it; "removed", for histories that name it
    state: Mapped[str] = mapped_column(String(16), default="kept", server_default="kept")
    merged_into: Mapped[int | None] = mapped_column(Integer)  # the class that its objects have now
    position: Mapped[int | None] = mapped_column(Integer)  # place in the page's list; by id where nobody has chosen
    key: Mapped[str | None] = mapped_column(String(1))  # "1" to "9"; by place where nobody has chosen
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())  # left out of the page's list


class Instance(Base):
    """One object on one image: a column for each field of `InstanceState`, and where and when it was written."""

    __tablename__ = "instances"
    __table_args__ = (
        CheckConstraint("source IN ('predicted', 'edited', 'manual')", name="instance_source"),
        CheckConstraint("status IN ('proposed', 'accepted')", name="instance_status"),
        Index("instances_by_image", "image_id", "id"),
        Index("instances_by_category", "category_id", "image_id"),
        # What statistics count, so that they read no outlines.
        Index(
            "instances_by_status", "status", "category_id", "source", "author", "area", "score", "threshold", "image_id"
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    segmentation: Mapped[Segmentation] = mapped_column(JSON)  # an RLE is compressed
    bbox: Mapped[list[float]]  # x, y, width, height in pixels
    area: Mapped[float]  # pixels of the mask; of the box where there is no mask
    iscrowd: Mapped[int] = mapped_column(default=0)
    keypoints: Mapped[list[float]] = mapped_column(default=list)  # x, y, visibility (0, 1, 2) for each, or []
    score: Mapped[float | None] = mapped_column(Float)  # of the prediction it began as
    source: Mapped[InstanceSource] = mapped_column(String(16))
    status: Mapped[InstanceStatus] = mapped_column(String(16))
    model: Mapped[str | None] = mapped_column(String(200))  # name of the version that predicted it
    threshold: Mapped[float | None] = mapped_column(Float)  # the least score of proposals that count
    revision: Mapped[int]  # the document revision that wrote it last
    author: Mapped[str | None] = mapped_column(
        String(100)
    )  # who wrote it last; NULL for a model, an unsigned import, before 0010
    created: Mapped[float] = mapped_column(Float, default=time.time)
    updated: Mapped[float] = mapped_column(Float, default=time.time)
    # Attributes and whatever else a file says of the object, and where it came from: see app/exchange/foreign_fields.py
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    def counts(self, score_threshold: float | None = None, by_category: Mapping[int, float] | None = None) -> bool:
        """Whether a proposal scores high enough: by what is given for its class, for all, else by its own threshold."""
        if self.score is None:
            return True
        least = (by_category or {}).get(self.category_id, score_threshold)
        if least is None:
            least = self.threshold
        return least is None or self.score >= least

    @property
    def state(self) -> InstanceState:
        """The row without its place and its revision."""
        return InstanceState(**{name: getattr(self, name) for name in STATE_FIELDS})

    @state.setter
    def state(self, state: InstanceState) -> None:
        for name in STATE_FIELDS:
            setattr(self, name, getattr(state, name))


def counted() -> ColumnElement[bool]:
    """The instances that stand on an image for everybody: all that are accepted, and the proposals that count.

    A model's finds are stored from a low score up, so that a person can bring them out.
    """
    no_threshold = or_(Instance.score.is_(None), Instance.threshold.is_(None))
    return or_(Instance.status == "accepted", no_threshold, Instance.score >= Instance.threshold)


class Note(Base):
    """What somebody has to say of an image or of an object on it."""

    __tablename__ = "notes"
    __table_args__ = (Index("notes_by_image", "image_id", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    instance_id: Mapped[int | None] = mapped_column(Integer)  # no foreign key: an object goes, and comes back by undo
    text: Mapped[str] = mapped_column(Text)
    returned: Mapped[bool] = mapped_column(default=False, server_default=false())  # the image went back with it
    done: Mapped[bool] = mapped_column(default=False, server_default=false())
    author: Mapped[str | None] = mapped_column(String(200))
    created: Mapped[float] = mapped_column(Float, default=time.time)


class Edit(Base):
    """One step of an image's history. Rows are only ever added; an undo is a row too."""

    __tablename__ = "edits"
    __table_args__ = (
        Index("edits_by_image", "image_id", "revision", unique=True),
        Index("edits_by_request", "image_id", "request_key", unique=True),
        Index("edits_by_author", "image_id", "author"),
        Index("edits_by_kind", "kind", "author", "created", "image_id"),  # statistics read no states
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    revision: Mapped[int]  # of the document after it
    kind: Mapped[str] = mapped_column(String(16))  # create, update, delete, predict, import, status, undo, redo
    target: Mapped[int | None] = mapped_column(Integer)  # undo, redo: the edit that was taken back or done again
    below: Mapped[int | None] = mapped_column(Integer)  # what lay on top of the undo (redo) stack before it
    # {"status": image status, "instances": {id: state or null}}: only what the edit touched; `before` also who had
    # reviewed the image, and at which edit
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    # What the sender calls this request, so that one sent again after a lost answer is not carried out twice.
    request_key: Mapped[str | None] = mapped_column(String(100))
    # The page that sent it; "" is a program that does not say, NULL nobody: the model, or an older history.
    sender: Mapped[str | None] = mapped_column(String(100))
    author: Mapped[str | None] = mapped_column(String(100))  # a person's name; NULL for a model, and before 0010
    created: Mapped[float] = mapped_column(Float, default=time.time)


class License(Base):
    """What an imported file says one may do with its pictures; images name it by id."""

    __tablename__ = "licenses"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)


class ModelVersion(Base):
    """A model that can predict here: the one the app came with, or one that was fine-tuned."""

    __tablename__ = "models"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    path: Mapped[str] = mapped_column(Text)  # what `core.load_model` takes: a name or a run directory
    parent: Mapped[str | None] = mapped_column(String(200))  # name of the version it was trained from
    created: Mapped[float] = mapped_column(Float, default=time.time)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    categories: Mapped[list[Any]] = mapped_column(default=list)  # COCO categories in label order
    # Directory of the prompt model that was tuned with it, relative to the workspace; NULL is the one that ships.
    prompts: Mapped[str | None] = mapped_column(Text)
    current: Mapped[bool] = mapped_column(default=False, server_default=false())  # predicts where none is named


class Job(Base):
    """A fine-tuning run: a process of its own, known by its directory."""

    __tablename__ = "jobs"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="queued")  # see app/finetuning/jobs.py
    created: Mapped[float] = mapped_column(Float, default=time.time)
    started: Mapped[float | None] = mapped_column(Float)
    finished: Mapped[float | None] = mapped_column(Float)
    pid: Mapped[int | None] = mapped_column(Integer)
    directory: Mapped[str] = mapped_column(Text)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    author: Mapped[str | None] = mapped_column(String(100))  # who asked for it
    error: Mapped[str | None] = mapped_column(Text)


class Invitation(Base):
    """A person with a link of their own; see `app.store.people`."""

    __tablename__ = "people"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[PersonRole] = mapped_column(String(16))
    link: Mapped[str | None] = mapped_column(String(64), unique=True)  # SHA-256 of its token; NULL: none opens
    invited: Mapped[float] = mapped_column(Float)
    revoked: Mapped[float | None] = mapped_column(Float)
