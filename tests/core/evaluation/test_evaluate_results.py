"""The evaluator against COCO's own published figures, against pycocotools, and against the traps of the format."""

from __future__ import annotations

import contextlib
import copy
import gc
import io
import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from core.evaluation.coco_metrics import DETECTION_STATISTICS, KEYPOINT_STATISTICS, evaluate_results


@pytest.fixture(scope="session")
def reference(shared_data: Path) -> Path:
    return shared_data / "cocoapi_reference"


def published_figures(path: Path, kind: str) -> list[float]:
    section = path.read_text().split(f"type={kind}")[1].split("type=")[0]
    return [float(figure) for figure in re.findall(r"\] = (-?\d\.\d+)", section)]


def pycocotools_figures(annotations: dict[str, Any], results: list[dict[str, Any]], kind: str) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO()
        ground_truth.dataset = copy.deepcopy(annotations)
        ground_truth.createIndex()
        evaluation = COCOeval(ground_truth, ground_truth.loadRes(copy.deepcopy(results)), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return list(evaluation.stats)


@pytest.mark.parametrize(("kind", "file"), [("bbox", "fakebbox100"), ("segm", "fakesegm100")])
def test_all_twelve_published_figures(reference: Path, kind: str, file: str) -> None:
    annotations = reference / "instances_val2014_100.json"
    results = reference / f"instances_val2014_{file}_results.json"
    figures = evaluate_results(annotations, results)[kind]  # type: ignore[index]
    expected = published_figures(reference / "val2014_fake_eval_res.txt", kind)
    assert len(expected) == 12
    assert [round(figures[name], 3) for name in DETECTION_STATISTICS] == expected
    exact = pycocotools_figures(json.loads(annotations.read_text()), json.loads(results.read_text()), kind)
    assert [figures[name] for name in DETECTION_STATISTICS] == pytest.approx(exact, abs=1e-12)


def test_published_keypoint_figures(reference: Path) -> None:
    annotations = json.loads((reference / "keypoints_1img_gt_dataset.json").read_text())
    results = json.loads((reference / "keypoints_1img_dt_dataset.json").read_text())
    figures = evaluate_results(annotations, results, ["keypoints"])["keypoints"]
    assert [round(figures[name], 5) for name in ("AP", "AP50", "AP75")] == [0.50488, 0.72277, 0.63366]
    exact = pycocotools_figures(annotations, results, "keypoints")
    assert [figures[name] for name in KEYPOINT_STATISTICS] == pytest.approx(exact, abs=1e-12)
    assert figures["per_category"] == {"person": pytest.approx(figures["AP"])}


def test_real_photographs_with_crowds_agree_with_pycocotools(shared_data: Path) -> None:
    annotations = json.loads((shared_data / "coco_subset/annotations/instances_val.json").read_text())
    results = [
        {
            "image_id": annotation["image_id"],
            "category_id": annotation["category_id"],
            "bbox": [annotation["bbox"][0] + 3 * (number % 5), *annotation["bbox"][1:]],
            "score": (number * 37 % 101) / 101,
        }
        for number, annotation in enumerate(annotations["annotations"])
        if number % 3
    ]
    assert any(annotation["iscrowd"] for annotation in annotations["annotations"])
    figures = evaluate_results(annotations, results)
    assert list(figures) == ["bbox"]
    exact = pycocotools_figures(annotations, results, "bbox")
    assert [figures["bbox"][name] for name in DETECTION_STATISTICS] == pytest.approx(exact, abs=1e-12)
    per_category = figures["bbox"]["per_category"]
    assert sum(per_category.values()) / len(per_category) == pytest.approx(figures["bbox"]["AP"])


boxes = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 60)] * 2).map(list)


