"""`requirements.lock` is what `requirements.txt` asks for: one exact version each, with hashes, on every machine."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MOST_PINS = 400  # of a file that a person can still look through
MACHINES = [
    {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": system, "platform_machine": kind,
     "platform_system": name, "os_name": "nt" if system == "win32" else "posix"}
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system, name, kind in (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"),
                               ("darwin", "Darwin", "arm64"), ("win32", "Windows", "AMD64"))
]  # fmt: skip


@dataclass(frozen=True)
class Pin:
    """One entry of the lock file."""

    requirement: Requirement
    hashes: list[str]


@pytest.fixture(scope="module")
def pins(project_root: Path) -> list[Pin]:
    text = re.sub(r"(?m)^\s*#.*\n", "", (project_root / "requirements.lock").read_text()).replace("\\\n", " ")
    return [
        Pin(Requirement(line.split(" --hash=")[0]), line.split(" --hash=")[1:]) for line in text.splitlines() if line
    ]


def lines_of(path: Path) -> list[Requirement]:
    bare = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    return [Requirement(line) for line in bare if line]


def test_each_requirement_has_one_pin_in_its_range_on_every_machine(pins: list[Pin], project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text())["project"]
    wanted = lines_of(project_root / "requirements.txt") + [Requirement(line) for line in project["dependencies"]]
    assert len(wanted) > 40
    for machine in MACHINES:
        for requirement in wanted:
            found = [
                pin.requirement
                for pin in pins
                if canonicalize_name(pin.requirement.name) == canonicalize_name(requirement.name)
                and (pin.requirement.marker is None or pin.requirement.marker.evaluate(machine))
            ]
            assert len(found) == 1, (requirement.name, machine)
            (version,) = [part.version for part in found[0].specifier]
            assert requirement.specifier.contains(version), f"{requirement} is locked at {version}: make the lock anew"


def test_each_pin_is_exact_and_has_hashes(pins: list[Pin]) -> None:
    assert 100 < len(pins) < MOST_PINS
    for pin in pins:
        (part,) = pin.requirement.specifier
        assert part.operator == "=="
        assert pin.requirement.url is None
        assert pin.hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in pin.hashes)


def test_it_names_no_address(project_root: Path) -> None:
    text = (project_root / "requirements.lock").read_text()
    assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", text)
