"""Other sites may not change anything here, nor read it; what a user uploads is never run."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.same_origin import SameOrigin
from tests.app.conftest import Upload, file_bytes, picture

OWN = "http://127.0.0.1:7860"


def change(client: TestClient, **headers: str) -> Any:
    return client.post("/api/categories", json={"name": "x"}, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "localhost:7860", "Origin": "http://localhost:7860"},
        {"Host": "[::1]:7860", "Origin": "http://[::1]:7860"},
        {"Host": "192.168.1.7:7860", "Origin": "http://192.168.1.7:7860"},
    ],
)
def test_own_pages_and_scripts_may_write(client: TestClient, headers: dict[str, str]) -> None:
    assert change(client, **headers).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:8888"},  # another program of this machine
        {"Origin": "http://localhost:7860"},  # the page was opened as 127.0.0.1
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://[::1"},  # no address at all
        {"Origin": "http://127.0.0.1:7860]"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example:7860", "Origin": "http://evil.example:7860"},  # DNS rebinding
        {"Host": ""},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_other_sites_may_not(client: TestClient, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/api/categories"), ("PUT", "/api/images/1/status"), ("DELETE", "/api/categories/1")):
        answer = client.request(method, path, json={"name": "x", "status": "todo"}, headers=headers)
        assert answer.status_code == 403
        assert "\n" not in answer.json()["error"]
    upload = client.post("/api/images", files={"files": ("a.png", file_bytes(picture(1)))}, headers=headers)
    assert upload.status_code == 403
    assert client.get("/api/categories").json() == {"categories": []}


def test_a_rebound_name_may_not_even_read(client: TestClient) -> None:
    assert client.get("/api/images", headers={"Host": "evil.example"}).status_code == 403


def test_a_name_given_with_host_is_known() -> None:
    guard = SameOrigin(app=None, hosts=["labels.example"])  # type: ignore[arg-type]
    from starlette.datastructures import Headers

    assert guard.refusal("GET", Headers({"host": "Labels.Example:7860"})) is None
    assert guard.refusal("GET", Headers({"host": "other.example"})) is not None
    assert guard.refusal("GET", Headers({"host": "[::1"})) is not None


def test_no_other_site_is_let_in_by_cors(client: TestClient) -> None:
    answer = client.get("/api/images", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    answer = client.options(
        "/api/images", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert "access-control-allow-origin" not in answer.headers


def test_images_are_shown_as_images_and_as_nothing_else(client: TestClient, upload: Upload) -> None:
    image = upload(1, "<script>alert(1)</script>.html")
    for path in (f"/api/images/{image}/file", f"/api/images/{image}/thumbnail"):
        answer = client.get(path)
        assert answer.headers["content-type"] in ("image/png", "image/webp")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    for path in ("/api/images", "/docs", "/canvas/model/api.js", "/api/nothing"):
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/canvas/../main.py",
        "/canvas/..%2fmain.py",
        "/canvas/%2e%2e/main.py",
        "/canvas//etc/passwd",
        "/canvas/..\\main.py",
        "/api/images/../../etc/passwd/file",
        "/api/images/..%2f..%2fmaskloop.db/file",
    ],
)
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert "error" in answer.json()


def test_the_editor_s_files_are_checked_for_a_new_version(client: TestClient) -> None:
    answer = client.get("/canvas/model/api.js")
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "no-cache"


def test_every_route_is_documented(client: TestClient) -> None:
    assert client.get("/docs").status_code == 200
    paths = client.get("/openapi.json").json()["paths"]
    expected = {
        ("/api/images", "post"),
        ("/api/images", "get"),
        ("/api/images/{image_id}/file", "get"),
        ("/api/images/{image_id}/thumbnail", "get"),
        ("/api/images/{image_id}/predict", "post"),
        ("/api/images/{image_id}/document", "get"),
        ("/api/images/{image_id}/instances", "post"),
        ("/api/images/{image_id}/instances/{instance_id}", "put"),
        ("/api/images/{image_id}/instances/{instance_id}", "delete"),
        ("/api/images/{image_id}/masks", "post"),
        ("/api/images/{image_id}/refine", "post"),
        ("/api/images/{image_id}/undo", "post"),
        ("/api/images/{image_id}/redo", "post"),
        ("/api/images/{image_id}/status", "put"),
        ("/api/categories", "get"),
        ("/api/categories", "post"),
        ("/api/categories/{category_id}", "put"),
        ("/api/import", "post"),
        ("/api/export", "get"),
        ("/api/jobs", "post"),
        ("/api/models", "get"),
    }
    described = {
        (path, method) for path, methods in paths.items() for method, route in methods.items() if route["description"]
    }
    assert expected <= described


def test_pages_load_from_here_alone_and_other_sites_may_not_frame_them(client: TestClient) -> None:
    for path in ("/canvas/index.html", "/docs", "/api/images"):
        answer = client.get(path)
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == "'none'"
        assert "*" not in policy["script-src"]
        ancestors = policy["frame-ancestors"].split()
        assert "http://localhost:*" in ancestors  # Jupyter
        assert not {"*", "http:", "https:"} & set(ancestors)
        assert answer.headers["x-content-type-options"] == "nosniff"
