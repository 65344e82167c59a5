"""Results that took a while are kept under data/workspace/notebooks/, so that a second run of a notebook is fast."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from core.model.weights import SHIPPED_MODELS, WEIGHTS_FILE

FOLDER = Path(__file__).resolve().parents[1] / "data" / "workspace" / "notebooks"


def cache_folder() -> Path:
    """Where results are kept; the environment variable MASKLOOP_NOTEBOOK_CACHE names another folder."""
    return Path(os.environ.get("MASKLOOP_NOTEBOOK_CACHE", FOLDER))


def settings_key(settings: Mapping[str, Any]) -> str:
    """A short name for these settings together with this model of scenes."""
    weights = (SHIPPED_MODELS / "scenes" / WEIGHTS_FILE).read_bytes()
    return hashlib.sha256(json.dumps(dict(settings), sort_keys=True).encode() + weights).hexdigest()[:12]


def cached_table(name: str, settings: Mapping[str, Any], compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """The table that `compute` gives, computed once for these settings and this model of scenes.

    Delete the file in `cache_folder()` to compute anew.
    """
    file = cache_folder() / f"{name}_{settings_key(settings)}.csv"
    if not file.is_file():
        table = compute()
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(f".{os.getpid()}.partial")
        table.to_csv(partial, index=False)
        partial.replace(file)
    return pd.read_csv(file)
