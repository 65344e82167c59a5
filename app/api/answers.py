"""Answers that are JSON."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi.responses import JSONResponse


class JsonAnswer(JSONResponse):
    """JSON as `JSONResponse` writes it, ten times faster: a document can hold a hundred thousand numbers."""

    def render(self, content: Any) -> bytes:
        """The bytes of the answer."""
        return orjson.dumps(content)
