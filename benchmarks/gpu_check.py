"""What a user with a GPU does, done once on it and compared with the CPU; then how long it takes there.

    python benchmarks/gpu_check.py                  # on a GPU, where it has not been run yet
    python benchmarks/gpu_check.py --device cpu --tiny   # the same on a CPU, as the tests do it

Prints a line for each comparison, with what was allowed, and a table; the exit status is 1 where a comparison failed.
Convolutions on a GPU add up in another order and in TF32, mixed precision in bfloat16: that is what the tolerances are
for. On a machine without a GPU the comparisons are of the CPU with itself and say nothing about one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
if str(PROJECT) not in sys.path:  # `python benchmarks/gpu_check.py` puts benchmarks/ there instead
    sys.path.insert(0, str(PROJECT))

import torch
import tyro

from benchmarks.gpu.parts import (
    Check,
    Setting,
    app,
    batches,
    evaluation,
    kept_classes,
    own_heads,
    prediction,
    prepare,
    prompts,
    torchrun,
    training,
)
from benchmarks.gpu.table import rows
from core.devices import choose_device

LIMIT = 480.0  # seconds, of all of it
PARTS: dict[str, Callable[[Setting], Iterator[Check]]] = {
    "predict": prediction,
    "batches": batches,
    "train": training,
    "own_heads": own_heads,
    "kept_classes": kept_classes,
    "torchrun": torchrun,
    "evaluate": evaluation,
    "prompts": prompts,
    "app": app,
}


@dataclass
class Options:
    """Compare a device with the CPU."""

    device: str = "auto"
    """auto takes a GPU where there is one; cuda, cuda:1, cpu."""
    tiny: bool = False
    """Few and small images: whether everything runs, not how fast."""
    only: tuple[str, ...] = (*PARTS, "table")
    """Parts to do."""


def main(options: Options) -> int:
    """Do the parts; 1 where one of them failed."""
    unknown = [part for part in options.only if part not in PARTS and part != "table"]
    if unknown:
        raise SystemExit(f"error: no part {unknown[0]!r}; choose among {', '.join([*PARTS, 'table'])}")
    began = time.monotonic()
    device = choose_device(options.device)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU: no statement about a GPU"
    print(f"{where}; torch {torch.__version__}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        setting = prepare(Path(folder), device, options.tiny)
        for name in options.only:
            if time.monotonic() - began > LIMIT - 60:
                print(f"left out: {name}, after {time.monotonic() - began:.0f} s", flush=True)
                failed += name != "table"
            elif name == "table":
                for row in rows(setting, began + LIMIT - 30):
                    print(row, flush=True)
            else:
                failed += _carried_out(name, setting)
    print(f"{failed} failed; {time.monotonic() - began:.0f} s", flush=True)
    return int(failed > 0)


def _carried_out(name: str, setting: Setting) -> int:
    """How many comparisons of a part failed; one that cannot be carried out is one."""
    failed = 0
    try:
        for check in PARTS[name](setting):
            print(check.line(name), flush=True)
            failed += not check.passed
    except Exception as error:  # the other parts are worth knowing all the same
        print(f"FAILED {name}: {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
        failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options)))
