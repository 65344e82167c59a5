"""What a program prints, where the place it goes to does not know every character."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def print_any_character() -> None:
    """Let output and errors show "?" for what their encoding lacks, instead of raising.

    A file or a pipe on Windows, a terminal of an older locale: neither has arrows or names of every script, and a
    program must not end over a line that it prints after hours of work.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
