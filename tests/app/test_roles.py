"""The one table of roles is the application's routes, and nobody does what their role may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from app.roles import OWNER, PAGE_FUNCTIONS, RANKS, ROUTES, Person, may, role_needed
from app.server import create_app
from app.store.database import Store
from app.store.people import invite
from tests.app.conftest import block, file_bytes, picture

TOKEN = "a-token-that-nobody-guesses"
BASE = "http://127.0.0.1:7860"
CATCH_ALL = "/api/{path:path}"  # answers 404 and 405


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The store of the workspace that everybody here works in."""
    return Store(tmp_path_factory.mktemp("roles") / "workspace")


@pytest.fixture(scope="module")
def app(store: Store, tiny_model: Path) -> Iterator[FastAPI]:
    """The whole application behind its gate, running."""
    application = create_app(store, model=str(tiny_model), device="cpu", load_at_once=False, token=TOKEN)
    with TestClient(application, base_url=BASE):
        yield application


@pytest.fixture(scope="module")
def sign_in(app: FastAPI, store: Store) -> Callable[..., TestClient]:
    """A client of somebody who was invited, with their token in the header."""

    def sign_in(name: str, role: str) -> TestClient:
        with store.writing() as session:
            _, token = invite(session, name, role)
        return TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {token}"})

    return sign_in


@pytest.fixture(scope="module")
def by_role(sign_in: Callable[..., TestClient]) -> dict[str, TestClient]:
    """Somebody of each role."""
    return {role: sign_in(f"the {role}", role) for role in RANKS}


@pytest.fixture(scope="module")
def owner(app: FastAPI) -> TestClient:
    """Whoever has the workspace's token."""
    return TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def image(owner: TestClient, request: pytest.FixtureRequest) -> int:
    """An image of this test alone."""
    data = file_bytes(picture(hash(request.node.name) % 100_000, 40, 30))
    answer = owner.post("/api/images", files=[("files", (f"{request.node.name}.png", data))])
    return int(answer.json()["images"][0]["image_id"])


@pytest.fixture(scope="module")
def category(owner: TestClient) -> int:
    """A class to draw with."""
    return int(owner.post("/api/categories", json={"name": "apple"}).json()["id"])


def routes_of(app: FastAPI) -> set[str]:
    """Every route in the words of the table, whatever it is described as."""
    found = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    for route in app.routes:
        if isinstance(route, Mount):
            found.add(route.path or "/")
        elif isinstance(route, Route) and route.path != CATCH_ALL:
            found |= {f"{method} {route.path}" for method in (route.methods or set()) - {"HEAD"}}
    return found


def test_the_table_is_the_routes_and_the_functions_of_the_page(app: FastAPI) -> None:
    # What the gate answers itself is in the table and no route of the application.
    assert routes_of(app) | {"POST /api/session-codes"} == set(ROUTES)
    functions = app.routes[-1].app.app.get_blocks().fns  # type: ignore[attr-defined]
    assert {function.fn.__name__ for function in functions.values()} == set(PAGE_FUNCTIONS)


@pytest.mark.parametrize("role", RANKS)
def test_each_role_on_each_route(by_role: dict[str, TestClient], role: str) -> None:
    """What it may not is 403 with one line, whatever the body; what it may is anything else."""
    refused = 0
    for route, needed in ROUTES.items():
        method, _, template = route.rpartition(" ")
        path = re.sub(r"{\w+}", "999999", template)
        open_to_role = RANKS.index(role) >= RANKS.index(needed)
        if open_to_role and route in ("DELETE /api/trash", "/"):
            continue  # it would do it, and takes long
        for body in ({}, {"content": b"no JSON", "headers": {"Content-Type": "application/json"}}):
            answer = by_role[role].request(method or "GET", path, **body)
            assert (answer.status_code == 403) == (not open_to_role), (route, answer.text)
            assert answer.status_code != 401
            if not open_to_role:
                refused += 1
                assert list(answer.json()) == ["error"]
                assert re.fullmatch(rf"the {role} is an? {role}: this is for an? {needed}", answer.json()["error"])
    assert (refused > 0) == (role != "admin")


