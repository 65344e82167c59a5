"""Start the annotation assistant: `python app/main.py`."""

from __future__ import annotations

import argparse
import contextlib
import errno
import ipaddress
import logging
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import uvicorn

PROJECT = Path(__file__).resolve().parents[1]
if str(PROJECT) not in sys.path:  # `python app/main.py` puts app/ there instead
    sys.path.insert(0, str(PROJECT))
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != PROJECT / "app"]

DEFAULT_WORKSPACE = PROJECT / "data" / "workspace"


def main(arguments: list[str] | None = None) -> int:
    """Parse the options and serve until interrupted; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] in (["backup"], ["restore"]):
        from app import backup

        return backup.main(given[0], given[1:], DEFAULT_WORKSPACE)
    options = parse(given)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        listener = listen(options.host, options.port)
        serve(options, listener)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python app/main.py",
        description="Annotate images with a model that learns from your corrections, in the browser.",
        epilog="`backup FILE` writes a whole workspace to FILE while people work; `restore FILE --workspace DIR` "
        "unpacks it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--workspace", type=Path, default=DEFAULT_WORKSPACE, help="folder where your work is kept")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", type=_port, default=7860, help="0 takes any free one")
    parser.add_argument(
        "--model",
        default="coco",
        help="what predicts in a new workspace: a name of `python -m core models`, a run or a weights file",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--database-url", default=None, help="PostgreSQL instead of SQLite in the workspace")
    parser.add_argument(
        "--migrate-without-backup",
        action="store_true",
        help="update the database for this version without copying it first, where you have a backup of your own",
    )
    parser.add_argument(
        "--no-token",
        action="store_true",
        help="ask nobody for the token: whoever has an account on this machine can read and change everything",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    options = parser.parse_args(arguments)
    if options.no_token and not _is_loopback(options.host):
        parser.error(f"--no-token is for 127.0.0.1 alone: with --host {options.host} other machines could come in")
    return options


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ValueError, in one line, where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, because asyncio turns Nagle's algorithm off only where it is: without it each
    # answer of two packets waits 40 ms for the acknowledgement of the first.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ValueError(
                f"port {port} is in use (is MaskLoop running already?); choose another: --port {port + 1}"
            ) from None
        if error.errno == errno.EACCES:
            raise ValueError(f"port {port} is not allowed; choose one above 1023: --port 7860") from None
        raise ValueError(f"--host {host}: {error.strerror or error}; the usual one is 127.0.0.1") from None
    return listener


def serve(options: argparse.Namespace, listener: socket.socket) -> None:
    """Build the application and run it on a socket until SIGTERM or Ctrl+C."""
    from app.access import read_token
    from app.store.database import Store

    # What can go wrong goes wrong before the long imports.
    store = Store(options.workspace, options.database_url, migrate_without_backup=options.migrate_without_backup)

    from app.inference.registry import version_in_use
    from app.server import create_app

    token = None if options.no_token else read_token(store.workspace)
    app = create_app(store, model=options.model, device=options.device, hosts=[options.host], token=token)
    server = server_for(app)
    way_in = f":{listener.getsockname()[1]}/" + (f"?token={token}" if token is not None else "")
    url = f"http://{_address(options.host)}{way_in}"
    others = [f"http://{address}{way_in}" for address in _addresses_for_others(options.host)]
    if (in_use := version_in_use(store)) not in (None, options.model, Path(options.model).stem):
        print(f"predicting with {in_use!r}, as chosen in this workspace; --model counts in a new one", file=sys.stderr)
    threading.Thread(target=_announce, args=(server, url, others, not options.no_browser), daemon=True).start()
    server.run(sockets=[listener])


def server_for(app: Any, root_path: str = "") -> uvicorn.Server:
    """A server of an ASGI application, which other programs reach under `root_path` of their own."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        # An open page keeps a connection for ever; without a limit the server would wait as long.
        timeout_graceful_shutdown=1,
        root_path=root_path,
    )
    return uvicorn.Server(config)


def _announce(server: object, url: str, others: Sequence[str], open_browser: bool) -> None:
    while not getattr(server, "started", False):
        time.sleep(0.02)
    print(f"MaskLoop is at {url} (Ctrl+C ends it)", flush=True)
    for other in others:
        print(f"from other machines: {other}", flush=True)
    if open_browser:
        webbrowser.open(url)


def _address(host: str) -> str:
    """What to type into a browser on this machine."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addresses_for_others(host: str) -> list[str]:
    """What to type into a browser on another machine, where those may come in."""
    if _is_loopback(host):
        return []
    if host not in ("0.0.0.0", "::", ""):
        return [_address(host)]
    # The address of the way out of this machine; nothing is sent.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return [str(probe.getsockname()[0])]
    return [socket.gethostname()]


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text}: a port is a number from 0 to 65535")
    return value


if __name__ == "__main__":
    sys.exit(main())
