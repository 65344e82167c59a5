"""What a notebook gets back from the assistant: the data as it is now, and the frame that shows it."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from app.json_files import write_json
from app.notebook import data_frames
from app.notebook.pictures import PathLike
from app.notebook.serve import HOST
from app.notebook.server_process import RunningServer, end_server

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_HEIGHT = 420  # CSS pixels; the editor does not get smaller
PROBLEMS_SHOWN = 5


class AnnotationSession:
    """The images of a workspace and what is known about them, now: every call reads the store anew.

    `workspace` is the folder where everything is kept, `url` the address for scripts (its routes are documented
    at `url/docs`), `problems` has one line for each image or annotation that could not be taken.
    """

    def __init__(self, server: RunningServer, *, height: int, problems: Sequence[str] = ()) -> None:
        self.workspace = server.workspace
        self.url = f"http://{HOST}:{server.port}"
        self.problems = list(problems)
        self._server = server
        self._height = max(SMALLEST_HEIGHT, int(height))
        self._shown_in: int | None = None  # the number of the cell
        self._closed = False

    @property
    def authorization(self) -> dict[str, str]:
        """What scripts send to `url`: `httpx.Client(base_url=session.url, headers=session.authorization)`."""
        return self._server.authorization

    # -- the data -------------------------------------------------------------------------------

    def to_dataframe(self, status: str | None = None, *, proposals: bool = True) -> pd.DataFrame:
        """One row an object: file_name, category, x, y, width, height, area (pixels), score, source, status, …

        `status` takes only images of that status ("todo", "in_progress", "reviewed"); without `proposals` only
        what a person drew, changed or accepted. `segmentation` is COCO: polygons, RLE, or [] for a mere box.
        """
        return data_frames.objects(self.workspace, status, proposals)

    def images(self) -> pd.DataFrame:
        """One row an image, also those without objects: file_name, size in pixels, status and counts of objects."""
        return data_frames.images(self.workspace)

    def to_coco(self, status: str | None = None, *, proposals: bool = False) -> dict[str, object]:
        """The data set as COCO JSON, compared with the store by pycocotools before it is given out.

        What a person drew, changed or accepted; with `proposals` also what the model alone says, with `score`
        and `source`. `status` takes only images of that status.
        """
        return data_frames.coco(self.workspace, status, proposals)

    def save_coco(self, path: PathLike, status: str | None = None, *, proposals: bool = False) -> Path:
        """Write what `to_coco` gives to a file; returns its path."""
        target = Path(path).expanduser()
        if not target.absolute().parent.is_dir():
            raise FileNotFoundError(f"{target}: there is no such folder to write it in")
        write_json(target, self.to_coco(status, proposals=proposals))
        return target

    # -- the frame ------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the assistant in the cell that runs now; without IPython nothing happens."""
        cell = _running_cell()
        if cell is not None:
            from IPython.display import display

            self._shown_in = None
            display(self)
            self._shown_in = cell

    def close(self) -> None:
        """End the server, unless another notebook uses it; what was done is kept, and can still be read from here."""
        if not self._closed:
            end_server(self.workspace)
            self._closed = True

    def __enter__(self) -> AnnotationSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        where = "closed" if self._closed else f"at {self._server.page}"
        return f"AnnotationSession({self._summary()}; kept in {_short(self.workspace)}; {where})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        cell = _running_cell()
        # A cell that ends with annotate(…) shows it once, not as its work and as its value.
        if not self._closed and (cell is None or cell != self._shown_in):
            bundle["text/html"] = self._html()
        return bundle

    def _html(self) -> str:
        page, tab = (html.escape(self._server.entrance(), quote=True) for _ in range(2))
        lines = [
            f"{html.escape(self._summary())} · kept in <code>{html.escape(_short(self.workspace))}</code> · "
            f'<a href="{tab}" target="_blank" rel="noopener">open in a tab of its own</a>'
        ]
        lines += [html.escape(hint) for hint in _hints(self._server.page)]
        lines += [html.escape(problem) for problem in self.problems[:PROBLEMS_SHOWN]]
        if len(self.problems) > PROBLEMS_SHOWN:
            lines.append(f"… {len(self.problems) - PROBLEMS_SHOWN} more in <code>.problems</code>")
        return (
            f'<iframe src="{page}" title="MaskLoop" width="100%" height="{self._height}" '
            'allow="clipboard-read; clipboard-write; fullscreen" '
            'style="border: 1px solid #8886; border-radius: 4px; display: block"></iframe>'
            f'<div style="font-size: 90%; margin-top: 4px">{"<br>".join(lines)}</div>'
        )

    def _summary(self) -> str:
        table = self.images()
        accepted, proposed = int(table["accepted"].sum()), int(table["proposed"].sum())
        images = f"{len(table)} image{'s' * (len(table) != 1)}, {int((table['status'] == 'reviewed').sum())} reviewed"
        return f"{images}; {accepted} object{'s' * (accepted != 1)} accepted, {proposed} proposed"


def _running_cell() -> int | None:
    """The number of the cell that IPython runs; None outside a notebook."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    # A terminal cannot show a frame.
    return int(shell.execution_count) if shell is not None and hasattr(shell, "kernel") else None


def _short(path: Path) -> str:
    """A path as a person would write it: from here, or from home, where that is shorter."""
    ways = [str(path), os.path.relpath(path)]
    if path.is_relative_to(Path.home()):
        ways.append(str(Path("~") / path.relative_to(Path.home())))
    return min(ways, key=len)


def _hints(page: str) -> list[str]:
    """What to do where the browser is on another machine than this, as far as one can tell."""
    if not page.startswith(f"http://{HOST}:"):
        return []
    port = page.rsplit(":", 1)[1].strip("/")
    if prefix := os.environ.get("JUPYTERHUB_SERVICE_PREFIX"):
        way = f"url='https://<the hub>{prefix}proxy/{{port}}/'"
        return [f"On JupyterHub your browser cannot reach {HOST}: with jupyter-server-proxy installed, say {way}."]
    if "SSH_CONNECTION" in os.environ:
        return [
            f"The frame is empty? This kernel is on another machine: ssh -L {port}:{HOST}:{port} makes it reachable."
        ]
    return []
