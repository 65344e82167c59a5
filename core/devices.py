"""Where a model runs and in which numbers: one name for each, one line for one that is not there."""

from __future__ import annotations

import torch

DTYPES: dict[str, torch.dtype] = {"float32": torch.float32, "bf16": torch.bfloat16}


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


def checked_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The type of a network's numbers that a name stands for: "auto" is bfloat16 on a CPU that is faster in it.

    On a GPU "auto" is float32: nothing was measured there.
    Raises ValueError, in one line, for a name that is none and where the device cannot compute in it itself.
    """
    if precision == "auto":
        precision = "bf16" if device.type == "cpu" and cpu_is_faster_in_bfloat16() else "float32"
    if precision not in DTYPES:
        raise ValueError(f"precision {precision!r} is not known: use {', '.join(DTYPES)} or auto")
    if precision == "bf16" and not has_bfloat16(device):
        # Emulated it would be several times slower than float32, and less exact for nothing.
        needed = "avx512_bf16 or AMX" if device.type == "cpu" else "Ampere or later"
        raise ValueError(f"precision 'bf16': this {device.type} has no bfloat16 ({needed} is needed); use float32")
    return DTYPES[precision]


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies bfloat16 itself: AVX-512 BF16 or AMX of a processor, a GPU since Ampere."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}  # since torch 2.10
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16") or abilities.get("bf16"))


def cpu_is_faster_in_bfloat16() -> bool:
    """Whether the CPU has AVX-512 BF16 or AMX, and torch the library that uses them in the backward pass too.

    ARM's bfloat16 is left out: nothing is known of its convolutions there.
    """
    architecture = torch.cpu.get_capabilities().get("architecture") if hasattr(torch.cpu, "get_capabilities") else None
    return architecture == "x86_64" and torch.backends.mkldnn.is_available() and has_bfloat16(torch.device("cpu"))
