"""Notes on an image and its objects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheStore
from app.api.http.errors import INVALID, NOT_FOUND
from app.api.schemas import NoteShape
from app.roles import check_takes_back
from app.store.documents import find_image
from app.store.remarks.notes import LONGEST_NOTE, add_note, find_note, note_json
from app.values import Id, Text

router = APIRouter(prefix="/api/images/{image_id}/notes", tags=["images"], responses=NOT_FOUND)

NoteId = Annotated[Id, Path(description="`id` of a note in the document")]


class NewNote(BaseModel):
    """A note to write."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(max_length=LONGEST_NOTE, examples=["the left hand is missing"])
    instance: Id | None = Field(None, description="The object that it is about; the whole image without it.")


class NoteChange(BaseModel):
    """Whether what a note asks for is done."""

    model_config = ConfigDict(extra="forbid")

    done: bool


@router.post("", status_code=201, response_model=NoteShape, responses=INVALID)
def post_note(image_id: ImageId, body: NewNote, store: TheStore) -> Response:
    """Write a note on the image, or on an object of it."""
    with store.writing() as session:
        note = add_note(session, find_image(session, image_id), body.text, body.instance)
        return JsonAnswer(note_json(note), 201)


@router.patch("/{note_id}", response_model=NoteShape, responses=INVALID)
def patch_note(image_id: ImageId, note_id: NoteId, body: NoteChange, store: TheStore) -> Response:
    """Say that a note is done, or open it again."""
    with store.writing() as session:
        note = find_note(session, find_image(session, image_id), note_id)
        note.done = body.done
        return JsonAnswer(note_json(note))


@router.delete("/{note_id}", status_code=204)
def delete_note(image_id: ImageId, note_id: NoteId, store: TheStore) -> Response:
    """Take a note away; somebody else's only where one may take back what they did."""
    with store.writing() as session:
        note = find_note(session, find_image(session, image_id), note_id)
        check_takes_back(session.info.get("person"), note.author)
        session.delete(note)
    return Response(status_code=204)
