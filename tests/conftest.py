"""What every test may use: threads, and the folder of real photographs beside the project."""

from __future__ import annotations

import os
from pathlib import Path

# Before torch is imported, and for the processes that tests start: more threads than cores only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1" if "PYTEST_XDIST_WORKER" in os.environ else "2")

import pytest
import torch
from hypothesis import settings

PROJECT_ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

# How long an example takes says more about the machine's other work than about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder that holds core/, app/ and tests/."""
    return PROJECT_ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real annotated photographs, which lies beside the project; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the real data sets in {os.path.relpath(SHARED_DATA)}, which are not on this machine")
    return SHARED_DATA
