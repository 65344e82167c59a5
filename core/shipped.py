"""Where what ships with the project lies: models and sample photographs."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(part: str) -> Path:
    """The folder of one part, "models" or "samples": inside an installed package, under data/ in a checkout."""
    inside = _PACKAGE / "shipped_data"
    return (inside if inside.is_dir() else _PACKAGE.parent / "data") / part