def test_a_route_that_is_not_in_the_table_is_for_admins(by_role: dict[str, TestClient]) -> None:
    assert role_needed("POST", "/api/forgotten") == "admin"
    assert by_role["reviewer"].post("/api/forgotten").status_code == 403
    assert by_role["admin"].post("/api/forgotten").status_code == 404


@pytest.mark.parametrize("role", RANKS)
def test_each_role_on_each_function_of_the_page(app: FastAPI, by_role: dict[str, TestClient], role: str) -> None:
    functions = app.routes[-1].app.app.get_blocks().fns  # type: ignore[attr-defined]
    for number, function in functions.items():
        needed = PAGE_FUNCTIONS[function.fn.__name__]
        if RANKS.index(role) >= RANKS.index(needed) and needed == "admin":
            continue  # tests/browser has what it does
        values = [1 if component.get_block_name() == "slider" else None for component in function.inputs]
        body = {"data": values, "fn_index": number, "session_hash": "s"}
        answer = by_role[role].post("/gradio_api/run/predict", json=body)
        assert answer.status_code == (403 if role != "admin" and needed == "admin" else 200), function.fn.__name__


def test_whoever_may_not_start_a_job_is_told_on_the_tab(by_role: dict[str, TestClient]) -> None:
    body = {"data": [None, 1, None, None], "fn_index": 0, "session_hash": "s"}
    answer = by_role["reviewer"].post("/gradio_api/run/predict", json=body)
    assert "the reviewer is a reviewer: this is for an admin" in answer.text.replace("\\", "")
    assert "this is for an admin" not in by_role["admin"].post("/gradio_api/run/predict", json=body).text


def test_who_is_signed_in_and_what_they_may(by_role: dict[str, TestClient], owner: TestClient) -> None:
    told = by_role["annotator"].get("/api/me").json()
    assert (told["person"], told["role"]) == ("the annotator", "annotator")
    assert "POST /api/images" in told["may"]
    assert "GET /api/export" not in told["may"]
    told = owner.get("/api/me").json()
    assert (told["person"], told["role"]) == (OWNER.name, "admin")
    assert told["may"] == may(Person("anybody", "admin"))


def test_nobody_returns_a_reviewed_image_but_reviewers(by_role: dict[str, TestClient], image: int) -> None:
    status = f"/api/images/{image}/status"
    annotator, reviewer = by_role["annotator"], by_role["reviewer"]
    assert annotator.put(status, json={"status": "in_progress"}).status_code == 200
    marked = annotator.put(status, json={"status": "reviewed"})
    assert marked.json()["image"]["reviewed_by"] == "the annotator"
    for back in ("in_progress", "todo"):
        refused = annotator.put(status, json={"status": back})
        assert refused.status_code == 403
        assert refused.json()["error"].endswith("this is for a reviewer, to return a reviewed image")
    assert (
        annotator.post(f"/api/images/{image}/undo").json()["image"].get("reviewed_by") is None
    )  # one's own, by mistake
    annotator.put(status, json={"status": "reviewed"})
    assert reviewer.put(status, json={"status": "in_progress"}).json()["image"].get("reviewed_by") is None
    refused = annotator.post(f"/api/images/{image}/undo")
    assert refused.status_code == 403
    assert refused.json()["error"].endswith("this is for a reviewer, to take back what somebody else did")


