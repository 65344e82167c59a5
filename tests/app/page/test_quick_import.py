"""Gradio without what it does for editors of code: all of it is there, and nothing stays changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

IMPORT = """
import ast, inspect
parsed = []
parse = ast.parse
ast.parse = lambda source, *more, **named: parsed.append(len(source)) or parse(source, *more, **named)
getfile = inspect.getfile
from app.page.quick_import import import_gradio
import_gradio()
import gradio
assert inspect.getfile is getfile
assert inspect.getfile(gradio.Button).endswith("button.py")
with gradio.Blocks() as page:
    name = gradio.Dropdown(["a", "b"], value="a")
    name.change(lambda value: value, name, name)
    gradio.Button("Go").click(lambda: None)
    gradio.Timer(1).tick(lambda: None)
    page.load(lambda: None)
print(len(page.fns), sum(parsed))
"""


def test_events_are_there_and_the_sources_are_not_parsed(project_root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT], cwd=project_root, capture_output=True, text=True, check=True)
    functions, parsed = map(int, done.stdout.split())
    assert functions == 4
    assert parsed < 100_000  # characters; more than a million without
