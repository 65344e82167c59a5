"""What can go wrong with a request to the store; every message is one line for the user."""

from __future__ import annotations


class NotFoundError(LookupError):
    """There is no such image, instance or category."""


class InvalidFieldError(ValueError):
    """A value that cannot be stored; `field` says which one."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ConflictError(RuntimeError):
    """Somebody else was faster; `instance_id` is what to look at again, None for the whole image."""

    def __init__(self, message: str, instance_id: int | None = None) -> None:
        super().__init__(message)
        self.instance_id = instance_id


class OthersEditError(ConflictError):
    """What there is to undo or redo is somebody else's."""


def one_line(text: object) -> str:
    """A message without line breaks, of a length that fits a status line."""
    # A message may quote what came, which need not be text that can be sent.
    line = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return line if len(line) <= 500 else line[:499] + "…"
