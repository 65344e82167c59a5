"""3×3 convolutions with a quarter of the multiplications, on a CPU: for inference and, with gradients, for training.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), F(4×4, 3×3): a 6×6 tile of the
input and the kernel are transformed, multiplied position by position, and the sum over channels transformed
back gives 4×4 outputs: 36 multiplications where the sum of products takes 144. torch's own CPU convolution
does not do it; here it is three matrix products.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# The transforms of the article's section 4.3: of the input, of the kernel and of the output.
INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
KERNEL = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
OUTPUT = (
    (1, 1, 1, 1, 1, 0),
    (0, 1, -1, 2, -2, 0),
    (0, 1, 1, 4, 4, 0),
    (0, 1, -1, 8, -8, 1),
)

FEWEST_CHANNELS = 128  # below, moving the tiles about costs more than the multiplications saved
# With fewer channels than these a map has to fill its tiles of 4×4 outputs: RoIs of 14×14 leave a quarter empty.
FOR_ANY_SIZE, MOST_EMPTY = 256, 1.2
FEWEST_TILES = 64  # of a batch: with fewer, transforming the kernels and their gradient costs more than is saved
AT_ONCE = 1 << 16  # tiles times channels: the 36 values of each are 9 MB, whatever the size of the map


class WinogradConv2d(nn.Module):
    """What a 3×3 convolution of stride 1 and padding 1 computes, to about 1e-5 of the largest output."""

    kernels: Tensor  # 36×C×O
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.register_buffer("kernels", _transformed(convolution.weight.detach().double()).float())
        bias = convolution.bias
        self.register_buffer("bias", torch.zeros(self.kernels.shape[2]) if bias is None else bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×O×H×W in channels-last layout."""
        return _convolved(x, self.kernels, self.bias)