def test_an_image_in_the_trash_comes_back_by_an_upload_of_those_who_may_restore_it(
    by_role: dict[str, TestClient], image: int, request: pytest.FixtureRequest
) -> None:
    data = file_bytes(picture(hash(request.node.name) % 100_000, 40, 30))
    removed = [("files", (f"{request.node.name}.png", data))]
    assert by_role["admin"].delete(f"/api/images/{image}").status_code == 200
    for role in ("annotator", "reviewer"):
        refused = by_role[role].post("/api/images", files=removed)
        assert refused.status_code == 422
        assert refused.json()["error"].endswith("this is for an admin, to bring back a removed image")
        assert by_role["admin"].get(f"/api/images/{image}/document").status_code == 404
    another = [("files", (f"{role}.png", file_bytes(picture(1, 41, 30))))]
    assert len(whole(by_role["annotator"].post("/api/images", files=[*removed, *another]))["errors"]) == 1
    assert whole(by_role["admin"].post("/api/images", files=removed))["images"][0]["image_id"] == image
    assert by_role["annotator"].get(f"/api/images/{image}/document").status_code == 200


def test_who_reviewed_an_image_is_who_did_so_last_and_again_after_an_undo(
    by_role: dict[str, TestClient], image: int, category: int
) -> None:
    first, second = by_role["reviewer"], by_role["admin"]
    path = f"/api/images/{image}"

    def shown(answer: Any) -> tuple[str | None, bool]:
        said = whole(answer)["image"]
        return said.get("reviewed_by"), said.get("changed", False)

    reviewed = {"status": "reviewed"}
    assert shown(first.put(f"{path}/status", json=reviewed)) == ("the reviewer", False)
    new = {"category_id": category, "segmentation": block(3, 3, 10, 10)}
    whole(second.post(f"{path}/instances", json=new))
    assert shown(second.put(f"{path}/status", json=reviewed)) == ("the admin", False)
    assert shown(second.post(f"{path}/undo")) == ("the reviewer", True)
    assert shown(second.post(f"{path}/undo")) == ("the reviewer", False)
    assert shown(second.post(f"{path}/redo")) == ("the reviewer", True)
    assert shown(first.post(f"{path}/redo")) == ("the admin", False)
    assert shown(second.put(f"{path}/status", json={"status": "in_progress"})) == (None, False)
    assert shown(second.post(f"{path}/undo")) == ("the admin", False)


def test_a_reviewer_accepts_what_an_annotator_marked_reviewed_and_nobody_lower_does(
    by_role: dict[str, TestClient], image: int
) -> None:
    path, reviewed = f"/api/images/{image}", {"status": "reviewed"}

    def shown(answer: Any) -> tuple[str, int]:
        said = whole(answer)
        return said["image"]["reviewed_by"], said["revision"]

    by, first = shown(by_role["annotator"].put(f"{path}/status", json=reviewed))
    assert by == "the annotator"
    assert shown(by_role["reviewer"].put(f"{path}/status", json=reviewed)) == ("the reviewer", first + 1)
    assert shown(by_role["reviewer"].put(f"{path}/status", json=reviewed)) == ("the reviewer", first + 1)
    assert shown(by_role["annotator"].put(f"{path}/status", json=reviewed)) == ("the reviewer", first + 1)
    assert shown(by_role["reviewer"].post(f"{path}/undo")) == ("the annotator", first + 2)


def test_many_images_are_removed_by_admins_alone(by_role: dict[str, TestClient], image: int) -> None:
    body = {"image_ids": [image], "add_tags": ["dusk"], "removed": True}
    assert by_role["reviewer"].patch("/api/images", json=body).status_code == 403
    assert by_role["reviewer"].get(f"/api/images/{image}/document").json()["image"].get("tags", []) == []
    assert by_role["admin"].patch("/api/images", json=body).status_code == 200


def test_nobody_deletes_the_notes_of_others_but_reviewers(by_role: dict[str, TestClient], image: int) -> None:
    annotator, reviewer = by_role["annotator"], by_role["reviewer"]
    notes = f"/api/images/{image}/notes"
    own, others = (whole(who.post(notes, json={"text": "look"}))["id"] for who in (annotator, reviewer))
    assert annotator.delete(f"{notes}/{own}").status_code == 204
    assert annotator.delete(f"{notes}/{others}").status_code == 403
    assert whole(annotator.patch(f"{notes}/{others}", json={"done": True}))["done"]
    assert reviewer.delete(f"{notes}/{others}").status_code == 204


