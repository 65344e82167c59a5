"""Gradio imported in half of the time."""

from __future__ import annotations

import inspect
import sys
from typing import Any


def import_gradio() -> None:
    """Import Gradio without the stubs (.pyi) that it makes of its components at each import, for editors of code.

    It parses the source of every component for them, for seconds, and writes beside its own files. It leaves out a
    class whose file `inspect.getfile` does not know (`gradio.component_meta.create_or_modify_pyi`).
    """
    if "gradio" in sys.modules:
        return
    original = inspect.getfile

    def getfile(object: Any) -> str:
        if inspect.isclass(object) and object.__module__.startswith("gradio."):
            raise OSError("not to be read")
        return original(object)

    inspect.getfile = getfile
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = original
