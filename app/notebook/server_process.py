"""Starting, finding and ending the server beside a notebook."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.access import read_token
from app.notebook.serve import FOLDER, HOST, LOG, kernels, page_address, register, served_by, unregister
from app.processes import PROJECT_ROOT, is_running
from app.serving import listen

STARTING = 180.0  # seconds; the libraries alone take five on a quick machine

# Not through the proxy that an institute's environment variables name: the server is on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class RunningServer:
    """A server that was found or started."""

    workspace: Path
    pid: int
    port: int
    page: str  # where a browser finds it, with a slash at the end

    @property
    def authorization(self) -> dict[str, str]:
        """The header that lets scripts of this user in."""
        return {"Authorization": f"Bearer {read_token(self.workspace)}"}

    def entrance(self) -> str:
        """An address that opens the page once: what is kept in a notebook lets nobody in."""
        return f"{self.page}enter/{self.ask('POST', '/api/session-codes')['code']}"

    def ask(self, method: str, route: str, body: object = None, timeout: float = 120.0) -> Any:
        """The answer of the data plane to one request; raises ValueError with the server's line."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.port}{route}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self.authorization},
        )
        try:
            with _opener.open(request, timeout=timeout) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise ValueError(json.loads(error.read()).get("error", str(error))) from None

    def answers(self) -> bool:
        """Whether it is there."""
        with contextlib.suppress(OSError, ValueError):
            self.ask("GET", "/api/categories", timeout=10)
            return True
        return False


class ServerStart:
    """A server that is on its way; other work can be done until it is there."""

    def __init__(self, workspace: Path, *, port: int | None, model: str | None, device: str, url: str | None) -> None:
        """Find the server of a workspace or start one.

        Raises ValueError, in one line, where the port is taken, or another address is wanted than that of
        the server that runs already.
        """
        self.workspace = workspace
        self.folder = workspace / FOLDER
        self.process: subprocess.Popen[bytes] | None = None
        self.found = find_server(workspace)
        if self.found is not None:
            wanted = page_address(self.found.port, url)
            if (port or self.found.port) != self.found.port or (url is not None and wanted != self.found.page):
                raise ValueError(
                    f"the assistant on {workspace} is already at {self.found.page}; "
                    "leave out port and url, or close() it first"
                )
            register(self.folder)
            return
        free = _free_port(port, self.folder)
        register(self.folder)
        self._start(free, model, device, url)

    def _start(self, port: int, model: str | None, device: str, url: str | None) -> None:
        command = [sys.executable, "-m", "app.notebook.serve", str(self.workspace), "--port", str(port)]
        command += ["--model", model or "starter", "--device", device] + (["--url", url] if url else [])
        # The notebook's drawing backend needs the notebook.
        environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
        with (self.folder / LOG).open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT_ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # stopping a cell sends a signal to the kernel and all that it started
            )

    def wait(self) -> RunningServer:
        """The server, once it answers; raises RuntimeError, in one line, where it does not come up."""
        if self.found is not None:
            return self.found
        assert self.process is not None
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline:
            found = find_server(self.workspace)
            if found is not None and found.pid == self.process.pid:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.give_up()
        raise RuntimeError(f"the assistant did not start: {_last_line(self.folder / LOG)}")

    def give_up(self) -> None:
        """End the server if it was started here."""
        if self.process is not None:
            unregister(self.folder)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()


def find_server(workspace: Path) -> RunningServer | None:
    """The server that runs on a workspace; None where there is none."""
    here = served_by(workspace / FOLDER)
    if here.get("machine") != socket.gethostname() or not is_running(here["pid"], workspace):
        return None
    server = RunningServer(workspace, here["pid"], here["port"], here["page"])
    return server if server.answers() else None


def end_server(workspace: Path) -> None:
    """Let go of the server of a workspace; where no other kernel uses it, it ends. Nothing to do is no error."""
    folder = workspace / FOLDER
    unregister(folder)
    server = find_server(workspace)
    if server is None or any(kernels(folder)):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + 15
    while is_running(server.pid, workspace) and time.monotonic() < deadline:
        _reap(server.pid)
        time.sleep(0.05)


def _free_port(port: int | None, folder: Path) -> int:
    """The port asked for; else that of the server before, so that a page that is still open goes on; else any."""
    if port is not None:
        try:
            listen(HOST, port).close()
        except ValueError:
            raise ValueError(f"port {port} cannot be had; choose another, or leave port out") from None
        return port
    with contextlib.suppress(ValueError):
        before = int(served_by(folder).get("port", 0))
        listen(HOST, before).close()
        return before
    return 0


def _reap(pid: int) -> None:
    # A child of this process stays a zombie until somebody asks for its exit status.
    with contextlib.suppress(ChildProcessError, AttributeError):
        os.waitpid(pid, os.WNOHANG)


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else "it says nothing"
