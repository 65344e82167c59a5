"""A workspace in one file and back: while people work, cut off and gone on with, damaged and noticed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.backup.archive import MANIFEST
from app.backup.restoring import restore
from app.backup.writing import backup
from app.main import main
from app.server import create_app
from app.store.database import Store
from tests.app.conftest import Upload, block


def opened(workspace: Path, model: Path) -> TestClient:
    app = create_app(Store(workspace), model=str(model), device="cpu", with_page=False, load_at_once=False)
    return TestClient(app, base_url="http://127.0.0.1:7860")


def everything(client: TestClient) -> dict[str, Any]:
    """What the routes say of a workspace, pictures included."""
    images = client.get("/api/images").json()["images"]
    ids = [image["image_id"] for image in images]
    return {
        "images": images,
        "documents": [client.get(f"/api/images/{one}/document").json() for one in ids],
        "files": [client.get(f"/api/images/{one}/file").content for one in ids],
        "export": client.get("/api/export").content,
        "models": [(one["name"], one["current"]) for one in client.get("/api/models").json()["models"]],
    }


@pytest.fixture
def filled(client: TestClient, upload: Upload, category: int, store: Store) -> TestClient:
    """Three images with objects and a history, and files that are no part of a backup."""
    for seed in range(3):
        image = upload(seed)
        new = {"category_id": category, "segmentation": block(5 + seed, 5, 40, 30)}
        assert client.post(f"/api/images/{image}/instances", json=new).status_code == 201
    client.post("/api/images/1/undo")
    (store.workspace / "token").write_text("a secret that must not travel\n")
    (store.workspace / "notebook").mkdir()
    (store.workspace / "notebook" / "server.json").write_text("{}")
    return client


def test_what_comes_back_is_what_was_there(filled: TestClient, store: Store, tmp_path: Path, tiny_model: Path) -> None:
    line = backup(store.workspace, tmp_path / "work.tar")
    assert "every hash checked" in line
    assert stat.S_IMODE((tmp_path / "work.tar").stat().st_mode) == 0o600
    with tarfile.open(tmp_path / "work.tar") as tar:
        names = tar.getnames()
    assert not [name for name in names if "token" in name or "notebook" in name or name.endswith(("-wal", "-shm"))]
    (tmp_path / "elsewhere").mkdir(mode=0o755)  # empty, and open to others
    restore(tmp_path / "work.tar", tmp_path / "elsewhere")
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o700
    with opened(tmp_path / "elsewhere", tiny_model) as other:
        assert everything(other) == everything(filled)
        assert other.post("/api/images/1/redo").status_code == 200  # its history came along


def test_it_is_whole_while_people_work(filled: TestClient, store: Store, tmp_path: Path, tiny_model: Path) -> None:
    """What was acknowledged before the backup began is in it; what is in it is consistent."""
    done = threading.Event()
    acknowledged: list[int] = []

    def draw() -> None:
        while not done.is_set():
            new = {"category_id": 1, "segmentation": block(3, 3, 30, 20)}
            answer = filled.post("/api/images/2/instances", json=new)
            acknowledged.append(answer.json()["instance"]["id"])

    worker = threading.Thread(target=draw)
    worker.start()
    try:
        for number in range(3):
            while len(acknowledged) < 5 * (number + 1):
                pass
            before = list(acknowledged)
            backup(store.workspace, tmp_path / f"{number}.tar")
            restore(tmp_path / f"{number}.tar", tmp_path / str(number))
            with opened(tmp_path / str(number), tiny_model) as other:
                kept = {one["id"] for one in other.get("/api/images/2/document").json()["instances"]}
                assert set(before) <= kept
                assert other.get("/api/export").status_code == 200
    finally:
        done.set()
        worker.join()


def test_a_job_is_found_in_the_restored_folder(filled: TestClient, store: Store, tmp_path: Path) -> None:
    from app.store.tables import Job

    with store.writing() as session:
        config = {"base_model": "tiny", "epochs": 1, "images": {"train": 1, "held_out": 1}, "classes": []}
        session.add(Job(state="finished", directory=str(store.workspace / "runs" / "1"), config=config))
    (store.workspace / "runs" / "1" / "comparison").mkdir(parents=True)
    (store.workspace / "runs" / "1" / "comparison" / "0.jpg").write_bytes(b"a picture")
    backup(store.workspace, tmp_path / "work.tar")
    restore(tmp_path / "work.tar", tmp_path / "elsewhere")
    shutil.rmtree(store.workspace / "runs")
    app = create_app(Store(tmp_path / "elsewhere"), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as other:
        assert other.get("/api/jobs/1/comparison/0").content == b"a picture"


def test_a_backup_that_was_cut_off_goes_on(filled: TestClient, store: Store, tmp_path: Path, tiny_model: Path) -> None:
    backup(store.workspace, tmp_path / "whole.tar")
    whole = (tmp_path / "whole.tar").read_bytes()
    for length in (1, 700, len(whole) // 3, len(whole) // 2, len(whole) - 11_000):
        target = tmp_path / f"cut-{length}.tar"
        (tmp_path / f"cut-{length}.tar.part").write_bytes(whole[:length])
        filled.post("/api/images/3/instances", json={"category_id": 1, "segmentation": block(9, 9, 12, 12)})
        backup(store.workspace, target)
        restore(target, tmp_path / f"from-{length}")
        with opened(tmp_path / f"from-{length}", tiny_model) as other:
            assert everything(other) == everything(filled)  # the work since then is in it too


def test_killed_at_any_time_it_leaves_no_backup_that_is_not_whole(
    filled: TestClient, store: Store, tmp_path: Path, project_root: Path
) -> None:
    command = [sys.executable, str(project_root / "app" / "main.py"), "backup", str(tmp_path / "work.tar")]
    command += ["--workspace", str(store.workspace)]
    for delay in (0.05, 0.3, 0.5, 0.6, 0.7):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if (tmp_path / "work.tar").exists():
            break
    if not (tmp_path / "work.tar").exists():
        assert subprocess.run(command, check=False).returncode == 0
    restore(tmp_path / "work.tar", tmp_path / "elsewhere")


def test_a_restore_that_was_cut_off_goes_on_and_another_folder_is_refused(
    filled: TestClient, store: Store, tmp_path: Path, tiny_model: Path
) -> None:
    backup(store.workspace, tmp_path / "work.tar")
    restore(tmp_path / "work.tar", tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="is not empty: restore into a new folder"):
        restore(tmp_path / "work.tar", tmp_path / "elsewhere")
    # As a restore leaves it that was killed: its mark, a part of the files.
    from app.backup import restoring as module

    (tmp_path / "unfinished").mkdir()
    real = module._extract
    calls = 0

    def killed(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_extract", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "work.tar", tmp_path / "unfinished")
    # What was done in it now would be overwritten by the restore that goes on.
    with pytest.raises(ValueError, match="is restored in part"):
        Store(tmp_path / "unfinished")
    with pytest.raises(ValueError, match="is restored in part"):
        backup(tmp_path / "unfinished", tmp_path / "other.tar")
    restore(tmp_path / "work.tar", tmp_path / "unfinished")
    with opened(tmp_path / "unfinished", tiny_model) as other:
        assert everything(other) == everything(filled)


def test_damage_is_noticed_and_nothing_of_it_kept(filled: TestClient, store: Store, tmp_path: Path) -> None:
    backup(store.workspace, tmp_path / "work.tar")
    content = bytearray((tmp_path / "work.tar").read_bytes())
    with tarfile.open(tmp_path / "work.tar") as tar:
        image = next(entry for entry in tar if entry.name.startswith("images/"))
    content[image.offset_data + 10] ^= 1
    (tmp_path / "damaged.tar").write_bytes(content)
    with pytest.raises(ValueError, match="its hash differs"):
        restore(tmp_path / "damaged.tar", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / image.name).exists()
    (tmp_path / "short.tar").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.tar").write_text("no tar at all")
    for name in ("short.tar", "text.tar"):
        with pytest.raises(ValueError, match="backup") as raised:
            restore(tmp_path / name, tmp_path / "other")
        assert "\n" not in str(raised.value)


def made_up_backup(path: Path, entries: dict[str, bytes | tarfile.TarInfo], manifest: object) -> Path:
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in entries.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            information = tarfile.TarInfo(name)
            information.size = len(content)
            tar.addfile(information, io.BytesIO(content))
        content = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
        information = tarfile.TarInfo(MANIFEST)
        information.size = len(content)
        tar.addfile(information, io.BytesIO(content))
    return path


def link(name: str, kind: bytes, to: str) -> tarfile.TarInfo:
    information = tarfile.TarInfo(name)
    information.type, information.linkname = kind, to
    return information


DATABASE = {"maskloop.db": b"x"}
HASH = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "images/../../outside", "token", "images", "maskloop.db/x", "open.lock", "", "."],
)
def test_a_made_up_backup_writes_nothing_outside(tmp_path: Path, name: str) -> None:
    files = {"maskloop.db": HASH, name: HASH}
    path = made_up_backup(tmp_path / "evil.tar", {**DATABASE, name: b"x"}, {"format": 1, "files": files})
    with pytest.raises(ValueError, match=r"damaged|no part of a workspace"):
        restore(path, tmp_path / "w")
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_what_is_no_file_in_an_archive_is_not_taken(tmp_path: Path, kind: bytes) -> None:
    """A link that leads out, then a file through it; a link to a file outside; devices."""
    (tmp_path / "secret").write_text("x")
    for target in ("/etc", "../secret", str(tmp_path / "secret")):
        entries = {**DATABASE, "images": link("images", kind, target), "images/a": link("images/a", kind, target)}
        manifest = {"format": 1, "files": {"maskloop.db": HASH, "images/a": HASH}}
        path = made_up_backup(tmp_path / "evil.tar", entries, manifest)
        with pytest.raises(ValueError, match="damaged: it names 'images/a'"):
            restore(path, tmp_path / "w")
    entries = {**DATABASE, "images": link("images", kind, str(tmp_path / "out")), "images/a": b"x"}
    manifest = {"format": 1, "files": {"maskloop.db": HASH, "images/a": HASH}}
    restore(made_up_backup(tmp_path / "evil.tar", entries, manifest), tmp_path / "w")
    assert (tmp_path / "w" / "images").is_dir()
    assert not (tmp_path / "w" / "images").is_symlink()


def test_a_file_that_says_it_is_endless_is_not_written(tmp_path: Path) -> None:
    """A sparse file of eight terabytes in an archive of some kilobytes."""
    sparse = tarfile.TarInfo("images/a")
    sparse.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(sparse.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"100000000000"  # the real size, in octal
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = made_up_backup(tmp_path / "a.tar", DATABASE, {"format": 1, "files": {"maskloop.db": HASH, "images/a": HASH}})
    path.write_bytes(bytes(header) + path.read_bytes())
    with tarfile.open(path) as tar:
        assert tar.getmember("images/a").size == 8**11
    with pytest.raises(ValueError, match="damaged: it names 'images/a'"):
        restore(path, tmp_path / "w")


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"{", b"\xff", b"[" * 100_000, [], {}, {"format": 1}, {"format": 1, "files": []},
        {"format": 1, "files": {}}, {"format": 1, "files": {"maskloop.db": 7}}, {"format": 2, "files": {}},
        {"format": 1, "files": {"maskloop.db": HASH, "images/a\x00b": HASH}},
    ],
)  # fmt: skip
def test_a_list_of_files_that_is_none_is_one_line(tmp_path: Path, manifest: object) -> None:
    path = made_up_backup(tmp_path / "a.tar", {**DATABASE, "images/a": b"x"}, manifest)
    with pytest.raises(ValueError, match=r"a\.tar (is|holds)") as raised:
        restore(path, tmp_path / "w")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "w").exists()


def test_bytes_turned_anywhere_are_one_line_and_never_a_restored_folder(tmp_path: Path) -> None:
    manifest = {"format": 1, "files": {"maskloop.db": HASH, "images/a": HASH}}
    whole = made_up_backup(tmp_path / "a.tar", {**DATABASE, "images/a": b"x"}, manifest).read_bytes()
    chance, wrong = random.Random(0), 0
    for number in range(150):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(4096)] = chance.randrange(256)
        (tmp_path / "b.tar").write_bytes(content)
        workspace = tmp_path / str(number)
        if main(["restore", str(tmp_path / "b.tar"), "--workspace", str(workspace)]):
            wrong += 1
            assert not (workspace / "images" / "a").exists() or (workspace / ".restore-unfinished").exists()
        else:
            assert (workspace / "images" / "a").read_bytes() == b"x"
    assert wrong > 30


def test_what_comes_and_goes_meanwhile_is_no_part_of_it_and_links_are_not_lost_silently(
    filled: TestClient, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = store.workspace / "runs"
    (runs / ".new-1").mkdir(parents=True)
    (runs / ".new-1" / "job.json").write_text("half a job")
    (runs / "1").mkdir()
    (tmp_path / "model").write_text("a model that lies elsewhere")
    (runs / "1" / "model.safetensors").symlink_to(tmp_path / "model")
    walk = os.walk

    def walk_and_lose(top: Path, **options: Any) -> Iterator[Any]:
        for found in walk(top, **options):
            if found[1] == ["1", ".new-1"] or found[1] == [".new-1", "1"]:
                (runs / "2").mkdir()
                found[1].append("2")
                (runs / "2").rmdir()  # somebody removes it at this moment
            yield found

    monkeypatch.setattr("app.backup.writing.os.walk", walk_and_lose)
    backup(store.workspace, tmp_path / "work.tar")
    with tarfile.open(tmp_path / "work.tar") as tar:
        assert not [name for name in tar.getnames() if ".new-" in name]
        content = tar.extractfile("runs/1/model.safetensors")
        assert content is not None
        assert content.read() == b"a model that lies elsewhere"
    (runs / "3").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="runs/3 is a link, which a backup does not follow"):
        backup(store.workspace, tmp_path / "other.tar")


def test_a_database_that_cannot_be_copied_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "maskloop.db").write_text("no database, but long enough to be taken for one" * 100)
    assert main(["backup", str(tmp_path / "work.tar"), "--workspace", str(tmp_path / "w")]) == 2
    inside = tmp_path / "w" / "runs" / "work.tar"
    inside.parent.mkdir()
    assert main(["backup", str(inside), "--workspace", str(tmp_path / "w")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[0] == f"error: {tmp_path / 'w' / 'maskloop.db'}: file is not a database"
    assert "choose a place outside" in lines[1]


def test_a_disk_without_room_is_named(filled: TestClient, store: Store, tmp_path: Path, project_root: Path) -> None:
    backup(store.workspace, tmp_path / "work.tar")
    with tarfile.open(tmp_path / "work.tar") as tar:
        room = tar.getmember("maskloop.db").size  # enough for the copy of the database, not for the whole
    again, restored = tmp_path / "again.tar", tmp_path / "restored"
    for arguments, place in (
        (["backup", str(again), "--workspace", str(store.workspace)], again),
        (["restore", str(tmp_path / "work.tar"), "--workspace", str(restored)], restored),
    ):
        limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
        room = 2000
        result = subprocess.run(
            [sys.executable, "-c", f"{limited}; from app.main import main; raise SystemExit(main({arguments}))"],
            capture_output=True, text=True, cwd=project_root, check=False,
        )  # fmt: skip
        assert (result.returncode, result.stderr) == (2, f"error: {place}: File too large\n")
    backup(store.workspace, again)  # with room again both go on
    restore(tmp_path / "work.tar", restored)


def test_the_command_line(filled: TestClient, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--workspace", str(store.workspace)]
    assert main(["backup", str(tmp_path / "work.tar"), *options]) == 0
    assert main(["backup", str(tmp_path / "work.tar"), *options]) == 2
    assert main(["backup", str(tmp_path / "no" / "work.tar"), *options]) == 2
    assert main(["backup", str(tmp_path / "x.tar"), "--workspace", str(tmp_path / "nothing")]) == 2
    assert main(["restore", str(tmp_path / "nothing.tar"), "--workspace", str(tmp_path / "w")]) == 2
    assert main(["restore", str(tmp_path / "work.tar"), "--workspace", str(tmp_path / "w")]) == 0
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 4
    assert all(line.startswith("error: ") for line in errors)
