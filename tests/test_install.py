"""`pip install .` gives the packages, the models and the command `maskloop`, wherever it is called from."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from core import __version__


@pytest.fixture(scope="module")
def installed(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of somebody who has installed the project; what it depends on is there already."""
    pytest.importorskip("hatchling")
    home = tmp_path_factory.mktemp("home")
    packages = home / "packages"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--disable-pip-version-check", "--target", str(packages), str(project_root)],
        check=True, timeout=300,
    )  # fmt: skip
    return {
        **os.environ,
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "share"),
        "PYTHONPATH": str(packages),
        "COMMAND": str(packages / "bin" / "maskloop"),
    }


def test_the_command_says_its_version_and_has_what_ships(installed: dict[str, str]) -> None:
    answer = subprocess.run(
        [installed["COMMAND"], "--version"], env=installed, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == f"MaskLoop {__version__}"
    packages = Path(installed["PYTHONPATH"])
    assert {path.name for path in packages.iterdir()} == {"app", "core", "bin", f"maskloop-{__version__}.dist-info"}
    shipped = packages / "core" / "shipped_data"
    assert (shipped / "models" / "starter" / "model.json").is_file()
    assert sorted(shipped.glob("samples/*.jpg"))
    assert (packages / "core" / "py.typed").is_file()
    assert (packages / "app" / "py.typed").is_file()
    assert (packages / f"maskloop-{__version__}.dist-info" / "licenses" / "LICENSE").is_file()


def test_core_predicts_on_a_sample(installed: dict[str, str], tmp_path: Path) -> None:
    sample = min(Path(installed["PYTHONPATH"]).glob("core/shipped_data/samples/*.jpg"))
    subprocess.run(
        [installed["COMMAND"], "core", "predict", str(sample), "--model", "starter", "--output", "found.json"],
        env=installed, cwd=tmp_path, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["images"][0]["file_name"].endswith(sample.name)
    assert found["annotations"]


def test_the_assistant_answers_and_keeps_its_work_with_the_user(installed: dict[str, str], tmp_path: Path) -> None:
    server = subprocess.Popen(
        [installed["COMMAND"], "--port", "0", "--no-browser", "--model", "starter", "--device", "cpu"],
        env=installed, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        first, second = server.stdout.readline(), server.stdout.readline()
        address = re.search(r"http://\S+", first)
        assert address is not None, first
        with httpx.Client(follow_redirects=True, timeout=60) as browser:
            assert "MaskLoop" in browser.get(address[0]).raise_for_status().text
        workspace = Path(second.removeprefix("your work is kept in ").strip())
        assert workspace.is_relative_to(installed["HOME"])
        assert workspace.is_dir()
        assert not workspace.is_relative_to(installed["PYTHONPATH"])
    finally:
        server.terminate()
        server.wait(30)
    assert not list(tmp_path.iterdir())
