"""Only pages of this server may change anything: requests that other sites make a browser send are refused.

A browser sends a POST to http://127.0.0.1:7860 for any page that asks it to. What tells those apart is the
Origin header and Sec-Fetch-Site. A page can also make its own name point at 127.0.0.1 (DNS rebinding) and be of
the same origin then; what gives it away is the Host header, which is a name that is not ours.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = frozenset({"GET", "HEAD", "OPTIONS"})


# Notebooks that show a page in a frame: Jupyter on this machine, and the editors that have one.
NOTEBOOKS = "http://localhost:* http://127.0.0.1:* https://localhost:* https://127.0.0.1:* vscode-webview:"
# A session's address is known to the notebook alone that exchanged its code, wherever that is shown from.
SESSION = "/session/"
# Gradio's page begins with a script in it and makes functions of texts; everything else comes as files from here.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self' "
)


def content_policy(scope: Scope) -> str:
    """What a page of this server may load, and which pages may show it in a frame."""
    return POLICY + (f"http: https: {NOTEBOOKS}" if SESSION in scope.get("path", "") else NOTEBOOKS)


class SameOrigin:
    """Middleware for the whole application, page and data plane."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = {"localhost", socket.gethostname().lower(), *(host.lower() for host in hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        reason = self.refusal(scope.get("method", "GET"), Headers(scope=scope), scope["type"] == "websocket")
        if reason is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": reason})
            else:
                await JSONResponse({"error": reason}, 403)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                headers.setdefault("Content-Security-Policy", content_policy(scope))
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                # Gradio lets pages of other ports, and of any site where it is called by another name, read its own.
                for name in {name for name in headers if name.startswith("access-control-")}:
                    del headers[name]
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def refusal(self, method: str, headers: Headers, is_websocket: bool = False) -> str | None:
        """Why a request is refused, in one line; None for one that is welcome."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return f"the host name {host!r} is not one of this server; open it by its address, or start it with --host"
        if method in READING and not is_websocket:
            return None
        origin = headers.get("origin")
        if origin is not None and _place_of(origin) != host.lower():
            return "a request from another site is refused"
        # Other sites, and other ports of this machine, which browsers call the same site.
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return "a request from another site is refused"
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this server: by address, which no rebinding can forge, or by a known name."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self.hosts
        return True


def _place_of(origin: str) -> str | None:
    """Host and port of an Origin header, in lower case; None for one that is no address."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None
