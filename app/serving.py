"""A socket, a server on it, and the addresses that people type to reach it."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported late: what can go wrong with a port goes wrong before it
    import uvicorn

FILES_AT_ONCE = 32_768


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


def open_many_files() -> None:
    """Let this process open as many files as the system lets it: of an upload each larger file is one, up to 20,000."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_AT_ONCE if hard == resource.RLIM_INFINITY else min(hard, FILES_AT_ONCE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit than it tells
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def address_of(host: str) -> str:
    """What to type into a browser on this machine."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def addresses_for_others(host: str) -> list[str]:
    """What to type into a browser on another machine, where those may come in."""
    if is_loopback(host):
        return []
    if host not in ("0.0.0.0", "::", ""):
        return [address_of(host)]
    # The address of the way out of this machine; nothing is sent.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return [str(probe.getsockname()[0])]
    return [socket.gethostname()]
