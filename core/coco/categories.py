"""The categories of a COCO file, mended: ids, names, backgrounds and parents that are no classes, keypoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

from core.coco.json_values import id_key, is_number, is_whole, whole
from core.coco.report import Report

ById = dict[Hashable | None, dict[str, Any]]
TWO: dict[str, Any] = {}  # in a `ById`: the id stands for two entries, and for none of them


def mended_categories(
    raw_categories: list[object], annotations: list[Any], report: Report
) -> tuple[list[dict[str, object]], ById, list[Exception]]:
    """The mended categories, each by the id with which annotations name it, and ids that stand for two of them."""
    mended: dict[int, dict[str, object]] = {}
    by_raw: ById = {}
    doubled: list[Exception] = []
    by_name: dict[str, dict[str, object]] = {}
    free = free_ids(raw_categories)
    used = _used_ids(annotations)
    unnamed_keypoints = _unnamed_keypoints(annotations)
    parents = _parents(raw_categories)
    for number, raw in enumerate(raw_categories):
        if not isinstance(raw, dict):
            report.add(f"category number {number}", f"is {raw!r}: an object with id and name is needed", "left out")
            continue
        subject = f"category {raw.get('id', f'number {number}')}"
        raw_id, key = raw.get("id"), id_key(raw.get("id"))
        is_used = key is not None and key in used
        if not is_used and (reason := _is_no_class(raw, parents)):
            report.add(subject, f"{raw['name']!r} {reason}", "left out", spelling=True)
            continue
        known = by_name.get(raw["name"]) if isinstance(raw.get("name"), str) else None
        if known is not None and (same := _is_twin(raw, known)):
            repair = "the second is left out" if same == "id" else f"becomes one with category {known['id']}"
            report.add(subject, f"{raw['name']!r} is listed twice", repair, spelling=True)
            if key is not None:
                by_raw.setdefault(key, known)
            continue
        is_second = key is not None and key in by_raw
        if is_second:
            doubled.append(ValueError(f"two categories have the id {raw_id!r}"))
        category = {**raw, "id": mended_id(raw_id, subject, mended, free, report)}
        if category["id"] == 0:
            report.add(subject, "id is 0, which many tools take for background", spelling=True)
        if not isinstance(raw.get("name"), str) or not raw["name"].strip():
            category["name"] = str(raw["name"]) if is_number(raw.get("name")) else str(category["id"])
            report.add(subject, "has no name", f"named {category['name']}")
        _mend_keypoints(category, subject, unnamed_keypoints.get(key) if key is not None else None, report)
        mended[category["id"]] = category
        by_name.setdefault(category["name"], category)
        if key is not None:
            by_raw[key] = category if not is_second else by_raw[key] if is_whole(raw_id) else TWO
    if not mended and annotations:
        report.add("categories", "there are none")
    missing = sorted(set(range(min(mended, default=1), min(max(mended, default=0), 100_000))) - set(mended))
    if missing:
        shown = ", ".join(map(str, missing[:12])) + (", …" if len(missing) > 12 else "")
        report.note("categories", f"ids leave out {shown}: tools that take the id for a model's output will be wrong")
    return list(mended.values()), by_raw, doubled


def free_ids(entries: list[object]) -> Iterator[int]:
    """Ids above all that the entries of a list have."""
    used = [entry["id"] for entry in entries if isinstance(entry, dict) and is_whole(entry.get("id"))]
    number = max([0, *used])
    while True:
        number += 1
        yield number


def mended_id(raw: object, subject: str, taken: dict[int, Any], free: Iterator[int], report: Report) -> int:
    """A whole number that no other entry has, as near to the raw id as can be."""
    if is_whole(raw) and raw not in taken:
        return int(raw)
    if is_whole(raw):
        number = next(free)
        report.add(subject, f"id {raw} is used twice", f"the second becomes {number}")
        return number
    as_number = whole(raw)
    number = as_number if as_number is not None and as_number not in taken else next(free)
    what = "has no id" if raw is None else f"id is {raw!r}: a whole number is needed"
    report.add(subject, what, f"becomes {number}", spelling=True)
    return number


def _used_ids(annotations: list[object]) -> set[Hashable]:
    """What annotations name as their category, texts as numbers too."""
    ids = {
        a.get("category_id") for a in annotations if isinstance(a, dict) and isinstance(a.get("category_id"), Hashable)
    }
    return ids | {whole(identifier) for identifier in ids} | {str(identifier) for identifier in ids}


def _is_twin(raw: dict[str, object], known: dict[str, object]) -> str | None:
    """Whether an entry says again what is known: "id" with the same id, "name" with another and no other keypoints."""
    if whole(raw.get("id")) == known["id"]:
        return "id"
    return "name" if not raw.get("keypoints") or raw.get("keypoints") == known.get("keypoints") else None


def _parents(raw_categories: list[object]) -> set[str]:
    """The names that stand as supercategory of others."""
    return {
        entry["supercategory"]
        for entry in raw_categories
        if isinstance(entry, dict)
        and isinstance(entry.get("supercategory"), str)
        and entry["supercategory"] != entry.get("name")
    }


def _is_no_class(category: dict[str, object], parents: set[str]) -> str | None:
    """Why a category of which there is no object is no class: background, or the others' parent (Roboflow's 0)."""
    name = category.get("name")
    if not isinstance(name, str):
        return None
    if name.strip("_ ").lower() == "background":
        return "stands for background, which is no category"
    if name in parents and category.get("supercategory") in (None, "", "none"):
        return "is the parent of other categories and has no objects"
    return None


def _unnamed_keypoints(annotations: list[Any]) -> dict[Hashable, int]:
    """For each category id as annotations write it: how many keypoints most of its objects have."""
    counts: dict[Hashable, Counter[int]] = {}
    for annotation in annotations:
        points = annotation.get("keypoints") if isinstance(annotation, dict) else None
        if isinstance(points, list) and points and len(points) % 3 == 0:
            raw_id = annotation.get("category_id")
            if isinstance(raw_id, Hashable):
                counts.setdefault(raw_id, Counter())[len(points) // 3] += 1
    return {raw_id: number.most_common(1)[0][0] for raw_id, number in counts.items()}


def _mend_keypoints(category: dict[str, object], subject: str, unnamed: int | None, report: Report) -> None:
    """Keypoint names and the pairs that join them; mended in place."""
    names = category.get("keypoints")
    if names is not None and (not isinstance(names, list) or not all(isinstance(name, str) for name in names)):
        report.add(subject, "keypoints are not a list of names", "left out")
        del category["keypoints"]
        names = []
    elif names and len(set(names)) < len(names):
        report.add(subject, "two keypoints have the same name")
    if not names and unnamed:
        report.add(subject, f"its objects have {unnamed} keypoints without names", f"named 1 to {unnamed}")
        names = category["keypoints"] = [str(number) for number in range(1, unnamed + 1)]
        category["skeleton"] = category.get("skeleton") or []
    if names and category.get("skeleton") is None:
        report.note(subject, "has keypoints but no skeleton: no lines are drawn between them", "becomes []")
        category["skeleton"] = []
    _mend_skeleton(category, subject, len(names or []), report)


def _mend_skeleton(category: dict[str, object], subject: str, points: int, report: Report) -> None:
    skeleton = category.get("skeleton") or []
    if not isinstance(skeleton, list):
        report.add(subject, "skeleton is not a list of pairs of keypoint numbers", "left out")
        category["skeleton"] = []
        return
    pairs = [bone for bone in skeleton if isinstance(bone, list) and len(bone) == 2 and all(map(is_whole, bone))]
    ends = [end for bone in pairs for end in bone]
    if len(pairs) == len(skeleton) and 0 in ends and min(ends) == 0 and max(ends) < points:
        report.add(subject, "skeleton counts keypoints from 0, COCO from 1", "one is added to each number")
        category["skeleton"] = [[end + 1 for end in bone] for bone in pairs]
        return
    good = [bone for bone in pairs if all(1 <= end <= points for end in bone)]
    if len(good) < len(skeleton):
        wrong = next(bone for bone in skeleton if bone not in good)
        report.add(subject, f"skeleton joins {wrong!r}, but keypoints are numbered 1 to {points}", "left out")
        category["skeleton"] = good
