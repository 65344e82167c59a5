"""The document of an image: read, edit, undo, redo, status."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, InstanceId, RequestKey, TheStore
from app.api.http.errors import INVALID, NOT_FOUND
from app.api.schemas import (
    BASE_REVISION,
    Acceptance,
    ConflictAnswer,
    Document,
    InstanceAnswer,
    InstanceChange,
    InstanceFields,
    NewInstance,
    RevisionAnswer,
    Standing,
    StatusChange,
)
from app.store.database import Store
from app.store.documents import document_json, find_image, instance_json, standing_of
from app.store.editing import edits, history
from app.store.errors import ConflictError
from app.store.remarks.notes import add_note, settle_returns
from app.store.tables import Image, Instance
from app.values import Id

router = APIRouter(prefix="/api/images/{image_id}", tags=["annotations"], responses=NOT_FOUND)

CONFLICT: dict[int | str, dict[str, object]] = {409: {"model": ConflictAnswer, "description": "Changed elsewhere."}}

Anyones = Annotated[bool, Query(description="The last edit, also where it is somebody else's.")]


@router.get("/document", response_model=Document)
def get_document(image_id: ImageId, store: TheStore) -> Response:
    """The image, its instances, all categories, and the revision of it all."""
    with store.reading() as session:
        return JsonAnswer(document_json(session, find_image(session, image_id)))


@router.get("/revision", response_model=Standing)
def get_revision(image_id: ImageId, store: TheStore) -> Response:
    """Whether a document that was read before is still the newest: cheap enough to ask every few seconds."""
    with store.reading() as session:
        return JsonAnswer(standing_of(session, find_image(session, image_id)))


@router.post("/instances", status_code=201, response_model=InstanceAnswer, responses=INVALID)
def post_instance(image_id: ImageId, body: NewInstance, store: TheStore, key: RequestKey = None) -> Response:
    """Add an object that a person drew."""
    with store.writing() as session:
        image, instance = edits.create_instance(session, image_id, given_fields(body), key)
    return _saved(image, instance, 201)


@router.put("/instances/{instance_id}", response_model=InstanceAnswer, responses={**CONFLICT, **INVALID})
def put_instance(
    image_id: ImageId, instance_id: InstanceId, body: InstanceChange, store: TheStore, key: RequestKey = None
) -> Response:
    """Change an object. A person's change of a prediction makes it `edited` and `accepted`.

    409 with the object as it is now where it was changed since `base_revision`.
    """
    try:
        with store.writing() as session:
            fields = given_fields(body)
            image, instance = edits.update_instance(session, image_id, instance_id, body.base_revision, fields, key)
    except ConflictError as error:
        return conflict_answer(store, image_id, error)
    return _saved(image, instance, 200)


@router.delete("/instances/{instance_id}", response_model=RevisionAnswer, responses=CONFLICT)
def delete_instance(
    image_id: ImageId,
    instance_id: InstanceId,
    store: TheStore,
    base_revision: Annotated[Id, Query(description=BASE_REVISION)],
    key: RequestKey = None,
) -> Response:
    """Remove an object. 409 with the object as it is now where it was changed since `base_revision`."""
    try:
        with store.writing() as session:
            image = edits.delete_instance(session, image_id, instance_id, base_revision, key)
    except ConflictError as error:
        return conflict_answer(store, image_id, error)
    return JsonAnswer({"revision": image.revision})


@router.post("/accept", response_model=Document)
def accept(image_id: ImageId, body: Acceptance, store: TheStore, key: RequestKey = None) -> Response:
    """Accept proposals in one edit: those that their model is calibrated to, those above a score, or some ids."""
    with store.writing() as session:
        image = edits.accept_instances(session, image_id, body.score_threshold, body.instances, key)
        return _document(session, image)


@router.post("/undo", response_model=Document)
def undo(image_id: ImageId, store: TheStore, key: RequestKey = None, anyones: Anyones = False) -> Response:
    """Take back the last edit on this image: the sender's own where the request names a sender, else whatever made it.

    409 where there is none, where somebody else has changed the object since, and (`others`) where every edit is
    somebody else's; `anyones` takes the last edit all the same.
    """
    with store.writing() as session:
        image = history.image_for_writing(session, image_id)
        if history.carried_out(session, image, key) is None:
            history.undo(session, image, key, anyones=anyones)
        return _document(session, image)


@router.post("/redo", response_model=Document)
def redo(image_id: ImageId, store: TheStore, key: RequestKey = None, anyones: Anyones = False) -> Response:
    """Do again what was undone last, by the sender where the request names one. 409 as for undo."""
    with store.writing() as session:
        image = history.image_for_writing(session, image_id)
        if history.carried_out(session, image, key) is None:
            history.redo(session, image, key, anyones=anyones)
        return _document(session, image)


@router.put("/status", response_model=Document, responses=INVALID)
def put_status(image_id: ImageId, body: StatusChange, store: TheStore, key: RequestKey = None) -> Response:
    """Say how far the work is. `reviewed` accepts the proposals that are left; those below the threshold go.

    Any other status with a `note` returns the image: it is listed as returned until it is reviewed.
    """
    with store.writing() as session:
        thresholds = body.score_thresholds
        image = history.image_for_writing(session, image_id)
        if history.carried_out(session, image, key) is not None:
            return _document(session, image)
        edits.set_status(session, image_id, body.status, body.score_threshold, key, by_category=thresholds)
        if body.status == "reviewed":
            settle_returns(session, image)
        elif body.note is not None:
            add_note(session, image, body.note, returned=True)
        return _document(session, image)


def given_fields(body: InstanceFields) -> dict[str, object]:
    """The fields that a request names, without the nulls where null says nothing."""
    fields = body.model_dump(exclude_unset=True, exclude={"base_revision", "id"})
    return {name: value for name, value in fields.items() if value is not None or name in ("segmentation", "keypoints")}


def _document(session: Session, image: Image) -> JsonAnswer:
    session.flush()
    return JsonAnswer(document_json(session, image))


def _saved(image: Image, instance: Instance, status_code: int) -> JsonAnswer:
    return JsonAnswer({"instance": instance_json(instance), "revision": image.revision}, status_code)


def conflict_answer(store: Store, image_id: int, error: ConflictError) -> JsonAnswer:
    """What was changed elsewhere, as it is now."""
    with store.reading() as session:
        image = find_image(session, image_id)
        instance = session.get(Instance, error.instance_id) if error.instance_id is not None else None
        current = instance_json(instance) if instance is not None else None
        return JsonAnswer({"error": str(error), "instance": current, "revision": image.revision}, 409)
