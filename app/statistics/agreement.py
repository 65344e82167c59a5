"""How far two people agree: what one left on an image against what the other made of it, and where they differ."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.statistics.counts import shared_images
from app.statistics.matching import Matches, match, rle_of
from app.statistics.versions import Versions, versions_of
from app.store.categories import category_json
from app.store.documents import find_image, find_images
from app.store.errors import NotFoundError
from app.store.instance_state import InstanceState
from app.store.tables import Category, Image
from core.masks import crop_to_polygons
from core.run_lengths import crop_of_runs, run_lengths

DIFFERENT_IOU = 0.95  # below it two outlines of one object are shown as different
OUTLINE_TOLERANCE = 1.0  # pixels
Sigmas = Mapping[int, NDArray[np.float64]]


def agreement_json(session: Session, people: Sequence[str], limit: int) -> dict[str, object]:
    """Two people's agreement on the images that both worked on, the `limit` that changed last.

    `agreement` is twice the objects that both have in one class over the objects of both: 1 where nothing was added,
    removed or renamed. IoU and OKS are means over those objects.
    """
    sigmas = _sigmas(session)
    rows, found = [], []
    for image in find_images(session, shared_images(session, people, limit)):
        versions = versions_of(session, image, people)
        if versions is not None:
            matches = match(versions.before, versions.after, image.height, image.width, sigmas)
            found.append(matches)
            rows.append({"image_id": image.id, "file_name": image.file_name, **_summary([matches]), **_who(versions)})
    rows.sort(key=lambda row: (row["agreement"] is None, row["agreement"], row["mean_iou"] or 0.0))
    return {"people": list(people), "images": rows, **_summary(found), "ious": _histogram(found)}


def differences_json(session: Session, image_id: int, people: Sequence[str]) -> dict[str, object]:
    """Where two people differ on one image, with both outlines of each object; raises NotFoundError."""
    image = find_image(session, image_id)
    versions = versions_of(session, image, people)
    if versions is None:
        raise NotFoundError(say("not_both", people=" and ".join(people), image=image_id))
    matches = match(versions.before, versions.after, image.height, image.width, _sigmas(session))
    names = {category.id: category.name for category in session.scalars(select(Category))}

    def side(states: Mapping[int, InstanceState], key: int) -> dict[str, object]:
        state = states[key]
        return {"instance": key, "category": names.get(state.category_id, "?"), "outline": _outline(state, image)}

    differences: list[dict[str, object]] = []
    for key in matches.only_first:
        differences.append({"kind": "only_first", "first": side(versions.before, key)})
    for key in matches.only_second:
        differences.append({"kind": "only_second", "second": side(versions.after, key)})
    for pair in sorted(matches.pairs, key=lambda pair: pair.iou):
        if pair.same_class and pair.iou >= DIFFERENT_IOU and (pair.oks is None or pair.oks >= DIFFERENT_IOU):
            continue
        kind = "class" if not pair.same_class else "shape" if pair.iou < DIFFERENT_IOU else "keypoints"
        both = {"first": side(versions.before, pair.first), "second": side(versions.after, pair.second)}
        differences.append({"kind": kind, "iou": pair.iou, "oks": pair.oks, **both})
    return {
        "image_id": image.id,
        "file_name": image.file_name,
        "width": image.width,
        "height": image.height,
        **_summary([matches]),
        **_who(versions),
        "differences": differences,
    }


def _who(versions: Versions) -> dict[str, str]:
    return {"first": versions.first, "second": versions.second}


def _summary(found: Sequence[Matches]) -> dict[str, object]:
    """Counts and means over the objects of some images; None where there is nothing to take a mean of."""
    same = [pair for matches in found for pair in matches.pairs if pair.same_class]
    renamed = sum(not pair.same_class for matches in found for pair in matches.pairs)
    only_first = sum(len(matches.only_first) for matches in found)
    only_second = sum(len(matches.only_second) for matches in found)
    objects = 2 * (len(same) + renamed) + only_first + only_second
    oks = [pair.oks for pair in same if pair.oks is not None]
    return {
        "matched": len(same),
        "renamed": renamed,
        "only_first": only_first,
        "only_second": only_second,
        "agreement": 2 * len(same) / objects if objects else None,
        "mean_iou": fmean(pair.iou for pair in same) if same else None,
        "mean_oks": fmean(oks) if oks else None,
    }


def _histogram(found: Sequence[Matches]) -> list[int]:
    """How many objects of one class have an IoU from 0.5, 0.6, 0.7, 0.8, 0.9 on, and of exactly 1."""
    ious = [pair.iou for matches in found for pair in matches.pairs if pair.same_class]
    counts, _ = np.histogram([iou for iou in ious if iou < 1], bins=np.linspace(0.5, 1, 6))
    return [*map(int, counts), sum(iou >= 1 for iou in ious)]


def _outline(state: InstanceState, image: Image) -> list[list[float]]:
    """The rings of an object in pixels, each x0, y0, x1, y1, …; of a mask with holes its outer ones."""
    if isinstance(state.segmentation, list) and state.segmentation:
        return state.segmentation
    runs = run_lengths(rle_of(state, image.height, image.width)["counts"].encode())
    return crop_to_polygons(*crop_of_runs(runs, image.height), OUTLINE_TOLERANCE)


def _sigmas(session: Session) -> Sigmas:
    from core.evaluation.keypoints import oks_sigmas  # brings torch, which takes longer to import than all the rest

    categories = [category_json(category) for category in session.scalars(select(Category)) if category.keypoints]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which sigma is taken is for who trains and evaluates
        return oks_sigmas({"categories": categories, "annotations": []})
