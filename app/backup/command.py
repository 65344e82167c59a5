"""`python app/main.py backup FILE` and `restore FILE`: their options, and every error in one line."""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tarfile
from pathlib import Path

from app.backup.restoring import restore
from app.backup.writing import backup
from app.store.database import DATABASE_NAME


def main(command: str, arguments: list[str], program: str, default_workspace: Path) -> int:
    """`backup` or `restore` with its own options; the exit status."""
    parser = argparse.ArgumentParser(prog=f"{program} {command}")
    parser.add_argument("file", type=Path, help="the backup, a .tar file")
    parser.add_argument("--workspace", type=Path, default=default_workspace, help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        if command == "backup":
            line = backup(options.workspace, options.file)
        else:
            line = restore(options.file, options.workspace)
    except sqlite3.Error as error:
        print(f"error: {options.workspace / DATABASE_NAME}: {error}", file=sys.stderr)
        return 2
    except (tarfile.TarError, EOFError) as error:
        print(f"error: {options.file}: {error}", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        # What is written does not say where it was to go when the disk is full.
        place = getattr(error, "filename", None) or (options.file if command == "backup" else options.workspace)
        reason = f"{place}: {error.strerror}" if isinstance(error, OSError) and error.strerror else error
        print(f"error: {reason}", file=sys.stderr)
        return 2
    print(line)
    return 0
