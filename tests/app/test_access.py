"""Nothing is readable without the token; with it, by address, cookie, header or a notebook's session, all is."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.access import TokenGate, read_token
from app.server import create_app
from app.store.database import Store

TOKEN = "a-token-that-nobody-guesses"
BASE = "http://127.0.0.1:7860"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[TestClient]:
    """The whole application behind its gate, running."""
    store = Store(tmp_path_factory.mktemp("access") / "workspace")
    application = create_app(store, model=str(tiny_model), device="cpu", load_at_once=False, token=TOKEN)
    with TestClient(application, base_url=BASE) as client:
        yield client


@pytest.fixture
def stranger(app: TestClient) -> TestClient:
    """A browser that has never been here."""
    return TestClient(app.app, base_url=BASE, follow_redirects=False)


def paths_of(app: TestClient) -> list[tuple[str, str]]:
    routes = app.get("/openapi.json", headers={"Authorization": f"Bearer {TOKEN}"}).json()["paths"]
    return [(method.upper(), path) for path, methods in routes.items() for method in methods]


def test_no_route_answers_a_stranger(app: TestClient, stranger: TestClient) -> None:
    asked = paths_of(app)
    assert len(asked) > 25
    asked += [
        ("GET", path) for path in ("/", "/docs", "/openapi.json", "/canvas/main.js", "/theme.css", "/redoc", "/x")
    ]
    asked += [
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/api/session-codes"),
        ("HEAD", "/"),
        ("OPTIONS", "/api/images"),
    ]
    for method, path in asked:
        for name in ("image_id", "instance_id", "category_id", "job_id", "number", "model", "name"):
            path = path.replace(f"{{{name}}}", "1")
        answer = stranger.request(method, path)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert method == "HEAD" or "token" in answer.json()["error"]


def test_a_browser_is_asked_and_comes_in_with_the_address(stranger: TestClient) -> None:
    page = stranger.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 401
    assert 'name="token"' in page.text
    entered = stranger.get(f"/?token={TOKEN}&view=1", headers={"Accept": "text/html"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/?view=1")
    cookie = entered.headers["set-cookie"]
    assert "maskloop-7860=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert TOKEN not in cookie
    assert stranger.get("/api/images").status_code == 200
    assert stranger.get("/").status_code == 200


def test_scripts_bring_the_token_in_a_header(stranger: TestClient) -> None:
    assert stranger.get("/api/images", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert stranger.get("/api/images", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200
    for wrong in (
        "Bearer nonsense",
        "Bearer ",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer tökén".encode("latin-1").decode("latin-1"),
    ):
        assert stranger.get("/api/images", headers={"Authorization": wrong.encode("latin-1")}).status_code == 401


def test_the_token_in_an_address_reads_nothing_by_itself(stranger: TestClient) -> None:
    """A link to a route leads through the cookie: an image that is embedded elsewhere shows nothing."""
    assert stranger.post(f"/api/categories?token={TOKEN}", json={"name": "x"}).status_code == 401
    assert stranger.get(f"/api/images?token={TOKEN}").status_code == 303


def test_the_cookie_of_another_port_or_a_made_up_one_is_no_way_in(stranger: TestClient) -> None:
    for cookie in ("maskloop-7860=", "maskloop-7860=x", f"maskloop-7860={TOKEN}", "maskloop=1", "a=b; ;;=", "\x00"):
        assert stranger.get("/api/images", headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize(
    "others", ["a[b]=1", 'state={"a":1}', "ü=1", "two words=1", "Path=/", "expires=0", "flag", "=", "theme=a,b c"]
)
def test_cookies_of_other_programs_do_not_hide_ours(stranger: TestClient, others: str) -> None:
    """Browsers send those of every port, and how other programs write theirs is their affair."""
    cookie = stranger.get(f"/?token={TOKEN}").headers["set-cookie"].partition(";")[0]
    stranger.cookies.clear()
    for sent in (f"{others}; {cookie}", f"{cookie}; {others}"):
        assert stranger.get("/api/me", headers={"Cookie": sent.encode("latin-1")}).status_code == 200


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example/x", "/%2F/evil.example"])
def test_a_token_leads_to_no_other_site(stranger: TestClient, path: str) -> None:
    """Somebody's own link, with another site in it, sent to somebody else."""
    answer = stranger.get(f"{BASE}{path}?token={TOKEN}")
    assert answer.status_code == 303
    assert not answer.headers["location"].startswith(("//", "http"))


def test_wrong_tokens_wait_and_right_ones_never(app: TestClient, stranger: TestClient) -> None:
    began = time.perf_counter()
    assert stranger.get("/api/images", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert time.perf_counter() - began >= 1
    guessing = [
        threading.Thread(target=stranger.get, args=("/api/images",), kwargs={"headers": {"Authorization": "Bearer no"}})
        for _ in range(20)
    ]
    for thread in guessing:
        thread.start()
    began = time.perf_counter()
    assert stranger.get("/api/categories", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert time.perf_counter() - began < 0.8
    for thread in guessing:
        thread.join()


def test_a_frame_exchanges_a_code_once_for_a_session_of_its_page(stranger: TestClient) -> None:
    made = stranger.post("/api/session-codes", headers={"Authorization": f"Bearer {TOKEN}"})
    assert made.status_code == 201
    code = made.json()["code"]
    entered = stranger.get(f"/enter/{code}")
    assert entered.status_code == 303
    page = entered.headers["location"]
    assert page.startswith("/session/")
    assert TOKEN not in page
    assert "set-cookie" not in entered.headers
    assert stranger.get(page).status_code == 200
    assert stranger.get(f"{page}api/images").json()["images"] == []
    assert stranger.get(f"{page}canvas/main.js").status_code == 200
    assert stranger.get("/api/images").status_code == 401  # the session is that page's alone
    again = stranger.get(f"/enter/{code}", headers={"Accept": "text/html"})
    assert again.status_code == 401
    assert "Run the cell again" in again.text
    for made_up in ("/session/x/api/images", "/session//api/images", f"{page.rstrip('/')}x/api/images", "/enter/"):
        assert stranger.get(made_up).status_code == 401


def test_the_token_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    token = read_token(tmp_path)
    assert len(token) >= 24
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    (tmp_path / "token").chmod(0o644)
    assert read_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    (tmp_path / "token").write_text("\n")
    with pytest.raises(ValueError, match="holds no token: delete the file"):
        read_token(tmp_path)
    (tmp_path / "token").unlink()
    (tmp_path / "token").mkdir()
    with pytest.raises(ValueError, match=r"token: Is a directory; start the assistant as the user"):
        read_token(tmp_path)
    with pytest.raises(ValueError, match=r"token: No such file or directory; the workspace has to be writable"):
        read_token(tmp_path / "nowhere")


def test_codes_end(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = TokenGate(lambda *_: None, TOKEN)  # type: ignore[arg-type, return-value]
    code = gate._new_code()
    monkeypatch.setattr("app.access.CODE_SECONDS", -1.0)
    late = gate._new_code()
    assert gate._take_code(code)
    assert not gate._take_code(late)
