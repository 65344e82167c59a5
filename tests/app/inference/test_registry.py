"""Model versions: which there are, which one is in use, and new predictions after a change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.requests import Request

from app.finetuning.jobs import FineTuning
from app.inference.model_terms import ModelUnavailableError
from app.inference.registry import ModelRegistry, model_note, version_in_use
from app.inference.repredict import Repredictor, untouched_images
from app.store.categories import create_category
from app.store.database import Store
from app.store.editing.edits import accept_instances, create_instance, set_status, update_instance
from app.store.editing.predictions import replace_predictions
from app.store.errors import NotFoundError
from core.model.weights import available_models
from tests.app.reviewed_workspace import add_shapes, write_tiny_model


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "workspace")
    yield store
    store.close()


def add_run(registry: ModelRegistry, number: int, parent: str) -> Path:
    """A version as a finished job leaves it."""
    registry.open()
    directory = write_tiny_model(registry.store.workspace / "runs" / str(number))
    with registry.store.writing() as session:
        metrics = {"segm": {"AP50": 0.5}}
        registry.add_run(session, f"fine-tuned-{number}", directory, parent, metrics, [{"id": 7, "name": "unicorn"}])
    return directory


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_promotion_and_rollback_take_the_prompt_model_along(store: Store, tmp_path: Path) -> None:
    registry = ModelRegistry(store, first=str(write_tiny_model(tmp_path / "tiny")))
    registry.open()
    run = store.workspace / "runs" / "1"
    (run / "prompts").mkdir(parents=True)
    with store.writing() as session:
        registry.add_run(session, "tuned", run, "tiny", {}, ["unicorn"], prompts=run / "prompts")
        registry.add_run(session, "not tuned", run, "tiny", {}, ["unicorn"])
    assert registry.prompts_in_use() is None
    registry.promote("tuned")
    assert registry.prompts_in_use() == str(run / "prompts")
    registry.promote("not tuned")
    assert registry.prompts_in_use() is None
    registry.promote("tuned")
    registry.promote("tiny")
    assert registry.prompts_in_use() is None


def test_a_small_model_says_so_in_one_sentence_or_in_its_own_words(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "tiny")
    assert model_note("mine", str(model)).startswith("mine is a small model")
    sidecar = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps(sidecar | {"note": "Cells at\n20x only."}))
    assert model_note("mine", str(model)) == "Cells at 20x only."
    assert model_note("coco", str(tmp_path / "nowhere")) == ""


def test_every_available_model_is_a_version(store: Store) -> None:
    names = [version["name"] for version in ModelRegistry(store).versions()]
    assert names == [model["name"] for model in available_models()]
    assert len(ModelRegistry(store).versions()) == len(names)  # a second start adds nothing


def test_a_weights_file_of_the_user_becomes_a_version(store: Store, tmp_path: Path) -> None:
    directory = write_tiny_model(tmp_path / "mine")
    registry = ModelRegistry(store, first=str(directory))
    assert registry.current() == "mine"
    assert registry.location("mine") == str(directory)
    assert "mine" in registry.usable()
    assert registry.original() == "mine"


def test_rows_that_stand_for_nothing_are_not_among_the_classes(store: Store, tmp_path: Path) -> None:
    registry = ModelRegistry(store)
    categories = [{"id": 1, "name": "person"}, {"id": 2, "name": "unused 12", "unused": True}]
    with store.writing() as session:
        registry.add_run(session, "run", store.workspace / "runs" / "1", "starter", {}, categories)
    (run,) = [version for version in registry.versions() if version["name"] == "run"]
    assert run["categories"] == ["person"]


def test_the_first_choice_does_not_undo_a_promotion(store: Store, tmp_path: Path) -> None:
    assert version_in_use(store) is None
    registry = ModelRegistry(store, first=str(write_tiny_model(tmp_path / "mine")))
    add_run(registry, 1, parent="mine")
    assert registry.promote("fine-tuned-1") == "fine-tuned-1"
    assert version_in_use(store) == "fine-tuned-1"
    restarted = ModelRegistry(store, first=str(tmp_path / "mine"))
    assert restarted.current() == "fine-tuned-1"
    assert [version["name"] for version in restarted.versions() if version["current"]] == ["fine-tuned-1"]
    assert restarted.promote("mine") == "mine"  # and back
    assert restarted.current() == "mine"


def test_lineage_leads_back_to_the_original(store: Store, tmp_path: Path) -> None:
    registry = ModelRegistry(store, first=str(write_tiny_model(tmp_path / "mine")))
    add_run(registry, 1, parent="mine")
    add_run(registry, 2, parent="fine-tuned-1")
    registry.promote("fine-tuned-2")
    version = registry.versions()[-1]
    assert version["lineage"] == ["mine", "fine-tuned-1", "fine-tuned-2"]
    assert (version["metrics"]["segm"]["AP50"], version["categories"]) == (0.5, ["unicorn"])
    assert registry.original() == "mine"


def test_where_the_original_is_not_on_this_machine_training_begins_with_what_predicts(store: Store) -> None:
    registry = ModelRegistry(store, first="never-downloaded")
    add_run(registry, 1, parent="never-downloaded")
    registry.promote("fine-tuned-1")
    assert "never-downloaded" not in registry.usable()
    assert registry.original() == "starter"


def test_the_tab_offers_a_model_to_download_where_none_is_here(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A value that is not among a dropdown's choices makes the whole page fail."""
    import gradio as gr  # not when tests are collected: it takes seconds

    from app.page.finetune_tab import FinetuneTab

    registry = ModelRegistry(store, first="coco")
    monkeypatch.setattr(ModelRegistry, "usable", lambda self: [])
    tab = FinetuneTab(FineTuning(store, registry), registry, Repredictor(store, lambda *_: None))
    with gr.Blocks() as page:
        annotate = gr.Tab("Annotate")
        with gr.Tab("Fine-tune") as here:
            tab.build(page, here, annotate)
    request = gr.Request(Request({"type": "http", "headers": []}))
    shown = tab.view(None, None, True, None, request)[tab.layout.base]
    assert shown.value in dict(shown.choices)


