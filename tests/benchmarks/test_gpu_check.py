"""What whoever has a GPU runs first, here on the CPU and on tiny pictures: so that it runs when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from benchmarks.gpu.parts import Check, Setting, _alike
from benchmarks.gpu_check import PARTS, Options, main
from core import Instances


def run(capsys: pytest.CaptureFixture[str], only: Sequence[str]) -> str:
    assert main(Options(device="cpu", tiny=True, only=tuple(only))) == 0
    printed = capsys.readouterr().out
    assert "FAILED" not in printed
    return printed


def test_every_part_within_this_process_runs_and_agrees_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    own = [part for part in PARTS if part not in ("torchrun", "app")]
    printed = run(capsys, own)
    assert "no statement about a GPU" in printed
    for part in own:
        assert f"ok     {part}: " in printed


def test_the_table_has_a_row_for_each_work(capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, ["table"])
    rows = [line for line in printed.splitlines() if line.startswith("| ") and "peak" not in line]
    assert len(rows) == 5
    assert all(float(row.split("|")[2]) > 0 for row in rows)


@pytest.mark.parametrize("part", ["torchrun", "app"])
def test_a_part_in_processes_of_its_own_runs(capsys: pytest.CaptureFixture[str], part: str) -> None:
    assert f"ok     {part}: " in run(capsys, [part])


def test_a_part_that_fails_is_named_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Setting) -> list[Check]:
        raise RuntimeError("no\nkernel")

    monkeypatch.setitem(PARTS, "predict", broken)
    monkeypatch.setitem(PARTS, "batches", lambda _: [Check("difference", 3.0, most=1.0), Check("nan", float("nan"))])
    assert main(Options(device="cpu", tiny=True, only=("predict", "batches"))) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "FAILED predict: RuntimeError: no kernel" in printed
    assert "FAILED batches: difference 3 (at most 1)" in printed
    assert printed[-1].startswith("3 failed")


def found(boxes: list[list[float]], scores: list[float]) -> Instances:
    count = len(boxes)
    return Instances(
        (60, 60), torch.tensor(boxes), torch.ones(count, dtype=torch.int64), torch.tensor(scores),
        torch.ones((count, 28, 28)),
    )  # fmt: skip


def test_another_box_mask_or_score_is_noticed_and_one_at_the_threshold_is_not() -> None:
    expected = found([[5, 5, 30, 30], [30, 30, 50, 50]], [0.9, 0.51])
    assert all(check.passed for check in _alike("", [found([[5, 5, 30, 30]], [0.9])], [expected]))
    for other in (found([[5, 5, 33, 30]], [0.9]), found([[5, 5, 30, 30]], [0.8]), found([[40, 5, 55, 20]], [0.9])):
        assert not all(check.passed for check in _alike("", [other], [expected]))


def test_an_unknown_part_is_said_in_one_line() -> None:
    with pytest.raises(SystemExit, match="error: no part 'magic'; choose among predict, batches"):
        main(Options(only=("magic",)))


def test_the_script_can_be_started_from_anywhere(project_root: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    script = project_root / "benchmarks" / "gpu_check.py"
    done = subprocess.run(
        [sys.executable, str(script), "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0
    assert "--tiny" in done.stdout
