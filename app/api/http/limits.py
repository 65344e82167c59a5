"""How large a request may be, and what it may ask: checked before anything of it is kept."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.store.errors import InvalidFieldError

LARGEST_BODY = 64 * 2**20  # bytes; the runs of a mask of 100 megapixels fit
LARGEST_UPLOAD = 16 * 2**30  # files are spooled to the disk, never held in memory together
LARGEST_UNPACKED = 16 * 2**30
UPLOADS = ("/api/images", "/api/import")


class RequestSize:
    """Middleware: 413, in one line, for a body that is larger than its route takes, whatever its header says."""

    def __init__(self, app: ASGIApp, body: int = LARGEST_BODY, upload: int = LARGEST_UPLOAD) -> None:
        self.app = app
        self.body = body
        self.upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        limit = self.upload if path.endswith(UPLOADS) else self.body
        line = f"the request is larger than the {limit / 2**20:g} MB that are taken here"
        declared = Headers(scope=scope).get("content-length", "0")
        if not (declared.isascii() and declared.isdigit()) or int(declared[:20]) > limit:
            await JSONResponse({"error": line}, 413, headers={"Connection": "close"})(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, line)
            return message

        await self.app(scope, counted, send)


def known_query_only(request: Request) -> None:
    """Dependency of a route that does something else where a name is misspelt: 422 for a parameter it does not have."""
    route = request.scope.get("route")
    assert isinstance(route, APIRoute)
    known = [parameter.alias for parameter in route.dependant.query_params]
    for name in request.query_params:
        if name not in known:
            raise InvalidFieldError(name, f"there is no parameter {name!r}: choose from {', '.join(known)}")


def check_unpacked_size(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raises ValueError, in one line, for an archive whose files are more than is taken.

    What the archive says of its sizes is binding: `zipfile` reads no further.
    """
    total = sum(entry.file_size for entry in entries)
    if total > LARGEST_UNPACKED:
        raise ValueError(f"{total / 1e9:.1f} GB unpacked, at most {LARGEST_UNPACKED / 1e9:.0f} GB are taken")