@settings(max_examples=30, deadline=None)
@given(
    objects=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), boxes, st.booleans()), min_size=1, max_size=8),
    found=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), boxes, st.floats(0, 1)), min_size=1, max_size=12),
)
def test_any_boxes_agree_with_pycocotools(objects: list[Any], found: list[Any]) -> None:
    annotations = scene(
        [
            {"image_id": image, "category_id": category, "bbox": box, "area": box[2] * box[3], "iscrowd": int(crowd)}
            for image, category, box, crowd in objects
        ]
    )
    results = [
        {"image_id": image, "category_id": category, "bbox": box, "score": score}
        for image, category, box, score in found
    ]
    figures = evaluate_results(annotations, results, ["bbox"])["bbox"]
    exact = pycocotools_figures(annotations, results, "bbox")
    assert [figures[name] for name in DETECTION_STATISTICS] == pytest.approx(exact, abs=1e-12)


def scene(annotations: list[dict[str, Any]], first_id: int = 1) -> dict[str, Any]:
    """Three images of 100×100, two categories, and the annotations given, numbered."""
    return {
        "images": [{"id": number, "file_name": f"{number}.png", "height": 100, "width": 100} for number in (1, 2, 3)],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [{"id": first_id + number} | annotation for number, annotation in enumerate(annotations)],
    }


SQUARE = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "segmentation": [[10, 10, 30, 10, 30, 30, 10, 30]]}
FOUND = SQUARE | {"score": 0.9}


def test_annotation_id_zero_counts() -> None:
    figures = evaluate_results(scene([SQUARE | {"area": 400, "iscrowd": 0}], first_id=0), [FOUND])
    assert figures["bbox"]["AP"] == figures["segm"]["AP"] == pytest.approx(1.0)


def test_image_and_category_id_zero_count() -> None:
    annotations = scene([SQUARE | {"image_id": 0, "category_id": 0}])
    annotations["images"][0]["id"] = annotations["categories"][0]["id"] = 0
    figures = evaluate_results(annotations, [FOUND | {"image_id": 0, "category_id": 0}], image_ids=[0])
    assert figures["segm"]["AP"] == pytest.approx(1.0)


def test_missing_fields_are_filled_in_on_a_copy() -> None:
    annotations, results = scene([SQUARE]), [dict(FOUND)]
    before = copy.deepcopy((annotations, results))
    figures = evaluate_results(annotations, results)
    assert figures["segm"]["APs"] == pytest.approx(1.0)
    assert (annotations, results) == before
    without_box = scene([{key: value for key, value in SQUARE.items() if key != "bbox"} | {"iscrowd": False}])
    assert evaluate_results(without_box, results)["bbox"]["AP"] == pytest.approx(1.0)


def test_ignored_objects_are_neither_found_nor_missed() -> None:
    other = SQUARE | {"image_id": 2, "ignore": 1}
    for found in ([FOUND], [FOUND, FOUND | {"image_id": 2, "score": 0.95}]):
        assert evaluate_results(scene([SQUARE, other]), found)["segm"]["AP"] == pytest.approx(1.0)
    assert evaluate_results(scene([SQUARE, other | {"ignore": 0}]), [FOUND])["segm"]["AP"] < 0.6


def test_a_box_without_mask_does_not_count_against_masks() -> None:
    box_only = {"image_id": 2, "category_id": 1, "bbox": [0, 0, 30, 30], "segmentation": []}
    figures = evaluate_results(scene([SQUARE, box_only]), [FOUND])
    assert figures["segm"]["AP"] == pytest.approx(1.0)
    assert figures["bbox"]["AP"] < 0.6


def test_crowds_absorb_what_lies_in_them() -> None:
    crowd = SQUARE | {
        "image_id": 2,
        "bbox": [0, 0, 60, 60],
        "iscrowd": 1,
        "segmentation": {"size": [100, 100], "counts": [0, 6000, 4000]},
    }
    inside = [
        FOUND | {"image_id": 2, "bbox": [x, 20, 10, 10], "segmentation": [[x, 20, x + 10, 20, x + 10, 30, x, 30]]}
        for x in (5, 20, 40)
    ]
    figures = evaluate_results(scene([SQUARE, crowd]), [FOUND, *inside])
    assert figures["bbox"]["AP"] == figures["segm"]["AP"] == pytest.approx(1.0)


