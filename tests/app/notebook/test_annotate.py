"""`annotate(folder)` from a notebook: the real server, joined, left, restarted, and what comes back from it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pycocotools.coco import COCO

from app import annotate
from app.access import read_token
from app.notebook.server_process import find_server
from app.notebook.session import AnnotationSession
from tests.app.conftest import block, file_bytes, picture

ANNOTATIONS = {
    "images": [{"id": 70, "file_name": "a.png", "width": 120, "height": 80}],
    "annotations": [
        {"id": 1, "image_id": 70, "category_id": 5, "segmentation": block(10, 10, 30, 20), "bbox": [10, 10, 30, 20]},
        {"id": 2, "image_id": 70, "category_id": 5, "segmentation": block(60, 30, 20, 20), "bbox": [60, 30, 20, 20]},
    ],
    "categories": [{"id": 5, "name": "apple"}],
}


def photographs(folder: Path) -> Path:
    (folder / "deep").mkdir(parents=True)
    for seed, name in enumerate(["a.png", "b.png", "deep/c.png"]):
        (folder / name).write_bytes(file_bytes(picture(seed)))
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photographs(tmp_path_factory.mktemp("data") / "photos")


@pytest.fixture(scope="module")
def session(photos: Path, tiny_model: Path) -> Iterator[AnnotationSession]:
    before = digests(photos)
    with annotate(
        photos,
        ANNOTATIONS,
        model=str(tiny_model),
        device="cpu",
        categories=["pear", {"name": "fig", "color": "#112233"}],
    ) as session:
        yield session
    assert digests(photos) == before


def test_importing_the_package_costs_nothing(project_root: Path) -> None:
    code = "import sys, app; print([m for m in ('torch', 'gradio', 'sqlalchemy', 'pandas') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=project_root, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_images_are_there_by_the_names_below_the_folder(session: AnnotationSession, photos: Path) -> None:
    assert session.workspace == photos.with_name("photos-maskloop")
    table = session.images().set_index("file_name")
    assert table.index.tolist() == ["a.png", "b.png", "deep/c.png"]
    assert table.loc["a.png", ["width", "height", "status", "accepted"]].tolist() == [120, 80, "in_progress", 2]
    assert table.loc["deep/c.png", ["status", "objects"]].tolist() == ["todo", 0]


def test_the_frame_shows_the_page(session: AnnotationSession) -> None:
    shown = session._repr_mimebundle_()
    assert f'<iframe src="{session.url}/enter/' in shown["text/html"]
    assert 'height="720"' in shown["text/html"]
    assert "3 images, 0 reviewed" in shown["text/plain"]
    page = httpx.get(f"{session.url}/", headers=session.authorization, timeout=60)
    assert page.status_code == 200
    # Neither header may forbid another site, which JupyterLab is, to show it: on this machine here, anywhere by a code.
    assert "x-frame-options" not in page.headers
    assert "frame-ancestors 'self' http://localhost:*" in page.headers["content-security-policy"]


def test_no_lasting_token_is_in_what_a_notebook_keeps(session: AnnotationSession) -> None:
    shown = session._repr_mimebundle_()
    token = session.authorization["Authorization"].removeprefix("Bearer ")
    assert len(token) > 20
    assert token not in "".join(shown.values())
    (entrance,) = re.findall(r'<iframe src="([^"]+)"', shown["text/html"])
    with httpx.Client(timeout=60) as browser:
        page = browser.get(entrance, follow_redirects=True)
        assert page.status_code == 200
        assert browser.get(f"{page.url}api/images").status_code == 200
        assert browser.get(entrance).status_code == 401  # once is all
        assert browser.get(f"{session.url}/api/images").status_code == 401


def test_corrections_come_back_as_table_and_coco(session: AnnotationSession, tmp_path: Path) -> None:
    with httpx.Client(base_url=session.url, headers=session.authorization, timeout=60) as client:
        names = {row["name"]: row["id"] for row in client.get("/api/categories").json()["categories"]}
        assert {"apple": 5}.items() <= names.items()
        assert {"pear", "fig"} <= set(names)
        number = int(session.images().set_index("file_name").loc["b.png", "image_id"])
        answer = client.post(f"/api/images/{number}/predict", json={"score_threshold": 0})
        assert answer.status_code == 200, answer.text
        proposals = answer.json()["instances"]
        assert proposals
        new = {"category_id": names["pear"], "segmentation": block(5, 5, 40, 30)}
        drawn = client.post(f"/api/images/{number}/instances", json=new).json()["instance"]

    table = session.to_dataframe().set_index("id")
    assert table.loc[drawn["id"], ["x", "y", "width", "height", "area"]].tolist() == [5, 5, 40, 30, 1200]
    assert table.loc[drawn["id"], ["file_name", "category", "source", "status"]].tolist() == [
        "b.png", "pear", "manual", "accepted",
    ]  # fmt: skip
    assert (table["status"] == "proposed").sum() == len(proposals)
    assert table.loc[table["status"] == "proposed", "score"].between(0, 1).all()
    assert len(session.to_dataframe(proposals=False)) == 3
    assert session.to_dataframe("reviewed").empty

    file = session.save_coco(tmp_path / "corrected.json")
    loaded = COCO(str(file))
    assert json.loads(file.read_text()) == session.to_coco()
    assert len(loaded.anns) == 3
    assert loaded.annToMask(loaded.anns[drawn["id"]]).sum() == 1200
    assert len(session.to_coco(proposals=True)["annotations"]) == 3 + len(proposals)

    httpx.put(
        f"{session.url}/api/images/{number}/status",
        json={"status": "reviewed"},
        headers=session.authorization,
        timeout=60,
    )
    assert len(session.to_coco("reviewed")["annotations"]) == 1 + len(proposals)
    assert [image["file_name"] for image in session.to_coco("reviewed")["images"]] == ["b.png"]


def test_called_again_it_goes_on_where_it_was(session: AnnotationSession, photos: Path, tiny_model: Path) -> None:
    image = int(session.images().set_index("file_name").loc["a.png", "image_id"])
    with httpx.Client(base_url=session.url, headers=session.authorization, timeout=60) as client:
        document = client.get(f"/api/images/{image}/document").json()
        first = document["instances"][0]["id"]
        route = f"/api/images/{image}/instances/{first}?base_revision={document['revision']}"
        assert client.delete(route).status_code == 200
    before = session.to_dataframe()
    again = annotate(photos, ANNOTATIONS)
    assert again.url == session.url
    assert again.problems == []
    assert again.to_dataframe().equals(before)  # what was deleted stays deleted


def test_another_address_is_refused_while_it_runs(session: AnnotationSession, photos: Path) -> None:
    with pytest.raises(ValueError, match=r"already at http://127\.0\.0\.1:\d+/; leave out port and url"):
        annotate(photos, port=1 + int(session.url.rsplit(":", 1)[1]))
    assert httpx.get(f"{session.url}/api/categories", headers=session.authorization, timeout=60).status_code == 200


def test_an_unknown_model_is_named(session: AnnotationSession, photos: Path) -> None:
    with pytest.raises(ValueError, match="no model 'unheard of': choose one of"):
        annotate(photos, model="unheard of")


def test_a_bad_annotation_is_a_problem_not_an_end(session: AnnotationSession, photos: Path) -> None:
    bad = {
        "images": [
            {"id": 1, "file_name": "deep/c.png", "width": 120, "height": 80},
            {"id": 2, "file_name": "elsewhere.png"},
        ],
        "annotations": [{"id": 9, "image_id": 1, "category_id": 5, "bbox": [1, 1, 0, 0]}],
        "categories": [{"id": 5, "name": "apple"}],
    }
    again = annotate(photos, bad)
    assert len(again.problems) == 2
    assert "annotation 9" in again.problems[0]
    assert "1 of its 2 images are not among these" in again.problems[1]
    assert again.problems[0] in again._repr_mimebundle_()["text/html"]


def in_another_kernel(project_root: Path, photos: Path, tiny_model: Path) -> tuple[subprocess.Popen[str], str]:
    """A process that annotates and then waits, and the address of its server."""
    code = (
        "import sys, time; from app import annotate;"
        "print(annotate(sys.argv[1], model=sys.argv[2], device='cpu').url, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(photos), str(tiny_model)],
        cwd=project_root, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_it_outlives_a_stopped_cell_and_a_killed_kernel_and_is_joined(
    project_root: Path, tmp_path: Path, tiny_model: Path
) -> None:
    photos = photographs(tmp_path / "photos")
    kernel, url = in_another_kernel(project_root, photos, tiny_model)
    second = None
    try:
        os.killpg(kernel.pid, signal.SIGINT)  # "stop" reaches all that the kernel started in its group
        kernel.wait(30)
        header = {"Authorization": f"Bearer {read_token(photos.with_name('photos-maskloop'))}"}
        assert httpx.get(f"{url}/api/categories", headers=header, timeout=60).status_code == 200
        session = annotate(photos)  # the kernel after the restart
        assert session.url == url
        second, same = in_another_kernel(project_root, photos, tiny_model)
        assert same == url
        session.close()  # another notebook still uses it
        assert httpx.get(f"{url}/api/categories", headers=header, timeout=60).status_code == 200
        second.kill()
        second.wait(30)
        session = annotate(photos)
        assert session.url == url
        session.close()
        assert find_server(session.workspace) is None
        assert "closed" in repr(session)
        assert len(session.images()) == 3  # the data can still be read
        assert "text/html" not in session._repr_mimebundle_()
    finally:
        for process in (kernel, second):
            if process is not None:
                process.kill()


def test_behind_a_proxy_it_knows_its_address(tmp_path: Path, tiny_model: Path) -> None:
    """jupyter-server-proxy takes the prefix off the path and leaves Host and Origin as the browser sent them."""
    picture_file = tmp_path / "a.png"
    picture_file.write_bytes(file_bytes(picture(1)))
    url = "https://hub.example.org/user/ada/proxy/{port}/"
    with annotate(picture_file, workspace=tmp_path / "w", model=str(tiny_model), device="cpu", url=url) as session:
        port = session.url.rsplit(":", 1)[1]
        page = f"https://hub.example.org/user/ada/proxy/{port}/"
        assert f'<iframe src="{page}enter/' in session._repr_mimebundle_()["text/html"]
        browser = {"Host": "hub.example.org", "Origin": "https://hub.example.org", "Sec-Fetch-Site": "same-origin"}
        with httpx.Client(base_url=session.url, headers=browser | session.authorization, timeout=60) as client:
            assert client.get("/").status_code == 200
            assert client.get("/canvas/main.js").status_code == 200
            assert client.post("/api/categories", json={"name": "x"}).status_code == 201
            assert client.get("/", headers={"Host": "evil.example"}).status_code == 403


def test_the_server_ends_when_no_kernel_is_left(project_root: Path, tmp_path: Path, tiny_model: Path) -> None:
    code = (
        "import sys; from app.notebook import serve; serve.PATIENCE = 1.0;"
        "sys.exit(serve.main([sys.argv[1], '--model', sys.argv[2], '--device', 'cpu']))"
    )
    (tmp_path / "w" / "notebook").mkdir(parents=True)
    started = time.monotonic()
    command = [sys.executable, "-c", code, str(tmp_path / "w"), str(tiny_model)]
    result = subprocess.run(command, cwd=project_root, timeout=200, check=False)
    assert result.returncode == 0
    assert time.monotonic() - started > 1
    assert json.loads((tmp_path / "w" / "notebook" / "server.json").read_text())["port"] > 0


@pytest.mark.parametrize("kind", ["absent", "empty", "memory", "port", "broken", "status", "workspace", "json"])
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "photos"
    arguments: dict[str, Any] = {}
    if kind != "absent":
        folder.mkdir()
    if kind not in ("absent", "empty"):
        (folder / "a.png").write_bytes(b"no image" if kind == "broken" else file_bytes(picture(1)))
    expected = {
        "absent": "photos: there is no such file or folder",
        "empty": "photos: no image in it",
        "memory": "say workspace=",
        "port": "cannot be had; choose another",
        "broken": "a.png",
        "status": "annotations_status is 'done': choose one of todo, in_progress, reviewed",
        "workspace": "no workspace can be made there",
        "json": "notes.json: not valid JSON",
    }[kind]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        images: Any = [picture(1)] if kind == "memory" else folder
        if kind == "port":
            arguments["port"] = taken.getsockname()[1]
        if kind == "status":
            arguments["annotations_status"] = "done"
        if kind == "workspace":
            arguments["workspace"] = folder / "a.png" / "w"
        if kind == "json":
            (tmp_path / "notes.json").write_text("{")
            arguments["annotations"] = tmp_path / "notes.json"
        with pytest.raises((ValueError, FileNotFoundError), match=expected) as raised:
            annotate(images, **arguments)
    assert "\n" not in str(raised.value)
    assert find_server(tmp_path / "photos-maskloop") is None
    assert not list((tmp_path / "photos-maskloop" / "notebook").glob("*.kernel"))
