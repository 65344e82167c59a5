"""Start the annotation assistant: `python app/main.py`."""

from __future__ import annotations

import argparse
import logging
import re
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))
# `python app/main.py` puts app/ there, where `statistics` would be ours and not Python's.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != PROJECT / "app"]

from app.serving import address_of, addresses_for_others, is_loopback, listen, open_many_files, server_for
from core import __version__
from core.commands.output import print_any_character

DEFAULT_WORKSPACE = PROJECT / "data" / "workspace"


def command() -> int:
    """The installed command `maskloop`: the assistant, or `maskloop core …`, which is `python -m core …`."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["core"]:
        from core.__main__ import main as core_command

        return core_command(arguments[1:])

    from platformdirs import user_data_path

    # Not among the packages, where an upgrade would take it away.
    return main(arguments, program="maskloop", workspace=user_data_path("maskloop", appauthor=False) / "workspace")


def main(
    arguments: Sequence[str] | None = None,
    *,
    program: str = "python app/main.py",
    workspace: Path = DEFAULT_WORKSPACE,
) -> int:
    """Parse the options and serve until interrupted; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    print_any_character()
    try:
        return _run(given, program, workspace)
    except KeyboardInterrupt:  # how it is meant to be ended, which uvicorn passes on when it has closed everything
        return 130


def _run(given: list[str], program: str, workspace: Path) -> int:
    if given[:1] in (["backup"], ["restore"]):
        from app.backup import command

        return command.main(given[0], given[1:], program, workspace)
    if given[:1] in (["invite"], ["revoke"], ["people"]):
        from app import people

        return people.main(given[0], given[1:], program, workspace)
    options = parse(given, program=program, workspace=workspace)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        listener = listen(options.host, options.port)
        serve(options, listener)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def parse(
    arguments: Sequence[str] | None = None,
    *,
    program: str = "python app/main.py",
    workspace: Path = DEFAULT_WORKSPACE,
) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog=program,
        description="Annotate images with a model that learns from your corrections, in the browser.",
        epilog="`backup FILE` writes a whole workspace to FILE while people work; `restore FILE --workspace DIR` "
        "unpacks it. `invite NAME --role annotator|reviewer|admin` makes a link of somebody's own, `revoke NAME` ends "
        "it, `people` lists them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--workspace", type=Path, default=workspace, help="folder where your work is kept")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--port", type=_port, default=7860, help="0 takes any free one")
    parser.add_argument(
        "--model",
        default="coco",
        help="what predicts in a new workspace: a name of `python -m core models`, a run or a weights file",
    )
    parser.add_argument("--device", type=_device, default="auto", help="auto, cpu, cuda, cuda:1")
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
    parser.add_argument("--version", action="version", version=f"MaskLoop {__version__}")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    options = parser.parse_args(arguments)
    if options.no_token and not is_loopback(options.host):
        parser.error(f"--no-token is for 127.0.0.1 alone: with --host {options.host} other machines could come in")
    return options


def serve(options: argparse.Namespace, listener: socket.socket) -> None:
    """Build the application and run it on a socket until SIGTERM or Ctrl+C."""
    from app.access import read_token
    from app.people import remember_address
    from app.store.database import Store

    # What can go wrong goes wrong before the long imports.
    store = Store(options.workspace, options.database_url, migrate_without_backup=options.migrate_without_backup)

    from app.inference.registry import check_first, version_in_use

    token = None if options.no_token else read_token(store.workspace)
    if (in_use := version_in_use(store)) is None:
        check_first(options.model)

    from app.server import create_app

    app = create_app(store, model=options.model, device=options.device, hosts=[options.host], token=token)
    server = server_for(app)
    open_many_files()
    port = listener.getsockname()[1]
    way_in = f":{port}/" + (f"?token={token}" if token is not None else "")
    url = f"http://{address_of(options.host)}{way_in}"
    others = [f"http://{address}{way_in}" for address in addresses_for_others(options.host)]
    remember_address(
        store.workspace, f"http://{(addresses_for_others(options.host) or [address_of(options.host)])[0]}:{port}/"
    )
    if in_use not in (None, options.model, Path(options.model).stem):
        print(f"predicting with {in_use!r}, as chosen in this workspace; --model counts in a new one", file=sys.stderr)
    lines = [f"MaskLoop is at {url} (Ctrl+C ends it)", *(f"from other machines: {other}" for other in others)]
    lines.append(f"your work is kept in {store.workspace}")
    threading.Thread(target=_announce, args=(server, url, lines, not options.no_browser), daemon=True).start()
    server.run(sockets=[listener])


def _announce(server: object, url: str, lines: Sequence[str], open_browser: bool) -> None:
    while not getattr(server, "started", False):
        time.sleep(0.02)
    for line in lines:
        print(line, flush=True)
    if open_browser:
        webbrowser.open(url)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text}: a port is a number from 0 to 65535")
    return int(text)


def _device(text: str) -> str:
    """As far as a name says it; whether there is such a device torch knows, which takes seconds to import."""
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", text):
        raise argparse.ArgumentTypeError(f"{text} is not known: use auto, cpu, cuda or cuda:1")
    return text


if __name__ == "__main__":
    sys.exit(main())
