"""`python -m core` from the outside: what it prints, writes and returns."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO

from core import CocoDataset, MaskPrompter, MaskRCNN, ModelConfig, Predictor, evaluate, load_model, save_model
from core.__main__ import main
from core.commands.arguments import COMMANDS
from core.masks import decode_rle
from tests.core.toy_data import CATEGORIES, TINY_MODEL, write_toy_data


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/ with three toy images and annotations, and model/, which finds dozens of things in them."""
    folder = tmp_path_factory.mktemp("cli")
    write_toy_data(folder / "data", 3, keypoints=True)
    torch.manual_seed(0)
    config = ModelConfig.from_dict(TINY_MODEL | {"num_classes": 2, "num_keypoints": 2, "backbone": "mobilenet_v2"})
    model = MaskRCNN(config, CATEGORIES)  # type: ignore[arg-type]
    with torch.no_grad():
        model.roi_heads.box_predictor.scores.weight.normal_(std=30.0)
    save_model(model, folder / "model")
    return folder


def test_help_answers_without_loading_torch(project_root: Path) -> None:
    script = "import sys, runpy; sys.argv[1:] = ['--help']\ntry: runpy.run_module('core', run_name='__main__')\n"
    script += "except SystemExit as end: print('STATUS', end.code, 'torch' in sys.modules)"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], cwd=project_root, capture_output=True, text=True, check=True)
    assert time.perf_counter() - began < 5  # 0.3 s on a quiet machine
    assert "STATUS 0 False" in done.stdout
    for command in ("predict", "train", "evaluate", "export", "shapes", "models", "check", "convert", "distill"):
        assert command in done.stdout


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_explained_by_a_text_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A comment above one field of a configuration was taken for the fields below it, too."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    texts: list[str] = []
    for line in re.split(r"^\W*options\W*$", capsys.readouterr().out, flags=re.M)[-1].splitlines():
        inner = line.strip("│ ")
        if re.match(r".? -", line):
            texts.append("")  # the option and its values, then two spaces or a new line, then its text
            inner = inner.partition("  ")[2]
        elif not texts:
            continue
        texts[-1] += f" {inner.strip()}"
    bare = [re.sub(r"\((default: .*|required)\)", "", text).strip() for text in texts]
    assert len(texts) > 1
    assert all(bare), texts[bare.index("")] if "" in bare else ""
    assert len(set(bare)) == len(bare), [text for text in bare if bare.count(text) > 1]


