"""What every test may use: threads, and the folder of real photographs beside the project."""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

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


# Each takes minutes: begun first, so that none is left to one of two processes when the other is done.
LONG_FILES = (
    "browser/test_finetune_tab.py",
    "app/finetuning/test_jobs.py",
    "core/training/test_loop.py",
    "notebooks/test_notebooks.py",
    "benchmarks/test_gpu_check.py",
    "core/export/test_export.py",
    "app/notebook/test_annotate_in_notebook.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`LONG_FILES` first; all else as it was."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONG_FILES))


def pytest_collection_finish() -> None:
    """What was imported stays until the end: the collector need not look through torch after every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _forget_applications() -> Iterator[None]:
    """Applications with the page end with their module.

    FastAPI remembers the functions of routes in caches of the process. Gradio makes its functions anew for each
    application and they hold all of it: 20,000 objects each, which made a worker grow to 4 GB and slow.
    """
    yield
    remembered = sys.modules.get("fastapi.dependencies.models")
    for value in list(vars(remembered).values()) if remembered else ():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def module_of_file(file: Path) -> ModuleType:
    """The module of a file that lies in no package."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
