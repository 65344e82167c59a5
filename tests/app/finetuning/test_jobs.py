"""Fine-tuning jobs end to end, with real training processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from fastapi.testclient import TestClient

from app.finetuning import job_directory
from app.finetuning.job_processes import MOST_WITHOUT_PROGRESS
from app.finetuning.job_view import NO_MESSAGE
from app.finetuning.jobs import FineTuning
from app.inference.registry import ModelRegistry
from app.server import create_app
from app.store.database import Store
from app.store.editing.edits import create_instance, set_status
from core.training.checkpoints import CHECKPOINT
from tests.app.reviewed_workspace import add_shapes, write_tiny_model

HOST = "http://127.0.0.1"
PATIENCE = 400  # seconds; a machine with other work takes minutes for what a free one does in seconds


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny", backbone="mobilenet_v2")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "workspace")
    yield store
    store.close()


@pytest.fixture
def fine_tuning(store: Store, tmp_path: Path, tiny_model: Path) -> Iterator[FineTuning]:
    add_shapes(store, tmp_path / "shapes", images=3)  # none is held out: nothing is judged, and no prompt model tuned
    registry = ModelRegistry(store, first=str(tiny_model))
    fine_tuning = FineTuning(store, registry, device="cpu", kill_after=1.0)
    fine_tuning.open()
    yield fine_tuning
    for job in fine_tuning.jobs():
        if job["state"] in ("queued", "running"):
            fine_tuning.cancel(job["id"])
            wait_for(lambda number=job["id"]: fine_tuning.job(number), ended)
    fine_tuning.close()


def wait_for(ask: Callable[[], dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What `ask` answers as soon as it is `wanted`."""
    until = time.monotonic() + PATIENCE
    while not wanted(answer := ask()):
        assert time.monotonic() < until, f"waited {PATIENCE} s in vain, the last answer is {answer}"
        time.sleep(0.1)
    return answer


def ended(job: dict[str, Any]) -> bool:
    return job["state"] not in ("queued", "running")


def is_training(job: dict[str, Any]) -> bool:
    assert not ended(job), job["error"] or job["state"]
    return job["progress"] > 0


def test_start_progress_finish_promote_and_predict_anew(store: Store, tmp_path: Path, tiny_model: Path) -> None:
    reviewed = add_shapes(store, tmp_path / "shapes", images=5)
    untouched, touched = add_shapes(store, tmp_path / "more", images=2, seed=1, reviewed=False)
    with store.writing() as session:
        fields = {"category_id": 1, "segmentation": [[5, 5, 30, 5, 30, 30]]}
        create_instance(session, touched, fields)
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False)
    with TestClient(app, base_url=HOST) as client:
        before = {image_id: client.get(f"/api/images/{image_id}/document").json() for image_id in (*reviewed, touched)}
        answer = client.post("/api/jobs", json={"base_model": "tiny", "epochs": 2})
        assert answer.status_code == 201, answer.text
        job = answer.json()
        assert (job["images"], job["epochs"], job["model"]) == ({"train": 4, "held_out": 1}, 2, None)

        running = wait_for(lambda: client.get("/api/jobs/1").json(), lambda job: job["progress"] > 0)
        assert running["curves"]["loss"][0]["loss"] > 0

        job = wait_for(lambda: client.get("/api/jobs/1").json(), ended)
        assert job["state"] == "finished", job
        assert job["model"] == "fine-tuned-1"
        assert job["progress"] == 1
        assert len(job["curves"]["loss"]) == 4  # 4 images in batches of 2, twice
        assert [point["epoch"] for point in job["curves"]["precision"]] == [1, 2]
        assert set(job["result"]) >= {"before", "after"}
        assert job["result"]["after"]["segm"]["AP50"] >= 0

        models = client.get("/api/models").json()
        made = models["models"][-1]
        assert (made["name"], made["parent"], made["lineage"]) == ("fine-tuned-1", "tiny", ["tiny", "fine-tuned-1"])
        assert models["current"] == "tiny"
        assert "unicorn" in made["categories"]  # classes of the base model are kept
        assert "person" in made["categories"]
        assert made["metrics"]["held_out_images"] == 1

        promoted = client.post(f"/api/models/{made['id']}/promote").json()
        assert (promoted["current"], promoted["repredicting"]["total"]) == ("fine-tuned-1", 1)
        wait_for(lambda: client.get("/api/models").json()["repredicting"], lambda status: not status["running"])
        assert client.get("/api/models").json()["repredicting"]["errors"] == []
        assert client.get("/api/models").json()["current"] == "fine-tuned-1"
        # The tiny model may find nothing; that it was asked shows in what it was asked about.
        assert app.state.model_service.model_name == "fine-tuned-1"
        for image_id, document in before.items():
            now = client.get(f"/api/images/{image_id}/document").json()
            # What it finds elsewhere may be of classes that the store did not have yet.
            assert now["categories"][: len(document["categories"])] == document["categories"]
            assert now | {"categories": None} == document | {"categories": None}
        prediction = client.post(f"/api/images/{untouched}/predict", json={"score_threshold": 0.0}).json()
        assert prediction["model"] == "fine-tuned-1"

        assert client.post("/api/models/tiny/promote").json()["current"] == "tiny"  # and back again
    pictures = sorted(path.name for path in (store.workspace / "runs/1" / job_directory.COMPARISON).iterdir())
    assert pictures == ["0.jpg"]