def test_undo_does_nothing_that_the_role_may_not(
    by_role: dict[str, TestClient], owner: TestClient, image: int, category: int, request: pytest.FixtureRequest
) -> None:
    """Not even under the page name of the one who did it."""
    headers = {"MaskLoop-Page": "the owner's page"}
    new = {"category_id": category, "segmentation": block(3, 3, 10, 10)}
    assert owner.post(f"/api/images/{image}/instances", json=new, headers=headers).status_code == 201
    for step in ("undo", "undo?anyones=true"):
        assert by_role["annotator"].post(f"/api/images/{image}/{step}", headers=headers).status_code == 403
    assert by_role["reviewer"].post(f"/api/images/{image}/undo", headers=headers).status_code == 200
    assert by_role["annotator"].post(f"/api/images/{image}/redo", headers=headers).status_code == 403
    assert by_role["reviewer"].post(f"/api/images/{image}/redo", headers=headers).status_code == 200

    coco = {
        "images": [{"id": 1, "file_name": f"{request.node.name}.png", "width": 40, "height": 30}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 20, 5, 5]}],
        "categories": [{"id": 1, "name": "apple"}],
    }
    assert owner.post("/api/import", json=coco).json()["annotations"] == 1
    for role in ("annotator", "reviewer"):
        refused = by_role[role].post(f"/api/images/{image}/undo?anyones=true")
        assert refused.status_code == 403
        assert refused.json()["error"].endswith("this is for an admin, to take back an import")
    assert len(by_role["admin"].post(f"/api/images/{image}/undo").json()["instances"]) == 1


def test_an_annotator_takes_back_what_a_model_proposed(by_role: dict[str, TestClient], image: int) -> None:
    annotator = by_role["annotator"]
    found = annotator.post(f"/api/images/{image}/predict", json={"score_threshold": 0}).json()["instances"]
    assert found
    assert {one.get("author") for one in found} == {None}
    assert annotator.post(f"/api/images/{image}/undo").json()["instances"] == []


