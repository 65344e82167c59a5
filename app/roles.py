"""Who may do what: the one table of it. A route that is not in it is for admins alone.

Roles are ranks: each may do what those before it may. `tests/app/test_roles.py` compares the table with the application
and tries every role on every route.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from starlette.routing import compile_path

from app.messages.message import Message, say

PersonRole = Literal["annotator", "reviewer", "admin"]
RANKS: tuple[PersonRole, ...] = get_args(PersonRole)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    name: str
    role: PersonRole
    link: str = ""  # what the token of their link hashes to; "" for the owner

    def has(self, role: PersonRole) -> bool:
        """Whether this person may do what `role` may."""
        return RANKS.index(self.role) >= RANKS.index(role)


# Whoever has the workspace's own token, and everybody where none is asked for.
OWNER = Person("owner", "admin")
SCOPE_KEY = "maskloop.person"  # of an ASGI scope: who sent the request

ROUTES: dict[str, PersonRole] = {
    # Looking, uploading, annotating, marking reviewed.
    "GET /api/me": "annotator",
    "POST /api/session-codes": "annotator",  # opens the page once, as the same person
    "POST /api/images": "annotator",  # not what is in the trash; see ACTS
    "POST /api/images/samples": "annotator",
    "GET /api/images": "annotator",
    "GET /api/images/{image_id}/file": "annotator",
    "GET /api/images/{image_id}/thumbnail": "annotator",
    "GET /api/images/{image_id}/tiles/{level}/{column}/{row}": "annotator",
    "GET /api/images/{image_id}/document": "annotator",
    "GET /api/images/{image_id}/revision": "annotator",
    "GET /api/images/{image_id}/history": "annotator",
    "POST /api/images/{image_id}/predict": "annotator",
    "POST /api/images/{image_id}/masks": "annotator",
    "POST /api/images/{image_id}/refine": "annotator",
    "POST /api/images/{image_id}/propagate": "annotator",
    "POST /api/images/{image_id}/accept": "annotator",  # what a model proposes
    "POST /api/images/{image_id}/instances": "annotator",
    "PUT /api/images/{image_id}/instances/{instance_id}": "annotator",
    "DELETE /api/images/{image_id}/instances/{instance_id}": "annotator",
    "POST /api/images/{image_id}/batch": "annotator",
    "POST /api/images/{image_id}/undo": "annotator",  # of one's own; see ACTS
    "POST /api/images/{image_id}/redo": "annotator",
    "POST /api/images/{image_id}/notes": "annotator",
    "PATCH /api/images/{image_id}/notes/{note_id}": "annotator",
    "DELETE /api/images/{image_id}/notes/{note_id}": "annotator",  # one's own; see ACTS
    "PUT /api/images/{image_id}/status": "annotator",  # to reviewed; see ACTS
    "GET /api/assist": "annotator",
    "GET /api/categories": "annotator",
    "GET /api/jobs": "annotator",
    "GET /api/jobs/plan": "annotator",
    "GET /api/jobs/{job_id}": "annotator",
    "GET /api/jobs/{job_id}/comparison/{number}": "annotator",
    "GET /api/models": "annotator",
    # Classes, exports, what is learnt from.
    "PATCH /api/images": "reviewer",  # removing is for more; see ACTS
    "PATCH /api/images/{image_id}": "reviewer",
    "POST /api/categories": "reviewer",
    "PUT /api/categories/{category_id}": "reviewer",
    "DELETE /api/categories/{category_id}": "reviewer",
    "POST /api/categories/{category_id}/merge": "reviewer",
    "GET /api/export": "reviewer",
    "GET /api/statistics": "reviewer",  # of each person's work
    "GET /api/statistics/agreement": "reviewer",
    "GET /api/statistics/agreement/{image_id}": "reviewer",
    "GET /api/statistics/tables/{table}": "reviewer",
    # Imports, removal, models, people.
    "POST /api/import": "admin",
    "GET /api/imports": "admin",
    "DELETE /api/images/{image_id}": "admin",
    "GET /api/trash": "admin",
    "DELETE /api/trash": "admin",
    "DELETE /api/trash/{image_id}": "admin",
    "POST /api/trash/{image_id}/restore": "admin",
    "POST /api/jobs": "admin",
    "POST /api/jobs/{job_id}/cancel": "admin",
    "POST /api/models/{name_or_id}/promote": "admin",
    "GET /api/people": "admin",
    "POST /api/people": "admin",
    "DELETE /api/people/{name}": "admin",
    # What the page is made of.
    "GET /docs": "annotator",
    "GET /openapi.json": "annotator",
    "/canvas": "annotator",
    "/": "annotator",  # the page itself; see PAGE_FUNCTIONS
}

# What depends on more than the route.
ACTS: dict[str, PersonRole] = {
    "return a reviewed image": "reviewer",
    "take back what somebody else did": "reviewer",
    "take back an import": "admin",
    "remove images": "admin",
    "bring back a removed image": "admin",
}

# The functions that the Fine-tune tab calls, by their names.
PAGE_FUNCTIONS: dict[str, PersonRole] = {
    "view": "annotator",
    "labels": "annotator",
    "on_tick": "annotator",
    "on_open": "annotator",  # measures the machine for admins alone
    "on_epochs": "annotator",
    "forget_offer": "annotator",
    "on_start": "admin",
    "on_cancel": "admin",
    "on_use": "admin",
    "on_use_version": "admin",
}

_PATTERNS: list[tuple[str, re.Pattern[str], PersonRole]] = [
    (route.partition(" ")[0], compile_path(route.partition(" ")[2])[0], role)
    for route, role in ROUTES.items()
    if " " in route
]


class NotAllowedError(RuntimeError):
    """A role that may not do this; the message is one line for the user."""


def role_needed(method: str, path: str) -> PersonRole:
    """The role that a request needs; what is under /api and not in the table is for admins."""
    if not path.startswith("/api/"):
        return "annotator"
    roles = [role for known, pattern, role in _PATTERNS if known == method and pattern.fullmatch(path)]
    return max(roles, key=RANKS.index, default="admin")


def refusal(person: Person, needed: PersonRole, act: str = "") -> Message:
    """Why a person may not do something, in one line."""
    role = f"{'an' if person.role[0] == 'a' else 'a'} {person.role}"
    return say(f"for_{needed}s", person=person.name, role=role, act=f", to {act}" if act else "")


def check_act(person: Person | None, act: str) -> None:
    """Raise NotAllowedError where a person may not do what is in ACTS; None is the program itself."""
    if person is not None and not person.has(ACTS[act]):
        raise NotAllowedError(refusal(person, ACTS[act], act))


def check_takes_back(person: Person | None, author: str | None) -> None:
    """Raise NotAllowedError where a person may not take back what `author` did; None is nobody in particular."""
    if person is not None and author not in (None, person.name):
        check_act(person, "take back what somebody else did")


def may(person: Person) -> list[str]:
    """What of ROUTES and ACTS is open to a person."""
    return [name for name, role in {**ROUTES, **ACTS}.items() if person.has(role)]
