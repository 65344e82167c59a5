"""Tasks of Label Studio: which image one is about, and which of its results count."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote, urlsplit

from core.coco.json_values import is_number
from core.coco.names import UPLOAD_PREFIX
from core.formats.files import PICTURE_SUFFIXES, suffix
from core.formats.notes import Notes
from core.formats.pictures import tidy_name


def image_names(task: Mapping[str, object]) -> list[str]:
    """What the image of a task may be called, the surest first; empty where it names none."""
    data = task.get("data")
    values = data if isinstance(data, dict) else task
    texts = [value for value in values.values() if isinstance(value, str)]
    preferred = values.get("image")
    pictures = [text for text in texts if suffix(_path_of(text)) in PICTURE_SUFFIXES]
    address = preferred if isinstance(preferred, str) else next(iter([*pictures, *texts]), "")
    path = tidy_name(_path_of(address))
    names = [path]
    folder, _, base = path.rpartition("/")
    if re.fullmatch(r"(data/)?upload(/\d+)?", folder):
        names = [base]
    if UPLOAD_PREFIX.match(base):
        names += [base, UPLOAD_PREFIX.sub("", base)]
    return [name for name in dict.fromkeys(names) if name]


def without_shared_names(tasks: Sequence[list[str]]) -> list[list[str]]:
    """The names of each task's image without the one that a file was uploaded under, where another upload had it too.

    Which of them is meant by a picture of that name nobody can tell.
    """
    uploads: dict[str, set[str]] = {}
    for names in tasks:
        if names and names[-1] != names[0]:
            uploads.setdefault(names[-1], set()).add(names[0])
    return [names[:-1] if names and len(uploads.get(names[-1], ())) > 1 else names for names in tasks]


def results_of(task: Mapping[str, object], notes: Notes, about: str) -> tuple[list[dict[str, object]], str | None]:
    """The results of a task and, where a model made them, its name: a person's before a model's.

    Predictions are what a person began with, so that they count only where no person has answered.
    """
    if not isinstance(task.get("data"), dict):
        return _minimal_results(task), None
    people = [entry for key in ("annotations", "completions") for entry in _entries(task, key)]
    answered = [entry for entry in people if not entry.get("was_cancelled")]
    if people and not answered:
        notes.add("skipped by its annotator: nothing of what was drawn is taken", about)
    if answered:
        if len(answered) > 1:
            notes.add(
                "several people's annotations: the first is taken (the ground truth where one is marked so)", about
            )
        return _results(next((entry for entry in answered if entry.get("ground_truth")), answered[0])), None
    predictions = _entries(task, "predictions")
    if not predictions:
        return [], None
    first = predictions[0]
    model, score = first.get("model_version"), first.get("score")
    results = [
        result if is_number(result.get("score")) or not is_number(score) else {**result, "score": score}
        for result in _results(first)
    ]
    return results, str(model) if model else None


def _entries(task: Mapping[str, object], key: str) -> list[dict[str, object]]:
    entries = task.get(key)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _results(entry: Mapping[str, object]) -> list[dict[str, object]]:
    results = entry.get("result")
    return [result for result in results if isinstance(result, dict)] if isinstance(results, list) else []


def _minimal_results(task: Mapping[str, object]) -> list[dict[str, object]]:
    """JSON_MIN has the values alone, in lists under the names of the labelling setup."""
    found = []
    for values in task.values():
        for value in values if isinstance(values, list) else ():
            if isinstance(value, dict):
                kind = next((key for key in value if key.endswith("labels")), "")
                size = {key: value.get(key) for key in ("original_width", "original_height")}
                found.append({"type": kind, "value": value, **size})
    return found


def _path_of(address: str) -> str:
    """The path in an address, decoded: of a file that the server reads itself, what `d` names."""
    if "?d=" in address:
        named = parse_qs(urlsplit(address).query, keep_blank_values=True).get("d", [""])[0]
        return named or address
    if "://" in address or address.startswith("/data/"):
        return unquote(urlsplit(address).path)
    return address
