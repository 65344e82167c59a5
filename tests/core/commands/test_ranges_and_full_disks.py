"""What cannot be meant and what cannot be written: one line that names it, exit status 2, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core import ModelConfig, TrainConfig
from core.__main__ import main
from core.files import folder_in_full, write_atomically, write_text_atomically
from core.masks import encode_rle
from core.training.ranges import RANGES, check_training_ranges
from tests.core.toy_data import toy_config, write_toy_data


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    write_toy_data(tmp_path / "data", 2)
    return tmp_path


TRAIN = ["train", "--images", "data/images", "--annotations", "data/annotations.json", "--output", "run"]
PREDICT = ["predict", "data/images", "--output", "found.json"]
EVALUATE = ["evaluate", "--annotations", "data/annotations.json", "--results", "data/annotations.json"]
DISTILL = ["distill", "data/images", "--output", "found.json", "--score-threshold"]
PROMPTS = ["train-prompts", *TRAIN[1:]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*TRAIN, "--batch-size", "0"], "batch_size=0: at least 1 is needed"),
        ([*TRAIN, "--steps", "0"], "steps=0: at least 1 is needed"),
        ([*TRAIN, "--epochs", "-1"], "epochs=-1: at least 1 is needed"),
        ([*TRAIN, "--learning-rate", "0"], "learning_rate=0.0: above 0 is needed"),
        ([*TRAIN, "--learning-rate", "nan"], "learning_rate=nan: above 0 is needed"),
        ([*TRAIN, "--horizontal-flip", "1.5"], "horizontal_flip=1.5: between 0 and 1 is needed"),
        ([*TRAIN, "--min-sizes", "64", "0"], "min_sizes=0: at least 1 is needed"),
        ([*TRAIN, "--log-every", "0"], "log_every=0: at least 1 is needed"),
        ([*TRAIN, "--threads", "0"], "threads=0: at least 1 is needed"),
        ([*TRAIN, "--recipe", "coco-1x", "--batch-size", "0"], "batch_size=0: at least 1 is needed"),
        ([*TRAIN, "--seed", "-1"], "seed=-1: between 0 and 4294967295 is needed"),
        ([*TRAIN, "--seed", "99999999999999999999"], "seed=99999999999999999999: between 0 and 4294967295 is needed"),
        ([*TRAIN, "--val-images", "data/images"], "val_annotations is needed beside val_images"),
        (
            [*TRAIN, "--model", "", "--model-config", '{"num_clases": 3}'],
            "model_config: unknown field 'num_clases'; did you mean 'num_classes'?",
        ),
        (
            [*TRAIN, "--model", "", "--model-config", '{"zzz": 3}'],
            "model_config: unknown field 'zzz'; choose from backbone, features, ",
        ),
        ([*TRAIN[:-1], "data/annotations.json"], "output=data/annotations.json is a file: name a directory"),
        ([*PREDICT[:-1], "data"], "data is a folder: name the file to write in it"),
        ([*PREDICT[:-1], "nowhere/found.json"], "nowhere/found.json: there is no such folder to write it in"),
        ([*EVALUATE, "--output", "nowhere/x.json"], "nowhere/x.json: there is no such folder to write it in"),
        ([*EVALUATE, "--output", "data"], "data is a folder: name the file to write in it"),
        ([*PROMPTS, "--seed", "-1"], "--seed -1: between 0 and 4294967295 is needed"),
        ([*PROMPTS[:-1], "data/annotations.json"], "--output data/annotations.json is a file: name a directory"),
        (["shapes", "scenes", "--seed", "-1"], "--seed -1: between 0 and 4294967295 is needed"),
        ([*PREDICT, "--min-size", "-5"], "--min-size -5: at least 1 is needed"),
        ([*PREDICT, "--max-size", "0"], "--max-size 0: at least 1 is needed"),
        ([*PREDICT, "--score-threshold", "70"], "--score-threshold 70.0: between 0 and 1 is needed"),
        ([*PREDICT, "--detections-per-image", "0"], "--detections-per-image 0: at least 1 is needed"),
        ([*PREDICT, "--device", "gpu"], "device 'gpu' is not known"),
        ([*EVALUATE, "--batch-size", "0"], "--batch-size 0: at least 1 is needed"),
        ([*EVALUATE, "--max-detections", "0"], "--max-detections 0: at least 11 is needed"),
        ([*EVALUATE, "--score-threshold", "-1"], "--score-threshold -1.0: between 0 and 1 is needed"),
        ([*DISTILL, "2"], "--score-threshold 2.0: between 0 and 1 is needed"),
        ([*DISTILL, "0.5", "--scales", "1", "0"], "--scales 0.0: above 0 is needed"),
        ([*PROMPTS, "--steps", "0"], "--steps 0: at least 1 is needed"),
        ([*PROMPTS, "--size", "100"], "--size 100: a multiple of 32 is needed"),
        (["shapes", "scenes", "--images", "-3"], "--images -3: at least 1 is needed"),
        (["shapes", "scenes", "--width", "0"], "--width 0: at least 1 is needed"),
    ],
)
def test_an_option_out_of_its_range_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    toy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(toy)
    assert main(arguments) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert len(errors) == 1
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert [path.name for path in toy.iterdir()] == ["data"]


def test_every_range_is_one_of_an_option_that_defaults_keep_to() -> None:
    check_training_ranges(TrainConfig(images="", annotations="", output=""))
    assert all(hasattr(TrainConfig, name) for name in RANGES)
    with pytest.raises(ValueError, match="min_sizes has 900, more than max_size=800"):
        check_training_ranges(toy_config(Path(), Path(), min_sizes=(600, 900), max_size=800))


# -- a disk that takes only a part --------------------------------------------------------------------


LIMITED = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); "


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("command", ["train", "shapes", "a scene"])
def test_a_file_that_cannot_be_written_in_full_is_one_line(command: str, toy: Path, project_root: Path) -> None:
    config = toy_config(toy / "data", toy / "run")
    arguments = {
        "train": [
            "train", "--images", str(config.images), "--annotations", str(config.annotations),
            "--output", config.output,
            "--model=", "--model-config", str(config.model_config), "--steps", "1", "--device", "cpu",
        ],
        "shapes": ["shapes", str(toy / "scenes"), "--images", "60", "--height", "96", "--width", "96"],
        "a scene": ["shapes", str(toy / "scenes"), "--images", "1", "--height", "2000", "--width", "2000"],
    }[command]  # fmt: skip
    script = LIMITED + f"sys.argv = ['core', *{arguments!r}]; runpy.run_module('core', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", script], cwd=project_root, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "Traceback" not in done.stderr
    name = {"train": "checkpoint.pt", "shapes": "annotations.json", "a scene": "000001.jpg"}[command]
    assert name in errors[0]
    written = toy / {"train": "run"}.get(command, "scenes")
    assert not [path for path in written.rglob(f"*{name}*") if path.is_file()]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_nobody_takes_is_one_line(project_root: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "core", "models"]
        done = subprocess.run(command, cwd=project_root, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: [Errno 28] No space left on device"]


def torch_save(path: Path) -> None:
    torch.save({"a": torch.zeros(100_000)}, path)


def failing(error: Exception) -> Any:
    def write(path: Path) -> None:
        path.write_text("half")
        raise error

    return write


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0"),
        OSError(28, "No space left on device"),
    ],
)
def test_the_file_is_named_and_the_old_one_stays(error: Exception, tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    write_text_atomically(path, "old")
    with pytest.raises(OSError) as raised:
        write_atomically(path, failing(error))
    assert raised.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ZeroDivisionError):  # another mistake is not the disk's
        write_atomically(path, failing(ZeroDivisionError()))
    with pytest.raises(OSError, match="nowhere"):
        write_text_atomically(tmp_path / "nowhere" / "x", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_what_torch_and_safetensors_say_of_a_full_disk_is_understood(tmp_path: Path, project_root: Path) -> None:
    """A temporary file that is a link to /dev/full takes nothing."""

    def into_full(save: Any) -> Any:
        def write(path: Path) -> None:
            path.unlink()
            path.symlink_to("/dev/full")
            save(path)

        return write

    with pytest.raises(OSError) as raised:
        write_atomically(tmp_path / "a.pt", into_full(torch_save))
    assert raised.value.filename == str(tmp_path / "a.pt")
    limited = LIMITED + (
        "import torch; from pathlib import Path; from safetensors.torch import save_file\n"
        "from core.files import write_atomically\n"
        "try: write_atomically(Path(sys.argv[1]), lambda path: save_file({'a': torch.zeros(100000)}, path))\n"
        "except OSError as error: print(error.filename, flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, str(tmp_path / "b")], cwd=project_root, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(tmp_path / "b"), done.stderr


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("score_threshold", 70.0, "score_threshold=70.0: between 0 and 1 is needed"),
        ("nms_threshold", -0.1, "nms_threshold=-0.1: between 0 and 1"),
        ("rpn_positive_iou", float("nan"), "rpn_positive_iou=nan"),
        ("backbone_norm_eps", -1e-5, "backbone_norm_eps=-1e-05: at least 0"),
    ],
)
def test_a_models_scores_and_overlaps_are_between_0_and_1(field: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelConfig(**{field: value})  # type: ignore[arg-type]
    assert getattr(ModelConfig(**{field: 0.25}), field) == 0.25  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("name", ["yolo-seg", "voc", "csv"])
@pytest.mark.parametrize("there", [False, True])
def test_a_conversion_that_does_not_fit_leaves_nothing_of_it(
    name: str, there: bool, toy: Path, project_root: Path
) -> None:
    """The first image's files fit, those of the second do not."""
    side = 900
    small, large = ({"id": n, "file_name": f"{n}.jpg", "height": side, "width": side} for n in (1, 2))
    noise = np.random.default_rng(0).random((side, side)) < 0.5
    corners = np.random.default_rng(0).integers(0, side, (9_000, 2)).astype(float).ravel().tolist()
    square = {"segmentation": [[10, 10, 50, 10, 50, 50]], "image_id": 1}
    mask = encode_rle(noise) if name == "voc" else [corners]
    things = [square, {"segmentation": mask, "image_id": 2}]
    data = {
        "images": [small, large],
        "annotations": [{"id": n, "category_id": 1, "iscrowd": 0, **thing} for n, thing in enumerate(things, 1)],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (toy / "a.json").write_text(json.dumps(data))
    target = toy / "out"
    if there:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    arguments = ["convert", str(toy / "a.json"), str(target), "--format", name]
    script = LIMITED + f"sys.argv = ['core', *{arguments!r}]; runpy.run_module('core', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", script], cwd=project_root, capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert done.returncode == 2, done.stderr
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {target}")
    assert "file too large" in errors[0].lower() or "is the disk full?" in errors[0]
    assert [path.name for path in target.rglob("*")] == ["mine.txt"] if there else not target.exists()


def fill(folder: Path, names: list[str]) -> None:
    with folder_in_full(folder) as inside:
        for name in names:
            (inside / name).parent.mkdir(exist_ok=True)
            (inside / name).write_text("new")


def test_what_is_in_the_way_of_a_folder_of_files_is_said_before_any_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for name, in_the_way in (("file/b.txt", "file"), ("folder", "folder")):
        with pytest.raises(OSError, match=f"is where a .*{in_the_way}"):
            fill(tmp_path, ["a.txt", name])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"
