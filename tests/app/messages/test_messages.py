"""The lines of the server: English word for word for scripts, the language of the page for the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest
from fastapi.testclient import TestClient

from app.messages.en import ENGLISH
from app.messages.message import LANGUAGE_HEADER, LANGUAGES, in_language, say
from app.messages.wording import Wording, asked_language
from app.roles import Person, refusal
from app.store.errors import ConflictError

OTHERS = sorted(set(LANGUAGES) - {"en"})


def places(line: str) -> set[str]:
    """The values that a line says."""
    return {name for _, name, _, _ in Formatter().parse(line) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_every_line_and_says_no_value_that_there_is_not(language: str) -> None:
    table = LANGUAGES[language]
    where = f"write it in app/messages/{language}.py"
    assert sorted(set(ENGLISH) - set(table)) == [], f"not translated: {where}"
    assert sorted(set(table) - set(ENGLISH)) == [], f"no longer said: take it out of app/messages/{language}.py"
    assert [name for name, line in table.items() if not places(line) <= places(ENGLISH[name])] == []
    assert [name for name in table if table[name] == ENGLISH[name]] == []


def test_every_line_is_said_somewhere(project_root: Path) -> None:
    outside = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (project_root / "app").rglob("*.py")
        if path.parent.name != "messages"
    )
    said = set(re.findall(r"""["'](\w+)["']""", outside)) | {
        f"for_{rank}s" for rank in ("annotator", "reviewer", "admin")
    }
    said |= {f"{code}_one" for code in said}  # of what is counted
    assert sorted(set(ENGLISH) - said) == []


def test_a_page_is_answered_in_its_language_and_a_script_in_english(client: TestClient) -> None:
    plain = client.get("/api/images/7/document")
    assert plain.json() == {"error": "there is no image 7"}
    german = client.get("/api/images/7/document", headers={LANGUAGE_HEADER: "de"})
    assert (german.status_code, german.json()) == (404, {"error": "Bild 7 gibt es nicht", "code": "no_image"})
    chinese = client.get("/api/images/7/document", headers={LANGUAGE_HEADER: "zh"})
    assert chinese.json()["error"] == "没有图像 7"
    unknown = client.get("/api/images/7/document", headers={LANGUAGE_HEADER: "tlh"})
    assert unknown.json()["error"] == plain.json()["error"]


def test_conflicts_and_wrong_fields_keep_their_keys_in_every_language(
    client: TestClient, upload: Callable[..., int], category: int
) -> None:
    image = upload()
    body = {"category_id": category, "segmentation": [[1, 1, 1.1, 1, 1.1, 1.1]]}
    answer = client.post(f"/api/images/{image}/instances", json=body, headers={LANGUAGE_HEADER: "de"})
    assert (answer.status_code, answer.json()["field"]) == (422, "segmentation")
    assert answer.json()["error"] == LANGUAGES["de"]["no_pixel"]
    undone = client.post(f"/api/images/{image}/undo", headers={LANGUAGE_HEADER: "de"})
    assert (undone.status_code, undone.json()["error"]) == (409, f"auf Bild {image} ist nichts rückgängig zu machen")
    assert undone.json()["code"] == "nothing_to_undo"
    job = client.post("/api/jobs", json={}, headers={LANGUAGE_HEADER: "zh"})
    assert job.json()["error"] == LANGUAGES["zh"]["none_reviewed"].format(fewest=2)


def test_a_line_is_a_text_like_any_other() -> None:
    line = say("changed_elsewhere", instance=4, revision=9, base=7)
    assert line == "instance 4 was changed elsewhere: it is at revision 9, the change was based on 7"
    assert str(ConflictError(line, 4)) == line
    assert in_language(ConflictError(line, 4), "de").startswith("Objekt 4 wurde anderswo geändert")
    assert in_language(ValueError("unknown"), "de") == "unknown"
    assert refusal(Person("anna", "annotator"), "reviewer", "remove images") == (
        "anna is an annotator: this is for a reviewer, to remove images"
    )


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "de-DE,de;q=0.9,en;q=0.8"}, "de"),
        ({"accept-language": "fr, zh-CN;q=0.9, en;q=0.8"}, "zh"),
        ({"accept-language": "de", "cookie": "other=1; maskloop_language=zh"}, "zh"),
        ({"accept-language": "de", "cookie": "maskloop_language=tlh"}, "de"),
        ({"accept-language": ";;,,*"}, "en"),
    ],
)
def test_a_page_speaks_as_was_chosen_in_it_else_as_the_browser(headers: dict[str, str], language: str) -> None:
    assert asked_language(headers) == language


def test_what_was_stored_in_english_is_said_in_the_language_of_who_reads_it() -> None:
    german = Wording("de")
    assert german.of("judging the new model") == LANGUAGES["de"]["judging_new"]
    assert german.of(ConflictError(say("job_over", job=3, state="failed"))) == "Trainingslauf 3 ist schon zu Ende"
    assert german.of("CUDA out of memory") == "CUDA out of memory"
    assert [german.counted("minutes", number) for number in (1, 2)] == ["etwa 1 Minute", "etwa 2 Minuten"]