def test_unnamed_categories_and_other_images_are_left_out() -> None:
    found = [FOUND, FOUND | {"category_id": 77, "score": 0.99}, FOUND | {"image_id": 3, "score": 0.99}]
    assert evaluate_results(scene([SQUARE]), found, image_ids=[1])["bbox"]["AP"] == pytest.approx(1.0)
    assert evaluate_results(scene([SQUARE]), found)["bbox"]["AP"] < 0.6


def test_results_of_categories_that_nobody_named_are_counted_aloud() -> None:
    unnamed = [FOUND | {"category_id": category_id} for category_id in (91, 0, 91)]
    with pytest.warns(UserWarning, match=r"3 of 4 results have category ids that .* do not name \(0, 91\): left out"):
        evaluate_results(scene([SQUARE]), [FOUND, *unnamed])
    with pytest.raises(ValueError, match=r"image_id 8 is not among .*; 2 of 3 results name such images \(8, 9\)"):
        evaluate_results(scene([SQUARE]), [FOUND, FOUND | {"image_id": 8}, FOUND | {"image_id": 9}])


def test_annotations_that_name_no_image_or_category_are_counted_aloud() -> None:
    annotations = scene(
        [SQUARE, SQUARE | {"image_id": 99}, SQUARE | {"category_id": 5}, SQUARE | {"category_id": None}]
    )
    with pytest.warns(UserWarning, match="left out") as told:
        assert evaluate_results(annotations, [FOUND])["bbox"]["AP"] == pytest.approx(1.0)
    assert [str(warning.message) for warning in told] == [
        "2 of 4 annotations have category ids that no category has (None, 5): left out",
        "1 of 4 annotations have image ids that no image has (99): left out",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # other images were left out by the caller
        evaluate_results(scene([SQUARE, SQUARE | {"image_id": 2}]), [FOUND], image_ids=[1])


def test_results_beyond_the_limit_are_counted_and_the_limit_is_an_option() -> None:
    squares = [
        {"bbox": [x, y, 5, 5], "area": 25, "segmentation": [[x, y, x + 5, y, x + 5, y + 5, x, y + 5]]}
        for x in range(0, 100, 7)
        for y in range(0, 100, 7)
    ]
    annotations = scene([SQUARE | square for square in squares])
    found = [FOUND | square for square in squares]
    assert len(found) == 225
    with pytest.warns(UserWarning, match="bbox: 125 of 225 results do not count, being beyond the best 100"):
        figures = evaluate_results(annotations, found, ["bbox"])["bbox"]
    assert figures["AP"] < 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = evaluate_results(annotations, found, max_detections=300)
    assert figures["bbox"]["AP"] == figures["segm"]["AR300"] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="max_detections=5: at least 11"):
        evaluate_results(annotations, found, max_detections=5)


@pytest.mark.parametrize(
    "change",
    [
        {"image_id": np.int64(1), "category_id": np.uint8(1)},
        {"score": np.float32(0.9)},
        {"score": np.float16(0.5)},
        {"score": torch.tensor(0.9)},
        {"bbox": np.array(SQUARE["bbox"], dtype=np.float32)},
        {"bbox": [np.float32(value) for value in SQUARE["bbox"]]},
        {"bbox": torch.tensor(SQUARE["bbox"])},
        {"segmentation": [np.array(SQUARE["segmentation"][0])]},
        {"segmentation": np.array(SQUARE["segmentation"], dtype=np.float32)},
        {"keypoints": np.array([12, 12, 2, 25, 25, 1, 0, 0, 0])},
    ],
)
def test_numbers_of_numpy_and_torch_are_numbers(change: dict[str, Any]) -> None:
    keypoints = {"keypoints": [12, 12, 2, 25, 25, 1, 0, 0, 0]}
    annotations = scene([SQUARE | keypoints])
    figures = evaluate_results(annotations, [FOUND | keypoints | change])
    assert [figures[kind]["AP"] for kind in ("bbox", "segm", "keypoints")] == pytest.approx([1.0] * 3)
    figures = evaluate_results(scene([SQUARE | keypoints | change]), [FOUND | keypoints])
    assert [figures[kind]["AP"] for kind in ("bbox", "segm", "keypoints")] == pytest.approx([1.0] * 3)


