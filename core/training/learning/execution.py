"""How a model is carried out while it learns: in which numbers, with activations computed twice, or compiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from core.config import TrainConfig
from core.devices import cpu_is_faster_in_bfloat16
from core.model.mask_rcnn import MaskRCNN

BACKEND = "inductor"  # of torch.compile


@contextmanager
def execution(model: MaskRCNN, config: TrainConfig) -> Iterator[None]:
    """Within it the model runs as `config.checkpoint_activations` and `config.compile` say; its tensors stay the same.

    Raises ValueError, one line, where the model cannot be compiled on this machine.
    """
    device = next(model.parameters()).device
    blocks = residual_blocks(model) if config.checkpoint_activations else []
    compiled = [*model.backbones(), *(part for part in (model.fpn, model.rpn_fpn) if part)] if config.compile else []
    for block in blocks:
        block.forward = partial(_forward_twice, block)
    for module in compiled:
        # Images of many sizes: without it each would be compiled for itself.
        module.compile(dynamic=True, backend=BACKEND)
    in_bfloat16 = device.type == "cpu" and computes_in_bfloat16(config, device)
    try:
        with (
            _compiler_errors() if compiled else nullcontext(),
            depthwise_in_float32(model) if in_bfloat16 else nullcontext(),
        ):
            yield
    finally:
        for block in blocks:
            del block.forward
        for module in compiled:
            module._compiled_call_impl = None


def computes_in_bfloat16(config: TrainConfig, device: torch.device) -> bool:
    """Whether a step's products are in bfloat16, under autocast; the weights and what is added up stay float32."""
    if device.type == "cpu":
        return config.cpu_bfloat16 and cpu_is_faster_in_bfloat16()
    return config.mixed_precision


@contextmanager
def depthwise_in_float32(model: nn.Module) -> Iterator[None]:
    """Within it depthwise convolutions leave a CPU's autocast: their backward pass in bfloat16 takes three to four
    times as long.
    """
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d) and module.groups > 1]
    for convolution in convolutions:
        convolution.forward = partial(_forward_in_float32, convolution)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for convolution in convolutions:
            del convolution.forward


def _forward_in_float32(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    with torch.autocast(x.device.type, enabled=False):
        return type(convolution).forward(convolution, x.float())


def residual_blocks(model: MaskRCNN) -> list[nn.Module]:
    """The blocks of the backbone (and of res5 where it is the head) in which something learns, the stem left out."""
    stages = [module for backbone in model.backbones() for stage in backbone.stages()[1:] for module in stage]
    stages += [module for name, module in model.named_modules() if name.split(".")[-1] == "res5"]
    blocks = [block for stage in stages for block in (stage.children() if _is_list(stage) else [stage])]
    return [block for block in blocks if any(parameter.requires_grad for parameter in block.parameters())]


def _is_list(module: nn.Module) -> bool:
    return isinstance(module, nn.Sequential | nn.ModuleList)


def _forward_twice(block: nn.Module, *inputs: object) -> object:
    """The block's forward, of which only the inputs are kept for the backward pass; there it is computed again."""
    forward = partial(type(block).forward, block)
    if not torch.is_grad_enabled():
        return forward(*inputs)
    return checkpoint(
        forward,
        *inputs,
        use_reentrant=False,
        preserve_rng_state=False,  # there is no chance in a block
        context_fn=lambda: (nullcontext(), _without_statistics(block)),
    )


@contextmanager
def _without_statistics(block: nn.Module) -> Iterator[None]:
    """Within it batch normalisation sees a batch without adding it to its statistics: it was added the first time."""
    norms = [module for module in block.modules() if isinstance(module, nn.modules.batchnorm._NormBase)]
    counting = [norm for norm in norms if norm.training and norm.track_running_stats]
    momenta = [norm.momentum for norm in counting]
    for norm in counting:
        norm.momentum = 0.0
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.sub_(1)
    try:
        yield
    finally:
        for norm, momentum in zip(counting, momenta, strict=True):
            norm.momentum = momentum


@contextmanager
def _compiler_errors() -> Iterator[None]:
    from torch._dynamo.exc import BackendCompilerFailed  # takes seconds to import

    try:
        yield
    except BackendCompilerFailed as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"compile: the model cannot be compiled on this machine, leave it out ({reason})") from None
