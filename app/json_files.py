"""JSON files that are there in full or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.files import write_text_atomically


def read_json(path: Path) -> Any:
    """The content of a JSON file; raises FileNotFoundError where there is none."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, content: object) -> None:
    """Write `content` as JSON: a reader sees the old file or the new one, also after a crash in between."""
    text = json.dumps(content, ensure_ascii=False)
    write_text_atomically(path, text)