def test_annotations_of_numpy_are_annotations() -> None:
    annotations = scene([SQUARE | {"image_id": np.int64(1), "category_id": np.int32(1), "id": np.int64(9)}])
    for entry in [*annotations["images"], *annotations["categories"]]:
        entry["id"] = np.int64(entry["id"])
    for image in annotations["images"]:
        image |= {"height": np.int64(100), "width": np.int32(100)}
    figures = evaluate_results(annotations, [FOUND], image_ids=np.array([1, 2]))
    assert figures["bbox"]["AP"] == figures["segm"]["AP"] == pytest.approx(1.0)


def test_keypoints_need_no_names() -> None:
    points = [12, 12, 2, 25, 25, 1, 30, 30, 2, 14, 20, 2]
    annotations = scene([SQUARE | {"keypoints": points}])
    figures = evaluate_results(annotations, [FOUND | {"keypoints": points}])
    assert figures["bbox"]["AP"] == figures["keypoints"]["AP"] == pytest.approx(1.0)
    assert evaluate_results(annotations, [FOUND])["bbox"]["AP"] == pytest.approx(1.0)  # without any, boxes still
    with pytest.raises(ValueError, match="a result of image 1: keypoints must be x, y, v of at most 4 points, not 15"):
        evaluate_results(annotations, [FOUND | {"keypoints": [*points, 1, 1, 1]}])
    annotations["categories"][0]["keypoints"] = ["nose"]
    with pytest.raises(
        ValueError, match=r"annotation 1 of image 1: keypoints must be .* 'keypoints' of names complete"
    ):
        evaluate_results(annotations, [FOUND])


def test_each_category_has_sigmas_of_its_own() -> None:
    points = {"keypoints": [12, 12, 2, 25, 25, 2]}
    near = {"keypoints": [15, 12, 2, 28, 25, 2]}  # 3 pixels off on an object of 20×20
    annotations = scene([SQUARE | points, SQUARE | points | {"category_id": 2, "id": 8}])
    coarse = {"id": 1, "name": "coarse", "keypoints": ["a", "b"], "skeleton": [], "sigmas": [0.5, 0.5]}
    exact = {"id": 2, "name": "exact", "keypoints": ["a", "b"], "skeleton": [], "sigmas": np.array([0.02, 0.02])}
    annotations["categories"] = [coarse, exact]
    found = [FOUND | near, FOUND | near | {"category_id": 2}]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = evaluate_results(annotations, found, ["keypoints"])["keypoints"]
    # OKS = exp(-d² / (2 · (2σ)² · area)): 0.99 and 1e-3.
    assert figures["per_category"] == pytest.approx({"coarse": 1.0, "exact": 0.0})
    del exact["sigmas"]
    with pytest.warns(UserWarning, match="keypoints of 'exact' are judged with a sigma of 0.067 each"):
        evaluate_results(annotations, found, ["keypoints"])
    for wrong in ([0.1], [0.1, 0.0], [0.1, "x"], 0.1):
        exact["sigmas"] = wrong
        with pytest.raises(ValueError, match="category 'exact': 'sigmas' must be a positive number for each of its 2"):
            evaluate_results(annotations, found, ["keypoints"])


def test_no_results_give_zero_for_every_kind_annotated() -> None:
    figures = evaluate_results(scene([SQUARE]), [])
    assert figures["bbox"]["AP"] == figures["segm"]["AP"] == 0
    assert figures["bbox"]["APl"] == -1


def test_a_data_set_with_scores_is_taken_as_results() -> None:
    predictions = scene([SQUARE | {"score": 0.5}])
    assert evaluate_results(scene([SQUARE]), predictions)["segm"]["AP"] == pytest.approx(1.0)


