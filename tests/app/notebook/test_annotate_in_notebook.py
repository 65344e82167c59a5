"""What `annotate` shows in the cells of a real kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.notebook.server_process import end_server, find_server
from tests.app.conftest import file_bytes, picture


def test_the_frame_is_shown_once_and_again_where_it_is_asked_for(
    project_root: Path, tmp_path: Path, tiny_model: Path
) -> None:
    import nbformat  # not when tests are collected: it takes seconds
    from nbclient import NotebookClient

    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(file_bytes(picture(1)))
    sources = [
        f"from app import annotate\nsession = annotate({str(tmp_path / 'photos')!r}, model={str(tiny_model)!r})",
        f"annotate({str(tmp_path / 'photos')!r})",  # its value is what is shown already
        "session",
        "session.show()",
        "session.images()",
        "session.close()\nsession",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    where = {"metadata": {"path": str(project_root)}}
    try:
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
        assert [frames(cell) for cell in notebook.cells] == [1, 1, 1, 1, 0, 0]
        assert "closed" in notebook.cells[-1].outputs[0]["data"]["text/plain"]
        assert find_server(tmp_path / "photos-maskloop") is None
    finally:
        end_server(tmp_path / "photos-maskloop")


def frames(cell: Any) -> int:
    """Outputs of a cell that hold a frame."""
    assert not [output for output in cell.outputs if output.output_type in ("error", "stream")]
    return sum("<iframe" in output.get("data", {}).get("text/html", "") for output in cell.outputs)
