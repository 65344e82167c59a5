"""Whatever a request holds, the answer is no 500: every route of the OpenAPI with numbers and texts out of this world.

`HOSTILE_EXAMPLES=500 python -m pytest tests/app/api/test_hostile_bodies.py` tries more of each route than the 4 here.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.server import ROUTERS, create_app
from app.store.database import Store
from tests.app.api.openapi_walk import COCO, NASTY, as_asked, as_text, described_by, nested, values_of, with_one_fault
from tests.app.conftest import block, file_bytes, picture


def test_known_requests_get_one_line_and_no_500(client: TestClient, filled: None) -> None:
    for method, path, body in KNOWN:
        answer = send(client, method, path, body)
        assert 400 <= answer.status_code < 500, (method, path[:80], answer.status_code)
        assert_one_plain_line(answer)
    assert client.get("/api/images/1/document").json()["revision"] == 1


def handmade_cursor(*values: Any) -> str:
    return quote(base64.urlsafe_b64encode(json.dumps(values).encode()).decode())


HUGE = 10**30
HALF = "\ud800"  # of a character
KNOWN: list[tuple[str, str, Any]] = [
    ("GET", f"/api/images?category={HUGE}", None),
    ("GET", f"/api/images?category={2**63}", None),
    ("GET", f"/api/images?limit={HUGE}", None),
    ("GET", f"/api/images?cursor={handmade_cursor('id', HUGE, 1)}", None),
    ("GET", f"/api/images?cursor={handmade_cursor('id', 1, 2**63)}", None),
    ("GET", f"/api/images?cursor={handmade_cursor('id', [1], 1)}", None),
    ("GET", f"/api/images?cursor={handmade_cursor('id', 1, True)}", None),
    ("GET", f"/api/images?order=file_name&cursor={handmade_cursor('file_name', HALF, 1)}", None),
    ("GET", f"/api/images?order=uncertainty&cursor={handmade_cursor('uncertainty', {'a': 1}, 1)}", None),
    ("GET", f"/api/images?order=updated&cursor={handmade_cursor('updated', 1e309, 1)}", None),
    ("GET", f"/api/images?order=updated&cursor={handmade_cursor('updated', None, 1)}", None),
    ("GET", f"/api/images?cursor={quote(base64.urlsafe_b64encode(b'[' * 9000).decode())}", None),
    ("GET", "/api/images?cursor=%FF", None),
    ("GET", f"/api/images/{HUGE}/document", None),
    ("DELETE", f"/api/images/1/instances/1?base_revision={2**63}", None),
    ("POST", "/api/images/1/instances", {"category_id": 2**63, "bbox": [1, 1, 5, 5]}),
    ("POST", "/api/images/1/instances", {"category_id": 1, "bbox": [1, 1, 1e309, 5]}),
    ("POST", "/api/images/1/instances", {"category_id": 1, "bbox": [1, 1, 10**400, 5]}),
    ("POST", "/api/images/1/instances", {"category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 10**400]]}),
    ("POST", "/api/images/1/instances", {"category_id": 1, "segmentation": {"size": [80, 120], "counts": "\ud800"}}),
    ("POST", "/api/images/1/instances", {"category_id": 1, "segmentation": nested(200)}),
    ("PUT", "/api/images/1/instances/1", {"base_revision": 2**63, "iscrowd": 1}),
    ("PUT", "/api/images/1/instances/1", {"base_revision": 1, "iscrowd": 10**400}),
    ("PUT", "/api/images/1/instances/1", {"base_revision": 1, "keypoints": [10**400] * 3}),
    ("POST", "/api/images/1/accept", {"instances": [{}]}),
    ("POST", "/api/images/1/accept", {"score_threshold": float("nan")}),
    ("POST", "/api/images/1/masks", {"boxes": [[0, 0, 1e300, 1e308]]}),
    ("POST", "/api/images/1/masks", {"points": [[1, 1, 1]], "category": "\ud800"}),
    ("POST", "/api/images/1/refine", {"instance": 2**63, "points": [[1, 1, 1]]}),
    ("POST", "/api/categories", {"name": "\ud800"}),
    ("POST", "/api/categories", {"name": "pear", "supercategory": "\ud800"}),
    ("POST", "/api/categories", {"name": "pear", "supercategory": "a\x00b"}),
    ("POST", "/api/categories", {"name": "pear", "supercategory": "x" * 100_000}),
    ("POST", "/api/categories", {"name": "pear", "id": HUGE}),
    ("POST", "/api/categories", {"name": "pear", "keypoints": ["a", "b\ud800"]}),
    ("POST", "/api/categories", {"name": "pear", "keypoints": ["a"], "skeleton": [[HUGE, 1]]}),
    ("PUT", f"/api/categories/{HUGE}", {"name": "pear"}),
    ("POST", "/api/jobs", {"base_model": "\ud800"}),
    ("POST", "/api/jobs", {"categories": [HUGE]}),
    ("POST", "/api/jobs", {"epochs": HUGE}),
    ("GET", f"/api/jobs/{HUGE}", None),
    ("GET", "/api/jobs/plan?base_model=%00", None),
    ("POST", f"/api/models/{HUGE}/promote", None),
    ("GET", "/api/export?formt=coco", None),
    ("GET", "/api/export?format=coco&statu=reviewed", None),
    ("POST", "/api/categories", b"[" * 200_000),
    ("POST", "/api/categories", b'{"name": ' + b"9" * 6000 + b"}"),
    ("POST", "/api/categories", b"\xff\xfe{"),
    ("POST", "/api/import", b"[" * 200_000),
    ("POST", "/api/import", b'{"images": ' + b"9" * 6000 + b"}"),
    ("POST", "/api/import", {"images": HUGE, "annotations": "\ud800", "categories": None}),
]


@pytest.fixture
def client(store: Store, tiny_model: Path) -> Iterator[TestClient]:
    """An application whose failures are answered, as they are to a browser."""
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def filled(client: TestClient) -> None:
    """One image with one object on it, of a class with keypoints."""
    client.post("/api/images", files=[("files", ("a.png", file_bytes(picture(1))))])
    client.post("/api/categories", json={"name": "apple", "keypoints": ["stem"]})
    answer = client.post("/api/images/1/instances", json={"category_id": 1, "segmentation": block(10, 10, 20, 20)})
    assert answer.status_code == 201, answer.text


def send(client: TestClient, method: str, path: str, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if body is not None else {}
    return client.request(method, path, content=content, headers=headers)


def assert_one_plain_line(answer: httpx.Response) -> None:
    """An error that a person can read: one line, without names of exceptions, SQL or places in the code."""
    line = answer.json()["error"]
    assert line.strip()
    assert "\n" not in line
    assert len(line) <= 500
    assert (
        re.search(r"\w(Error|Exception)\b|Traceback|SELECT |INSERT |sqlalche|sqlite3|psycopg|\.py\b", line) is None
    ), line


# -- every route ------------------------------------------------------------------------------------


OPENAPI = described_by(*ROUTERS)
OPERATIONS = [f"{method} {path}" for path, methods in OPENAPI["paths"].items() for method in methods]
EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "4"))


def test_the_walk_leaves_no_route_out(client: TestClient) -> None:
    assert client.app.openapi()["paths"].keys() == OPENAPI["paths"].keys()  # type: ignore[attr-defined]
    assert "post /api/images/{image_id}/instances" in OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_request_gets_a_500(client: TestClient, filled: None, operation: str) -> None:
    method, _, template = operation.partition(" ")
    whole = OPENAPI
    described = whole["paths"][template][method]
    content = described.get("requestBody", {}).get("content", {})
    schema = COCO if template == "/api/import" else content.get("application/json", {}).get("schema")
    places = {"path": {}, "query": {}} | {
        kind: {entry["name"]: entry["schema"] for entry in described.get("parameters", ()) if entry["in"] == kind}
        for kind in ("path", "query")
    }

    def check(in_path: dict[str, Any], in_query: dict[str, Any], sent: Any) -> None:
        path = template.format(**{name: as_text(value) or "0" for name, value in in_path.items()})
        asked = "&".join(f"{name}={as_text(value)}" for name, value in in_query.items())
        answer = send(client, method.upper(), f"{path}?{asked}", sent)
        assert answer.status_code < 500, (operation, path[:200], asked[:200], str(sent)[:500], answer.text)
        if answer.status_code >= 400:
            assert_one_plain_line(answer)

    in_path = {name: as_asked(entry, whole) for name, entry in places["path"].items()}
    body = None if schema is None else as_asked(schema, whole)
    for name in in_path:
        for fault in NASTY:
            check({**in_path, name: fault}, {}, body)
    for name in places["query"]:
        for fault in NASTY:
            check(in_path, {name: fault}, body)
    for faulty in with_one_fault(body) if body is not None else ():
        check(in_path, {}, faulty)

    anything = settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    given_places = {kind: {name: values_of(entry, whole) for name, entry in places[kind].items()} for kind in places}
    anything(
        given(
            st.fixed_dictionaries(given_places["path"]),
            st.fixed_dictionaries({}, optional=given_places["query"]),
            st.none() if schema is None else values_of(schema, whole),
        )(check)
    )()
    client.post("/api/trash/1/restore")  # a request may have removed it
    assert client.get("/api/images/1/document").status_code == 200
    assert client.get("/api/export").status_code == 200


# -- methods ----------------------------------------------------------------------------------------


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def test_a_wrong_method_is_405_and_names_the_right_ones(client: TestClient) -> None:
    for template, there in OPENAPI["paths"].items():
        path = re.sub(r"{\w+}", "7", template)
        for method in METHODS:
            if method.lower() in there or (method, template) == ("GET", "/api/jobs/{job_id}"):
                continue
            others = {known for known in METHODS if is_there(known, path)}
            if method in others:
                continue  # /api/jobs/plan is /api/jobs/{job_id} too
            answer = client.request(method, path)
            assert answer.status_code == 405, (method, path, answer.text)
            assert_one_plain_line(answer)
            assert {name.strip() for name in answer.headers["allow"].split(",")} == others
    assert client.get("/api/nothing").status_code == 404
    assert_one_plain_line(client.get("/api/nothing"))


def is_there(method: str, path: str) -> bool:
    return any(
        method.lower() in there and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path)
        for template, there in OPENAPI["paths"].items()
    )
