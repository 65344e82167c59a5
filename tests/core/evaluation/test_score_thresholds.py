"""A class's threshold is the score above which what a model finds is worth most."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.evaluation.thresholds import (
    Expectation,
    calibrated_thresholds,
    read_score_thresholds,
    thresholds_of_absent,
    write_score_thresholds,
)
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import SHIPPED_MODELS, load_model, save_model
from core.structures import Category
from core.training.checkpoints import model_state, restored_model
from core.training.class_transfer import move_to_categories

SIDE = 100


def data_set(objects: dict[int, list[list[float]]], **image: Any) -> dict[str, Any]:
    """One image with boxes of the classes 1 and 2."""
    annotations = [
        {"id": number, "image_id": 1, "category_id": category, "bbox": box, "iscrowd": 0, "area": box[2] * box[3]}
        for number, (category, box) in enumerate(((c, box) for c, boxes in objects.items() for box in boxes), 1)
    ]
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    return {
        "images": [{"id": 1, "file_name": "a.png", "height": SIDE, "width": SIDE, **image}],
        "categories": categories,
        "annotations": annotations,
    }


def detection(category: int, box: list[float], score: float) -> dict[str, Any]:
    return {"image_id": 1, "category_id": category, "bbox": box, "score": score}


CATS = [[10.0 * place, 0.0, 9.0, 9.0] for place in range(6)]
NOWHERE = [0.0, 80.0, 9.0, 9.0]


def test_it_ends_where_more_wrong_ones_would_come_than_right_ones_are_worth() -> None:
    right = [detection(1, box, 0.9 - 0.1 * place) for place, box in enumerate(CATS)]  # down to 0.4
    wrong = [detection(1, NOWHERE, score) for score in (0.45, 0.3, 0.29, 0.28, 0.27, 0.26, 0.25)]
    thresholds = calibrated_thresholds(data_set({1: CATS}), [*right, *wrong])
    assert thresholds.of("cat") == pytest.approx(0.35)  # halfway between the last right one and the next wrong one


def test_a_right_one_below_is_worth_two_wrong_ones_and_no_more() -> None:
    between = [detection(1, NOWHERE, 0.7), detection(1, NOWHERE, 0.6)]
    found = [detection(1, CATS[0], 0.9), *between, detection(1, CATS[1], 0.5)]
    assert calibrated_thresholds(data_set({1: CATS}), found).of("cat") == pytest.approx(0.5)
    found.append(detection(1, NOWHERE, 0.8))
    assert calibrated_thresholds(data_set({1: CATS}), found).of("cat") == pytest.approx(0.85)


def test_few_right_ones_do_not_bring_many_wrong_ones_along() -> None:
    """As after a fine-tuning on a dozen images: what is surely right, and a long tail of what is not."""
    found = [detection(1, box, 0.9) for box in CATS]
    tail = [detection(1, NOWHERE, 0.3 - 0.01 * place) for place in range(6)]
    assert calibrated_thresholds(data_set({1: CATS}), [*found, *tail]).of("cat") == pytest.approx(0.6)


def test_equal_scores_are_taken_together() -> None:
    found = [detection(1, CATS[0], 0.9), *(detection(1, box, 0.5) for box in [CATS[1], NOWHERE, NOWHERE, NOWHERE])]
    assert calibrated_thresholds(data_set({1: CATS}), found).of("cat") == pytest.approx(0.7)


def test_an_object_that_is_found_twice_is_right_once() -> None:
    found = [detection(1, CATS[0], 0.9), *(detection(1, CATS[0], score) for score in (0.8, 0.7, 0.6))]
    assert calibrated_thresholds(data_set({1: CATS}), found).of("cat") == pytest.approx(0.85)


def test_where_nothing_is_worth_showing_it_is_the_best_there_is() -> None:
    wrong = [detection(1, NOWHERE, 0.9), detection(1, NOWHERE, 0.8)]
    found = [*wrong, detection(1, CATS[0], 0.6), detection(1, NOWHERE, 0.2)]
    assert calibrated_thresholds(data_set({1: CATS}), found).of("cat") == pytest.approx(0.4)


def test_a_lucky_score_of_a_class_with_few_objects_says_little() -> None:
    """As after a fine-tuning: of one dog and no wrong dog nobody knows that everything down to 0.1 is a dog."""
    cats = [detection(1, box, 0.7) for box in CATS]
    wrong = [detection(1, NOWHERE, 0.3)] * 20
    dog = detection(2, [0.0, 40.0, 9.0, 9.0], 0.1)
    thresholds = calibrated_thresholds(data_set({1: CATS, 2: [dog["bbox"]]}), [*cats, *wrong, dog])
    assert thresholds.of("dog") == thresholds.of("bird") == thresholds.others == pytest.approx(0.5)


def test_where_a_right_one_saves_nothing_only_the_surest_shows() -> None:
    found = [*(detection(1, box, 0.7) for box in CATS), detection(1, NOWHERE, 0.6)]
    thresholds = calibrated_thresholds(data_set({1: CATS}), found, right_saves=0.0)
    assert thresholds.of("cat") == pytest.approx(0.65, abs=2e-4)


def test_a_class_with_many_objects_has_its_own() -> None:
    dogs = [[10.0 * (place % 10), 20.0 + 10 * (place // 10), 9.0, 9.0] for place in range(60)]
    cats = [detection(1, box, 0.7) for box in CATS]
    wrong = [detection(1, NOWHERE, 0.3)] * 200
    data = data_set({1: CATS, 2: dogs})
    thresholds = calibrated_thresholds(data, [*cats, *wrong, *(detection(2, box, 0.1) for box in dogs)])
    assert (thresholds.of("dog"), thresholds.of("cat")) == (0.1, pytest.approx(0.5))


def test_a_class_of_which_nothing_is_found_has_the_one_of_all() -> None:
    cats = [detection(1, box, 0.7) for box in CATS]
    thresholds = calibrated_thresholds(data_set({1: CATS, 2: [[0.0, 40.0, 9.0, 9.0]]}), cats)
    assert set(thresholds.classes) == {"cat"}
    assert thresholds.of("dog") == thresholds.others == 0.7
    assert calibrated_thresholds(data_set({1: CATS[:3]}), cats) == ScoreThresholds()  # too few to say anything


def test_crowds_and_classes_that_were_not_looked_for_count_neither_way() -> None:
    wrong = [detection(1, NOWHERE, 0.9)] * 3
    found = [*wrong, *(detection(1, box, 0.5) for box in CATS[:1])]
    data = data_set({1: CATS})
    assert calibrated_thresholds(data_set({1: CATS}, not_exhaustive_category_ids=[1]), found).of("cat") == 0.5
    data["annotations"].append(
        {"id": 90, "image_id": 1, "category_id": 1, "bbox": [0.0, 70.0, 50.0, 30.0], "iscrowd": 1, "area": 1500}
    )
    assert calibrated_thresholds(data, found).of("cat") == 0.5


def test_masks_are_compared_where_both_have_them() -> None:
    """A box that fits with a mask that does not is not right."""
    data = data_set({1: CATS})
    for entry in data["annotations"]:
        x, y, width, height = entry["bbox"]
        entry["segmentation"] = [[x, y, x + width, y, x + width, y + height, x, y + height]]
    thin = [[0.0, 0.0, 9.0, 0.0, 9.0, 2.0, 0.0, 2.0]]
    wrong = [detection(1, CATS[0], 0.9) | {"segmentation": thin}] * 2
    right = [detection(1, CATS[1], 0.8) | {"segmentation": data["annotations"][1]["segmentation"]}]
    assert calibrated_thresholds(data, [*wrong, *right]).of("cat") == pytest.approx(0.8)


def test_nothing_right_is_nothing_known() -> None:
    assert calibrated_thresholds(data_set({1: CATS}), [detection(1, NOWHERE, 0.9)]) == ScoreThresholds()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MODELS / "scenes", tmp_path / "model"))


def test_they_lie_beside_the_weights_and_change_nothing_else(model: Path) -> None:
    before = json.loads((model / "model.json").read_text())
    write_score_thresholds(model, ScoreThresholds({"ball": 0.25}, 0.4))
    assert read_score_thresholds(model) == ScoreThresholds({"ball": 0.25}, 0.4)
    after = json.loads((model / "model.json").read_text())
    assert {name: value for name, value in after.items() if name != "score_thresholds"} == {
        name: value for name, value in before.items() if name != "score_thresholds"
    }
    load_model(model)


def test_scores_that_are_none_are_refused_in_one_line(model: Path) -> None:
    write_score_thresholds(model, ScoreThresholds({"ball": 25.0}))
    with pytest.raises(ValueError, match="scores from 0 to 1"):
        read_score_thresholds(model)


def test_evaluate_calibrates_a_model(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shapes", str(tmp_path / "data"), "--images", "1", "--height", "96", "--width", "96"]) == 0
    files = ["--images", str(tmp_path / "data" / "images"), "--annotations", str(tmp_path / "data/annotations.json")]
    assert main(["evaluate", "--model", str(model), *files, "--calibrate"]) == 0
    assert "thresholds:" in capsys.readouterr().out
    thresholds = read_score_thresholds(model)
    assert thresholds.others is not None
    assert 0 < thresholds.others < 0.9
    assert main(["evaluate", "--results", "r.json", "--annotations", files[3], "--calibrate"]) == 2
    assert "--calibrate are a model's" in capsys.readouterr().err


KNOWN = ScoreThresholds({"circle": 0.25}, 0.4)


def test_a_model_that_is_saved_again_keeps_them(model: Path, tmp_path: Path) -> None:
    write_score_thresholds(model, KNOWN)
    assert read_score_thresholds(save_model(load_model(model), tmp_path / "again")) == KNOWN


def test_they_follow_the_names_of_classes(model: Path, tmp_path: Path) -> None:
    write_score_thresholds(model, KNOWN)
    loaded = load_model(model)
    names = [category["name"] for category in loaded.categories]
    new = [f"my {name}" for name in names]
    for renamed in (
        save_model(loaded, tmp_path / "a", new),
        save_model(load_model(model, categories=new), tmp_path / "b"),
    ):
        found = read_score_thresholds(renamed)
        assert [found.of(name) for name in new] == [KNOWN.of(name) for name in names]


def test_a_model_with_room_for_a_new_class_keeps_those_of_the_old_ones(model: Path) -> None:
    write_score_thresholds(model, KNOWN)
    loaded = load_model(model)
    wanted = [Category(id=1, name="toy"), Category(id=2, name="round")]
    for found in (
        move_to_categories(loaded, [*loaded.categories, Category(id=90, name="toy")]).score_thresholds,
        move_to_categories(loaded, wanted, {"round": "circle"}).score_thresholds,
    ):
        assert found.of("toy") is None
        assert found.of("round" if "round" in found.classes else "circle") == 0.25


def test_a_copy_with_other_settings_and_a_checkpoint_have_them_too(model: Path) -> None:
    write_score_thresholds(model, KNOWN)
    loaded = load_model(model)
    assert loaded.with_config(detections_per_image=7).score_thresholds == KNOWN
    state = model_state(loaded)
    assert restored_model(state).score_thresholds == KNOWN
    del state["score_thresholds"]  # as before there were any
    assert restored_model(state).score_thresholds == ScoreThresholds()


def test_a_model_whose_thresholds_are_damaged_loads_and_says_so(model: Path) -> None:
    sidecar = json.loads((model / "model.json").read_text())
    for damaged in ([], {"classes": [0.5]}, {"classes": {"ball": "much"}}, {"others": 2}):
        (model / "model.json").write_text(json.dumps(sidecar | {"score_thresholds": damaged}))
        with pytest.warns(UserWarning, match="score_thresholds left out.*calibrate the model again"):
            assert load_model(model).score_thresholds == ScoreThresholds()
        with pytest.raises(ValueError, match="calibrate the model again"):
            read_score_thresholds(model)


def test_what_is_on_no_image_shows_on_one_in_ten() -> None:
    before = ScoreThresholds({"car": 0.4, "dog": 0.9}, 0.5)
    scores = [0.5 + 0.02 * place for place in range(20)]
    raised = thresholds_of_absent({"car": scores, "dog": [0.7] * 20, "cat": [0.8, 0.1]}, 20, before)
    assert raised.keys() == {"car"}  # dogs are under their threshold anyway, and a single cat may be chance
    assert [score for score in scores if score >= raised["car"]] == scores[-2:]


def test_a_class_without_a_threshold_is_hidden_by_the_one_that_counts_for_it() -> None:
    assert thresholds_of_absent({"car": [0.6, 0.7]}, 5, ScoreThresholds()).keys() == {"car"}
    assert thresholds_of_absent({"car": [0.4, 0.7]}, 5, ScoreThresholds()) == {}
    assert thresholds_of_absent({"car": [1.0, 1.0]}, 5, ScoreThresholds()) == {"car": 1.0}


def test_hidden_classes_are_written_down_and_forgotten_by_what_learns_from_the_model() -> None:
    hidden = ScoreThresholds({"car": 0.4, "dog": 0.9}, 0.5, {"car": 0.95})
    assert ScoreThresholds.from_dict(json.loads(json.dumps(hidden.to_dict()))) == hidden
    assert (hidden.of("car"), hidden.of("dog"), hidden.of("cat")) == (0.95, 0.9, 0.5)
    assert hidden.of_classes(["auto", "dog"], ["car", "dog"]).of("auto") == 0.4


# -- what is expected of a kind of models ---------------------------------------------------------------


def test_what_is_expected_counts_like_objects() -> None:
    usual = Expectation(threshold=0.8, objects=6)
    right = [detection(1, box, 0.9) for box in CATS] + [detection(1, NOWHERE, 0.1)]
    assert calibrated_thresholds(data_set({1: CATS}), right).of("cat") == pytest.approx(0.5)
    both = calibrated_thresholds(data_set({1: CATS}), right, expected=usual)
    halfway = 2 / 3  # odds of 2, the geometric mean of 4 and 1
    assert both.of("cat") == pytest.approx(halfway, abs=1e-4)
    assert both.others == pytest.approx(halfway, abs=1e-4)


def test_it_is_all_there_is_where_nothing_can_be_calibrated() -> None:
    usual = Expectation(threshold=0.8, objects=100)
    assert calibrated_thresholds(data_set({1: CATS[:4]}), [], expected=usual) == ScoreThresholds({}, 0.8)
    assert calibrated_thresholds(data_set({1: CATS[:4]}), []) == ScoreThresholds()


@given(st.floats(0, 1), st.floats(0.01, 0.99), st.integers(0, 1000), st.integers(1, 1000))
def test_it_lies_between_both_and_nearer_to_the_calibrated_one_with_more_objects(
    calibrated: float, expected: float, objects: int, strength: int
) -> None:
    usual = Expectation(expected, strength)
    few, more = usual.with_calibrated(calibrated, objects), usual.with_calibrated(calibrated, objects + 100)
    low, high = sorted((min(max(calibrated, 0.001), 0.999), expected))
    assert low - 1e-4 <= few <= high + 1e-4
    assert abs(more - calibrated) <= abs(few - calibrated) + 2e-4
