"""Long JSON is read in pieces, so that others run in between, and read as `json` reads it as a whole."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from core.coco import reading
from core.coco.reading import parse_json


def made_up(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(9 if depth else 6)
    if kind < 6:
        return [chance.randrange(10**6), chance.random(), None, True, '},{ "[a\\"é]}', float("inf")][kind]
    if kind == 6:
        return [made_up(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 7:
        return {f"key {number}": made_up(chance, depth - 1) for number in range(chance.randrange(4))}
    return [{"a": made_up(chance, depth - 1)} for _ in range(chance.randrange(6))]


def with_a_typing_error(chance: random.Random, text: str) -> str:
    place = chance.randrange(len(text))
    return text[:place] + chance.choice(["", "}", ",", "]", '"', " ", "},{"]) + text[place + chance.randrange(2) :]


def read_as_a_whole(text: str) -> str:
    try:
        return repr(json.loads(text))
    except json.JSONDecodeError as error:
        return f"broken JSON at line {error.lineno}, column {error.colno}: {error.msg}"


@pytest.mark.parametrize("piece", [1, 7, 30, 200])
def test_any_json_is_read_as_json_reads_it_and_complained_of_in_its_words(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE", piece)
    chance = random.Random(piece)
    for number in range(500):
        text = json.dumps(made_up(chance, 4), indent=chance.choice([None, 1]), ensure_ascii=chance.random() < 0.5)
        if number % 2:
            text = with_a_typing_error(chance, text)
        try:
            found = repr(parse_json(text.encode()))
        except ValueError as error:
            found = str(error)
        assert found == read_as_a_whole(text), text


def test_a_data_set_is_read_in_pieces_of_its_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {
        "info": {"year": 2020},
        "licenses": [],
        "images": [{"id": number, "file_name": f"{number}.png"} for number in range(50)],
        "annotations": [{"id": number, "attributes": [{"a": 1}, {"b": "},{"}]} for number in range(50)],
    }
    monkeypatch.setattr(reading, "PIECE", 300)
    monkeypatch.setattr(reading.json, "loads", None)  # nothing is read as a whole
    for content in (data, data["annotations"]):
        assert parse_json(json.dumps(content).encode()) == content


def test_other_encodings_and_depths_have_their_say_in_pieces_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PIECE", 20)
    data = {"images": [{"file_name": "größe.png"}, {"file_name": "b.png"}]}
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert parse_json(json.dumps(data, ensure_ascii=False).encode(encoding)) == data
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json(b'{"images": [{"a": ' + b"[" * 100_000 + b'}, {"b": 1}]}')
    with pytest.raises(ValueError, match="not UTF-8 text"):
        parse_json(b'{"images": [{"a": "' + b"\xff" * 30 + b'"}]}')
