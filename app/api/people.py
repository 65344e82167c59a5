"""Who is signed in, and who was invited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.http.dependencies import ThePerson, TheStore
from app.api.http.errors import INVALID, NOT_FOUND, ErrorLine
from app.roles import OWNER, PersonRole, may
from app.store.people import invite, invited, revoke
from app.values import Text

router = APIRouter(prefix="/api", tags=["people"])


class Myself(BaseModel):
    """Who sent the request."""

    person: str
    role: PersonRole
    may: list[str] = Field(description="What this role may do: routes, and acts that depend on more than the route.")


class PersonShape(BaseModel):
    """Somebody who may come in, or could once."""

    person: str
    role: PersonRole
    invited: float | None = Field(description="Seconds since 1970; null for the owner of the workspace's token.")
    revoked: float | None
    opens: bool = Field(description="Whether their link opens the assistant.")


class PeopleList(BaseModel):
    """The owner, and everybody who was invited."""

    people: list[PersonShape]


class NewPerson(BaseModel):
    """Whom to invite."""

    name: Text
    role: PersonRole


class Link(BaseModel):
    """A link that was made; it is not stored, and not told again."""

    person: str
    role: PersonRole
    token: str = Field(description="For `Authorization: Bearer`.")
    link: str = Field(description="What a browser opens, beside the page: `?token=…`.")


@router.get("/me", response_model=Myself)
def get_me(person: ThePerson) -> object:
    """Who the sender is, and what their role may do."""
    return {"person": person.name, "role": person.role, "may": may(person)}


@router.get("/people", response_model=PeopleList)
def get_people(store: TheStore) -> object:
    """Everybody who has, or had, a link."""
    with store.reading() as session:
        rows = [
            {
                "person": row.name,
                "role": row.role,
                "invited": row.invited,
                "revoked": row.revoked,
                "opens": row.link is not None,
            }
            for row in invited(session)
        ]
    owner = {"person": OWNER.name, "role": OWNER.role, "invited": None, "revoked": None, "opens": True}
    return {"people": [owner, *rows]}


@router.post("/people", status_code=201, response_model=Link, responses=INVALID)
def post_person(body: NewPerson, store: TheStore) -> object:
    """Give somebody a link of their own; a link that they had before ends."""
    with store.writing() as session:
        person, token = invite(session, body.name, body.role)
    return {"person": person.name, "role": person.role, "token": token, "link": f"?token={token}"}


@router.delete(
    "/people/{name}",
    status_code=204,
    responses=NOT_FOUND | {409: {"model": ErrorLine, "description": "They have no link."}},
)
def delete_person(name: Annotated[Text, Path(description="A name of `GET /api/people`")], store: TheStore) -> Response:
    """End somebody's link, in every browser at once; what they did keeps their name."""
    with store.writing() as session:
        revoke(session, name)
    return Response(status_code=204)
