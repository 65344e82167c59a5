"""Answers that are JSON."""

from __future__ import annotations

import json

import orjson
from fastapi.responses import JSONResponse


class JsonAnswer(JSONResponse):
    """JSON as `JSONResponse` writes it, ten times faster: a document can hold a hundred thousand numbers."""

    def render(self, content: object) -> bytes:
        """The bytes of the answer."""
        try:
            return orjson.dumps(content)
        except TypeError:  # it quotes what came with the request: half a character, a number beyond 64 bits
            return json.dumps(content, allow_nan=False, default=str).encode()
