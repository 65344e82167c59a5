"""A training process that outlives the page and the server that started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

PROJECT_ROOT = Path(__file__).resolve().parents[1]


def start_process(module: str, directory: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m module directory` in a session of its own, its output appended to `log`.

    A session of its own: closing the terminal or stopping the server with Ctrl+C does not reach it.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(directory)],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def is_running(pid: int | None, directory: Path) -> bool:
    """Whether `pid` is still the process that trains in `directory`.

    Process numbers are given out again, after a restart of the machine at the latest, so the command line
    must name the directory. That says more than the time at which the process began, which moves when the
    system's clock is set.
    """
    if pid is None:
        return False
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and str(directory) in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def find_process(module: str, directory: Path) -> int | None:
    """The process that runs `python -m module directory`, whoever started it; None where there is none."""
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        if command[-2:] == [module, str(directory)] and process.info["status"] != psutil.STATUS_ZOMBIE:
            return int(process.pid)
    return None


def signal_process(pid: int, which: signal.Signals) -> None:
    """Send a signal to the process, or with SIGKILL to it and all that it started; gone already is no error."""
    with contextlib.suppress(ProcessLookupError):
        if which == signal.SIGKILL:
            os.killpg(pid, which)  # its session's only process group has its number
        else:
            os.kill(pid, which)
