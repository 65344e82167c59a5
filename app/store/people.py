"""Who works here: people with a link of their own.

A link's token is made once, shown once and stored as its SHA-256: 192 random bits need no slower hash.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import TypeGuard

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.roles import OWNER, RANKS, Person
from app.store.database import Store
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError
from app.store.tables import Invitation

LONGEST_NAME = 100


def invite(session: Session, name: str, role: str) -> tuple[Person, str]:
    """Give a person a link of their own; returns them and its token, which is not stored. Their earlier link ends.

    Raises InvalidFieldError for a name or a role that cannot be.
    """
    name = _checked_name(name)
    known = next((kind for kind in RANKS if kind == role), None)
    if known is None:
        raise InvalidFieldError("role", f"role is {role!r}: choose {', '.join(RANKS[:-1])} or {RANKS[-1]}")
    token = secrets.token_urlsafe(24)
    row = _row(session, name)
    if row is None:
        row = Invitation(name=name)
        session.add(row)
    row.role, row.link, row.invited, row.revoked = known, link_of(token), time.time(), None
    session.flush()
    return Person(row.name, known, row.link), token


def revoke(session: Session, name: str) -> str:
    """End a person's link, with every browser and notebook that came in by it; what they did keeps their name.

    Returns the name as it is written. Raises NotFoundError where nobody is called so, ConflictError where they have
    no link.
    """
    row = _row(session, name.strip())
    if row is None:
        raise NotFoundError(f"nobody is called {name!r}: `people` lists who was invited")
    if row.link is None:
        raise ConflictError(f"{row.name} has no link that could be revoked")
    row.link, row.revoked = None, time.time()
    return row.name


def invited(session: Session) -> Sequence[Invitation]:
    """Everybody who ever was invited, by name."""
    return sorted(session.scalars(select(Invitation)), key=lambda row: row.name.casefold())


def find_person(store: Store, link: str) -> Person | None:
    """Whose link it is, given what its token hashes to; None where it is nobody's any more."""
    with store.reading() as session:
        row = session.scalar(select(Invitation).where(Invitation.link == link))
    return None if row is None else Person(row.name, row.role, link)


def link_of(token: str) -> str:
    """What is stored of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _row(session: Session, name: str) -> Invitation | None:
    # Compared here: the databases differ in what they call the same letter.
    return next((row for row in invited(session) if row.name.casefold() == name.casefold()), None)


def is_name(value: object) -> TypeGuard[str]:
    """Whether a value is a name that somebody could have: what a file says of its authors may be anything."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable() and value == value.strip()


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not is_name(name) or "/" in name:
        raise InvalidFieldError("name", f"a person's name has 1 to {LONGEST_NAME} characters that can be printed, no /")
    if name.casefold() == OWNER.name:
        raise InvalidFieldError("name", f"{OWNER.name!r} is who has the workspace's own token: choose another name")
    return name
