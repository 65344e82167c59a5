"""A server that is killed in the middle of edits has every edit that it answered for, and at most one more."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app.exchange.coco_export import export_coco
from app.store.database import Store
from app.store.documents import document_json, find_image
from tests.app.conftest import block, file_bytes, picture

# The data plane in a process of its own; the page takes seconds more and has nothing to do with it.
SERVE = """
import sys, uvicorn
from app.server import create_app
from app.store.database import Store
workspace, model, port = sys.argv[1:]
app = create_app(Store(workspace), model=model, device="cpu", with_page=False, load_at_once=False)
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(project_root: Path, workspace: Path, model: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port = free_port()
    command = [sys.executable, "-c", SERVE, str(workspace), str(model), str(port)]
    process = subprocess.Popen(command, cwd=project_root, env={**os.environ, "PYTHONPATH": str(project_root)})
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    try:
        for _ in range(600):
            assert process.poll() is None
            try:
                client.get("/api/categories")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process, client
    finally:
        client.close()
        process.kill()
        process.wait()


def test_kill_loses_at_most_the_edit_in_flight(project_root: Path, tmp_path: Path, tiny_model: Path) -> None:
    workspace = tmp_path / "workspace"
    answered: list[dict[str, Any]] = []
    sent = 0
    with server(project_root, workspace, tiny_model) as (process, client):
        files = [("files", ("a.png", file_bytes(picture(1))))]
        image = client.post("/api/images", files=files).json()["images"][0]["image_id"]
        category = client.post("/api/categories", json={"name": "apple"}).json()["id"]
        url = f"/api/images/{image}/instances"
        client.post(url, json={"category_id": category, "segmentation": block(0, 0, 10, 10)})
        threading.Timer(0.5, lambda: os.kill(process.pid, signal.SIGKILL)).start()
        try:
            while True:
                sent += 1
                # Each edit says its number by where it puts the object.
                outline = block(sent % 100, sent // 100, 10, 10)
                answer = client.put(f"{url}/1", json={"base_revision": sent, "segmentation": outline})
                answered.append(answer.json())
        except httpx.TransportError:
            pass
        assert process.wait(10) == -signal.SIGKILL
    assert answered
    store = Store(workspace)
    with store.reading() as session:
        integrity = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
        document = document_json(session, find_image(session, image))
        export_coco(session, tmp_path / "export.json")
    store.close()
    assert integrity == "ok"
    (instance,) = document["instances"]
    saved = document["revision"] - 1  # edits after the first
    assert len(answered) <= saved <= sent
    assert instance["bbox"] == [saved % 100, saved // 100, 10, 10]
    # The next server goes on from there, history included.
    with server(project_root, workspace, tiny_model) as (_, client):
        answer = client.put(
            f"/api/images/{image}/instances/1",
            json={"base_revision": document["revision"], "segmentation": block(70, 60, 10, 10)},
        )
        assert answer.status_code == 200
        for step in reversed(range(max(0, saved - 3), saved + 1)):
            (instance,) = client.post(f"/api/images/{image}/undo").json()["instances"]
            assert instance["bbox"] == [step % 100, step // 100, 10, 10]


def test_two_servers_may_share_a_workspace(project_root: Path, tmp_path: Path, tiny_model: Path) -> None:
    """Writers wait for each other, and a stale edit is a conflict wherever the other one was made."""
    workspace = tmp_path / "workspace"
    with (
        server(project_root, workspace, tiny_model) as (_, first),
        server(project_root, workspace, tiny_model) as (
            _,
            second,
        ),
    ):
        files = [("files", ("a.png", file_bytes(picture(1))))]
        image = first.post("/api/images", files=files).json()["images"][0]["image_id"]
        category = second.post("/api/categories", json={"name": "apple"}).json()["id"]
        url = f"/api/images/{image}/instances"
        statuses: list[int] = []

        def draw(client: httpx.Client) -> None:
            for step in range(15):
                fields = {"category_id": category, "segmentation": block(step, step, 10, 10)}
                statuses.append(client.post(url, json=fields).status_code)

        threads = [threading.Thread(target=draw, args=(client,)) for client in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [201] * 30
        document = first.get(f"/api/images/{image}/document").json()
        assert document["revision"] == len(document["instances"]) == 30
        change = {"base_revision": 30, "iscrowd": 1}
        assert first.put(f"{url}/1", json=change).status_code == 200
        assert second.put(f"{url}/1", json=change).status_code == 409
