"""`python app/main.py`: starts, shows its page, says what is wrong in one line, and ends when told to."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from app.inference.registry import version_in_use
from app.main import DEFAULT_WORKSPACE, listen, main, parse
from app.store.database import Store


def command(project_root: Path, *options: str) -> list[str]:
    return [sys.executable, str(project_root / "app" / "main.py"), "--no-browser", *options]


def test_the_options_are_those_of_the_readme() -> None:
    options = parse([])
    assert (options.host, options.port, options.device) == ("127.0.0.1", 7860, "auto")
    assert (options.database_url, options.no_browser) == (None, False)
    assert options.workspace == DEFAULT_WORKSPACE
    given = parse(["--workspace", "w", "--host", "0.0.0.0", "--port", "80", "--model", "runs/mine", "--no-browser"])
    assert (given.host, given.port, given.model) == ("0.0.0.0", 80, "runs/mine")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--port", "70000"], "a port is a number from 0 to 65535"),
        (["--port", "many"], "many: a port is a number from 0 to 65535"),
        (["--device", "gpu"], "gpu is not known: use auto, cpu, cuda or cuda:1"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_options_that_there_are_not(options: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(options)
    assert ended.value.code == 2
    assert line in capsys.readouterr().err.splitlines()[-1]


def test_a_model_that_there_is_not_is_no_workspaces_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--port", "0", "--no-browser", "--workspace", str(tmp_path / "w")]
    for model in ("startr", str(tmp_path)):
        assert main([*options, "--model", model]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert line.startswith(f"error: model {model!r}: give a name (")
    store = Store(tmp_path / "w")
    assert version_in_use(store) is None
    store.close()


def test_a_port_in_use_is_said_in_one_line(project_root: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            command(project_root, "--port", str(port), "--workspace", str(tmp_path / "w")),
            capture_output=True, text=True, cwd=tmp_path, timeout=120,
        )  # fmt: skip
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert f"port {port} is in use" in line
    assert f"--port {port + 1}" in line
    assert not (tmp_path / "w").exists()


def test_a_host_that_is_not_this_machine() -> None:
    with pytest.raises(ValueError, match=r"--host 203\.0\.113\.7"):
        listen("203.0.113.7", 0)


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """With Nagle's algorithm on, an answer of two packets takes 40 ms longer than the work it needed."""
    delays = []

    async def serve_one() -> None:
        done = asyncio.Event()

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            delays.append(not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            done.set()

        listener = listen("127.0.0.1", 0)
        async with await asyncio.start_server(answer, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            await asyncio.wait_for(done.wait(), 10)
            writer.close()

    asyncio.run(serve_one())
    assert delays == [False]


@pytest.mark.parametrize(
    "options",
    [
        ["--workspace", "/dev/null/work"],
        ["--database-url", "mysql://localhost/x"],
        ["--database-url", "nonsense"],
        ["--database-url", "sqlite:////no/such/folder/x.db"],
    ],
)
def test_a_store_that_cannot_be_opened(tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if "--workspace" not in options:
        options = [*options, "--workspace", str(tmp_path / "w")]
    assert main(["--port", "0", "--no-browser", *options]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("error: ")


@pytest.mark.parametrize("on_the_path", [False, True])
def test_it_starts_from_any_folder_shows_its_page_and_ends_while_a_tab_is_open(
    project_root: Path, tmp_path: Path, tiny_model: Path, on_the_path: bool
) -> None:
    options = ["--port", "0", "--workspace", str(tmp_path / "w"), "--model", str(tiny_model), "--device", "cpu"]
    environment = os.environ | ({"PYTHONPATH": str(project_root)} if on_the_path else {})
    process = subprocess.Popen(
        command(project_root, *options), stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url, _, token = line.split()[3].partition("/?token=")
        assert httpx.get(f"{url}/api/images", timeout=60).status_code == 401
        client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        page = client.get("/")
        assert page.status_code == 200
        assert "MaskLoop" in page.text
        assert client.get("/canvas/main.js").status_code == 200
        assert client.get("/docs").status_code == 200
        assert client.get("/api/images").json()["images"] == []
        assert client.post("/gradio_api/call/x", headers={"Origin": "https://evil.example"}).status_code == 403
        assert (tmp_path / "w" / "maskloop.db").is_file()
        # A tab holds a stream open for as long as it lives.
        opened = threading.Event()
        threading.Thread(target=hold_open, args=(client, opened), daemon=True).start()
        assert opened.wait(60)
        started = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        seconds = time.perf_counter() - started
        assert process.returncode in (0, -signal.SIGTERM)
        assert seconds < 10  # two or three on a machine that does nothing else
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("line_first", [False, True])
def test_ctrl_c_ends_it_without_a_traceback(project_root: Path, tmp_path: Path, line_first: bool) -> None:
    options = ["--port", "0", "--workspace", str(tmp_path / "w"), "--model", "starter", "--device", "cpu"]
    process = subprocess.Popen(
        command(project_root, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        assert process.stdout is not None
        if line_first:
            assert process.stdout.readline().startswith("MaskLoop is at")
        else:
            while not (tmp_path / "w" / "token").exists():  # it is about to import what takes long
                assert process.poll() is None
                time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (130, "")
    finally:
        process.kill()
        process.wait()


def hold_open(client: httpx.Client, opened: threading.Event) -> None:
    """Read a stream that the server never ends."""
    try:
        with client.stream("GET", "/gradio_api/heartbeat/abc", timeout=None) as stream:
            opened.set()
            for _ in stream.iter_raw():
                pass
    except httpx.HTTPError:
        pass
    finally:
        opened.set()
