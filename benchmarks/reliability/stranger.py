"""Somebody else on the same machine, another site and another host name: what can they read of a workspace?

    python -m benchmarks.reliability.stranger        # as root, which alone can become another user

The other user lists folders, opens every file of the workspace, reads what the system shows of the process, and asks
every route and the ways by which the page's framework once gave files away. Nothing of a picture, a name, the database
or the token may come back.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.reliability.whole_application import WholeApplication, add_image, picture

NOBODY = 65534
SECRET_NAME = "not-for-others"
# Runs as the other user with the system's Python alone: reads a task, prints what it got hold of.
AS_STRANGER = """
import json, os, sys, urllib.error, urllib.request
task = json.load(sys.stdin)
read = {}
for path in task["files"]:
    try:
        content = "\\n".join(os.listdir(path)).encode() if os.path.isdir(path) else open(path, "rb").read()
        read[path] = content.decode("latin-1")
    except OSError:
        pass
answers = []
for method, url, body in task["requests"]:
    data = None if body is None else body.encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            answers.append([method, url, answer.status, answer.read().decode("latin-1")])
    except urllib.error.HTTPError as error:
        answers.append([method, url, error.code, error.read().decode("latin-1")])
print(json.dumps({"uid": os.getuid(), "read": read, "answers": answers}))
"""


@dataclass
class Found:
    """What strangers tried, and what of it they should not have got."""

    files: int = 0
    requests: int = 0
    leaks: list[str] = field(default_factory=list)


def secrets_of(app: WholeApplication, workspace: Path) -> list[str]:
    """Texts of which none may reach a stranger: the token, a file name, bytes of a picture and of the database."""
    return [app.token, SECRET_NAME, picture(1)[60:90].decode("latin-1"), "SQLite format 3", str(workspace / "images")]


def requests_for(app: WholeApplication, workspace: Path) -> list[tuple[str, str, str | None]]:
    """Every route, the page, and what the page's framework could be asked for a file."""
    with app.client() as owner:
        paths = owner.get("/openapi.json").raise_for_status().json()["paths"]
    asked: list[tuple[str, str, str | None]] = []
    for template, methods in paths.items():
        path = template
        for name in ("image_id", "instance_id", "category_id", "job_id", "number", "note_id", "name_or_id", "name"):
            path = path.replace(f"{{{name}}}", "1")
        asked += [(method.upper(), path, None if method == "get" else "{}") for method in methods]
    asked += [
        ("GET", path, None) for path in ("/", "/docs", "/openapi.json", "/canvas/main.js", "/theme.css", "/config")
    ]
    for target in ("/etc/hostname", workspace / "maskloop.db", workspace / "token"):
        file = {"path": str(target), "meta": {"_type": "gradio.FileData"}}
        for number in range(10):
            body = json.dumps({"data": [file] * 4, "fn_index": number, "session_hash": "s"})
            asked.append(("POST", "/gradio_api/run/predict", body))
        asked += [("GET", f"{prefix}/file={target}", None) for prefix in ("/gradio_api", "")]
    asked += [("GET", f"/?token={wrong}", None) for wrong in ("", "x", "1" * 32)]
    return [(method, app.url + path, body) for method, path, body in asked]


def other_user(app: WholeApplication, workspace: Path, *, asks: bool = True) -> Found:
    """What a user without rights gets from the disk and the system, and from the server if asked; needs root."""
    pid = app.process.pid
    files = [str(path) for path in (workspace, *workspace.rglob("*"))]
    files += [f"/proc/{pid}/{name}" for name in ("environ", "cmdline", "maps", "fd", "cwd")]
    asked = requests_for(app, workspace) if asks else []
    task = json.dumps({"files": files, "requests": asked})
    # The interpreter of this program may lie where others cannot go.
    done = subprocess.run(
        ["/usr/bin/python3", "-c", AS_STRANGER], input=task, capture_output=True, text=True, check=True, cwd="/",
        user=NOBODY, group=NOBODY, extra_groups=[], env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    got = json.loads(done.stdout)
    assert got["uid"] == NOBODY
    found = Found(len(files), len(asked))
    secrets = secrets_of(app, workspace)
    for path, content in got["read"].items():
        if path.startswith(str(workspace)) or any(secret in content for secret in secrets[:4]):
            found.leaks.append(f"uid {NOBODY} reads {path}")
    for method, url, status, text in got["answers"]:
        if status not in (401, 403) or any(secret in text for secret in secrets):
            found.leaks.append(f"uid {NOBODY} gets {status} for {method} {url}")
    return found


def other_site(app: WholeApplication, workspace: Path) -> Found:
    """What another origin, and a name that was made to point here, get from a browser that is signed in."""
    found = Found()
    with httpx.Client(base_url=app.url, timeout=120) as browser:
        browser.get(f"/?token={app.token}")
        assert browser.get("/api/images").status_code == 200  # the cookie is there
        kinds: list[tuple[str, dict[str, str]]] = [
            ("another origin", {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}),
            ("another port", {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}),
            ("another host name", {"Host": "evil.example:7860"}),
        ]
        for kind, headers in kinds:
            for method, url, body in requests_for(app, workspace):
                if "/gradio_api/" in url and method == "GET":
                    continue  # 404 for everybody
                found.requests += 1
                answer = browser.request(method, url, content=body, headers=headers)
                found.leaks += [f"{kind}: {line}" for line in _wrong(answer, method, kind == "another host name")]
    return found


def _wrong(answer: httpx.Response, method: str, may_not_read: bool) -> list[str]:
    """What is wrong with an answer to another site: it was carried out, or a page could read it."""
    place = f"{method} {answer.url.path} {answer.status_code}"
    lines = []
    if (may_not_read or method != "GET") and answer.status_code != 403:
        lines.append(f"{place} is not refused")
    if any(name.startswith("access-control-allow") for name in answer.headers):
        lines.append(f"{place} is given to the other site's scripts")
    return lines


def run(app: WholeApplication, workspace: Path) -> dict[str, Found]:
    """All strangers, by what they are; the other user only where this is root."""
    with app.client() as owner:
        add_image(owner, 1)
        answer: dict[str, Any] = (
            owner.post("/api/images", files=[("files", (f"{SECRET_NAME}.png", picture(2)))]).raise_for_status().json()
        )
        assert answer["images"]
    found = {"another origin and host name": other_site(app, workspace)}
    if os.getuid() == 0:
        found["another user"] = other_user(app, workspace)
    return found


def main() -> int:
    """Try everything, print what was got hold of."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if os.getuid() != 0:
        print("not root: the test of another user is left out", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # so that nothing but the workspace's own rights keeps others out
        workspace = Path(folder) / "workspace"
        with WholeApplication(workspace) as app:
            found = run(app, workspace)
    for kind, one in found.items():
        print(f"{kind}: {one.files} files and {one.requests} requests tried, {len(one.leaks)} leaks")
        for line in one.leaks:
            print(f"  {line}")
    return 1 if any(one.leaks for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