def whole(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_every_edit_review_and_import_says_who_made_it(
    by_role: dict[str, TestClient], sign_in: Callable[..., TestClient], image: int, category: int
) -> None:
    ada, ben = sign_in("Ada", "annotator"), sign_in("Ben Müller", "reviewer")
    new = {"category_id": category, "segmentation": block(3, 3, 10, 10)}
    first = whole(ada.post(f"/api/images/{image}/instances", json=new))["instance"]
    assert first["author"] == "Ada"
    change = {"base_revision": first["revision"], "segmentation": block(5, 5, 10, 10)}
    assert whole(ben.put(f"/api/images/{image}/instances/{first['id']}", json=change))["instance"]["author"] == (
        "Ben Müller"
    )
    whole(ada.post(f"/api/images/{image}/batch", json={"create": [new]}))
    whole(ben.put(f"/api/images/{image}/status", json={"status": "reviewed"}))
    whole(ben.post(f"/api/images/{image}/undo"))
    whole(ben.post(f"/api/images/{image}/redo"))
    history = whole(ada.get(f"/api/images/{image}/history"))
    assert [(edit["kind"], edit["author"], edit["of"]) for edit in reversed(history["edits"])] == [
        ("create", "Ada", None),
        ("update", "Ben Müller", None),
        ("batch", "Ada", None),
        ("status", "Ben Müller", None),
        ("undo", "Ben Müller", 4),
        ("redo", "Ben Müller", 4),
    ]
    assert history["next_before"] is None
    page = whole(ada.get(f"/api/images/{image}/history?person=Ada&limit=1"))
    assert [edit["revision"] for edit in page["edits"]] == [3]
    rest = whole(ada.get(f"/api/images/{image}/history?person=Ada&limit=1&before={page['next_before']}"))
    assert [(edit["revision"], edit["instances"]) for edit in rest["edits"]] == [(1, [first["id"]])]
    document = whole(ada.get(f"/api/images/{image}/document"))
    assert [one["author"] for one in document["instances"]] == ["Ben Müller", "Ada"]
    assert document["image"]["reviewed_by"] == "Ben Müller"


def test_the_image_list_shows_and_filters_people(
    sign_in: Callable[..., TestClient], owner: TestClient, image: int, category: int
) -> None:
    cleo = sign_in("Cleo", "annotator")
    assert cleo.get("/api/images?person=Cleo").json()["total"] == 0
    new = {"category_id": category, "segmentation": block(3, 3, 10, 10)}
    whole(cleo.post(f"/api/images/{image}/instances", json=new))
    whole(owner.put(f"/api/images/{image}/status", json={"status": "reviewed"}))
    (row,) = whole(owner.get("/api/images?person=Cleo"))["images"]
    assert (row["image_id"], row["people"], row["reviewed_by"]) == (image, ["Cleo", OWNER.name], OWNER.name)
    assert owner.get("/api/images?person=cleo").json()["images"] == []
    assert image in [row["image_id"] for row in whole(owner.get(f"/api/images?person={OWNER.name}"))["images"]]


def test_an_export_chooses_people(sign_in: Callable[..., TestClient], owner: TestClient, category: int) -> None:
    files = [("files", (f"by {seed}.png", file_bytes(picture(seed, 40, 30)))) for seed in (31, 32)]
    first, second = (row["image_id"] for row in whole(owner.post("/api/images", files=files))["images"])
    dora, emil = sign_in("Dora", "annotator"), sign_in("Emil, jr.", "annotator")
    for who, image, x in ((dora, first, 3), (dora, second, 3), (emil, second, 30)):
        new = {"category_id": category, "segmentation": block(x, 3, 10, 10)}
        whole(who.post(f"/api/images/{image}/instances", json=new))

    def exported(**query: Any) -> list[tuple[int, list[str]]]:
        data = whole(owner.get("/api/export", params={"image_id": [first, second], **query}))
        by_image: dict[int, list[str]] = {entry["id"]: [] for entry in data["images"]}
        for entry in data["annotations"]:
            by_image[entry["image_id"]].append(entry["author"])
        return list(by_image.items())

    assert exported() == [(first, ["Dora"]), (second, ["Dora", "Emil, jr."])]
    assert exported(person="Emil, jr.") == [(second, ["Dora", "Emil, jr."])]
    assert exported(person=["Emil, jr.", "Dora"]) == exported()
    assert exported(author="Emil, jr.") == [(first, []), (second, ["Emil, jr."])]
    assert exported(person="dora") == []
    assert owner.get("/api/export?people=Dora").status_code == 422


def test_admins_invite_and_revoke_over_the_routes(app: FastAPI, by_role: dict[str, TestClient]) -> None:
    admin = by_role["admin"]
    made = whole(admin.post("/api/people", json={"name": " Dee  Dee ", "role": "annotator"}))
    assert (made["person"], made["link"]) == ("Dee Dee", f"?token={made['token']}")
    dee = TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {made['token']}"})
    assert dee.get("/api/me").json()["person"] == "Dee Dee"
    listed = {one["person"]: one for one in whole(admin.get("/api/people"))["people"]}
    assert listed["Dee Dee"]["opens"]
    assert listed[OWNER.name]["role"] == "admin"
    assert made["token"] not in admin.get("/api/people").text
    assert admin.delete("/api/people/dee dee").status_code == 204
    assert dee.get("/api/me").status_code == 401
    assert admin.delete("/api/people/dee dee").status_code == 409
    assert admin.delete("/api/people/nobody").status_code == 404
    for name, role in (
        ("", "admin"),
        ("x" * 101, "admin"),
        ("Owner", "admin"),
        ("a\nb\x07", "admin"),
        ("a/b", "admin"),
    ):
        assert admin.post("/api/people", json={"name": name, "role": role}).status_code == 422
    assert admin.post("/api/people", json={"name": "Eve", "role": "king"}).status_code == 422
