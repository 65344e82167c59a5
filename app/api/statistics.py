"""What the workspace holds in numbers, and how far two people agree."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheStore
from app.api.http.errors import INVALID, NOT_FOUND
from app.statistics.agreement import agreement_json, differences_json
from app.statistics.counts import counts_json
from app.statistics.tables import Table, agreement_csv, counts_csv
from app.store.errors import InvalidFieldError
from app.values import Text

router = APIRouter(prefix="/api/statistics", tags=["statistics"])

MOST_IMAGES = 500  # that are compared in one answer
UtcOffset = Annotated[
    int, Query(ge=-14 * 60, le=14 * 60, description="Minutes that the reader's clock is before UTC: days begin by it.")
]
FirstPerson = Annotated[Text, Query(description="A name of `people`.")]
OtherPerson = Annotated[Text, Query(description="Another one.")]
ImageLimit = Annotated[int, Query(ge=1, le=MOST_IMAGES, description="Images at most: those changed last.")]


class ImageCounts(BaseModel):
    """Images by status; those in the trash are left out, here and everywhere below."""

    total: int
    todo: int
    in_progress: int
    reviewed: int


class ClassCounts(BaseModel):
    """The objects of one class."""

    category_id: int
    name: str
    color: str
    objects: int = Field(description="Accepted ones.")
    drawn: int = Field(description="Of these: by a person.")
    corrected: int = Field(description="Found by a model, corrected by a person.")
    confirmed: int = Field(description="Found by a model, accepted as they were.")
    proposed: int = Field(description="Proposals that count and nobody has accepted yet.")
    images: int = Field(description="With accepted objects of the class.")
    sizes: list[int] = Field(description="Accepted objects by size, as `sizes` of the answer names them.")


class PersonCounts(BaseModel):
    """What somebody did."""

    person: str
    objects: int = Field(description="Accepted objects that they wrote last.")
    reviewed: int = Field(description="Images that stand reviewed by them.")
    actions: int = Field(description="Edits of objects in the history, undo and redo too; an edit of many is one.")
    actions_an_object: float | None
    kinds: dict[str, int] = Field(description="The actions by what they did.")


class DayOfReviews(BaseModel):
    """Images that stand reviewed since a day."""

    day: str = Field(description="As 2026-01-31.")
    person: str | None
    images: int


class SharedWork(BaseModel):
    """Two people who made edits on the same images."""

    people: list[str]
    images: int


class Statistics(BaseModel):
    """Everything that is counted."""

    images: ImageCounts
    sizes: list[str] = Field(description="Side of a square of the object's area, in pixels.")
    classes: list[ClassCounts]
    people: list[PersonCounts]
    reviews: list[DayOfReviews]
    pairs: list[SharedWork]


class Agreement(BaseModel):
    """What one person left, against what the next one made of it."""

    matched: int = Field(description="Objects that both have, in one class: masks of an IoU of 0.5 or more.")
    renamed: int = Field(description="Objects that both have, in two classes.")
    only_first: int
    only_second: int
    agreement: float | None = Field(description="Twice `matched` over the objects of both.")
    mean_iou: float | None = Field(description="Of the masks of `matched`.")
    mean_oks: float | None = Field(description="Of the keypoints of `matched`, where there are any.")


class ImageAgreement(Agreement):
    """The same on one image."""

    image_id: int
    file_name: str
    first: str = Field(description="Who was at the image first.")
    second: str


class PeopleAgreement(Agreement):
    """The same on all images that were compared, those with the least agreement first."""

    people: list[str]
    images: list[ImageAgreement]
    ious: list[int] = Field(description="`matched` with an IoU from 0.5, 0.6, 0.7, 0.8, 0.9 on, and of 1.")


class OneSide(BaseModel):
    """An object as one of the two had it."""

    instance: int
    category: str
    outline: list[list[float]] = Field(description="Rings of x0, y0, x1, y1, … in pixels.")


class Difference(BaseModel):
    """Where two people differ."""

    kind: str = Field(description="only_first, only_second, class, shape or keypoints")
    iou: float | None = None
    oks: float | None = None
    first: OneSide | None = None
    second: OneSide | None = None


class Differences(ImageAgreement):
    """Everything in which two people differ on an image."""

    width: int
    height: int
    differences: list[Difference]


@router.get("", response_model=Statistics)
def get_statistics(store: TheStore, utc_offset: UtcOffset = 0) -> Response:
    """Objects a class and size, images reviewed a day and person, actions an object, and who shares images."""
    with store.reading() as session:
        return JsonAnswer(counts_json(session, utc_offset))


@router.get("/agreement", response_model=PeopleAgreement, responses=INVALID)
def get_agreement(store: TheStore, first: FirstPerson, second: OtherPerson, limit: ImageLimit = 100) -> Response:
    """How far two people agree: what the one left on an image, against what the other left after their first visit.

    Both work on one document, so this is agreement after having seen the other's work, not of two blind annotations.
    """
    _check_two(first, second)
    with store.reading() as session:
        return JsonAnswer(agreement_json(session, (first, second), limit))


@router.get("/agreement/{image_id}", response_model=Differences, responses=INVALID | NOT_FOUND)
def get_differences(image_id: ImageId, store: TheStore, first: FirstPerson, second: OtherPerson) -> Response:
    """Where two people differ on one image, with the outlines of both."""
    _check_two(first, second)
    with store.reading() as session:
        return JsonAnswer(differences_json(session, image_id, (first, second)))


@router.get(
    "/tables/{table}", responses=INVALID | {200: {"content": {"text/csv": {}}, "description": "CSV with a header."}}
)
def get_table(
    table: Annotated[Table, Path(description="Which of the statistics.")],
    store: TheStore,
    utc_offset: UtcOffset = 0,
    first: Annotated[Text | None, Query(description="Of `agreement`.")] = None,
    second: Annotated[Text | None, Query(description="Of `agreement`.")] = None,
    limit: ImageLimit = 100,
) -> Response:
    """One of the statistics as a table."""
    with store.reading() as session:
        if table == "agreement":
            if first is None or second is None:
                raise InvalidFieldError("first", "the table agreement is of two people: send first and second")
            _check_two(first, second)
            text = agreement_csv(agreement_json(session, (first, second), limit))
        else:
            text = counts_csv(table, counts_json(session, utc_offset))
    disposition = {"Content-Disposition": f'attachment; filename="{table}.csv"'}
    return Response(text.encode(), media_type="text/csv; charset=utf-8", headers=disposition)


def _check_two(first: str, second: str) -> None:
    if first == second:
        raise InvalidFieldError("second", f"first and second are both {first!r}: choose two people")
