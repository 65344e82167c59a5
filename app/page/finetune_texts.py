"""What the Fine-tune tab says: sentences and table rows from plans, jobs and versions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.finetuning.job_view import JobSummary
from app.finetuning.jobs import Plan
from app.finetuning.plan import expected_seconds


def plain(text: str) -> str:
    """Text of a user or a file for Markdown, shown as it is."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>&$|~])", r"\\\1", text)


def duration(seconds: float) -> str:
    """A length of time as a person says it."""
    if seconds < 50:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} minute{'s' if minutes != 1 else ''}"
    return f"about {seconds / 3600:.1f} hours"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number and its noun."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def data_sentence(plan: Plan) -> str:
    """Which images would be used, and how."""
    images = plan["images"]
    if not images["reviewed"]:
        return "No image is marked reviewed yet."
    if not images["held_out"]:
        return (
            f"**{counted(images['reviewed'], 'reviewed image')}**, all to learn from. "
            "From four on, some are held out to compare the models before and after."
        )
    return (
        f"**{counted(images['reviewed'], 'reviewed image')}**: {images['train']} to learn from, "
        f"{images['held_out']} held out to compare the models before and after. A held-out image stays held out."
        + sides_sentence(plan.get("sides", []))
    )


def sides_sentence(sides: Sequence[Sequence[str]]) -> str:
    """Which classes only their side tells apart, and what is done about it."""
    if not sides:
        return ""
    pairs = " and ".join(f"{plain(one)} / {plain(other)}" for one, other in sides[:2])
    more = f" and {len(sides) - 2} more pairs" if len(sides) > 2 else ""
    return f" {pairs}{more} differ by their side only: images are not mirrored while training."


def estimate_sentence(plan: Plan, epochs: int, measuring: bool) -> str:
    """How long so many epochs take on this machine."""
    if plan["missing"]:
        return ""
    if plan["seconds_per_image"] is None:
        return "Measuring how fast this machine trains…" if measuring else "How long it takes shows once it has begun."
    images = plan["images"]
    seconds = expected_seconds(epochs, images["train"], images["held_out"], plan["seconds_per_image"])
    return f"Takes **{duration(seconds)}** on this machine; you can go on annotating meanwhile."


def job_sentence(job: JobSummary, ahead: int) -> str:
    """How a job stands; `ahead` is how many are before it in line."""
    base = plain(job["base_model"])
    if job["state"] == "queued":
        return f"Fine-tuning {job['id']} from {base} waits for {counted(ahead, 'other job')} to end."
    if job["cancelling"]:
        return f"Fine-tuning {job['id']} is stopping after the step it is in…"
    if job["state"] == "running":
        sentence = f"**Fine-tuning {job['id']}** from {base}: {job['phase']}"
        if job["phase"] == "training" and job["seconds_left"] is not None:
            sentence += f", {job['progress']:.0%} done, {duration(job['seconds_left'])} left"
        return sentence + ". It goes on when you close this page."
    if job["state"] == "cancelled":
        return f"Fine-tuning {job['id']} was cancelled. Nothing has changed."
    if job["state"] == "failed":
        return f"Fine-tuning {job['id']} failed: {plain(job['error'] or '')}"
    return f"**Fine-tuning {job['id']}** from {base} finished in {duration(job['seconds'] or 0)}."


def outcome_sentence(job: JobSummary) -> str:
    """What the finished job's model does better or worse than its base model."""
    result = job["result"] or {"before": {}, "after": None}
    before, after = result["before"], result["after"]
    if after is None:
        return (
            f"`{job['model']}` is ready. It cannot be compared with its base model yet: "
            "review at least four images, and some are held out for that."
        )
    kind = "segm" if "segm" in after else "bbox"
    noun = "masks" if kind == "segm" else "boxes"
    old, new = before.get(kind, after[kind] | {"AP": 0.0, "AP50": 0.0}), after[kind]
    if new["AP"] < 0:
        return f"`{job['model']}` is ready. The held-out images show none of its classes, so nothing can be compared."
    gain = new["AP"] - max(0.0, old["AP"])
    verdict = "does about as well as" if abs(gain) < 0.005 else "does better than" if gain > 0 else "does worse than"
    return (
        f"On {counted(job['images']['held_out'], 'held-out image')} `{job['model']}` {verdict} its base model: "
        f"AP50 of {noun} {sure_figure(old, 'AP50')} → **{figure(new['AP50'])}**{spread(new, 'AP50')}, "
        f"AP {sure_figure(old, 'AP')} → {sure_figure(new, 'AP')}."
        + (" In brackets what nine of ten other draws of so few images would give." if new.get("intervals") else "")
        + (prompts_sentence(result["prompts"]) if "prompts" in result else "")
    )


def prompts_sentence(prompts: Mapping[str, Any] | None) -> str:
    """What became of the prompt model that was to be tuned along."""
    if prompts is None:
        return (
            " Masks by click and box stay as they are: too few objects to learn from and to judge by "
            "(five of 16×16 pixels or more, with a mask, on held-out images)."
        )
    if "error" in prompts:
        return f" Masks by click and box stay as they are, tuning them failed: {plain(prompts['error'])}."
    objects = counted(prompts["objects"], "held-out object")
    change = f"{figure(prompts['before'])} → {figure(prompts['after'])}"
    fate = "it is used together with this model" if prompts["kept"] else "so the one before stays"
    return f" Masks by click and box, mean IoU on {objects}: {change}; {fate}."


def spread(figures: Mapping[str, Any], name: str) -> str:
    """The bootstrap interval of a figure in brackets; nothing where there is none."""
    interval = figures.get("intervals", {}).get(name)
    return f" ({interval[0]:.2f}–{interval[1]:.2f})" if interval else ""


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


def version_rows(versions: Sequence[Mapping[str, Any]], usable: Collection[str]) -> list[list[str]]:
    """Name, whether it is in use, origin, number of classes, AP50 on held-out images of its time; the newest first."""
    rows = []
    for version in reversed(versions):
        figures = version["metrics"].get("segm") or version["metrics"].get("bbox") or {}
        origin = "on this machine" if version["name"] in usable else "is downloaded when it is first used"
        if version["parent"]:
            origin = f"fine-tuned from {version['parent']}"
        mark = "in use" if version["current"] else ""
        classes = str(len(version["categories"]) or "–")
        rows.append([version["name"], mark, origin, classes, figure(figures.get("AP50"))])
    return rows


def repredicting_sentence(status: Mapping[str, Any]) -> str:
    """How far the new predictions of untouched images are."""
    if status["model"] is None or not status["total"]:
        return ""
    failed = f" {counted(len(status['errors']), 'image')} could not be predicted." if status["errors"] else ""
    model = plain(status["model"])
    if status["running"]:
        return f"Predicting untouched images with {model}: {status['done']} of {status['total']} done.{failed}"
    return f"{counted(status['total'], 'untouched image')} predicted anew with {model}.{failed}"


def figure(value: float | None) -> str:
    """An average precision with two digits; a dash where there was nothing to measure."""
    return "–" if value is None or value < 0 else f"{value:.2f}"