def test_a_misspelt_option_is_compared_with_those_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["predict", ".", "--output", "x.json", "--modle", "starter"])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert "--modle" in error
    assert "python -m core predict --help" in error
    assert "train" not in error


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_help_is_whole_where_the_output_lacks_characters(project_root: Path, encoding: str) -> None:
    """As of a file on Windows that the output is directed to."""
    command = [sys.executable, "-m", "core", "train", "--help"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=project_root, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"--scaling" in done.stdout  # the last option


def test_predictions_are_a_coco_data_set(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "predictions.json"
    images = toy / "data" / "images"
    arguments = ["predict", str(images), "--model", str(toy / "model"), "--output", str(output), "--batch-size", "2"]
    assert main(arguments) == 0
    data = json.loads(output.read_text())
    assert [image["file_name"] for image in data["images"]] == ["toy000.png", "toy001.png", "toy002.png"]
    assert [category["id"] for category in data["categories"]] == [3, 7]
    assert len(data["annotations"]) > 3
    assert all(annotation["score"] >= 0.5 for annotation in data["annotations"])
    assert len({annotation["id"] for annotation in data["annotations"]}) == len(data["annotations"])
    coco = COCO(str(output))
    assert coco.annToMask(data["annotations"][0]).shape == (96, 96)

    # What core writes passes core's own check, as RLE and as polygons.
    for written in ([], ["--polygons"]):
        assert main([*arguments, *written]) == 0
        assert main(["check", str(output), "--images", str(images)]) == 0
    capsys.readouterr()

    results = tmp_path / "results.json"
    assert main([*arguments[:5], str(results), "--format", "results", "--polygons"]) == 0
    listed = json.loads(results.read_text())
    assert len(listed) == len(data["annotations"])
    assert set(listed[0]) <= {"image_id", "category_id", "bbox", "score", "segmentation", "keypoints"}
    assert any(isinstance(result["segmentation"], list) for result in listed)
    # The detected boxes are judged, in whichever form they are written.
    numbered = json.loads((toy / "data" / "annotations.json").read_text())
    for item in numbered["images"]:
        item["id"] += 1  # predictions number the images from 1
    for item in numbered["annotations"]:
        item["image_id"] += 1
    (tmp_path / "truth.json").write_text(json.dumps(numbered))
    truth = ["evaluate", "--annotations", str(tmp_path / "truth.json"), "--output", str(tmp_path / "m.json")]
    figures = []
    assert main(arguments) == 0
    assert main([*arguments[:5], str(results), "--format", "results"]) == 0
    for file in (output, results):
        assert main([*truth, "--results", str(file)]) == 0
        figures.append(json.loads((tmp_path / "m.json").read_text())["bbox"])
    assert figures[0] == figures[1]


def test_refined_masks_are_the_prompt_models_and_are_judged_as_such(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, images, model = tmp_path / "refined.json", toy / "data" / "images", ["--model", str(toy / "model")]
    predict = ["predict", str(images / "toy000.png"), *model, "--output", str(output), "--detections-per-image", "4"]
    assert main([*predict, "--refine-masks"]) == 0
    written = json.loads(output.read_text())["annotations"]
    found = Predictor(toy / "model", detections_per_image=4)(images / "toy000.png")
    expected = MaskPrompter().refined(images / "toy000.png", found)
    assert [decode_rle(one["segmentation"]).tolist() for one in written] == expected.bitmaps().int().tolist()
    assert (expected.bitmaps() != found.bitmaps()).any()

    judge = ["evaluate", "--annotations", str(toy / "data" / "annotations.json"), "--output", str(tmp_path / "m.json")]
    assert main([*judge, *model, "--images", str(images), "--score-threshold", "0.99", "--refine-masks"]) == 0
    dataset = CocoDataset(images, toy / "data" / "annotations.json", box_masks=True)
    metrics = evaluate(load_model(toy / "model"), dataset, score_threshold=0.99, prompter=MaskPrompter())
    assert json.loads((tmp_path / "m.json").read_text())["segm"] == metrics["segm"]
    capsys.readouterr()
    assert main([*judge, "--results", str(output), "--refine-masks"]) == 2
    assert capsys.readouterr().err == "error: --refine-masks needs the images: give --model and --images\n"


def test_pictures_are_drawn_of_each_image_and_never_over_one(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, pictures, photos = tmp_path / "p.json", tmp_path / "pictures", tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    original = toy / "data" / "images" / "toy000.png"
    shutil.copy(original, photos / "a.png")
    Image.open(original).save(photos / "a.jpg")
    shutil.copy(original, photos / "more" / "b.png")
    arguments = ["predict", str(photos), "--model", str(toy / "model"), "--output", str(output), "--draw"]
    assert main([*arguments, str(pictures)]) == 0
    drawn = sorted(path.relative_to(pictures).as_posix() for path in pictures.rglob("*.*"))
    assert drawn == ["a.jpg", "a.png.jpg", "more/b.jpg"]
    difference = np.asarray(Image.open(pictures / "more" / "b.jpg"), dtype=int) - np.asarray(Image.open(original))
    assert np.abs(difference).max() > 60
    before = (photos / "a.jpg").read_bytes()
    assert main([*arguments, str(photos)]) == 2
    assert "is one of the images; name another folder" in capsys.readouterr().err
    assert (photos / "a.jpg").read_bytes() == before


def test_objects_beyond_the_limit_are_counted_in_one_line(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "few.json"
    images = toy / "data" / "images"
    arguments = ["predict", str(images), "--model", str(toy / "model"), "--output", str(output)]
    assert main([*arguments, "--detections-per-image", "2"]) == 0
    counts = Counter(annotation["image_id"] for annotation in json.loads(output.read_text())["annotations"])
    assert set(counts.values()) == {2}
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    beyond = int(told[0].removeprefix("note: ").split()[0])
    assert told[0].endswith(
        "objects in 3 images are left out, being more than 2 in an image: --detections-per-image sets the limit"
    )
    assert main([*arguments, "--detections-per-image", "1000"]) == 0
    assert len(json.loads(output.read_text())["annotations"]) == 6 + beyond
    assert capsys.readouterr().err == ""


def test_a_broken_image_is_named_and_the_others_are_kept(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "images"
    (folder / "inner").mkdir(parents=True)
    whole = (toy / "data" / "images" / "toy000.png").read_bytes()
    (folder / "a.png").write_bytes(whole)
    (folder / "inner" / "b.PNG").write_bytes(whole)
    (folder / "broken.png").write_bytes(whole[:100])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("not an image and not meant to be one")
    output = tmp_path / "predictions.json"
    assert main(["predict", str(folder), "--model", str(toy / "model"), "--output", str(output)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith("error: ") for line in errors)
    assert ["broken.png" in errors[0], "empty.jpg" in errors[1]] == [True, True]
    assert [image["file_name"] for image in json.loads(output.read_text())["images"]] == ["a.png", "inner/b.PNG"]
    # Three sources with one name keep their paths apart.
    twice = [str(toy / "data" / "images" / "toy000.png"), str(folder / "a.png"), str(folder)]
    assert main(["predict", *twice, "--model", str(toy / "model"), "--output", str(output)]) == 1
    names = [image["file_name"] for image in json.loads(output.read_text())["images"]]
    assert names == [Path(twice[0]).as_posix(), Path(twice[1]).as_posix(), f"{folder}/a.png", f"{folder}/inner/b.PNG"]


def test_evaluate_takes_a_model_or_results(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    annotations, output = str(toy / "data" / "annotations.json"), tmp_path / "metrics.json"
    command = ["evaluate", "--annotations", annotations, "--output", str(output)]
    judged = ["--model", str(toy / "model"), "--images", str(toy / "data" / "images"), "--curves", str(tmp_path / "c")]
    assert main([*command, *judged]) == 0
    assert {path.stem for path in (tmp_path / "c").iterdir()} == {
        "matches", "precision_recall_bbox", "precision_recall_segm", "precision_recall_keypoints"
    }  # fmt: skip
    printed = capsys.readouterr()
    assert [line.split()[:2] for line in printed.out.splitlines()[::2]] == [
        ["bbox", "AP"],
        ["segm", "AP"],
        ["keypoints", "AP"],
    ]
    assert list(json.loads(output.read_text())) == ["bbox", "segm", "keypoints"]

    truth = json.loads(Path(annotations).read_text())
    results = tmp_path / "results.json"
    results.write_text(json.dumps([annotation | {"score": 1.0} for annotation in truth["annotations"]]))
    assert main([*command, "--results", str(results)]) == 0
    assert json.loads(output.read_text())["segm"]["AP"] == pytest.approx(1.0)


def test_shapes_check_train_and_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "shapes"
    assert main(["shapes", str(data), "--images", "2", "--height", "96", "--width", "96"]) == 0
    annotations, images = str(data / "annotations.json"), str(data / "images")
    assert main(["check", annotations, "--images", images]) == 0
    capsys.readouterr()
    (tmp_path / "tiny.json").write_text(json.dumps(TINY_MODEL | {"backbone": "mobilenet_v2"}))
    arguments = ["train", "--images", images, "--annotations", annotations, "--output", str(tmp_path / "run")]
    arguments += ["--model=", "--model-config", str(tmp_path / "tiny.json"), "--steps", "1", "--device", "cpu"]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert (
        printed.err == f"finished after 1 steps; {tmp_path / 'run'} holds the last step\n"
    )  # no bar without a terminal
    assert json.loads((tmp_path / "run" / "train.json").read_text())["steps"] == 1

    broken = json.loads(Path(annotations).read_text())
    broken["categories"].append({"id": 90, "name": "toothbrush"})
    Path(annotations).write_text(json.dumps(broken))
    assert main(["check", annotations]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("note: categories: ids leave out ")
    assert printed.err == f"{annotations}: no problems, 1 note\n"
    broken["annotations"][0]["category_id"] = 99
    Path(annotations).write_text(json.dumps(broken))
    assert main(["check", annotations]) == 1
    printed = capsys.readouterr()
    assert "99" in printed.out
    assert printed.err == f"{annotations}: 1 problem, 1 note\n"

    assert main(["models", "--json"]) == 0
    assert "coco" in {model["name"] for model in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "nowhere.jpg", "--output", "x.json"], "nowhere.jpg: there is no such image or folder"),
        (["predict", ".", "--output", "nowhere/x.json"], "nowhere/x.json: there is no such folder to write it in"),
        (["predict", "--output", "x.json"], "no image or folder is named: name those to look at"),
        (["distill", "--output", "x.json", "--score-threshold", "0.5"], "no image or folder is named: name those to"),
        (["predict", ".", "--output", "x.json", "--batch-size", "0"], "--batch-size 0: at least 1 is needed"),
        (["predict", ".", "--output", "x.json", "--model", "nonsense"], "no model 'nonsense'"),
        (["evaluate", "--annotations", "nowhere.json", "--results", "x"], "nowhere.json: there is no such"),
        (["evaluate", "--annotations", "nowhere.json"], "give --model and --images, or --results"),
        (["check", "nowhere.json"], "nowhere.json: there is no such"),
        (["train", "--images", ".", "--annotations", "nowhere.json", "--output", "run"], "nowhere.json: there is no"),
    ],
)
def test_errors_are_one_line_and_status_2(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: Any
) -> None:
    monkeypatch.chdir(toy / "data" / "images")
    assert main(arguments) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert not list(Path().glob("*.json"))
