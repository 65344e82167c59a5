"""What README shows can be done in its order."""

from __future__ import annotations

import ast
from pathlib import Path

from core.training.records.results import refuse_to_overwrite


def test_no_line_of_the_python_example_writes_where_another_has_written(project_root: Path, tmp_path: Path) -> None:
    text = (project_root / "README.md").read_text(encoding="utf-8").split("## From Python")[1]
    tree = ast.parse(text.split("```python")[1].split("```")[0])
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    written = [literal(call.args[1]) for call in calls if name_of(call) == "save_model"]
    written += [
        literal(keyword.value)
        for call in calls
        if name_of(call) == "TrainConfig"
        for keyword in call.keywords
        if keyword.arg == "output"
    ]
    assert len(written) == 3
    for directory in written:
        refuse_to_overwrite(tmp_path / directory)
        (tmp_path / directory).mkdir(parents=True)
        (tmp_path / directory / "model.safetensors").touch()


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def literal(node: ast.expr) -> str:
    return str(ast.literal_eval(node))
