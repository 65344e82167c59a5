"""Options of a run that change how it computes: averaged weights, accumulated batches, less memory, a compiler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core import CocoDataset, MaskRCNN, ModelConfig, TrainConfig, load_model, train
from core.devices import cpu_is_faster_in_bfloat16
from core.model.weights.ours import tensors_by_file_name
from core.model.winograd import LearningConv2d
from core.recipes import recipe_config
from core.training import Callback
from core.training.distributed import Processes
from core.training.learning.averaging import WeightAverage
from core.training.learning.execution import execution, residual_blocks
from core.training.learning.step import backward
from core.training.samples import BatchOrder, TargetsForModel
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data

ONE_PROCESS = Processes(0, 1, torch.device("cpu"))
# All anchors and all proposals are learned from: nothing is left to chance.
EVERYTHING = TINY_MODEL | {
    "rpn_batch_size": 10_000, "rois_per_image": 400, "num_classes": 2, "min_size": 64, "proposals_train": 20,
}  # fmt: skip
SAMPLES = Sequence[tuple[Tensor, dict[str, Any]]]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("options")
    write_toy_data(folder, 4)
    return folder


@pytest.fixture(scope="module")
def samples(toy: Path) -> SAMPLES:
    dataset = CocoDataset(toy / "images", toy / "annotations.json", box_masks=True)
    return [dataset[index] for index in range(4)]


@pytest.fixture
def model() -> MaskRCNN:
    torch.manual_seed(0)
    return MaskRCNN(ModelConfig.from_dict(EVERYTHING), [{"id": 1, "name": "disc"}, {"id": 2, "name": "square"}]).train()


def config_for(toy: Path, output: Path, **fields: Any) -> TrainConfig:
    ours = {"model_config": json.dumps(TINY_MODEL | {"backbone": "mobilenet_v2"}), "steps": 3, "log_every": 1}
    return toy_config(toy, output, **(ours | fields))


def gradients(model: MaskRCNN, samples: SAMPLES, batch_size: int, **fields: Any) -> dict[str, Tensor]:
    """Of one step on the samples, `batch_size` of them at a time."""
    config = TrainConfig(batch_size=batch_size, accumulate=len(samples) // batch_size, **fields)
    model.zero_grad(set_to_none=True)
    torch.manual_seed(0)
    targets_for_model = TargetsForModel(model.categories, model)
    images, targets = zip(*samples, strict=True)
    backward(model, images, targets, targets_for_model, config, ONE_PROCESS, "all")
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}


def assert_close(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        scale = float(tensor.abs().max())
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=1e-4 * scale + 1e-7, msg=lambda m, n=name: n + m)


# -- accumulation -------------------------------------------------------------------------------------------------


def test_two_batches_of_two_give_the_gradient_of_one_of_four(model: MaskRCNN, samples: SAMPLES) -> None:
    two = list(samples[:2])
    assert_close(gradients(model, two * 2, 2), gradients(model, two * 2, 4))


def test_accumulated_gradients_are_the_mean_of_the_batches(model: MaskRCNN, samples: SAMPLES) -> None:
    halves = [
        {name: gradient.clone() for name, gradient in gradients(model, half, 2).items()}
        for half in (samples[:2], samples[2:])
    ]
    mean = {name: (halves[0][name] + halves[1][name]) / 2 for name in halves[0]}
    assert_close(gradients(model, samples, 2), mean)
    # A smaller last batch counts for as much as it has images.
    alone = {name: gradient.clone() for name, gradient in gradients(model, samples[2:3], 1).items()}
    weighted = {name: (2 * halves[0][name] + alone[name]) / 3 for name in alone}
    assert_close(gradients(model, samples[:3], 2), weighted)


def test_steps_and_epochs_count_all_images_of_a_step(toy: Path, tmp_path: Path) -> None:
    result = train(config_for(toy, tmp_path / "run", steps=None, epochs=2, batch_size=1, accumulate=2))
    assert result.steps == 4
    order = list(BatchOrder(4, TrainConfig(batch_size=1, accumulate=2), ONE_PROCESS, 0, 2))
    assert order == list(BatchOrder(4, TrainConfig(batch_size=2), ONE_PROCESS, 0, 2))


def test_a_recipes_images_a_step_are_shared_by_the_accumulated_batches() -> None:
    files = {"images": "i", "annotations": "a", "output": "o"}
    config = recipe_config("coco-1x", accumulate=8, **files)
    assert (config.batch_size, config.learning_rate) == (2, recipe_config("coco-1x", **files).learning_rate)


# -- bfloat16 on a CPU --------------------------------------------------------------------------------------------


def with_bfloat16(has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say that the processor has it, which torch computes in anywhere, or that it has not."""
    monkeypatch.setattr("core.training.learning.execution.cpu_is_faster_in_bfloat16", lambda: has)


def gradients_in_bfloat16(model: MaskRCNN, samples: SAMPLES) -> dict[str, Tensor]:
    with execution(model, TrainConfig(cpu_bfloat16=True)):
        return gradients(model, samples, 4, cpu_bfloat16=True)


