"""`python app/main.py invite NAME --role ROLE`, `revoke NAME` and `people`: links of people's own.

The server may run meanwhile. Whoever can run these can read the workspace, which is the owner's alone.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from app.json_files import read_json, write_json
from app.roles import OWNER, RANKS
from app.serving import is_loopback
from app.store.database import DATABASE_NAME, Store
from app.store.errors import ConflictError, NotFoundError
from app.store.people import invite, invited, revoke

ADDRESS = "address.json"  # in the workspace: where the last server was reached
USUAL = "http://127.0.0.1:7860/"


def main(command: str, arguments: list[str], program: str, workspace: Path) -> int:
    """One of the commands with its own options; the exit status."""
    parser = argparse.ArgumentParser(prog=f"{program} {command}")
    if command != "people":
        parser.add_argument("name", help="as it stands beside what they do")
    if command == "invite":
        parser.add_argument("--role", required=True, choices=RANKS, help="each may do what those before it may")
        parser.add_argument("--url", help="where they reach the assistant; default: as it was started last")
    parser.add_argument("--workspace", type=Path, default=workspace, help="default: %(default)s")
    parser.add_argument("--database-url", default=None, help="where the workspace's database is PostgreSQL")
    options = parser.parse_args(arguments)
    try:
        _check_workspace(command, options)
        store = Store(options.workspace, options.database_url)
        try:
            for line in _lines(command, store, options):
                print(line)
        finally:
            store.close()
    except (ValueError, NotFoundError, ConflictError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _check_workspace(command: str, options: argparse.Namespace) -> None:
    """A folder that is no workspace is a mistaken one; `invite` may come before the first start, and says so."""
    if options.database_url is not None or (options.workspace.expanduser() / DATABASE_NAME).is_file():
        return
    if command != "invite":
        raise ValueError(f"{options.workspace} has no {DATABASE_NAME}: name the folder with --workspace")
    print(f"a new workspace: {options.workspace.expanduser().absolute()}", file=sys.stderr)


def remember_address(workspace: Path, url: str) -> None:
    """Keep where a server is reached, for the links of people who are invited; on a full disk the last place stays."""
    with contextlib.suppress(OSError):  # no reason not to start: what is there can be looked at and exported
        write_json(workspace / ADDRESS, {"url": url})


def _lines(command: str, store: Store, options: argparse.Namespace) -> list[str]:
    if command == "people":
        return _listed(store)
    with store.writing() as session:
        if command == "revoke":
            name = revoke(session, options.name)
            return [f"the link of {name} opens nothing any more; what they did keeps their name"]
        person, token = invite(session, options.name, options.role)
    url = options.url or _address(store.workspace)
    lines = [f"{person.name}, {person.role}: whoever opens this link is signed in so; it is not shown again"]
    lines.append(f"{url.rstrip('/')}/?token={token}")
    if options.url is None and is_loopback(url.split("://")[-1].rpartition(":")[0]):
        lines.append("it opens on this machine; for another one start the assistant with --host, or say --url here")
    return lines


def _listed(store: Store) -> list[str]:
    with store.reading() as session:
        rows = [(row.name, row.role, _state(row.link, row.invited, row.revoked)) for row in invited(session)]
    rows.insert(0, (OWNER.name, OWNER.role, "has the workspace's token"))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return [f"{name:{widths[0]}}  {role:{widths[1]}}  {state}" for name, role, state in rows]


def _state(link: str | None, invited: float, revoked: float | None) -> str:
    if link is not None:
        return f"invited {_day(invited)}"
    return f"revoked {_day(revoked)}" if revoked is not None else "has no link: it came from a backup; invite again"


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))


def _address(workspace: Path) -> str:
    try:
        return str(read_json(workspace / ADDRESS)["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return USUAL