def test_epochs_are_chosen_by_measuring_and_a_job_can_be_cancelled(fine_tuning: FineTuning) -> None:
    first = fine_tuning.start("tiny")["id"]
    second = fine_tuning.start("tiny", epochs=1)["id"]
    job = wait_for(lambda: fine_tuning.job(first), is_training)
    assert job["epochs"] > 1
    assert fine_tuning.job(second)["state"] == "queued"
    assert fine_tuning.cancel(second)["state"] == "cancelled"
    pid = running_worker(fine_tuning, first)
    assert fine_tuning.cancel(first)["cancelling"]
    job = wait_for(lambda: fine_tuning.job(first), ended)
    assert (job["state"], job["model"], job["error"]) == ("cancelled", None, None)
    assert not psutil.pid_exists(pid)
    assert [version["name"] for version in fine_tuning.registry.versions()][-1] == "tiny"


def test_a_job_that_does_not_stop_is_killed(fine_tuning: FineTuning) -> None:
    number = fine_tuning.start("tiny", epochs=500)["id"]
    wait_for(lambda: fine_tuning.job(number), is_training)
    os.kill(running_worker(fine_tuning, number), signal.SIGSTOP)  # deaf to SIGTERM
    fine_tuning.cancel(number)
    assert wait_for(lambda: fine_tuning.job(number), ended)["state"] == "cancelled"


def test_a_failed_job_says_why_and_the_next_one_still_runs(
    fine_tuning: FineTuning, tmp_path: Path, tiny_model: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    (broken / "model.safetensors").write_bytes(b"no weights")
    with fine_tuning.store.writing() as session:
        fine_tuning.registry.add(session, "broken", path=str(broken))
    first = fine_tuning.start("broken", epochs=1)["id"]
    second = fine_tuning.start("tiny", epochs=1)["id"]
    job = wait_for(lambda: fine_tuning.job(first), ended)
    assert job["state"] == "failed"
    assert "model.safetensors" in job["error"]
    assert "\n" not in job["error"]
    assert wait_for(lambda: fine_tuning.job(second), ended)["state"] == "finished"


def test_a_killed_worker_goes_on_from_its_last_checkpoint(fine_tuning: FineTuning) -> None:
    fine_tuning.training = {"checkpoint_every": 3}
    number = fine_tuning.start("tiny", epochs=6)["id"]
    directory = fine_tuning.runs / str(number)
    wait_for(lambda: fine_tuning.job(number), lambda job: job["state"] == "running")
    worker = running_worker(fine_tuning, number)
    wait_for(lambda: {"there": (directory / CHECKPOINT).exists()}, lambda answer: answer["there"])
    os.kill(worker, signal.SIGKILL)  # as the system does where memory runs out
    job = wait_for(lambda: fine_tuning.job(number), ended)
    assert job["state"] == "finished", job
    starts = [line for line in read_log(directory) if line["kind"] == "start"]
    assert len(starts) == 2
    assert starts[1]["resumed_at"] >= 3
    steps = [line["step"] for line in read_log(directory) if line["kind"] == "step"]
    assert steps == list(range(1, 13))  # each once: 3 images in batches of 2, six times


def test_a_worker_that_is_killed_again_and_again_at_the_same_place_has_failed(fine_tuning: FineTuning) -> None:
    number = fine_tuning.start("tiny", epochs=500)["id"]
    killed: set[int] = set()

    def kill() -> dict[str, Any]:
        job = fine_tuning.job(number)
        for process in psutil.process_iter(["cmdline"]):
            if is_worker_of(process, fine_tuning.runs / str(number)) and process.pid not in killed:
                killed.add(process.pid)
                process.kill()
        return job

    job = wait_for(kill, ended)
    assert (job["state"], job["error"]) == ("failed", NO_MESSAGE)
    assert len(killed) == 1 + MOST_WITHOUT_PROGRESS


def read_log(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]


def test_a_job_survives_the_death_of_the_server(store: Store, tmp_path: Path, tiny_model: Path) -> None:
    add_shapes(store, tmp_path / "shapes", images=3)
    server, address = start_server(store.workspace, tiny_model, tmp_path / "server.log")
    try:
        answer = httpx.post(f"{address}/api/jobs", json={"base_model": "tiny", "epochs": 8}, timeout=60)
        assert answer.status_code == 201, answer.text
        wait_for(lambda: httpx.get(f"{address}/api/jobs/1", timeout=60).json(), is_training)
        (worker,) = [process for process in psutil.process_iter(["cmdline"]) if is_worker_of(process, store.workspace)]
        worker.suspend()  # it must not end before the next server is there
    finally:
        server.kill()
        server.wait()
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False)
    with TestClient(app, base_url=HOST) as client:
        job = client.get("/api/jobs/1").json()
        assert job["state"] == "running"
        assert job["progress"] > 0
        worker.resume()
        job = wait_for(lambda: client.get("/api/jobs/1").json(), ended)
        assert job["state"] == "finished", job
        assert "fine-tuned-1" in [row["name"] for row in client.get("/api/models").json()["models"]]


