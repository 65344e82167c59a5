"""Many processes, one a GPU, as torchrun starts them; everything here does nothing in a single process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from core.devices import choose_device

# Rank 0 alone validates while the others wait; a large validation set takes longer than the usual ten minutes.
PATIENCE = timedelta(hours=4)


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this is."""

    rank: int
    count: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and speaks: rank 0 alone does."""
        return self.rank == 0

    def check_model(self, model: nn.Module) -> None:
        """Raise ValueError, one line, where the model cannot learn in several processes."""
        synced = any(isinstance(module, nn.SyncBatchNorm) for module in model.modules())
        if synced and self.count > 1 and self.device.type == "cpu":
            raise ValueError(
                f"backbone_norm='sync' needs a GPU for each of the {self.count} processes, torch has it nowhere else: "
                "choose 'batch' or 'group' in model_config"
            )

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model with its gradients averaged over the processes."""
        if self.count == 1:
            return model
        # Without device_ids the inputs stay where they are: the model moves targets itself, after checking them.
        return nn.parallel.DistributedDataParallel(model)

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process; all must ask at the same step."""
        if self.count == 1:
            return flag
        value = torch.tensor(float(flag), device=self.device)
        dist.all_reduce(value, dist.ReduceOp.MAX)
        return bool(value.item())

    def gather(self, value: object) -> list[Any]:
        """The value of every process, in the order of their ranks; all must ask at the same step."""
        if self.count == 1:
            return [value]
        values: list[object] = [None] * self.count
        dist.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """Returns when all processes have come here."""
        if self.count > 1:
            dist.barrier()


@contextmanager
def process_group(device: str) -> Iterator[Processes]:
    """Join the processes that torchrun started, or be the only one.

    `device` is "auto", "cpu", "cuda" or "cuda:1"; under torchrun each process takes the GPU of its
    own local rank. Raises ValueError where that device is not there.
    """
    count, local_rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    chosen = choose_device(device, local_rank if count > 1 else None)
    if count == 1:
        yield Processes(0, 1, chosen)
        return
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Processes(dist.get_rank(), count, chosen)
    finally:
        dist.destroy_process_group()
