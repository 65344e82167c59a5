"""The annotation assistant: depends on `core`, never the other way round.

`from app import annotate` puts it into a notebook's cell. It is imported on first use, so that `import app`
costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.notebook.cell import annotate

__all__ = ["annotate"]


def __getattr__(name: str) -> object:
    if name != "annotate":
        raise AttributeError(f"module 'app' has no attribute {name!r}")
    from app.notebook.cell import annotate

    return annotate
