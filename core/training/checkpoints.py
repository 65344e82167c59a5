"""Checkpoints: what a run needs to go on exactly where it stopped, written in one piece or not at all."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

CHECKPOINT = "checkpoint.pt"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path` that then takes its place: a reader sees the old one or the new.

    The bytes are on the disk before the name changes, so that a crash leaves one of the two whole.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        # A temporary file is the owner's alone; what takes its place is as readable as any other file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def save_checkpoint(directory: Path, state: dict[str, Any]) -> None:
    """Write a run's state (tensors and plain values) as `checkpoint.pt`."""
    write_atomically(directory / CHECKPOINT, lambda path: torch.save(state, path))


def load_checkpoint(directory: Path) -> dict[str, Any]:
    """The state that `save_checkpoint` wrote, on the CPU; ValueError where there is none to go on from."""
    path = directory / CHECKPOINT
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"there is no run to resume in {directory}: it has no {CHECKPOINT}") from None
    except (RuntimeError, EOFError, pickle.UnpicklingError):
        raise ValueError(f"{path} cannot be read: it is damaged or no checkpoint of a run") from None
    if not isinstance(state, dict) or state.get("format") != 1:
        raise ValueError(f"{path} is no checkpoint of a run, or of another version")
    return state
