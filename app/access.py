"""Who may come in: whoever has the workspace's token, as Jupyter does it, or a link of their own.

The token lies in the workspace, readable for its owner alone; links are those of `app.store.people`. A browser brings
either once, in the address, and gets a cookie; a script sends it as `Authorization: Bearer`; a notebook's frame, to
which browsers give no cookies, exchanges a one-time code for a session that is part of its page's address. Who it is
decides what they may do: `app.roles`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.messages.wording import Wording, asked_language
from app.roles import OWNER, SCOPE_KEY, Person, refusal, role_needed
from app.store.people import link_of

logger = logging.getLogger("maskloop")

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

_ASK = """<!doctype html><html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>MaskLoop</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;
place-content:center;min-height:90vh;margin:0 24px}form{display:flex;gap:8px}input{flex:1;font:inherit;padding:6px 10px}
button{font:inherit;padding:6px 14px}p{max-width:34rem}</style><h1>MaskLoop</h1><p>%s</p>
<form method="get"><input name="token" type="password" aria-label="%s" autocomplete="off" autofocus required>
<button>%s</button></form></html>"""


def read_token(workspace: Path) -> str:
    """The token of a workspace, made where there is none yet; its file is for the owner alone.

    Raises ValueError, in one line, where it can neither be read nor be made.
    """
    path = workspace / TOKEN_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _token_in(path)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; the workspace has to be writable") from None
    token = secrets.token_urlsafe(24)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as error:
        path.unlink(missing_ok=True)  # an empty one would keep the next start from making its own
        raise ValueError(f"{path}: {error.strerror}; make room on the disk of the workspace") from None
    return token


def _token_in(path: Path) -> str:
    try:
        with contextlib.suppress(PermissionError):  # somebody else's, who lets us in
            path.chmod(0o600)
        token = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise ValueError(
            f"{path}: {error.strerror}; start the assistant as the user whose workspace it is, or with --workspace DIR"
        ) from None
    if len(token) >= 16:
        return token
    raise ValueError(f"{path} holds no token: delete the file, and a new one is made")


class TokenGate:
    """Middleware for the whole application: 401 for who is not known, 403 for what their role may not.

    `find` gives the person of a link, or None; it is asked each time, so that a revoked link ends at once.
    """

    def __init__(self, app: ASGIApp, token: str, find: Callable[[str], Person | None] = lambda _link: None) -> None:
        self.app = app
        self.token = token
        self.find = find
        self.codes: OrderedDict[str, tuple[float, Person]] = OrderedDict()  # code → when it ends, whose it is
        self.sessions: OrderedDict[str, str] = OrderedDict()  # the links of those whose pages they are
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            welcome = await self._brought_in_address(scope)
            person = None if welcome is not None else await self._person(scope)
        except SQLAlchemyError as error:
            logger.error("people cannot be looked up: %s", error)
            await JSONResponse({"error": "the database is busy; send it again in a moment"}, 503)(scope, receive, send)
            return
        if welcome is not None:
            await welcome(scope, receive, send)
        elif person is not None:
            scope[SCOPE_KEY] = person
            await self._let_in(person, scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "the token is missing"})
        else:
            await (await self._answer(scope))(scope, receive, send)

    async def _let_in(self, person: Person, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, or 403 where the table says no."""
        method, path = scope.get("method", "GET"), _path(scope)
        needed = role_needed("GET" if method == "HEAD" else method, path)
        if not person.has(needed):
            await JSONResponse({"error": refusal(person, needed)}, 403)(scope, receive, send)
        elif (method, path) == ("POST", CODE_ROUTE):
            await JSONResponse({"code": self._new_code(person)}, 201)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    # -- who is known -------------------------------------------------------------------------------

    async def _person(self, scope: Scope) -> Person | None:
        """By a header, the session in the address, which becomes part of the root path, or a cookie."""
        headers = Headers(scope=scope)
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and (person := await self._person_of_token(given.strip())) is not None:
            return person
        path = _path(scope)
        if path.startswith(SESSION):
            key = path.removeprefix(SESSION).partition("/")[0]
            link = self.sessions.get(key)
            if link is not None and path.startswith(f"{SESSION}{key}/"):
                if (person := await self._person_of_link(link)) is not None:
                    scope["root_path"] = scope.get("root_path", "") + SESSION + key
                return person
        link, _, proof = _cookie(headers, cookie_name(scope)).rpartition(".")
        return await self._person_of_link(link) if _same(proof, self._proof(link)) else None

    async def _person_of_token(self, token: str) -> Person | None:
        return OWNER if _same(token, self.token) else await self._person_of_link(link_of(token))

    async def _person_of_link(self, link: str) -> Person | None:
        return await run_in_threadpool(self.find, link) if link else OWNER

    def _proof(self, link: str) -> str:
        """What makes a cookie: nobody can work it out from the database alone."""
        return hmac.new(self.token.encode(), f"cookie {link}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    async def _brought_in_address(self, scope: Scope) -> Response | None:
        """The way in for a right token in the address, also for a browser that came as somebody else before."""
        if scope["type"] != "http" or scope["method"] != "GET" or "authorization" in Headers(scope=scope):
            return None
        query = _query(scope)
        given = next((value for name, value in query if name == "token"), None)
        if not given or (person := await self._person_of_token(given)) is None:
            return None
        return self._welcome(scope, person, [item for item in query if item[0] != "token"])

    async def _answer(self, scope: Scope) -> Response:
        """What a stranger gets: a way in for a code in the address, else 401."""
        path, headers = _path(scope), Headers(scope=scope)
        given = next((value for name, value in _query(scope) if name == "token"), None)
        if scope["method"] == "GET" and path.startswith(ENTER):
            person = self._take_code(path.removeprefix(ENTER))
            if person is not None:
                key = secrets.token_urlsafe(24)
                self.sessions[key] = person.link
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
            code = "frame_used" if path.startswith(ENTER) else "token_wrong" if given is not None else "token_wanted"
            return HTMLResponse(asking_page(code, asked_language(headers)), 401)
        line = "this token is not the workspace's, nor anybody's link" if brought else "the token is missing"
        advice = "send Authorization: Bearer TOKEN, the line in the workspace's file 'token'"
        return JSONResponse({"error": f"{line}: {advice}"}, 401, headers={"WWW-Authenticate": "Bearer"})

    def _welcome(self, scope: Scope, person: Person, query: list[tuple[str, str]]) -> Response:
        """To the same address without the token, with a cookie from here on."""
        root, path = scope.get("root_path", ""), "/" + _path(scope).lstrip("/")  # "//name/" would be another site
        answer = RedirectResponse(root + path + (f"?{urlencode(query)}" if query else ""), 303)
        answer.set_cookie(
            cookie_name(scope),
            f"{person.link}.{self._proof(person.link)}",
            max_age=COOKIE_SECONDS,
            path=root or "/",
            httponly=True,
            samesite="lax",
            secure=scope.get("scheme") == "https",
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    # -- one-time codes -----------------------------------------------------------------------------

    def _new_code(self, person: Person = OWNER) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = time.monotonic() + CODE_SECONDS, person
        if len(self.codes) > MOST_CODES:
            self.codes.popitem(last=False)
        return code

    def _take_code(self, code: str) -> Person | None:
        ends, person = self.codes.pop(code.strip("/"), (0.0, None))
        return person if time.monotonic() < ends else None


def asking_page(code: str, language: str) -> str:
    """The page that asks for the token; `code` is the line of the table that says why."""
    words = Wording(language)
    tag = "zh-Hans" if words.language == "zh" else words.language
    return _ASK % (tag, words(code), words("token"), words("open"))


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


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


def _cookie(headers: Headers, name: str) -> str:
    # As browsers write it: http.cookies drops every cookie behind one of another program that it finds odd.
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
