"""What the handlers of the Fine-tune tab answer; tests/browser/test_finetune_tab.py has what a person sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.server import create_app
from app.store.database import Store


@pytest.fixture
def client(tmp_path: Path, tiny_model: Path) -> Iterator[TestClient]:
    """The application on an empty workspace: nothing can be learnt from it yet."""
    application = create_app(Store(tmp_path), model=str(tiny_model), device="cpu", load_at_once=False)
    with TestClient(application, base_url="http://127.0.0.1:7860") as client:
        yield client


def answer(client: TestClient, name: str, **headers: str) -> dict[str, Any]:
    """What a function of the page answers, by the HTML id of the component that it fills; {} where it is left alone."""
    functions = client.app.routes[-1].app.app.get_blocks().fns  # type: ignore[attr-defined]
    number, function = next((n, f) for n, f in functions.items() if f.fn.__name__ == name)
    data = [None, 1, None, None] if function.inputs else []
    body = {"data": data, "fn_index": number, "session_hash": "s"}
    given = client.post("/gradio_api/run/predict", json=body, headers=headers).json()["data"]
    filled = {part.elem_id: value for part, value in zip(function.outputs, given, strict=True) if part.elem_id}
    return {name: {} if value == {"__type__": "update"} else value for name, value in filled.items()}


def test_a_tick_writes_over_nothing_that_a_click_was_answered(client: TestClient) -> None:
    # It may have begun before the click, and end after it.
    assert "at least 2 reviewed images" in answer(client, "view")["finetune-message"]
    assert "at least 2 reviewed images" in answer(client, "on_start")["finetune-message"]
    assert answer(client, "on_tick")["finetune-message"] == {}
    assert answer(client, "on_tick")["finetune-data"] != {}


def test_the_tab_is_in_the_language_of_who_reads_it(client: TestClient) -> None:
    chinese = answer(client, "view", cookie="maskloop_language=zh")
    assert "微调至少需要 2 张已审核的图像" in chinese["finetune-message"]
    assert chinese["finetune-data"] == "还没有标记为已审核的图像。"
    labels = answer(client, "labels", **{"accept-language": "de-AT,de;q=0.8"})
    assert labels["finetune-start"]["value"] == "Nachtrainieren"
    assert labels["annotate-tab"]["label"] == "Annotieren"
    assert labels["finetune-epochs"]["label"] == "Durchgänge durch die Bilder (Epochen)"
