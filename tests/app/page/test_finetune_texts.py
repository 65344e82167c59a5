"""The sentences of the Fine-tune tab."""

from __future__ import annotations

from typing import Any

import pytest

from app.finetuning.plan import (
    MINUTES_WILLING_TO_WAIT,
    MOST_EPOCHS,
    choose_epochs,
    epochs_between_validations,
    expected_seconds,
)
from app.messages.wording import Wording
from app.page import finetune_texts as texts

WORDS = Wording("en")
PARTS = {"reviewed": 9, "train": 7, "held_out": 2}  # images


def plan(**changes: Any) -> dict[str, Any]:
    images = {"reviewed": 12, "train": 10, "held_out": 2}
    return {"images": images, "missing": None, "seconds_per_image": 0.4, "epochs": 50} | changes


def finished_job(before: dict | None, after: dict | None) -> dict[str, Any]:
    classes = [{"name": "fig", "held_out": 3}, {"name": "date", "held_out": 0}]
    result = {"before": before, "after": after}
    return {"model": "fine-tuned-1", "images": {"held_out": 2}, "classes": classes, "result": result}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(20, "less than a minute"), (60, "about 1 minute"), (340, "about 6 minutes"), (7200, "about 2.0 hours")],
)
def test_durations_are_said_as_people_do(seconds: float, text: str) -> None:
    assert texts.duration(seconds, WORDS) == text


def test_the_estimate_follows_the_epochs() -> None:
    assert "about 5 minutes" in texts.estimate_sentence(plan(), 50, measuring=False, words=WORDS)
    assert "about 22 minutes" in texts.estimate_sentence(plan(), 300, measuring=False, words=WORDS)


def test_without_a_measured_speed_no_time_is_promised() -> None:
    unknown = plan(seconds_per_image=None)
    assert "Measuring" in texts.estimate_sentence(unknown, 50, measuring=True, words=WORDS)
    assert "minute" not in texts.estimate_sentence(unknown, 50, measuring=False, words=WORDS)


def test_the_data_sentence_says_how_many_are_held_out() -> None:
    assert "10 to learn from, 2 held out" in texts.data_sentence(plan(), WORDS)
    few = plan(images={"reviewed": 3, "train": 3, "held_out": 0})
    assert "From four on" in texts.data_sentence(few, WORDS)


def test_what_a_user_named_is_no_markup() -> None:
    assert texts.plain("<img src=x> *a* [b](c) `d`") == r"\<img src=x\> \*a\* \[b\]\(c\) \`d\`"


def test_the_outcome_compares_masks_and_names_no_figure_that_was_not_measured() -> None:
    before = {"segm": {"AP": 0.0, "AP50": 0.0, "per_category": {}}}
    after = {"segm": {"AP": 0.31, "AP50": 0.62, "per_category": {"fig": 0.31, "date": -1.0}}}
    job = finished_job(before, after)
    assert "does better than" in texts.outcome_sentence(job, WORDS)
    assert "0.00 → **0.62**" in texts.outcome_sentence(job, WORDS)
    assert texts.outcome_rows(job) == [["fig", "3", "–", "0.31"], ["date", "0", "–", "–"]]


def test_a_model_that_became_worse_is_called_so() -> None:
    good = {"segm": {"AP": 0.5, "AP50": 0.9, "per_category": {"fig": 0.5}}}
    worse = {"segm": {"AP": 0.4, "AP50": 0.8, "per_category": {"fig": 0.4}}}
    assert "does worse than" in texts.outcome_sentence(finished_job(good, worse), WORDS)
    assert "about as well as" in texts.outcome_sentence(finished_job(good, good), WORDS)


def test_without_held_out_images_nothing_is_compared() -> None:
    job = finished_job(None, None)
    assert "cannot be compared" in texts.outcome_sentence(job, WORDS)
    assert texts.outcome_rows(job) == []


def test_held_out_images_without_the_classes_compare_nothing() -> None:
    nothing = {"segm": {"AP": -1.0, "AP50": -1.0, "per_category": {}}}
    assert "nothing can be compared" in texts.outcome_sentence(finished_job(nothing, nothing), WORDS)


