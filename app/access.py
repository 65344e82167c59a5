"""Who may come in: whoever has the workspace's token, as Jupyter does it.

The token lies in the workspace, readable for its owner alone. A browser brings it once, in the address that the start
prints, and gets a cookie; a script sends it as `Authorization: Bearer`; a notebook's frame, to which browsers give no
cookies, exchanges a one-time code for a session that is part of its page's address.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets
import time
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN_FILE = "token"
CODE_ROUTE = "/api/session-codes"  # POST with the token: a one-time code
ENTER = "/enter/"  # followed by a code; leads to a page of its own under SESSION
SESSION = "/session/"
CODE_SECONDS = 600.0
MOST_CODES = 100
MOST_SESSIONS = 1000
WRONG_SECONDS = 1.0  # what a wrong token waits; a right one never does
MOST_WAITING = 32  # wrong ones at a time; more are refused at once
COOKIE_SECONDS = 90 * 24 * 3600

ASK = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>MaskLoop</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;
place-content:center;min-height:90vh;margin:0 24px}form{display:flex;gap:8px}input{flex:1;font:inherit;padding:6px 10px}
button{font:inherit;padding:6px 14px}p{max-width:34rem}</style><h1>MaskLoop</h1><p>%s</p>
<form method="get"><input name="token" type="password" aria-label="Token" autocomplete="off" autofocus required>
<button>Open</button></form></html>"""
WANTED = (
    "This page asks for the token. It is in the address that was printed when the assistant was started, "
    "and in the file <code>token</code> of its workspace."
)
WRONG = "This is not the token of this workspace. It is in the file <code>token</code> there."
USED = "This frame was opened before. Run the cell again, or enter the token of the workspace."


def read_token(workspace: Path) -> str:
    """The token of a workspace, made where there is none yet; its file is for the owner alone."""
    path = workspace / TOKEN_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        token = path.read_text(encoding="ascii", errors="replace").strip()
        if len(token) >= 16:
            return token
        raise ValueError(f"{path} holds no token: delete the file, and a new one is made") from None
    token = secrets.token_urlsafe(24)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


class TokenGate:
    """Middleware for the whole application: 401 without the token, whatever is asked for."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token
        self.cookie_value = hmac.new(token.encode(), b"cookie", hashlib.sha256).hexdigest()
        self.codes: OrderedDict[str, float] = OrderedDict()  # code → when it ends
        self.sessions: OrderedDict[str, None] = OrderedDict()
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if self._may_enter(scope):
            if scope["type"] == "http" and scope["method"] == "POST" and _path(scope) == CODE_ROUTE:
                await JSONResponse({"code": self._new_code()}, 201)(scope, receive, send)
            else:
                await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "the token is missing"})
        else:
            await (await self._answer(scope))(scope, receive, send)

    # -- who is known -------------------------------------------------------------------------------

    def _may_enter(self, scope: Scope) -> bool:
        """By a header, a cookie, or the session in the address, which becomes part of the root path."""
        headers = Headers(scope=scope)
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(given.strip(), self.token):
            return True
        path = _path(scope)
        if path.startswith(SESSION):
            key = path.removeprefix(SESSION).partition("/")[0]
            if key in self.sessions and path.startswith(f"{SESSION}{key}/"):
                scope["root_path"] = scope.get("root_path", "") + SESSION + key
                return True
        return _same(_cookie(headers, cookie_name(scope)), self.cookie_value)

    async def _answer(self, scope: Scope) -> Response:
        """What a stranger gets: a way in for a token or a code in the address, else 401."""
        path, headers = _path(scope), Headers(scope=scope)
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        given = next((value for name, value in query if name == "token"), None)
        if scope["method"] == "GET" and given is not None and _same(given, self.token):
            return self._welcome(scope, path, [item for item in query if item[0] != "token"])
        if scope["method"] == "GET" and path.startswith(ENTER) and self._take_code(path.removeprefix(ENTER)):
            key = secrets.token_urlsafe(24)
            self.sessions[key] = None
            if len(self.sessions) > MOST_SESSIONS:
                self.sessions.popitem(last=False)
            return RedirectResponse(f"{scope.get('root_path', '')}{SESSION}{key}/", 303)
        brought = given is not None or path.startswith(ENTER) or "authorization" in headers
        if brought:
            if self.waiting >= MOST_WAITING:
                return JSONResponse({"error": "too many wrong tokens at a time; try again in a second"}, 429)
            self.waiting += 1
            try:
                await asyncio.sleep(WRONG_SECONDS)
            finally:
                self.waiting -= 1
        if "text/html" in headers.get("accept", "") and not path.startswith("/api/"):
            text = USED if path.startswith(ENTER) else WRONG if given is not None else WANTED
            return HTMLResponse(ASK % text, 401)
        line = "this token is not the workspace's" if brought else "the token is missing"
        advice = "send Authorization: Bearer TOKEN, the line in the workspace's file 'token'"
        return JSONResponse({"error": f"{line}: {advice}"}, 401, headers={"WWW-Authenticate": "Bearer"})

    def _welcome(self, scope: Scope, path: str, query: list[tuple[str, str]]) -> Response:
        """To the same address without the token, with a cookie from here on."""
        root = scope.get("root_path", "")
        answer = RedirectResponse(root + path + (f"?{urlencode(query)}" if query else ""), 303)
        answer.set_cookie(
            cookie_name(scope),
            self.cookie_value,
            max_age=COOKIE_SECONDS,
            path=root or "/",
            httponly=True,
            samesite="lax",
            secure=scope.get("scheme") == "https",
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    # -- one-time codes -----------------------------------------------------------------------------

    def _new_code(self) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = time.monotonic() + CODE_SECONDS
        if len(self.codes) > MOST_CODES:
            self.codes.popitem(last=False)
        return code

    def _take_code(self, code: str) -> bool:
        ends = self.codes.pop(code.strip("/"), None)
        return ends is not None and time.monotonic() < ends


def cookie_name(scope: Scope) -> str:
    """One for each port that a browser came to: browsers send a cookie to every port of a machine."""
    host = Headers(scope=scope).get("host", "")
    port = (
        host.rpartition(":")[2] if ":" in host.rpartition("]")[2] else "443" if scope.get("scheme") == "https" else "80"
    )
    return f"maskloop-{port}" if port.isdigit() else "maskloop"


def _path(scope: Scope) -> str:
    """The path within the application, whatever proxy is before it."""
    return scope["path"].removeprefix(scope.get("root_path", "")) or "/"


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