def test_a_workspace_can_be_moved(store: Store, tmp_path: Path) -> None:
    registry = ModelRegistry(store, first=str(write_tiny_model(tmp_path / "mine")))
    add_run(registry, 1, parent="mine")
    store.close()
    store.workspace.rename(tmp_path / "elsewhere")
    moved = Store(tmp_path / "elsewhere")
    assert ModelRegistry(moved).location("fine-tuned-1") == str(tmp_path / "elsewhere" / "runs" / "1")
    moved.close()


@pytest.mark.parametrize("name", ["dodo", 99])
def test_an_unknown_version_is_named(store: Store, name: str | int) -> None:
    registry = ModelRegistry(store)
    with pytest.raises(NotFoundError, match=f"there is no model {name!r}: choose one of"):
        registry.promote(name)


def test_untouched_images_are_those_without_any_work_of_a_person(store: Store, tmp_path: Path) -> None:
    ids = add_shapes(store, tmp_path / "shapes", images=6, reviewed=False)
    proposal = {"category_id": 1, "score": 0.9, "bbox": [10, 10, 20, 20], "segmentation": []}
    with store.writing() as session:
        create_category(session, {"name": "fig"})
        for image_id in ids[1:]:
            replace_predictions(session, image_id, [proposal], "mine")
    with store.writing() as session:
        accept_instances(session, ids[2])
        set_status(session, ids[3], "reviewed")
        create_instance(session, ids[4], {"category_id": 1, "bbox": [1, 1, 5, 5]})
        update_instance(session, ids[5], 5, 1, {"bbox": [10, 10, 30, 30]})
    assert untouched_images(store) == ids[:2]


def test_predicting_anew_skips_what_a_person_began_meanwhile_and_reports_failures(store: Store, tmp_path: Path) -> None:
    ids = add_shapes(store, tmp_path / "shapes", images=4, reviewed=False)
    asked = []

    def predict(image_id: int, model: str) -> None:
        asked.append((image_id, model))
        if image_id == ids[0]:
            with store.writing() as session:
                set_status(session, ids[1], "in_progress")
        if image_id == ids[2]:
            raise ValueError("cannot be read")

    repredictor = Repredictor(store, predict)
    assert repredictor.start("mine") == 4
    wait_until(lambda: not repredictor.status()["running"])
    assert asked == [(ids[0], "mine"), (ids[2], "mine"), (ids[3], "mine")]
    status = repredictor.status()
    assert (status["total"], status["done"]) == (4, 4)
    assert status["errors"] == [f"image {ids[2]}: cannot be read"]


def test_a_model_that_cannot_be_used_is_a_line_and_no_traceback_in_the_log(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (image,) = add_shapes(store, tmp_path / "shapes", images=1, reviewed=False)

    def predict(_image_id: int, _model: str) -> None:
        raise ModelUnavailableError("mine cannot be used: its weights are damaged")

    repredictor = Repredictor(store, predict)
    repredictor.start("mine")
    wait_until(lambda: not repredictor.status()["running"])
    assert repredictor.status()["errors"] == [f"image {image}: mine cannot be used: its weights are damaged"]
    assert not [record for record in caplog.records if record.exc_info]


def test_predicting_anew_goes_on_after_a_restart(store: Store, tmp_path: Path) -> None:
    ids = add_shapes(store, tmp_path / "shapes", images=4, reviewed=False)
    asked = []

    def predict_slowly(image_id: int, _model: str) -> None:
        asked.append(image_id)
        time.sleep(0.2)

    first = Repredictor(store, predict_slowly)
    first.start("mine")
    wait_until(lambda: len(asked) == 2)
    first.close()
    second = Repredictor(store, predict_slowly)
    second.open()
    wait_until(lambda: not second.status()["running"])
    assert asked == ids
    third = Repredictor(store, predict_slowly)
    third.open()
    assert third.status()["model"] is None


def test_a_newer_version_takes_over(store: Store, tmp_path: Path) -> None:
    ids = add_shapes(store, tmp_path / "shapes", images=4, reviewed=False)
    asked = []

    def predict(image_id: int, model: str) -> None:
        asked.append((image_id, model))
        time.sleep(0.2)

    repredictor = Repredictor(store, predict)
    repredictor.start("old")
    wait_until(lambda: len(asked) == 1)
    repredictor.start("new")
    wait_until(lambda: not repredictor.status()["running"])
    assert [image_id for image_id, model in asked if model == "new"] == ids
    assert len([image_id for image_id, model in asked if model == "old"]) < len(ids)
