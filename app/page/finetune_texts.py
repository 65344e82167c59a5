"""What the Fine-tune tab says: sentences and table rows from plans, jobs and versions, in a person's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.finetuning.job_view import JobSummary
from app.finetuning.jobs import Plan
from app.finetuning.plan import expected_seconds
from app.messages.wording import Wording

MOST_NAMES = 5  # of classes in a sentence


def plain(text: str) -> str:
    """Text of a user or a file for Markdown, shown as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>&$|~])", r"\\\1", text)


def duration(seconds: float, words: Wording) -> str:
    """A length of time as a person says it."""
    if seconds < 50:
        return words("no_minute")
    minutes = round(seconds / 60)
    if minutes < 90:
        return words.counted("minutes", minutes)
    return words("hours", hours=words.decimal(seconds / 3600, 1))


def data_sentence(plan: Plan, words: Wording) -> str:
    """Which images would be used, and how."""
    counts = plan["images"]
    if not counts["reviewed"]:
        return words("nothing_reviewed")
    images = words.counted("reviewed_images", counts["reviewed"])
    if not counts["held_out"]:
        return words("all_to_learn", images=images)
    parts = words("parts", images=images, train=counts["train"], held_out=counts["held_out"])
    return parts + sides_sentence(plan.get("sides", []), words) + staying_sentence(plan.get("staying", []), words)


def sides_sentence(sides: Sequence[Sequence[str]], words: Wording) -> str:
    """Which classes only their side tells apart, and what is done about it."""
    if not sides:
        return ""
    pairs = words("and").join(f"{plain(one)} / {plain(other)}" for one, other in sides[:2])
    more = words("more_pairs", number=len(sides) - 2) if len(sides) > 2 else ""
    return words("sides", pairs=pairs, more=more)


def staying_sentence(staying: Sequence[str], words: Wording) -> str:
    """Which classes the model goes on finding as it does; nothing where there are none."""
    return words("stay_as_known", names=named(staying)) if staying else ""


def named(names: Sequence[str]) -> str:
    """The first few names of classes."""
    return ", ".join([*map(plain, names[:MOST_NAMES]), *(["…"] if len(names) > MOST_NAMES else [])])


def estimate_sentence(plan: Plan, epochs: int, measuring: bool, words: Wording) -> str:
    """How long so many epochs take on this machine."""
    if plan["missing"]:
        return ""
    if plan["seconds_per_image"] is None:
        return words("measuring" if measuring else "shows_later")
    images = plan["images"]
    seconds = expected_seconds(epochs, images["train"], images["held_out"], plan["seconds_per_image"])
    return words("takes", duration=duration(seconds, words))


def job_sentence(job: JobSummary, ahead: int, words: Wording) -> str:
    """How a job stands; `ahead` is how many are before it in line."""
    name: dict[str, Any] = {"job": job["id"], "base": plain(job["base_model"])}
    if job["state"] == "queued":
        return words("job_waits", **name, ahead=words.counted("other_jobs", ahead))
    if job["cancelling"]:
        return words("job_stopping", **name)
    if job["state"] == "running":
        phase = words.of(job["phase"])
        if job["phase"] != "training" or job["seconds_left"] is None:
            return words("job_running", **name, phase=phase)
        left = duration(job["seconds_left"], words)
        return words("job_training", **name, phase=phase, progress=job["progress"], duration=left)
    if job["state"] == "failed":
        return words("job_failed", **name, error=plain(words.of(job["error"] or "")))
    if job["state"] == "cancelled":
        return words("job_cancelled", **name)
    return words("job_finished", **name, duration=duration(job["seconds"] or 0, words))


