"""A PostgreSQL server for one run: from the system's packages, in a folder that is thrown away."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Cluster:
    """An initialised cluster with an empty database `maskloop`; `crash` and `start` it at will."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        if not found:
            raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
        self.programs, self.folder, self.data = found[-1], folder, folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        if os.getuid() == 0:  # its server refuses to run as root
            folder.chmod(0o711)
            shutil.chown(folder, "postgres")
        self._run("initdb", "-A", "trust", "-U", "postgres", "-D", str(self.data))
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "maskloop")

    @property
    def url(self) -> str:
        """For `--database-url`."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/maskloop"

    def start(self) -> None:
        """Start the server, which first makes good what a crash left."""
        where = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", where, "start")

    def crash(self) -> None:
        """End the server without a checkpoint, as a power cut would."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")

    def _run(self, program: str, *options: str) -> None:
        command = [str(self.programs / program), *options]
        if os.getuid() == 0:
            command = ["su", "postgres", "-s", "/bin/sh", "-c", f"cd / && {shlex.join(command)}"]
        # pg_ctl leaves a server behind that holds on to the output it was given.
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed with status {done.returncode}; see {self.folder / 'log'}")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster, which is gone with the block."""
    with tempfile.TemporaryDirectory(prefix="maskloop-postgresql-") as folder:
        made = Cluster(Path(folder))
        try:
            yield made
        finally:
            made.crash()
