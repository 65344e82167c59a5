"""The JSON of the data plane: what requests and answers look like in /docs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.store.instance_state import BOX, KEYPOINTS, SEGMENTATION, InstanceState, InstanceStatus
from app.store.remarks.notes import LONGEST_NOTE
from app.store.tables import ImageStatus
from app.values import Id, Json, Score, Text

BASE_REVISION = "The revision that the change is based on: the instance's, or the whole document's."


class UploadedImage(BaseModel):
    """An image that is now in the workspace."""

    image_id: int
    file_name: str = Field(description="The user's own name for it.")
    width: int = Field(description="Pixels, upright.")
    height: int
    duplicate: bool = Field(description="Whether the same bytes were there before, under the same `image_id`.")
    note: str | None = Field(None, description="One line, where something of the file was left out: its other pages.")


class FileError(BaseModel):
    """A file that was not taken."""

    file_name: str
    error: str


class UploadAnswer(BaseModel):
    """What became of each file of an upload."""

    images: list[UploadedImage]
    errors: list[FileError]


class InstanceCounts(BaseModel):
    """Instances on an image: in all, by status and by source."""

    instances: int
    proposed: int
    accepted: int
    predicted: int
    edited: int
    manual: int


class Tiles(BaseModel):
    """How a large picture is cut up."""

    size: int = Field(description="Pixels of a tile's side.")
    levels: int = Field(description="The number of the last level, on which one tile shows the whole picture.")


TilesOfLarge = Annotated[Tiles | None, Field(description="Of a picture that is too large to be shown as one file.")]


class ImageRow(BaseModel):
    """An image in the gallery."""

    image_id: int
    file_name: str
    width: int
    height: int
    status: ImageStatus
    revision: int = Field(description="Of its document.")
    people: list[str] = Field([], description="Who made an edit on it, by name.")
    reviewed_by: str | None = Field(None, description="Who marked it reviewed; null where it is not, or nobody knows.")
    counts: InstanceCounts
    uncertainty: float | None = Field(description="Mean of 1 − score over its proposals; null without any.")
    excluded: bool = Field(False, description="Whether it is kept out of training.")
    tags: list[str] = Field([], description="A person's words for it.")
    notes: int = Field(0, description="Open notes on it and its objects.")
    returned: bool = Field(False, description="It went back with a note and was not reviewed since.")
    changed: bool = Field(False, description="It was edited since it was reviewed.")
    categories: list[int] = Field([], description="Classes of the objects on it.")
    tiles: TilesOfLarge = None


class ImageFields(BaseModel):
    """What can be changed of an image itself."""

    model_config = ConfigDict(extra="forbid")

    excluded: bool | None = None
    tags: list[Annotated[Text, Field(min_length=1, max_length=100)]] | None = Field(None, max_length=100)


class ChangedImage(BaseModel):
    """An image whose own fields were changed."""

    image_id: int
    excluded: bool
    tags: list[str]


class RemovedImage(BaseModel):
    """An image that goes to the trash, lies in it, or came back."""

    image_id: int
    file_name: str
    removed: float | None = Field(description="Seconds since 1970; null for an image that is not in the trash.")


class ImagePage(BaseModel):
    """One page of the gallery."""

    images: list[ImageRow]
    total: int = Field(description="Images on all pages together.")
    next_cursor: str | None = Field(description="What to send as `cursor` for the next page; null on the last.")


@dataclass(frozen=True, kw_only=True)
class InstanceShape(InstanceState):
    """An object on an image: a COCO annotation, and where it comes from."""

    # `Any`: the description says it better than a schema of three forms.
    segmentation: Any = field(metadata={"description": SEGMENTATION})
    id: int | None = field(metadata={"description": "null for a suggestion that is not stored."})
    image_id: int
    num_keypoints: int
    revision: int = field(metadata={"description": "The document revision that wrote it last."})
    author: str | None = field(default=None, metadata={"description": "Who wrote it last; absent for owner and model."})
    attributes: dict[str, Any] = field(
        default_factory=dict, metadata={"description": "What is said of it, by name; not there where nothing is."}
    )


class AttributeShape(BaseModel):
    """What a class asks of its objects."""

    name: str
    type: Literal["text", "number", "choice", "flag"]
    choices: list[str] | None = None


class CategoryShape(BaseModel):
    """A class of objects."""

    id: int
    name: str
    supercategory: str | None
    color: str = Field(description="#rrggbb")
    keypoints: list[str]
    skeleton: list[list[int]] = Field(description="Pairs of 1-based keypoint numbers.")
    attributes: list[AttributeShape] = []
    position: int | None = Field(None, description="Place in the page's list, from 1; by id where it is null.")
    key: str | None = Field(None, description="`1` to `9`; by place where it is null.")
    hidden: bool = Field(False, description="Left out of the page's list.")
    suggested: bool = Field(False, description="A model brought it, and nobody has accepted an object of it yet.")


class CategoryList(BaseModel):
    """Every class, by id."""

    categories: list[CategoryShape]


class NoteShape(BaseModel):
    """What somebody has to say of an image or an object."""

    id: int
    instance: int | None = Field(description="The object that it is about; null for the image.")
    text: str
    returned: bool = Field(description="Whether the image went back with it.")
    done: bool
    author: str | None
    created: float = Field(description="Seconds since 1970.")


class ImageShape(BaseModel):
    """An image in its document."""

    image_id: int
    file_name: str
    width: int
    height: int
    status: ImageStatus
    reviewed_by: str | None = Field(None, description="Who marked it reviewed; absent where nobody did.")
    changed: bool = Field(False, description="Edited since it was reviewed.")
    excluded: bool = False
    tags: list[str] = []
    tiles: TilesOfLarge = None


class Document(BaseModel):
    """All there is about one image."""

    image: ImageShape
    instances: list[InstanceShape]
    categories: list[CategoryShape]
    notes: list[NoteShape] = []
    revision: int
    can_undo: bool
    can_redo: bool


class Standing(BaseModel):
    """What says whether a document is still the newest."""

    revision: int
    categories: str = Field(description="A digest of classes, tags and notes: another where one was made or changed.")


class InstanceAnswer(BaseModel):
    """An edit that was saved."""

    instance: InstanceShape
    revision: int = Field(description="Of the document.")


class RevisionAnswer(BaseModel):
    """A deletion that was saved."""

    revision: int


class ConflictAnswer(BaseModel):
    """An edit that was not saved because somebody else was faster."""

    error: str
    instance: InstanceShape | None = Field(description="As it is now; null where it was deleted.")
    revision: int


class InstanceFields(BaseModel):
    """What a request may say about an object; anything else in it is ignored."""

    # `Any`: geometry is checked where it is measured, which gives one line that names polygon or keypoint.
    segmentation: Json = Field(None, description=SEGMENTATION, examples=[[[10, 10, 60, 10, 60, 40, 10, 40]]])
    bbox: Json = Field(None, description=BOX, examples=[[10, 10, 50, 30]])
    keypoints: Json = Field(None, description=KEYPOINTS, examples=[[]])
    iscrowd: Json = Field(None, description="0 or 1", examples=[0])
    attributes: Json = Field(None, description="By name: text, number or flag; null takes one away, others stay.")
    status: InstanceStatus | None = None


class NewInstance(InstanceFields):
    """An object that a person drew."""

    category_id: Id = Field(examples=[1])


class InstanceChange(InstanceFields):
    """The fields of an object that change."""

    base_revision: Id = Field(description=BASE_REVISION, examples=[0])
    category_id: Id | None = None


class StatusChange(BaseModel):
    """How far the work on an image is."""

    status: ImageStatus
    score_threshold: Score | None = Field(
        None,
        description="With `reviewed`: proposals below it are removed, the others accepted; without it by what each "
        "model is calibrated to (`threshold` of the instance).",
    )
    score_thresholds: dict[Id, Score] = Field({}, description="The same for some classes, by category id.")
    note: Text | None = Field(
        None, max_length=LONGEST_NOTE, description="Not with `reviewed`: the image goes back, and this says what for."
    )


class Acceptance(BaseModel):
    """Which proposals are accepted; without either field those that score as their model is calibrated."""

    score_threshold: Score | None = Field(None, description="Only those of at least this score.")
    instances: list[Id] | None = Field(None, description="Only those of these ids.")
