"""`core` from a console: its public names are there before their first use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_console_completes_the_public_names_without_importing_torch(project_root: Path) -> None:
    script = "import core, sys; assert {*core.__all__} <= {*dir(core)}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=project_root, check=True)


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    namespace: dict[str, object] = {}
    exec("from core import *", namespace)
    import core

    for name in core.__all__:
        assert (getattr(namespace[name], "__doc__", None) or "").strip(), name
