"""Applies an exercise's patch to a copy of the project, and runs from there."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def apply(patch: Path, project: Path, folder: Path) -> list[str]:
    """Copy `core` and `app` into a folder and change them as a unified diff says; gives the paths it touches.

    A change's place is found by the lines around it, wherever they stand by now; ValueError where they are not there
    exactly once. NEXT and NEWEST in a patch are the numbers of the next and the newest migration.
    """
    for package in ("core", "app"):
        unneeded = shutil.ignore_patterns("canvas", "node_modules")
        shutil.copytree(project / package, folder / package, ignore=unneeded)
    numbers = [int(path.name[:4]) for path in (folder / "app/store/migrations/versions").glob("[0-9]*.py")]
    text = patch.read_text(encoding="utf-8")
    text = text.replace("NEXT", f"{max(numbers) + 1:04}").replace("NEWEST", f"{max(numbers):04}")
    touched = []
    for name, changes in re.findall(r"^\+\+\+ b/(\S+)\n(.*?)(?=^--- |\Z)", text, re.MULTILINE | re.DOTALL):
        path = folder / name
        content = path.read_text(encoding="utf-8") if path.exists() else ""
        for change in re.split(r"^@@.*\n", changes, flags=re.MULTILINE)[1:]:
            lines = change.splitlines(keepends=True)
            before = "".join(line[1:] or "\n" for line in lines if line[0] in " -\n")
            after = "".join(line[1:] or "\n" for line in lines if line[0] in " +\n")
            if before and content.count(before) != 1:
                raise ValueError(f"{patch.name}: {name} has {content.count(before)} places like\n{before}")
            content = content.replace(before, after) if before else after
        path.write_text(content, encoding="utf-8")
        touched.append(name)
    return touched


@contextmanager
def imported_from(folder: Path) -> Iterator[None]:
    """Inside, `core` and `app` are imported anew, from a folder; afterwards they are what they were."""

    def ours() -> list[str]:
        return [name for name in sys.modules if name.partition(".")[0] in ("core", "app")]

    before = {name: sys.modules.pop(name) for name in ours()}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in ours():
            del sys.modules[name]
        sys.modules.update(before)
