"""Where a model runs: one name for a device, one line for one that is not there."""

from __future__ import annotations

import torch


def choose_device(device: str, local_rank: int | None = None) -> torch.device:
    """The device that a name stands for: "auto" is the first GPU, or the one of `local_rank`, else the CPU.

    Raises ValueError, in one line, for a name that is none and for a device that this machine has not.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
        known = chosen.type in ("cpu", "cuda")
    except RuntimeError:
        known = False
    if not known:
        raise ValueError(f"device {device!r} is not known: use auto, cpu, cuda or cuda:1")
    if chosen.type == "cuda":
        if local_rank is not None:
            chosen = torch.device("cuda", local_rank)
        usable = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not usable:
            raise ValueError(f"device {device!r}: there is no GPU that torch can use; choose cpu or auto")
        if (chosen.index or 0) >= usable:
            raise ValueError(f"device {str(chosen)!r}: this machine has {usable} usable GPUs, cuda:0 being the first")
    return chosen
