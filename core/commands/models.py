"""`python -m core models`."""

from __future__ import annotations

import json

from core.commands.arguments import Models
from core.model.weights import available_models


def list_models(command: Models) -> int:
    """Print the models that can be named, one a line."""
    models = available_models()
    if command.json:
        print(json.dumps(models, indent=1, ensure_ascii=False))
        return 0
    for model in models:
        names = model["categories"]
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        print(f"{model['name']:16} {model['size_mb']:7.1f} MB  {model['origin']}")
        print(f"{'':16} {len(names)} classes: {shown}")
    return 0