def test_products_in_bfloat16_give_nearly_the_same_gradients_in_float32(
    model: MaskRCNN, samples: SAMPLES, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bfloat16(True, monkeypatch)
    expected = gradients(model, samples, 4)
    found = gradients_in_bfloat16(model, samples)
    assert all(tensor.dtype == torch.float32 for tensor in found.values())
    assert any(not torch.equal(found[name], expected[name]) for name in expected)
    together = [torch.cat([tensor.flatten() for tensor in one.values()]) for one in (found, expected)]
    assert torch.cosine_similarity(*together, dim=0) > 0.99


def test_a_processor_without_it_stays_in_float32(
    model: MaskRCNN, samples: SAMPLES, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bfloat16(False, monkeypatch)
    expected = gradients(model, samples, 4)
    found = gradients_in_bfloat16(model, samples)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_a_run_that_asks_for_it_in_vain_says_so(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_bfloat16(False, monkeypatch)
    with pytest.warns(UserWarning, match="this CPU has neither avx512_bf16 nor AMX"):
        train(config_for(toy, tmp_path / "run", steps=1, cpu_bfloat16=True))


@pytest.mark.parametrize(
    ("abilities", "learns"),
    [
        ({"architecture": "x86_64", "avx512_bf16": True}, True),
        ({"architecture": "x86_64", "amx_bf16": True}, True),
        ({"architecture": "x86_64"}, False),
        ({"architecture": "aarch64", "bf16": True}, False),  # it multiplies, but nothing is known of gradients there
    ],
)
def test_which_processors_learn_in_bfloat16(
    abilities: dict[str, Any], learns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: abilities)
    assert cpu_is_faster_in_bfloat16() is learns


def test_depthwise_convolutions_stay_in_float32_while_a_run_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    with_bfloat16(True, monkeypatch)
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"backbone": "mobilenet_v2", "num_classes": 2}))
    depthwise = [module for module in model.modules() if isinstance(module, nn.Conv2d) and module.groups > 1]
    x = torch.randn(1, depthwise[0].in_channels, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        assert depthwise[0](x).dtype == torch.bfloat16
        with execution(model, TrainConfig(cpu_bfloat16=True)):
            assert {convolution(torch.randn(1, convolution.in_channels, 8, 8)).dtype for convolution in depthwise} == {
                torch.float32
            }
        assert depthwise[0](x).dtype == torch.bfloat16


# -- convolutions on a CPU ----------------------------------------------------------------------------------------


def test_wide_convolutions_learn_by_winograd_on_a_cpu_and_are_written_as_they_are_called(
    toy: Path, tmp_path: Path
) -> None:
    seen: list[list[nn.Module]] = []

    class Looks(Callback):
        def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
            seen.append([module for module in run.model.modules() if isinstance(module, LearningConv2d)])
            assert all(module.weight.grad is not None for module in seen[-1])

    config = json.dumps(TINY_MODEL | {"backbone": "resnet18"})
    train(config_for(toy, tmp_path / "run", steps=1, model_config=config), callbacks=[Looks()])
    assert len(seen[0]) == 9  # three in each of res3, res4 and res5; the first of a stage has stride 2
    written = load_file(tmp_path / "run" / "model.safetensors")
    names = {f"backbone.{name}.weight" for name in ("layer2.0.conv2", "layer4.1.conv1")}
    assert names <= written.keys()
    assert not any(isinstance(module, LearningConv2d) for module in load_model(tmp_path / "run").modules())


# -- averaged weights ---------------------------------------------------------------------------------------------


class Weights(Callback):
    """Keeps the weights that the optimizer leaves after each step."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Tensor]] = []

    def on_start(self, run: Any) -> None:
        self.seen.append({name: tensor.clone() for name, tensor in tensors_by_file_name(run.model).items()})

    def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
        self.on_start(run)


def test_the_written_weights_are_the_average_of_those_of_all_steps(toy: Path, tmp_path: Path) -> None:
    weights = Weights()
    train(config_for(toy, tmp_path / "run", ema=0.15), callbacks=[weights])
    written = load_file(tmp_path / "run" / "model.safetensors")
    for name, expected in weights.seen[0].items():
        for after, decay in zip(weights.seen[1:], (1 / 10, 0.15, 0.15), strict=True):
            if expected.is_floating_point():
                expected = decay * expected + (1 - decay) * after[name]
            else:
                expected = after[name]
        torch.testing.assert_close(written[name], expected, rtol=1e-5, atol=1e-6)
    moved = [name for name in written if not torch.equal(written[name], weights.seen[-1][name])]
    assert any(name.endswith("weight") for name in moved)


def test_the_average_survives_a_break(toy: Path, tmp_path: Path) -> None:
    fields = {"val_annotations": str(toy / "annotations.json"), "validate_every": 0, "batch_size": 1}
    config = config_for(toy, tmp_path / "whole", ema=0.9, **fields)
    whole = train(config)
    broken = replace(config, output=str(tmp_path / "broken"))

    class Stops(Callback):
        def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
            run.stop()

    train(broken, callbacks=[Stops()])
    resumed = train(replace(broken, resume=True))
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert resumed.metrics == whole.metrics  # the averaged weights are what was judged


def test_judging_the_average_leaves_the_weights_as_they_were(model: MaskRCNN) -> None:
    average = WeightAverage(model, 0.5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with average.in_place_of(model):
        assert not any(torch.equal(before[name], parameter) for name, parameter in model.named_parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


# -- activations that are computed twice ---------------------------------------------------------------------------


def saved_bytes(work: Callable[[], object]) -> int:
    """What autograd keeps for the backward pass of some work."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        work()
    return sum(kept.values())


@pytest.fixture
def norms(model: MaskRCNN) -> Callable[[], dict[str, Tensor]]:
    return lambda: {name: tensor.clone() for name, tensor in model.state_dict().items() if "bn" in name}


def test_activations_computed_twice_give_the_same_gradients_and_statistics(
    model: MaskRCNN, samples: SAMPLES, norms: Callable[[], dict[str, Tensor]]
) -> None:
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    expected = {name: tensor.clone() for name, tensor in gradients(model, samples[:2], 2).items()}
    statistics = norms()
    model.load_state_dict(start)
    with execution(model, TrainConfig(checkpoint_activations=True)):
        assert_close(gradients(model, samples[:2], 2), expected)
    assert all(torch.equal(tensor, statistics[name]) for name, tensor in norms().items())
    assert not any("forward" in vars(module) for module in model.modules())


def test_activations_computed_twice_are_not_kept(model: MaskRCNN) -> None:
    images = torch.rand(2, 3, 96, 96)
    plain = saved_bytes(lambda: model.features(images))
    with execution(model, TrainConfig(checkpoint_activations=True)):
        assert saved_bytes(lambda: model.features(images)) < 0.6 * plain
    # What does not learn keeps nothing anyway.
    count = len(residual_blocks(model))
    model.freeze_stages(3)
    assert len(residual_blocks(model)) == count // 2


def test_a_run_with_them_is_the_same_run_with_res5_as_the_head_too(toy: Path, tmp_path: Path) -> None:
    fields = {"features": "c4", "non_local_blocks": 1, "rois_per_image": 8, "proposals_train": 20, "min_size": 64}
    config = config_for(toy, tmp_path / "plain", steps=2, model_config=json.dumps(TINY_MODEL | fields))
    train(config)
    train(replace(config, output=str(tmp_path / "twice"), checkpoint_activations=True))
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "twice"))
    for name, tensor in one.items():
        torch.testing.assert_close(other[name], tensor, rtol=1e-3, atol=1e-4)


