"""RPN and heads that learn in turn: what moves in which phase, what comes out, and going on after a break."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from core import MaskRCNN, ModelConfig, TrainConfig, load_model, train
from core.training.distributed import Processes
from core.training.loop import _run_phase
from core.training.run import Run, enter_phase, prepare_run
from core.training.signals import StopRequest
from tests.core.model.tiny_models import image, target, tiny_model
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data

ONE_PROCESS = Processes(0, 1, torch.device("cpu"))
# Batch statistics everywhere: what is frozen must keep those too.
MODEL = TINY_MODEL | {"backbone": "mobilenet_v2", "fpn_norm": "batch", "head_norm": "batch", "box_head": "conv4fc1"}
HEADS = {"box_head", "box_predictor", "mask_head", "keypoint_head"}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alternating")
    write_toy_data(folder, 6, keypoints=True)
    return folder


def config_for(toy: Path, output: Path, **fields: Any) -> TrainConfig:
    ours = {"model_config": json.dumps(MODEL), "training": "alternating", "steps": 2, "log_every": 1}
    return toy_config(toy, output, **(ours | fields))


def phases(run: Run) -> Iterator[tuple[dict[str, Tensor], dict[str, Tensor]]]:
    """Carries out one phase after the other; the model's state at the beginning and at the end of each."""
    while run.done < run.steps_total:
        enter_phase(run)
        before = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
        assert not _run_phase(run, StopRequest())
        yield before, {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    run.log.close()


def moved_parts(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    """The parts of the model in which a weight or a statistic changed."""
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    return {name.removeprefix("roi_heads.").split(".")[0] for name in changed}


def part(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): tensor for key, tensor in state.items() if key.startswith(f"{name}.")}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_each_step_of_four_moves_its_own_parts(toy: Path, tmp_path: Path) -> None:
    run = prepare_run(config_for(toy, tmp_path / "run"), ONE_PROCESS)
    initial = {name: tensor.clone() for name, tensor in run.model.state_dict().items()}
    (one, rpn), (two, heads), (three, rpn_again), (four, final) = list(phases(run))

    # 1: the RPN with its own backbone, from the weights that the heads' backbone begins with.
    assert same(part(one, "rpn_backbone"), part(initial, "backbone"))
    assert same(part(one, "rpn_fpn"), part(initial, "fpn"))
    assert moved_parts(one, rpn) == {"rpn", "rpn_backbone", "rpn_fpn"}
    # 2: the heads with theirs, which the RPN has not touched, on the proposals of the RPN as 1 left it.
    assert same(two, rpn)
    assert same(part(two, "backbone"), part(initial, "backbone"))
    assert moved_parts(two, heads) == {"backbone", "fpn", *HEADS}
    # 3: the RPN moves to the heads' backbone and learns its own layers alone.
    assert not any(name.startswith(("rpn_backbone.", "rpn_fpn.")) for name in three)
    assert all(torch.equal(three[name], heads[name]) for name in three)
    assert moved_parts(three, rpn_again) == {"rpn"}
    # 4: the heads alone.
    assert same(four, rpn_again)
    assert moved_parts(four, final) == HEADS
    assert run.model.config.rpn_backbone == "shared"


def test_the_log_says_what_learned_and_the_result_is_one_model(toy: Path, tmp_path: Path) -> None:
    config = config_for(toy, tmp_path / "run", val_annotations=str(toy / "annotations.json"), validate_every=0)
    result = train(config)
    assert (result.steps, result.stopped) == (8, False)
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert (lines[0]["steps_total"], len(lines[0]["phases"])) == (8, 4)
    steps = [line for line in lines if line["kind"] == "step"]
    rpn = {"loss_objectness", "loss_rpn_box"}
    heads = {"loss_classifier", "loss_box", "loss_mask", "loss_keypoint"}
    named = [{name for name in step if name.startswith("loss_")} for step in steps]
    assert named == [rpn, rpn, heads, heads, rpn, rpn, heads, heads]
    # Each phase has the whole schedule; the first three cannot be judged yet.
    rates = [step["learning_rate"] for step in steps]
    assert rates == rates[:2] * 4
    assert [line["step"] for line in lines if line["kind"] == "validation"] == [8]
    model = load_model(tmp_path / "run")
    assert model.config.rpn_backbone == "shared"
    assert json.loads((tmp_path / "run" / "model.json").read_text())["lineage"]["training"] == "alternating"


def test_a_separate_rpn_keeps_its_backbone(toy: Path, tmp_path: Path) -> None:
    result = train(config_for(toy, tmp_path / "run", training="rpn_separate"))
    assert result.steps == 4
    model = load_model(tmp_path / "run")
    assert model.config.rpn_backbone == "own"
    assert model.rpn_backbone is not None
    assert not torch.equal(next(model.rpn_backbone.parameters()), next(model.backbone.parameters()))
    # It is a base for fine-tuning like any other.
    train(config_for(toy, tmp_path / "more", training="joint", model=str(tmp_path / "run"), model_config=None))
    assert load_model(tmp_path / "more").config.rpn_backbone == "own"


@pytest.mark.parametrize("checkpoint_every", [3, 100], ids=["within a phase", "between phases"])
def test_resuming_ends_where_an_uninterrupted_run_ends(toy: Path, tmp_path: Path, checkpoint_every: int) -> None:
    config = config_for(toy, tmp_path / "whole", min_sizes=(64, 96))
    train(config)
    broken = replace(config, output=str(tmp_path / "broken"), checkpoint_every=checkpoint_every)
    step, done = torch.optim.AdamW.step, []

    def fail(self: torch.optim.AdamW, *arguments: Any, **options: Any) -> Any:
        done.append(1)
        if len(done) == 4:
            raise RuntimeError("the power went")
        return step(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", fail)
        with pytest.raises(RuntimeError, match="the power went"):
            train(broken)
    with pytest.raises(ValueError, match="began with training='alternating': resume it with the same"):
        train(replace(broken, resume=True, training="joint"))
    with pytest.raises(ValueError, match="have 2 steps, not 3: resume it with as many"):
        train(replace(broken, resume=True, steps=3))
    assert train(replace(broken, resume=True)).steps == 8
    assert same(*(load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken")))


def test_heads_learn_from_proposals_of_the_own_rpn() -> None:
    model = tiny_model(rpn_backbone="own").train()

    def losses(learning: str) -> dict[str, Tensor]:
        torch.manual_seed(0)
        found = model([image()], [target()], learning=learning)  # type: ignore[arg-type]
        assert isinstance(found, dict)
        return found

    heads, rpn = losses("heads"), losses("rpn")
    assert set(losses("all")) == {*heads, *rpn}
    assert set(rpn) == {"loss_objectness", "loss_rpn_box"}
    assert model.rpn_backbone is not None
    with torch.no_grad():
        model.rpn_backbone.conv1.weight.mul_(-1)  # other proposals
    assert not torch.equal(losses("heads")["loss_classifier"], heads["loss_classifier"])
    assert not torch.equal(losses("rpn")["loss_objectness"], rpn["loss_objectness"])
    changed = losses("rpn")
    with torch.no_grad():
        model.backbone.conv1.weight.mul_(-1)
    assert torch.equal(losses("rpn")["loss_objectness"], changed["loss_objectness"])


def test_a_frozen_rpn_stays_in_evaluation_mode(toy: Path, tmp_path: Path) -> None:
    run = prepare_run(config_for(toy, tmp_path / "run", steps=1), ONE_PROCESS)
    next(phases(run))
    enter_phase(run)
    run.model.train()
    assert not run.model.rpn.training  # how many proposals it gives does not depend on it
    assert run.model.rpn_backbone is not None
    assert not run.model.rpn_backbone.training
    run.log.close()


def test_a_backbone_of_the_rpn_comes_and_goes() -> None:
    person: Any = {"id": 1, "name": "person", "keypoints": ["left", "right"], "skeleton": [[1, 2]]}
    values = TINY_MODEL | {"backbone": "mobilenet_v2", "num_classes": 1}
    model = MaskRCNN(ModelConfig.from_dict(values), [{"id": 1, "name": "person"}])
    model.attach_keypoint_model(MaskRCNN(ModelConfig.from_dict(values | {"num_keypoints": 2}), [person]))
    own = model.with_config(rpn_backbone="own")
    assert own.keypoint_model is model.keypoint_model
    x = image()
    model.eval(), own.eval()
    assert torch.equal(model([x])[0].boxes, own([x])[0].boxes)  # the same weights twice
    assert same(own.with_config(rpn_backbone="shared").state_dict(), model.state_dict())
