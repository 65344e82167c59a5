"""People come in by links of their own, until these are revoked; what is stored of a link opens nothing."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.backup.restoring import restore
from app.backup.writing import backup
from app.main import main
from app.people import remember_address
from app.server import create_app
from app.store.database import Store

TOKEN = "a-token-that-nobody-guesses"
BASE = "http://127.0.0.1:7860"


@pytest.fixture
def app(store: Store, tiny_model: Path) -> Iterator[FastAPI]:
    """The data plane behind its gate."""
    application = create_app(
        store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False, token=TOKEN
    )
    with TestClient(application, base_url=BASE):
        yield application


@pytest.fixture
def browser(app: FastAPI) -> Callable[[], TestClient]:
    """A browser that has never been here."""
    return lambda: TestClient(app, base_url=BASE, follow_redirects=False)


@pytest.fixture
def command(store: Store, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """`python app/main.py …` on this workspace: exit status, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--workspace", str(store.workspace)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def token_in(output: str) -> str:
    (token,) = re.findall(r"http://\S+/\?token=(\S+)", output)
    return str(token)


def name(client: TestClient) -> str | int:
    """Who a client is signed in as, else the status."""
    answer = client.get("/api/me")
    return str(answer.json()["person"]) if answer.status_code == 200 else answer.status_code


def test_two_people_come_in_by_their_links_with_cookies_and_headers(
    command: Callable[..., tuple[int, str, str]], browser: Callable[[], TestClient]
) -> None:
    tokens = {who: token_in(command("invite", who, "--role", "annotator")[1]) for who in ("Ada", "Ben")}
    ada, ben, stranger = browser(), browser(), browser()
    for who, client in (("Ada", ada), ("Ben", ben)):
        entered = client.get(f"/docs?token={tokens[who]}&view=1")
        assert (entered.status_code, entered.headers["location"]) == (303, "/docs?view=1")
        assert tokens[who] not in entered.headers["set-cookie"]
        assert "HttpOnly" in entered.headers["set-cookie"]
    assert (name(ada), name(ben), name(stranger)) == ("Ada", "Ben", 401)
    assert stranger.get("/api/me", headers={"Authorization": f"Bearer {tokens['Ben']}"}).json()["person"] == "Ben"
    # A browser that was somebody else's before is the one's whose link was opened last.
    ada.get(f"/?token={tokens['Ben']}")
    assert name(ada) == "Ben"
    ada.get(f"/?token={TOKEN}")
    assert name(ada) == "owner"


def test_a_revoked_link_ends_everywhere_at_once(
    command: Callable[..., tuple[int, str, str]], browser: Callable[[], TestClient]
) -> None:
    token = token_in(command("invite", "Ada", "--role", "annotator")[1])
    bearer = {"Authorization": f"Bearer {token}"}
    cookie, frame = browser(), browser()
    cookie.get(f"/docs?token={token}")
    code = frame.post("/api/session-codes", headers=bearer).json()["code"]
    page = frame.get(f"/enter/{code}").headers["location"]
    assert frame.get(f"{page}api/me").json()["person"] == "Ada"
    code = frame.post("/api/session-codes", headers=bearer).json()["code"]
    status, output, _ = command("revoke", "ada")
    assert status == 0
    assert "the link of Ada opens nothing any more" in output
    assert name(cookie) == 401
    assert frame.get(f"{page}api/me").status_code == 401
    assert frame.get(f"{frame.get(f'/enter/{code}').headers['location']}api/me").status_code == 401
    assert frame.get("/api/me", headers=bearer).status_code == 401
    # Invited again, under another role: the new link opens, the old one and what came in by it do not.
    renewed = token_in(command("invite", "Ada", "--role", "reviewer")[1])
    assert frame.get("/api/me", headers={"Authorization": f"Bearer {renewed}"}).json()["role"] == "reviewer"
    assert (name(cookie), frame.get(f"{page}api/me").status_code) == (401, 401)


def test_what_is_stored_opens_nothing(
    command: Callable[..., tuple[int, str, str]], browser: Callable[[], TestClient], store: Store
) -> None:
    token = token_in(command("invite", "Ada", "--role", "admin")[1])
    with sqlite3.connect(store.workspace / "maskloop.db") as connection:
        dump = "\n".join(connection.iterdump())
        ((link,),) = connection.execute("SELECT link FROM people").fetchall()
    assert token not in dump
    client = browser()
    for value in (link, f"{link}.", f"{link}.{link}", f".{link}", "."):
        assert client.get("/api/me", headers={"Cookie": f"maskloop-7860={value}"}).status_code == 401
    assert client.get("/api/me", headers={"Authorization": f"Bearer {link}"}).status_code == 401


def test_people_are_listed_with_what_their_links_do(command: Callable[..., tuple[int, str, str]]) -> None:
    command("invite", "Zoë", "--role", "annotator")
    command("invite", "ben", "--role", "reviewer")
    command("revoke", "ben")
    lines = command("people")[1].splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["owner", "admin", "has"],
        ["ben", "reviewer", "revoked"],
        ["Zoë", "annotator", "invited"],
    ]


def test_a_link_leads_to_where_the_assistant_was_started_last(
    command: Callable[..., tuple[int, str, str]], store: Store
) -> None:
    assert "\nhttp://127.0.0.1:7860/?token=" in command("invite", "Ada", "--role", "admin")[1]
    remember_address(store.workspace, "http://192.0.2.7:8000/")
    assert "\nhttp://192.0.2.7:8000/?token=" in command("invite", "Ada", "--role", "admin")[1]
    printed = command("invite", "Ada", "--role", "admin", "--url", "https://label.example.org/x")[1]
    assert "\nhttps://label.example.org/x/?token=" in printed


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("invite", "owner", "--role", "admin"), "'owner' is who has the workspace's own token"),
        (("invite", " ", "--role", "admin"), "a person's name has 1 to 100 characters"),
        (("revoke", "nobody"), "nobody is called 'nobody': `people` lists who was invited"),
    ],
)
def test_what_cannot_be_is_one_line(
    command: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], line: str
) -> None:
    status, _, errors = command(*arguments)
    assert status == 2
    assert errors.startswith(f"error: {line}")
    assert len(errors.splitlines()) == 1


def test_a_folder_that_is_no_workspace_is_not_made_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mistyped"
    for arguments in (["people"], ["revoke", "Ada"]):
        assert main([*arguments, "--workspace", str(folder)]) == 2
        assert f"{folder} has no maskloop.db" in capsys.readouterr().err
        assert not folder.exists()
    assert main(["invite", "Ada", "--role", "admin", "--workspace", str(folder)]) == 0  # before the first start
    assert capsys.readouterr().err == f"a new workspace: {folder}\n"


def test_a_backup_holds_the_people_and_no_link(
    command: Callable[..., tuple[int, str, str]], store: Store, tmp_path: Path
) -> None:
    token = token_in(command("invite", "Ada", "--role", "annotator")[1])
    with sqlite3.connect(store.workspace / "maskloop.db") as connection:
        ((link,),) = connection.execute("SELECT link FROM people").fetchall()
    backup(store.workspace, tmp_path / "work.tar")
    content = (tmp_path / "work.tar").read_bytes()
    assert token.encode() not in content
    assert link.encode() not in content
    restore(tmp_path / "work.tar", tmp_path / "elsewhere")
    assert main(["people", "--workspace", str(tmp_path / "elsewhere")]) == 0
    with sqlite3.connect(tmp_path / "elsewhere" / "maskloop.db") as connection:
        assert connection.execute("SELECT name, role, link FROM people").fetchall() == [("Ada", "annotator", None)]
