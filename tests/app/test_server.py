"""The application as one object."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from fastapi.testclient import TestClient

from app.server import create_app
from app.store.database import Store


def test_an_application_that_has_ended_is_not_kept_in_memory(tmp_path: Path, tiny_model: Path) -> None:
    """Else each one of a test run, or of a program that opens many workspaces, would stay with all of its routes."""
    store = Store(tmp_path / "workspace")
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        for address in ("/api/categories", "/openapi.json", "/docs", "/canvas/index.html"):
            assert client.get(address).status_code == 200
    left = [weakref.ref(each) for each in (app, app.state.model_service, store)]
    del app, client, store
    gc.collect()
    assert [each() for each in left] == [None, None, None]