def outcome_sentence(job: JobSummary, words: Wording) -> str:
    """What the finished job's model does better or worse than its base model."""
    result = job["result"] or {"before": {}, "after": None}
    before, after = result["before"], result["after"]
    hidden = hidden_sentence(result.get("hidden", []), words)
    if after is None:
        return words("not_compared", model=job["model"]) + hidden
    kind = "segm" if "segm" in after else "bbox"
    old, new = before.get(kind, after[kind] | {"AP": 0.0, "AP50": 0.0}), after[kind]
    if new["AP"] < 0:
        return words("nothing_to_compare", model=job["model"]) + hidden
    gain = new["AP"] - max(0.0, old["AP"])
    sentence = words(
        "outcome",
        images=words.counted("held_out_images", job["images"]["held_out"]),
        model=job["model"],
        verdict=words("as_well" if abs(gain) < 0.005 else "better" if gain > 0 else "worse"),
        noun=words("masks" if kind == "segm" else "boxes"),
        ap50=f"{sure_figure(old, 'AP50')} → **{figure(new['AP50'])}**{spread(new, 'AP50')}",
        ap=f"{sure_figure(old, 'AP')} → {sure_figure(new, 'AP')}",
    )
    return (
        sentence
        + (words("intervals") if new.get("intervals") else "")
        + (prompts_sentence(result["prompts"], words) if "prompts" in result else "")
        + hidden
    )


def prompts_sentence(prompts: Mapping[str, Any] | None, words: Wording) -> str:
    """What became of the prompt model that was to be tuned along."""
    if prompts is None:
        return words("prompts_too_few")
    if "error" in prompts:
        return words("prompts_failed", error=plain(prompts["error"]))
    return words(
        "prompts_kept" if prompts["kept"] else "prompts_dropped",
        objects=words.counted("held_out_objects", prompts["objects"]),
        change=f"{figure(prompts['before'])} → {figure(prompts['after'])}",
    )


def hidden_sentence(hidden: Sequence[str], words: Wording) -> str:
    """Which classes the new model shows less often; nothing where there are none."""
    return words("hides", names=named(hidden)) if hidden else ""


def spread(figures: Mapping[str, Any], name: str) -> str:
    """The bootstrap interval of a figure in brackets; nothing where there is none.

    One without width is none: where a class is on a single image every draw is that image, which makes nothing sure.
    """
    interval = figures.get("intervals", {}).get(name)
    return f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval and interval[0] < interval[1] else ""


def sure_figure(figures: Mapping[str, Any], name: str) -> str:
    """A figure with its interval."""
    return figure(figures[name]) + spread(figures, name)


def outcome_rows(job: JobSummary) -> list[list[str]]:
    """Class, instances on held-out images, and AP before and after; the classes as in the data."""
    result = job["result"]
    if result is None or result["after"] is None:
        return []
    before, after = result["before"], result["after"]
    kind = "segm" if "segm" in after else "bbox"
    old = before.get(kind, {}).get("per_category", {})
    new = after[kind]["per_category"]
    return [
        [
            row["name"],
            str(row["held_out"]),
            figure(old.get(row["name"])) + class_spread(before.get(kind, {}), row["name"]),
            figure(new.get(row["name"])) + class_spread(after[kind], row["name"]),
        ]
        for row in job["classes"]
    ]


def class_spread(figures: Mapping[str, Any], name: str) -> str:
    """The interval of one class's AP in brackets."""
    return spread({"intervals": figures.get("intervals", {}).get("per_category", {})}, name)


def version_rows(versions: Sequence[Mapping[str, Any]], usable: Collection[str], words: Wording) -> list[list[str]]:
    """Name, whether it is in use, origin, number of classes, AP50 on held-out images of its time; the newest first."""
    rows = []
    for version in reversed(versions):
        figures = version["metrics"].get("segm") or version["metrics"].get("bbox") or {}
        origin = words("on_this_machine" if version["name"] in usable else "downloaded_later")
        if version["parent"]:
            origin = words("tuned_from", parent=version["parent"])
        mark = words("in_use") if version["current"] else ""
        classes = str(len(version["categories"]) or "–")
        rows.append([version["name"], mark, origin, classes, figure(figures.get("AP50"))])
    return rows


def repredicting_sentence(status: Mapping[str, Any], words: Wording) -> str:
    """How far the new predictions of untouched images are."""
    if status["model"] is None or not status["total"]:
        return ""
    errors, model = len(status["errors"]), plain(status["model"])
    failed = words("not_predicted", images=words.counted("images", errors)) if errors else ""
    if status["running"]:
        return words("predicting", model=model, done=status["done"], total=status["total"]) + failed
    return words("predicted", images=words.counted("untouched_images", status["total"]), model=model) + failed


def figure(value: float | None) -> str:
    """An average precision with two digits; a dash where there was nothing to measure."""
    return "–" if value is None or value < 0 else f"{value:.2f}"