class LearningConv2d(nn.Conv2d):
    """A 3×3 convolution of stride 1 and padding 1, with the parameters of another, whose gradients take less time.

    Without gradients, on a GPU, in other numbers than float32 and where a graph is recorded it is torch's own.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__(convolution.in_channels, convolution.out_channels, 3, padding=1, device="meta")
        self.weight, self.bias = convolution.weight, convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×O×H×W."""
        if not self._gains(x):
            return super().forward(x)
        result: Tensor = _Winograd.apply(x, self.weight, self.bias)
        return result

    def _gains(self, x: Tensor) -> bool:
        if not torch.is_grad_enabled() or torch.compiler.is_compiling():
            return False
        if x.device.type != "cpu" or x.dtype != torch.float32 or torch.is_autocast_enabled("cpu"):
            return False
        count, _, height, width = x.shape
        tiles = -(-height // 4) * -(-width // 4)
        filled = 16 * tiles <= MOST_EMPTY * height * width
        return count * tiles >= FEWEST_TILES and (filled or min(self.in_channels, self.out_channels) >= FOR_ANY_SIZE)


class _Winograd(torch.autograd.Function):
    """The convolution of B×C×H×W with O×C×3×3, and its three gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        result = _convolved(x, _transformed(weight), bias)
        # What follows may write into the result, which autograd refuses of a part of something larger.
        return result if x.shape[2] % 4 == 0 else result.clone(memory_format=torch.channels_last)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            _convolved(gradient, _transformed(weight.flip(2, 3).transpose(0, 1))) if of_x else None,
            _weight_gradient(x, gradient) if of_weight else None,
            gradient.sum(dim=(0, 2, 3)) if of_bias else None,
        )


def exchange_convolutions(model: nn.Module) -> None:
    """Exchange, in place, the convolutions of a model that gain from it; what it then computes is for inference."""
    for owner, name, convolution in _gaining(model):
        setattr(owner, name, WinogradConv2d(convolution))


def exchange_learning_convolutions(model: nn.Module) -> list[tuple[nn.Module, str, nn.Conv2d]]:
    """Exchange, in place, the convolutions of a model that learns on a CPU; parameters and their names stay.

    Gives those that were there, each with the module that it belongs to and its name there.
    """
    exchanged = list(_gaining(model))
    for owner, name, convolution in exchanged:
        setattr(owner, name, LearningConv2d(convolution))
    return exchanged


@contextmanager
def learning_convolutions(model: nn.Module) -> Iterator[None]:
    """Within it the convolutions of a model are exchanged so; after it they are those that were there."""
    exchanged = exchange_learning_convolutions(model)
    try:
        yield
    finally:
        for owner, name, convolution in exchanged:
            setattr(owner, name, convolution)


def _gaining(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Conv2d]]:
    """The convolutions that gain, each with the module that it belongs to and its name there."""
    for module in model.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d) and _is_plain_and_wide(child):
                yield module, name, child


def _is_plain_and_wide(convolution: nn.Conv2d) -> bool:
    plain = (convolution.kernel_size, convolution.stride, convolution.padding, convolution.dilation)
    return (
        plain == ((3, 3), (1, 1), (1, 1), (1, 1))
        and convolution.groups == 1
        and convolution.padding_mode == "zeros"
        and min(convolution.in_channels, convolution.out_channels) >= FEWEST_CHANNELS
    )


# -- tiles ------------------------------------------------------------------------------------------


def _transformed(weight: Tensor) -> Tensor:
    """Kernels O×C×3×3 as 36×C×O."""
    flat = weight.permute(2, 3, 1, 0).reshape(9, -1)
    return torch.mm(_both_ways(KERNEL, weight.dtype), flat).view(36, weight.shape[1], weight.shape[0])


def _convolved(x: Tensor, kernels: Tensor, bias: Tensor | None = None) -> Tensor:
    """B×C×H×W with transformed kernels 36×C×O to B×O×H×W in channels-last layout."""
    x = x.permute(0, 2, 3, 1)
    count, height, width, channels = x.shape
    rows, columns = -(-height // 4), -(-width // 4)  # of tiles
    shape = (count, kernels.shape[2], 4 * rows, width)
    result = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    from_products = _both_ways(OUTPUT, x.dtype)
    for images, first, end in _portions(count, rows, columns, channels):
        products = torch.bmm(_transformed_tiles(x, images, first, end), kernels)
        outputs = torch.mm(from_products, products.view(36, -1)).view(4, 4, -1, end - first, columns, kernels.shape[2])
        part = result[images, :, 4 * first : 4 * end].permute(0, 2, 3, 1).unflatten(1, (end - first, 4))
        for column in range(4):
            target = part[:, :, :, column::4]
            source = outputs[:, column].permute(1, 2, 0, 3, 4)[:, :, :, : target.shape[3]]
            if bias is None:
                target.copy_(source)
            else:
                torch.add(source, bias, out=target)
    return result if 4 * rows == height else result[:, :, :height]


def _weight_gradient(x: Tensor, gradient: Tensor) -> Tensor:
    """The gradient O×C×3×3 of the kernels, from B×C×H×W and the gradient B×O×H×W of the outputs."""
    x, gradient = x.permute(0, 2, 3, 1), gradient.permute(0, 2, 3, 1)
    count, height, width, channels = x.shape
    rows, columns, out_channels = -(-height // 4), -(-width // 4), gradient.shape[3]
    gradient = F.pad(gradient, (0, 0, 0, 4 * columns - width, 0, 4 * rows - height))
    of_kernels = x.new_zeros(36, channels, out_channels)
    to_products = _both_ways(OUTPUT, x.dtype).t()
    for images, first, end in _portions(count, rows, columns, max(channels, out_channels)):
        part = gradient[images, 4 * first : 4 * end].reshape(-1, end - first, 4, columns, 4, out_channels)
        of_products = torch.mm(to_products, part.permute(2, 4, 0, 1, 3, 5).reshape(16, -1)).view(36, -1, out_channels)
        of_kernels.baddbmm_(_transformed_tiles(x, images, first, end).transpose(1, 2), of_products)
    flat = torch.mm(_both_ways(KERNEL, x.dtype).t(), of_kernels.view(36, -1))
    return flat.view(3, 3, channels, out_channels).permute(3, 2, 0, 1)


def _portions(count: int, rows: int, columns: int, channels: int) -> Iterator[tuple[slice, int, int]]:
    """Which images and rows of tiles are computed at once: about AT_ONCE tiles times channels."""
    images_at_once = max(1, AT_ONCE // (rows * columns * channels))
    rows_at_once = min(rows, max(1, AT_ONCE // (columns * channels)))
    for image in range(0, count, images_at_once):
        for row in range(0, rows, rows_at_once):
            yield slice(image, image + images_at_once), row, min(row + rows_at_once, rows)


def _transformed_tiles(x: Tensor, images: slice, first: int, end: int) -> Tensor:
    """The 6×6 inputs of the tiles in rows `first` to `end` of some images of B×H×W×C, transformed: 36×T×C."""
    height, width, channels = x.shape[1:]
    top, bottom = 4 * first, 4 * end
    above, below = int(top == 0), max(0, bottom + 1 - height)
    part = x[images, top - 1 + above : bottom + 1]
    padded = F.pad(part, (0, 0, 1, 4 * -(-width // 4) + 1 - width, above, below))
    # Tiles overlap by two: a view, copied once into the order in which the products read it.
    tiles = padded.unfold(1, 6, 4).unfold(2, 6, 4).permute(4, 5, 0, 1, 2, 3).reshape(36, -1)
    return torch.mm(_both_ways(INPUT, x.dtype), tiles).view(36, -1, channels)


@functools.cache
def _both_ways(transform: tuple[tuple[float, ...], ...], dtype: torch.dtype) -> Tensor:
    """Of rows and of columns: the transform of a flattened tile."""
    matrix = torch.tensor(transform, dtype=torch.float64)
    return torch.kron(matrix, matrix).to(dtype)