def test_a_job_that_ended_while_no_server_ran_is_known_afterwards(
    store: Store, tmp_path: Path, tiny_model: Path
) -> None:
    add_shapes(store, tmp_path / "shapes", images=3)
    registry = ModelRegistry(store, first=str(tiny_model))
    first = FineTuning(store, registry, device="cpu")
    number = first.start("tiny", epochs=1)["id"]
    first.follow()  # starts the process; nobody follows it from here on
    directory = store.workspace / "runs" / str(number)
    wait_for(lambda: {"done": (directory / job_directory.RESULT).exists()}, lambda answer: answer["done"])
    assert first.job(number)["state"] == "running"
    second = FineTuning(store, ModelRegistry(store), device="cpu")
    second.open()
    job = wait_for(lambda: second.job(number), ended)
    second.close()
    assert job["state"] == "finished"
    assert job["result"]["after"] is None  # three images: none is held out


def test_too_little_data_is_explained_in_one_line(store: Store, tmp_path: Path, tiny_model: Path) -> None:
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False)
    with TestClient(app, base_url=HOST) as client:
        answer = client.post("/api/jobs", json={"base_model": "tiny"})
        assert answer.status_code == 422
        assert "at least 2 reviewed images" in answer.json()["error"]
        images = add_shapes(store, tmp_path / "bare", images=2, reviewed=False)
        with store.writing() as session:
            for image_id in images:
                set_status(session, image_id, "reviewed")
        answer = client.post("/api/jobs", json={"base_model": "tiny"})
        assert (answer.status_code, "no instances" in answer.json()["error"]) == (422, True)
        plan = client.get("/api/jobs/plan", params={"base_model": "tiny"}).json()
        assert plan["missing"] == answer.json()["error"]
        assert client.get("/api/jobs").json() == {"jobs": []}
    assert [path for path in (store.workspace / "runs").iterdir() if path.is_dir()] == []


def test_requests_that_cannot_be_meant(store: Store, tmp_path: Path, tiny_model: Path) -> None:
    add_shapes(store, tmp_path / "shapes", images=2)
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False)
    with TestClient(app, base_url=HOST) as client:
        unknown = client.post("/api/jobs", json={"base_model": "gpt"})
        assert (unknown.status_code, "'gpt'" in unknown.json()["error"]) == (404, True)
        assert client.post("/api/jobs", json={"base_model": "tiny", "epochs": 0}).json()["field"] == "epochs"
        answer = client.post("/api/jobs", json={"base_model": "tiny", "categories": ["dodo"]})
        assert (answer.status_code, answer.json()["error"]) == (422, "there is no category 'dodo'")
        assert client.get("/api/jobs/9").status_code == 404
        assert client.post("/api/jobs/9/cancel").status_code == 404
        assert client.post("/api/models/9/promote").status_code == 404
        assert client.get("/api/jobs").json() == {"jobs": []}


def running_worker(fine_tuning: FineTuning, job_id: int) -> int:
    """The process number of a job's worker."""
    directory = fine_tuning.runs / str(job_id)
    (process,) = [process for process in psutil.process_iter(["cmdline"]) if is_worker_of(process, directory)]
    return process.pid


def is_worker_of(process: psutil.Process, directory: Path) -> bool:
    command = process.info["cmdline"] or []
    return "app.finetuning.worker" in command and command[-1].startswith(str(directory))


def start_server(workspace: Path, model: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """A real server process on a free port; returns when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = (
        "import uvicorn; from app.server import create_app; from app.store.database import Store; "
        f"app = create_app(Store({json.dumps(str(workspace))}), model={json.dumps(str(model))}, device='cpu', "
        f"with_page=False); uvicorn.run(app, port={port}, timeout_graceful_shutdown=2)"
    )
    with log.open("ab") as output:
        server = subprocess.Popen([sys.executable, "-c", program], stdout=output, stderr=subprocess.STDOUT)
    address = f"{HOST}:{port}"

    def answers() -> dict[str, Any]:
        assert server.poll() is None, log.read_text()
        try:
            return {"status": httpx.get(f"{address}/api/jobs").status_code}
        except httpx.TransportError:
            return {"status": None}

    wait_for(answers, lambda answer: answer["status"] == 200)
    return server, address
