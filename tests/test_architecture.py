"""The house is as docs/architecture.md says: arrows point one way, and no room is too full."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from app.server import create_app
from app.store.database import Store

# What each department of the application may know; nothing else of the application.
ARROWS = {
    "store": set(),
    "exchange": {"store"},
    "inference": {"store"},
    "statistics": {"store"},
    "finetuning": {"store", "exchange", "inference"},
    "api": {"store", "statistics", "exchange", "inference", "finetuning"},
    "page": {"store", "inference", "finetuning"},
    "notebook": {"store", "exchange"},
}
MOST_MODULES = 15
LONGEST_MODULE = 320  # lines


def modules(root: Path, package: str) -> dict[str, Path]:
    """The modules of a package by their dotted names."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules among `known` that a module imports anywhere in it, also late and for the type checker only."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in known else node.module


@pytest.mark.parametrize("package", ["app", "core"])
def test_no_module_imports_itself_by_a_detour(package: str, project_root: Path) -> None:
    known = modules(project_root, package)
    graph = {name: set(imported(path, known)) - {name} for name, path in known.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' ← '.join(error.args[1])}")


def test_departments_of_the_application_know_only_those_below_them(project_root: Path) -> None:
    known = modules(project_root, "app")
    for name, path in known.items():
        department = name.split(".")[1] if name.count(".") else ""
        if department not in ARROWS:
            continue
        for other in imported(path, known):
            target = other.split(".")[1] if other.count(".") else ""
            if target in ARROWS and target != department:
                assert target in ARROWS[department], f"{name} imports {other}"


def test_core_knows_nothing_of_the_application(project_root: Path) -> None:
    known = modules(project_root, "app")
    for path in modules(project_root, "core").values():
        assert not list(imported(path, known)), path


@pytest.mark.parametrize("package", ["app", "benchmarks", "core"])
def test_no_folder_and_no_module_is_too_full(package: str, project_root: Path) -> None:
    known = modules(project_root, package)
    for folder in {path.parent for path in known.values()}:
        inside = [path for path in known.values() if path.parent == folder and path.name != "__init__.py"]
        assert len(inside) <= MOST_MODULES, folder
    for path in known.values():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE, path


def test_the_tree_names_every_folder_of_the_packages(project_root: Path) -> None:
    text = (project_root / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = text.split("```")[1]
    for package in ("core", "app", "benchmarks"):
        for folder in (project_root / package).glob("*/"):
            if folder.name != "__pycache__" and any(folder.glob("*.*")):
                assert f"  {folder.name}/" in tree, folder


def test_the_route_table_is_the_routes(project_root: Path, tmp_path: Path) -> None:
    text = (project_root / "docs" / "architecture.md").read_text(encoding="utf-8")
    listed = {
        (method, re.sub(r"{\w+}", "{}", path))
        for methods, path in re.findall(r"`([A-Z/]+) (/api[\w/{}]*)", text)
        for method in methods.split("/")
    }
    store = Store(tmp_path / "workspace")
    application = create_app(store, model="starter", with_page=False, load_at_once=False)
    routes = {
        (method.upper(), re.sub(r"{\w+}", "{}", path))
        for path, methods in application.openapi()["paths"].items()
        for method in methods
    }
    application.state.model_service.close()
    store.close()
    assert listed == routes