def test_epochs_fit_the_time_and_the_data() -> None:
    assert choose_epochs(10, 2, 0.01) == 160
    assert choose_epochs(2, 0, 0.001) == MOST_EPOCHS
    limit = 60 * MINUTES_WILLING_TO_WAIT
    slow = choose_epochs(10, 2, 1.4)
    assert expected_seconds(slow, 10, 2, 1.4) <= limit < expected_seconds(slow + 1, 10, 2, 1.4)
    assert choose_epochs(5000, 1000, 10.0) == 1
    assert choose_epochs(10, 2, 30.0) == 20  # a machine too slow for the time still has to learn something


@pytest.mark.parametrize("epochs", [1, 2, 9, 10, 11, 19, 20, 21, 150, 999])
def test_the_curve_has_about_ten_points(epochs: int) -> None:
    points = -(-epochs // epochs_between_validations(epochs))
    assert min(epochs, 6) <= points <= 10


def test_a_figure_from_few_images_has_its_interval_and_the_tuned_prompt_model_its_fate() -> None:
    figures = {"AP": 0.4, "AP50": 0.7, "per_category": {"cat": 0.4}}
    intervals = {"AP": [0.31, 0.52], "AP50": [0.6, 0.81], "per_category": {"cat": [0.3, 0.5]}}
    job = {
        "model": "fine-tuned-1",
        "images": {"train": 20, "held_out": 5},
        "classes": [{"name": "cat", "held_out": 9}],
        "result": {
            "before": {"segm": figures | {"AP": 0.2, "AP50": 0.5}},
            "after": {"segm": figures | {"intervals": intervals}},
            "prompts": {"before": 0.8, "after": 0.84, "objects": 9, "kept": True},
        },
    }
    sentence = texts.outcome_sentence(job, WORDS)
    assert "0.50 → **0.70** (0.60–0.81)" in sentence
    assert "0.20 → 0.40 (0.31–0.52)" in sentence
    assert "0.80 → 0.84; it is used together with this model" in sentence
    assert texts.outcome_rows(job) == [["cat", "9", "0.40", "0.40 (0.30–0.50)"]]


def test_an_interval_of_a_single_image_makes_nothing_sure() -> None:
    figures = {"AP": 0.4, "AP50": 0.7, "per_category": {"hood": 0.7, "wheel": 0.2}}
    intervals = {"AP": [0.1, 0.5], "AP50": [0.2, 0.8], "per_category": {"hood": [0.7, 0.7], "wheel": [0.0, 0.6]}}
    job = finished_job({"segm": figures}, {"segm": figures | {"intervals": intervals}})
    job["classes"] = [{"name": "hood", "held_out": 1}, {"name": "wheel", "held_out": 3}]
    assert [after for *_, after in texts.outcome_rows(job)] == ["0.70", "0.20 (0.00–0.60)"]


def test_a_prompt_model_that_was_not_tuned_is_said_to_stay_and_why() -> None:
    figures = {"segm": {"AP": 0.5, "AP50": 0.9, "per_category": {"fig": 0.5}}}
    job = finished_job(figures, figures)
    assert "click and box" not in texts.outcome_sentence(job, WORDS)  # of a version that tuned none
    job["result"]["prompts"] = None
    assert "stay as they are: too few objects" in texts.outcome_sentence(job, WORDS)
    job["result"]["prompts"] = {"error": "no memory is left"}
    assert "stay as they are, tuning them failed: no memory is left" in texts.outcome_sentence(job, WORDS)


def test_the_plan_names_classes_that_differ_by_their_side_only() -> None:
    plan = {"images": PARTS, "sides": [["left door", "right door"]], "staying": []}
    assert "left door / right door differ by their side only: images are not mirrored" in texts.data_sentence(
        plan, WORDS
    )


def test_the_plan_names_classes_of_the_model_that_there_is_too_little_to_learn_of() -> None:
    plan = {"images": PARTS, "sides": [], "staying": ["fire_hydrant", *"abcde"]}
    sentence = texts.data_sentence(plan, WORDS)
    assert r"Too few objects of fire\_hydrant, a, b, c, d, … to learn from: the model goes on finding them" in sentence
    assert "Too few" not in texts.data_sentence({**plan, "staying": []}, WORDS)


def test_classes_that_show_less_often_are_named_and_not_without_end() -> None:
    job = finished_job({}, None)
    assert "less often" not in texts.outcome_sentence(job, WORDS)
    job["result"]["hidden"] = ["car", "traffic_light"]
    assert r"less often: car, traffic\_light." in texts.outcome_sentence(job, WORDS)
    job["result"]["hidden"] = list("abcdefgh")
    assert "less often: a, b, c, d, e, …." in texts.outcome_sentence(job, WORDS)
