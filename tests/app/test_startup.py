"""The server is up before what takes seconds to load."""

from __future__ import annotations

import subprocess
import sys


def test_the_server_is_imported_without_torch_and_gradio() -> None:
    code = "import sys, app.server; print([name for name in ('torch', 'gradio', 'pandas') if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