# -- the compiler ---------------------------------------------------------------------------------------------------


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """In place of a real compiler's, a back end that counts the graphs it is given."""
    counted: list[int] = []

    def count(graph: Any, _: Any) -> Any:
        counted.append(len(graph.graph.nodes))
        return graph.forward

    monkeypatch.setattr("core.training.learning.execution.BACKEND", count)
    torch._dynamo.reset()
    yield counted
    torch._dynamo.reset()


def pyramid_gradients(model: MaskRCNN) -> dict[str, Tensor]:
    """Of the pyramid alone: to trace a backbone takes many seconds."""
    generator = torch.Generator().manual_seed(0)
    sizes = [(1, channels, 16 >> level, 16 >> level) for level, channels in enumerate(model.backbone.channels)]
    model.zero_grad(set_to_none=True)
    assert model.fpn is not None
    levels = model.fpn([torch.rand(size, generator=generator) for size in sizes])
    torch.stack([level.square().mean() for level in levels]).sum().backward()
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}


def test_a_compiled_model_learns_the_same(model: MaskRCNN, graphs: list[int]) -> None:
    expected = pyramid_gradients(model)
    with execution(model, TrainConfig(compile=True)):
        assert model.backbone._compiled_call_impl is not None
        assert_close(pyramid_gradients(model), expected)
    counted = len(graphs)
    assert counted > 0
    assert model.backbone._compiled_call_impl is None
    pyramid_gradients(model)
    assert len(graphs) == counted


def test_a_machine_that_cannot_compile_is_said_in_one_line(model: MaskRCNN, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(graph: Any, _: Any) -> Any:
        raise RuntimeError("no compiler\nis here")

    monkeypatch.setattr("core.training.learning.execution.BACKEND", fail)
    with (
        pytest.raises(ValueError, match="compile: the model cannot be compiled on this machine") as error,
        execution(model, TrainConfig(compile=True)),
    ):
        pyramid_gradients(model)
    assert "\n" not in str(error.value)


def test_compiling_what_is_computed_twice_is_refused(toy: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="compile and checkpoint_activations: give one of them"):
        train(config_for(toy, tmp_path / "run", compile=True, checkpoint_activations=True))


@pytest.mark.slow
def test_a_run_with_the_real_compiler_is_the_same_run(toy: Path, tmp_path: Path) -> None:
    config = config_for(toy, tmp_path / "plain", steps=2, model_config=json.dumps(TINY_MODEL))
    train(config)
    train(replace(config, output=str(tmp_path / "compiled"), compile=True))
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "compiled"))
    for name, tensor in one.items():
        torch.testing.assert_close(other[name], tensor, rtol=1e-2, atol=1e-3)
