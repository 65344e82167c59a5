"""Every error leaves the data plane as `{"error": "one line"}`, with what the caller needs to go on."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException as StarletteHTTPException

from app.inference.model_service import ModelUnavailableError
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError, OthersEditError, one_line

logger = logging.getLogger("maskloop")


class ErrorLine(BaseModel):
    """What every error looks like."""

    error: str = Field(description="One line: what is wrong, and what to do about it.")
    field: str | None = Field(None, description="The field of the request that it is about.")


NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ErrorLine, "description": "There is no such thing."}}
INVALID: dict[int | str, dict[str, Any]] = {422: {"model": ErrorLine, "description": "A value cannot be stored."}}


def add_error_handlers(app: FastAPI) -> None:
    """Make one line of everything that can go wrong in `app`."""

    @app.exception_handler(NotFoundError)
    async def not_found(_request: Request, error: NotFoundError) -> JSONResponse:
        return error_answer(404, str(error))

    @app.exception_handler(InvalidFieldError)
    async def invalid(_request: Request, error: InvalidFieldError) -> JSONResponse:
        return error_answer(422, str(error), field=error.field)

    @app.exception_handler(ConflictError)
    async def conflict(_request: Request, error: ConflictError) -> JSONResponse:
        return error_answer(409, str(error), others=True if isinstance(error, OthersEditError) else None)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = [str(part) for part in first["loc"] if part not in ("body", "query", "path", "header")]
        field = ".".join(place)
        if first["type"] == "json_invalid":
            return error_answer(422, "the body is not valid JSON")
        return error_answer(422, f"{field}: {first['msg']}" if field else first["msg"], field=field or None)

    @app.exception_handler(StarletteHTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": one_line(error.detail)}, error.status_code, headers=error.headers)

    @app.exception_handler(ModelUnavailableError)
    async def model_unavailable(_request: Request, error: ModelUnavailableError) -> JSONResponse:
        return error_answer(503, str(error))

    @app.exception_handler(IntegrityError)
    async def raced(_request: Request, error: IntegrityError) -> JSONResponse:
        logger.warning("database: %s", error)
        return error_answer(409, "somebody else was faster by a moment; send it again")

    @app.exception_handler(OperationalError)
    async def database_error(_request: Request, error: OperationalError) -> JSONResponse:
        logger.error("database: %s", error)
        return error_answer(503, f"the database does not answer: {one_line(error.orig)}")

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        logger.error("%s %s", request.method, request.url.path, exc_info=error)
        return error_answer(500, f"something went wrong in the server: {type(error).__name__}: {one_line(error)}")


def error_answer(status_code: int, line: str, **more: Any) -> JSONResponse:
    """An error as JSON; `more` are further keys, those that are None left out."""
    return JSONResponse(
        {"error": one_line(line), **{key: value for key, value in more.items() if value is not None}}, status_code
    )