def two_images(ids: tuple[int, int], category_id: int) -> dict[str, Any]:
    """Two images with a square each, at different places; a class of its own beside theirs."""
    data = scene([])
    size = {field: data["images"][0][field] for field in ("height", "width")}
    data["images"] = [
        {"id": number, "file_name": name} | size for number, name in zip(ids, ("a.jpg", "b.jpg"), strict=True)
    ]
    data["categories"] = [{"id": category_id, "name": "square"}, {"id": category_id + 1, "name": "ring"}]
    for number, (image_id, edge) in enumerate(zip(ids, (10, 50), strict=True), 1):
        box = [edge, edge, 20, 20]
        polygon = [edge, edge, edge + 20, edge, edge + 20, edge + 20, edge, edge + 20]
        data["annotations"].append(
            {"id": number, "image_id": image_id, "category_id": category_id, "bbox": box, "area": 400, "iscrowd": 0}
            | {"segmentation": [polygon], "score": 0.9}
        )
    return data


def test_a_data_set_of_results_is_matched_by_names() -> None:
    """`core predict` numbers images from 1 by their names, and categories as the model does."""
    truth, found = two_images((2, 1), category_id=7), two_images((1, 2), category_id=6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = evaluate_results(truth, found)
    assert figures["segm"]["per_category"] == {"square": pytest.approx(1.0)}
    for image in found["images"]:  # names that nobody knows: ids have to do
        image["file_name"] = f"other-{image['file_name']}"
    assert evaluate_results(truth, found)["bbox"]["AP"] == 0


def test_results_of_other_images_and_categories_are_counted_aloud() -> None:
    truth, found = two_images((0, 1), category_id=1), two_images((1, 2), category_id=1)
    truth["images"].pop()
    truth["annotations"].pop()
    found["annotations"].append(found["annotations"][0] | {"id": 3, "category_id": 2})
    truth["categories"].pop()
    with pytest.warns(UserWarning, match="left out") as said:
        assert evaluate_results(truth, found)["bbox"]["AP"] == pytest.approx(1.0)
    assert [str(line.message) for line in said] == [
        "1 results are of images that the annotations do not name (b.jpg): left out",
        "1 results are of categories that the annotations do not name (ring): left out",
    ]


def test_keypoints_of_another_number_than_coco() -> None:
    annotations = scene([SQUARE | {"keypoints": [12, 12, 2, 25, 25, 1, 0, 0, 0]}])
    annotations["categories"][0] |= {"keypoints": ["nose", "tail", "ear"], "skeleton": []}
    near = FOUND | {"keypoints": [12, 12, 1, 25, 25, 1, 90, 90, 1]}
    assert evaluate_results(annotations, [near])["keypoints"]["AP"] == pytest.approx(1.0)
    far = FOUND | {"keypoints": [80, 80, 1, 80, 80, 1, 80, 80, 1]}
    assert evaluate_results(annotations, [far])["keypoints"]["AP"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_id": "1"}, "result 0: image_id is '1'"),
        ({"category_id": "1"}, "result 0: category_id is '1'"),
        ({"image_id": 42}, "result 0: image_id 42 is not among the annotated images"),
        ({"score": None}, "result 0: score is None"),
        ({"score": float("nan")}, "result 0: score is nan"),
        ({"bbox": [1, 2, 3]}, "result 0: bbox"),
        ({"bbox": None, "segmentation": None}, "result 0 has neither"),
    ],
)
def test_results_that_cannot_be_meant_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        evaluate_results(scene([SQUARE]), [FOUND | change])
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        evaluate_results(tmp_path / "nowhere.json", [])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ValueError, match=r"broken\.json: not a JSON file"):
        evaluate_results(scene([]), tmp_path / "broken.json")
    with pytest.raises(ValueError, match="'images'"):
        evaluate_results({"annotations": []}, [])


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    evaluate_results(scene([SQUARE], first_id=0), [FOUND])
    assert capfd.readouterr() == ("", "")


def test_the_garbage_collector_is_on_again_whatever_came_of_it() -> None:
    with pytest.raises(ValueError, match="no list 'images'"):
        evaluate_results({}, [])
    assert gc.isenabled()
