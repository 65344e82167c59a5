"""/docs lists every route and loads nothing from anywhere."""

from __future__ import annotations

import re
from html import unescape

from fastapi.testclient import TestClient

from app.api.http.reference import reference_page


def test_every_route_is_on_the_page_and_nothing_is_loaded(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    text = unescape(re.sub(r"<[^>]+>", "", answer.text))
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        assert path in text
        for described in methods.values():
            assert all(entry["name"] in text for entry in described.get("parameters", ()))
    assert re.search(r"<script|<link|<img|@import|url\(|\bsrc=|https?://", answer.text) is None


def test_every_schema_that_is_named_is_on_the_page(client: TestClient) -> None:
    page = client.get("/docs").text
    named = set(re.findall(r'href="#([^"]+)"', page))
    assert named
    assert named <= set(re.findall(r'<details id="([^"]+)"', page))


def test_texts_are_shown_as_they_are() -> None:
    page = reference_page(
        {
            "info": {"title": "<b>", "version": "1"},
            "paths": {"/a": {"get": {"summary": "<script>alert(1)</script>", "responses": {}}}},
        }
    )
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
