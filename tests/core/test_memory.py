"""Freed memory: kept by a process that sees image after image, given back by one that trains."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.memory import give_back_freed_memory, without_full_collections

of_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a matter of glibc")


def test_no_full_collection_happens_inside_the_block_and_the_setting_is_back_after_the_last_one() -> None:
    before, full = gc.get_threshold(), []

    def note(phase: str, information: dict[str, int]) -> None:
        if phase == "start" and information["generation"] == 2:
            full.append(information)

    def grow() -> list[list[int]]:
        return [[number] for number in range(400_000)]

    gc.collect()
    gc.freeze()  # a full collection comes when a quarter as much is new: not of all that tests before this one left
    gc.collect()
    gc.callbacks.append(note)
    try:
        kept = grow()
        assert full  # so many new lists bring one about
        full.clear()
        with without_full_collections():
            with without_full_collections():
                kept += grow()
            kept += grow()
            assert not full
    finally:
        gc.callbacks.remove(note)
        gc.unfreeze()
    assert gc.get_threshold() == before
    assert len(kept) == 1_200_000


@of_glibc
def test_memory_between_what_is_in_use_is_given_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    blocks: list[torch.Tensor | None] = [torch.ones(100_000, dtype=torch.uint8) for _ in range(2000)]
    for number in range(len(blocks)):
        if number % 10:  # one in ten stays, so that the heap cannot shrink from its end
            blocks[number] = None
    before = resident()
    give_back_freed_memory()
    assert before - resident() > 100e6
    assert sum(int(block.sum()) for block in blocks if block is not None) == 200 * 100_000


# Pages that are touched for the first time while 64 MB are taken and freed, eight times.
PAGES_OF_EIGHT_TENSORS = """
import resource, sys, torch
from core.memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(8):  # the heap grows to what is needed
    torch.ones(1 << 24)
for _ in range(8):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(1 << 24)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@of_glibc
def test_kept_memory_is_not_cleared_again(project_root: Path) -> None:
    def pages(how: str) -> float:
        command = [sys.executable, "-c", PAGES_OF_EIGHT_TENSORS, how]
        done = subprocess.run(command, cwd=project_root, capture_output=True, check=True, text=True)
        # Where something small comes to lie behind a tensor and stays, the place before it is a few bytes too short
        # for the next, which takes new memory once: one of eight, and not the middle of them.
        return statistics.median(map(int, done.stdout.split()))

    assert pages("keep") < pages("give back") / 100
