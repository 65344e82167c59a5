"""The notebooks run top to bottom in the quick profile, and what they show is there."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
IN_DEFAULT_RUN = ("01_",)  # the others are minutes long; what 12 does tests/app/notebook does too
PAGE = 735  # pixels wide, where letters of 8 points of a figure of 9 inches are 9 pixels high
SECONDS = 900  # four times what a notebook may take on two free cores: a busy machine is no fault

# Runs in the notebook's process after each cell, before its figures are shown and closed: every one must have
# something in its axes, and say what the axes are.
CHECK_FIGURES = """
def _check_figures():
    import matplotlib.pyplot as plt
    for number in plt.get_fignums():
        for axes in plt.figure(number).axes:
            if axes.get_label() == "<colorbar>":
                continue
            if not axes.has_data() and not axes.patches:
                raise AssertionError(f"figure {number} has empty axes {axes.get_title()!r}")
            # In a grid of pictures on the same axes, the outer ones are labelled.
            below, beside = axes.get_shared_x_axes().get_siblings(axes), axes.get_shared_y_axes().get_siblings(axes)
            if not any(one.get_xlabel() for one in below) or not any(one.get_ylabel() for one in beside):
                raise AssertionError(f"figure {number}: axes {axes.get_title()!r} do not say what they show")

get_ipython().events.register("post_execute", _check_figures)
"""


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(notebook: Any) -> list[Image.Image]:
    data = [output.get("data", {}) for cell in code_cells(notebook) for output in cell.outputs]
    return [Image.open(io.BytesIO(base64.b64decode(item["image/png"]))) for item in data if "image/png" in item]


def check_pictures(notebook: Any) -> None:
    shown = pictures(notebook)
    assert shown, "no figure at all"
    for number, picture in enumerate(shown):
        pixels = np.asarray(picture.convert("RGB"))
        assert pixels.std() > 1, f"figure {number} is of one colour"


def read(file: Path) -> Any:
    """A notebook. nbformat takes seconds to import, which every test run would pay for when it collects its tests."""
    import nbformat

    return nbformat.read(file, as_version=4)


def test_there_are_notebooks() -> None:
    assert any(file.name.startswith(IN_DEFAULT_RUN) for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_committed_with_the_outputs_of_a_whole_run(file: Path) -> None:
    import nbformat

    notebook = read(file)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "not run top to bottom"
    kinds = [output.output_type for cell in cells for output in cell.outputs]
    assert "error" not in kinds
    check_pictures(notebook)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_says_nothing_about_the_machine_it_ran_on(file: Path) -> None:
    notebook = read(file)
    texts = [
        json.dumps(output.get("data", output.get("text", ""))) for c in code_cells(notebook) for output in c.outputs
    ]
    texts = [re.sub(r'"image/png": "[^"]*"', "", text) for text in texts]
    for text in texts:
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr|Users)/", text), text[:300]
    assert not [o for c in code_cells(notebook) for o in c.outputs if o.get("name") == "stderr"], (
        "warnings in the outputs"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_figure_is_explained_and_the_paper_is_named(file: Path) -> None:
    notebook = read(file)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.search(r"[Ss]ection \d|[Tt]able \d", prose)
    assert "`core/" in prose
    assert "What to try next" in prose
    for cell, following in zip(notebook.cells, notebook.cells[1:], strict=False):
        if cell.cell_type == "code" and any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert following.cell_type == "markdown", f"no word follows the figure of: {cell.source[:80]}"
            assert "What to see" in following.source, following.source[:80]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_stored_tells_nothing_of_the_machine_that_ran_it(file: Path) -> None:
    """Neither warnings, which name paths, nor progress, nor a way into the assistant that ran."""
    outputs = [output for cell in code_cells(read(file)) for output in cell.outputs]
    assert not [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    texts = [text for output in outputs for kind, text in output.get("data", {}).items() if kind != "image/png"]
    assert not [text for text in texts if "/enter/" in str(text)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_figures_are_legible_on_a_page_and_have_alternative_texts(file: Path) -> None:
    for cell in code_cells(read(file)):
        for output in cell.outputs:
            if "image/png" not in output.get("data", {}):
                continue
            picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
            said = output.metadata.get("image/png", {})
            assert len(said.get("alt", "")) > 20, f"nothing says what the figure of {cell.source[:80]!r} shows"
            assert picture.info["dpi"] == pytest.approx((160, 160), abs=0.1)
            assert max(said["width"], picture.width / 2) <= PAGE, f"too wide for a page: {cell.source[:80]!r}"


def runs() -> list[Any]:
    marks = {True: (), False: (pytest.mark.slow,)}
    return [pytest.param(file, id=file.stem, marks=marks[file.name.startswith(IN_DEFAULT_RUN)]) for file in FILES]


def run(notebook: Any) -> None:
    """Run a notebook in a kernel of its own; raises where a cell or one of its figures fails."""
    import nbformat
    from nbclient import NotebookClient

    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CHECK_FIGURES))
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=where).execute()
    for cell in code_cells(notebook):
        # What fails after a cell does not fail the cell.
        failed = [output for output in cell.outputs if output.output_type == "error"]
        assert not failed, f"{failed[0].ename}: {failed[0].evalue}"


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("file", runs())
def test_runs_without_error_and_fills_its_figures(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKLOOP_PROFILE", "quick")
    monkeypatch.setenv("MASKLOOP_NOTEBOOK_CACHE", str(tmp_path))  # nothing is taken from an earlier run
    notebook = read(file)
    run(notebook)
    check_pictures(notebook)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("plt.subplots()", "empty axes"),
        ("plt.plot([1, 2]); plt.xlabel('steps')", "do not say what they show"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_bad_notebook_is_noticed(source: str, complaint: str) -> None:
    import nbformat

    cells = [nbformat.v4.new_code_cell("import matplotlib.pyplot as plt"), nbformat.v4.new_code_cell(source)]
    with pytest.raises(Exception, match=complaint):
        run(nbformat.v4.new_notebook(cells=cells))
