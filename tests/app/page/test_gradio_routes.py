"""The page's framework serves no file, takes no upload and copies nothing: a stranger asks for all of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.server import create_app
from app.store.database import Store

SECRET = "a line that nobody else may read"


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the user's outside the workspace."""
    path = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    path.write_text(SECRET)
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a file in it."""
    folder = tmp_path_factory.mktemp("opened") / "workspace"
    folder.mkdir()
    (folder / "inside.txt").write_text(SECRET)
    return folder


@pytest.fixture(scope="module")
def page(workspace: Path, tiny_model: Path) -> Iterator[TestClient]:
    """The whole application, the page included."""
    app = create_app(Store(workspace), model=str(tiny_model), device="cpu", load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        yield client


def file_data(path: object) -> dict[str, Any]:
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def copies(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "inside.txt"]


def test_no_function_of_the_page_takes_a_file(page: TestClient, secret: Path, workspace: Path) -> None:
    functions = page.app.routes[-1].app.app.get_blocks().fns  # type: ignore[attr-defined]
    assert len(functions) >= 8
    for path in (secret, workspace / "inside.txt", "/etc/hostname", f"http://127.0.0.1:1/{secret}"):
        for number in functions:
            for item in (file_data(path), {"path": str(path)}, [file_data(path)], {"value": {"url": str(path)}}):
                body = {"data": [item] * 5, "fn_index": number, "session_hash": "s"}
                answer = page.post("/gradio_api/run/predict", json=body)
                assert answer.status_code == 422
                assert SECRET not in answer.text
    assert not [path for path in copies(workspace / "page-files") if path.read_text() == SECRET]


@pytest.mark.parametrize("prefix", ["/static", "/assets", "/canvas"])
@pytest.mark.parametrize("length", [300, 5000])
def test_a_name_that_no_disk_has_is_not_found(page: TestClient, prefix: str, length: int) -> None:
    assert page.get(f"{prefix}/{'a' * length}.js").status_code == 404


@pytest.mark.parametrize("prefix", ["/gradio_api", "", "/canvas", "/api", "/static", "/assets"])
def test_no_route_serves_a_file(page: TestClient, secret: Path, workspace: Path, prefix: str) -> None:
    for path in (secret, workspace / "inside.txt", workspace / "maskloop.db"):
        for route in (
            f"/file={path}",
            f"/file/{path}",
            f"/file%3D{path}",
            f"//file={path}",
            f"/./file={path}",
            f"/assets/../file={path}",
            f"/assets/..%2f..%2ffile={path}",
            f"/proxy=file://{path}",
            f"/proxy=http://127.0.0.1:7860/gradio_api/file={path}",
            f"/stream/s/0/0/{path}",
            f"/static/../../../../../..{path}",
            f"/assets/%2e%2e/%2e%2e/%2e%2e{path}",
            f"/custom_component/x/client/component/{path}",
            f"/svelte/{path}",
            f"/deep_link?session_hash={path}",
            f"/..%252f..%252f..%252f..%252f..{path}",
            f"/..%5c..%5c..%5c..{path}",
            f"/..\\..\\..{path}",
            f"/%00{path}",
            f"/{path}%00.js",
            f"/index.html/../../../../../..{path}",
        ):
            for method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"):
                answer = page.request(method, prefix + route)
                assert answer.status_code in (400, 404, 405), (method, prefix + route)
                assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/theme.css", "/gradio_api/queue/join", "/gradio_api/file=/etc/hostname", "/api/images"]
)
def test_nothing_is_talked_over_a_websocket(page: TestClient, path: str) -> None:
    with pytest.raises(WebSocketDisconnect), page.websocket_connect(path):
        pass


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress?upload_id=1"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/run/view"),
        ("POST", "/gradio_api/call/view"),
        ("POST", "/gradio_api/call/v2/view"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data?session_hash=s"),
        ("POST", "/gradio_api/component_server"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("GET", "/config"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/monitoring"),
        ("POST", "/login"),
        ("POST", "/gradio_api/run/predict/"),
    ],
)
def test_what_the_page_does_not_use_is_not_there(page: TestClient, method: str, path: str, secret: Path) -> None:
    answer = page.request(method, path, files={"files": ("a.txt", b"x")} if "upload" in path else None)
    assert answer.status_code == 404


def test_the_page_and_its_assets_are_there(page: TestClient) -> None:
    assert "gradio" in page.get("/").text
    assert page.get("/theme.css").status_code == 200
    assert page.get("/static/js/iframeResizer.contentWindow.min.js").status_code == 200
    # What the page calls when it is loaded.
    functions = page.app.routes[-1].app.app.get_blocks().fns  # type: ignore[attr-defined]
    load = next(number for number, function in functions.items() if function.targets[0][1] == "load")
    body = {"data": [None, 5, True, None], "fn_index": load, "session_hash": "s"}
    assert page.post("/gradio_api/run/predict", json=body).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:8888", "http://localhost:7860"])
@pytest.mark.parametrize("host", ["127.0.0.1:7860", "192.168.1.7:7860"])
def test_no_page_of_another_origin_may_read_it(page: TestClient, host: str, origin: str) -> None:
    for path in ("/", "/theme.css", "/gradio_api/app_id", "/static/js/iframeResizer.contentWindow.min.js"):
        answer = page.get(path, headers={"Host": host, "Origin": origin})
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        preflight = page.options(path, headers={"Host": host, "Origin": origin, "Access-Control-Request-Method": "GET"})
        assert not [name for name in preflight.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("value", [None, "many", -1, 1e300, []])
def test_an_emptied_slider_is_no_error_of_the_server(page: TestClient, value: object) -> None:
    functions = page.app.routes[-1].app.app.get_blocks().fns  # type: ignore[attr-defined]
    tried = 0
    for number, function in functions.items():
        data = [value if component.get_block_name() == "slider" else None for component in function.inputs]
        if value in data and "slider" in [component.get_block_name() for component in function.inputs]:
            answer = page.post("/gradio_api/run/predict", json={"data": data, "fn_index": number, "session_hash": "s"})
            assert answer.status_code == 422, function.fn.__name__
            tried += 1
    assert tried >= 5


def test_calls_are_bounded_and_have_to_be_json(page: TestClient) -> None:
    for content, status in ((b"x" * 300_000, 413), (b"[" * 100_000, 422), (b"\xff", 422)):
        answer = page.post("/gradio_api/run/predict", content=content)
        assert answer.status_code == status
        assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize(
    "call",
    [
        [],
        {},
        {"data": [], "fn_index": 0},
        {"data": [None] * 4, "fn_index": 99},
        {"data": [None] * 4, "fn_index": True},
        {"data": [None] * 4},
        {"data": None, "fn_index": 0},
    ],
)
def test_a_call_names_a_function_and_brings_what_it_takes(page: TestClient, call: object) -> None:
    answer = page.post("/gradio_api/run/predict", json=call)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("query", ["page=other", "deep_link=x", "deep_link=..%2F..%2Fx"])
def test_no_parameter_of_the_address_reaches_the_framework(page: TestClient, query: str) -> None:
    answer = page.get(f"/?{query}")
    assert answer.status_code == 200
    assert '"deep_link_state":"none"' in answer.text.replace(" ", "")


def test_its_folder_lies_in_the_workspace_for_the_owner_alone(page: TestClient, workspace: Path) -> None:
    assert stat.S_IMODE((workspace / "page-files").stat().st_mode) == 0o700
    assert str(workspace / "page-files") == page.app.routes[-1].app.app.get_blocks().GRADIO_CACHE  # type: ignore[attr-defined]
