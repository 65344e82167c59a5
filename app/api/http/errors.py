"""Every error leaves the data plane as `{"error": "one line"}`, with what the caller needs to go on."""

from __future__ import annotations

import errno
import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Route, compile_path

from app.inference.model_terms import ModelUnavailableError
from app.messages.message import LANGUAGE_HEADER, code_of, in_language, say
from app.roles import NotAllowedError
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError, OthersEditError, one_line

logger = logging.getLogger("maskloop")


class ErrorLine(BaseModel):
    """What every error looks like."""

    error: str = Field(description="One line: what is wrong, and what to do about it.")
    field: str | None = Field(None, description="The field of the request that it is about.")


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
FULL = (507, say("full"))
BUSY = (503, say("busy"))
KINDS = frozenset({"int", "str", "InstanceFields"})  # the forms of a field that may have several

NOT_FOUND: dict[int | str, dict[str, object]] = {404: {"model": ErrorLine, "description": "There is no such thing."}}
INVALID: dict[int | str, dict[str, object]] = {422: {"model": ErrorLine, "description": "A value cannot be stored."}}


def add_error_handlers(app: FastAPI) -> None:
    """Make one line of everything that can go wrong in `app`."""

    @app.exception_handler(NotFoundError)
    async def not_found(request: Request, error: NotFoundError) -> JSONResponse:
        return error_to(request, 404, error)

    @app.exception_handler(InvalidFieldError)
    async def invalid(request: Request, error: InvalidFieldError) -> JSONResponse:
        return error_to(request, 422, error, field=error.field)

    @app.exception_handler(ConflictError)
    async def conflict(request: Request, error: ConflictError) -> JSONResponse:
        return error_to(request, 409, error, others=True if isinstance(error, OthersEditError) else None)

    @app.exception_handler(NotAllowedError)
    async def not_allowed(request: Request, error: NotAllowedError) -> JSONResponse:
        return error_to(request, 403, error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        # Of the forms that a value may have pydantic names each by its type or its check: no field of anybody's.
        place = [str(part) for part in first["loc"][1:] if part not in KINDS and "[" not in str(part)]
        field = ".".join(place)
        if first["type"] == "json_invalid":
            return error_answer(422, "the body is not valid JSON")
        line = first["msg"].removeprefix("Value error, ")
        return error_answer(422, f"{field}: {line}" if field else line, field=field or None)

    @app.exception_handler(StarletteHTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": one_line(error.detail)}, error.status_code, headers=error.headers)

    @app.exception_handler(ModelUnavailableError)
    async def model_unavailable(request: Request, error: ModelUnavailableError) -> JSONResponse:
        return error_to(request, 503, error)

    @app.exception_handler(IntegrityError)
    @app.exception_handler(StaleDataError)  # on PostgreSQL: the row was deleted since it was read
    async def raced(request: Request, error: SQLAlchemyError) -> JSONResponse:
        logger.warning("database: %s", error)
        return error_to(request, 409, say("faster"))

    @app.exception_handler(DataError)
    async def unfit(request: Request, error: DataError) -> JSONResponse:
        logger.warning("database: %s", error)
        return error_to(request, 422, say("too_large_value"))

    @app.exception_handler(SQLAlchemyError)
    @app.exception_handler(OSError)
    async def not_stored(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s: %s", request.method, request.url.path, error)
        known = cannot_store(error)
        if known is None:
            return await unexpected(request, error)
        return error_to(request, *known)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return error_to(request, 500, say("unexpected"))


def answer_other_methods(app: FastAPI) -> None:
    """405 for a route that is there with another method, else 404; without it the page below would be asked."""

    async def other(request: Request) -> JSONResponse:
        path = f"/api/{request.path_params['path']}".rstrip("/")
        allowed = {
            method.upper()
            for template, methods in app.openapi()["paths"].items()
            if compile_path(template)[0].fullmatch(path)
            for method in methods
        }
        if not allowed:
            return error_answer(404, f"there is no {path}: /docs lists what there is")
        listed = ", ".join(sorted(allowed))
        answer = error_answer(405, f"{request.method} is not possible here: use {listed}")
        answer.headers["Allow"] = listed
        return answer

    app.router.routes.append(Route("/api/{path:path}", other, methods=METHODS, include_in_schema=False))


def cannot_store(error: BaseException) -> tuple[int, str] | None:
    """Status and line where the disk or the database is what stands in the way; None for anything else."""
    if isinstance(error, TimeoutError):  # of the pool: every connection waits for somebody
        return BUSY
    if isinstance(error, DBAPIError):
        reason = str(error.orig).lower()
        if "disk is full" in reason or "no space left" in reason:
            return FULL
        if isinstance(error, (IntegrityError, DataError)):
            return None
        if "locked" in reason or "busy" in reason or "lock timeout" in reason:
            return BUSY
        return 503, say("no_database")
    if isinstance(error, OSError) and error.errno is not None:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return FULL
        if error.errno in (errno.EMFILE, errno.ENFILE):
            return 503, say("no_more_files")
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO):
            return 507, say("not_writable", reason=error.strerror)
    return None


def error_to(request: Request, status_code: int, message: object, **more: object) -> JSONResponse:
    """A message, or that of an error, as JSON: in the language that the page asks for, which is told its `code` too."""
    language = language_of(request)
    code = code_of(message) if language else None
    return error_answer(status_code, in_language(message, language), code=code, **more)


def language_of(request: Request) -> str:
    """The language that the page asks for; empty where it is a script that asks."""
    return request.headers.get(LANGUAGE_HEADER, "")


def error_answer(status_code: int, line: str, **more: object) -> JSONResponse:
    """An error as JSON; `more` are further keys, those that are None left out."""
    return JSONResponse(
        {"error": one_line(line), **{key: value for key, value in more.items() if value is not None}}, status_code
    )
