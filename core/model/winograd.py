"""3×3 convolutions with a quarter of the multiplications, for inference on a CPU.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), F(4×4, 3×3): a 6×6 tile of the
input and the kernel are transformed, multiplied position by position, and the sum over channels transformed
back gives 4×4 outputs: 36 multiplications where the sum of products takes 144. torch's own CPU convolution
does not do it; here it is three matrix products.
"""

from __future__ import annotations

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
AT_ONCE = 1 << 16  # tiles times channels: the 36 values of each are 9 MB, whatever the size of the map


class WinogradConv2d(nn.Module):
    """What a 3×3 convolution of stride 1 and padding 1 computes, to about 1e-5 of the largest output."""

    kernels: Tensor  # 36×C×O
    bias: Tensor
    to_products: Tensor  # 36×36
    from_products: Tensor  # 16×36

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        kernels = convolution.weight.detach().double().flatten(2).permute(2, 1, 0)  # 9×C×O
        # Two-dimensional transforms, as one matrix over the positions of a tile.
        self.register_buffer("kernels", torch.tensordot(_both_ways(KERNEL), kernels, dims=1).float())
        bias = convolution.bias
        self.register_buffer("bias", torch.zeros(kernels.shape[2]) if bias is None else bias.detach().clone())
        self.register_buffer("to_products", _both_ways(INPUT).float())
        self.register_buffer("from_products", _both_ways(OUTPUT).float())

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×O×H×W in channels-last layout."""
        count, channels, height, width = x.shape
        rows, columns = -(-height // 4), -(-width // 4)  # of tiles
        x = x.permute(0, 2, 3, 1)
        result = x.new_empty(count, 4 * rows, width, self.kernels.shape[2])
        images_at_once = max(1, AT_ONCE // (rows * columns * channels))
        rows_at_once = min(rows, max(1, AT_ONCE // (columns * channels)))
        for image in range(0, count, images_at_once):
            images = slice(image, image + images_at_once)
            for row in range(0, rows, rows_at_once):
                top, bottom = 4 * row, 4 * min(row + rows_at_once, rows)
                above, below = int(top == 0), max(0, bottom + 1 - height)
                part = x[images, top - 1 + above : bottom + 1]
                padded = F.pad(part, (0, 0, 1, 4 * columns + 1 - width, above, below))
                self._convolve(padded, result[images, top:bottom])
        return result[:, :height].permute(0, 3, 1, 2)

    def _convolve(self, padded: Tensor, result: Tensor) -> None:
        """B×(4R+2)×(4T+2)×C, the outputs with a border of one, to `result`, B×4R×W×O where W ≤ 4T."""
        count, height, width, channels = padded.shape
        rows, columns = height // 4, width // 4
        # Tiles overlap by two: a view, copied once into the order in which the products read it.
        tiles = padded.unfold(1, 6, 4).unfold(2, 6, 4).permute(4, 5, 0, 1, 2, 3).reshape(36, -1)
        transformed = torch.mm(self.to_products, tiles).view(36, -1, channels)
        products = torch.bmm(transformed, self.kernels)
        outputs = torch.mm(self.from_products, products.view(36, -1)).view(4, 4, count, rows, columns, -1)
        for column in range(4):
            target = result.unflatten(1, (rows, 4))[:, :, :, column::4]
            source = outputs[:, column].permute(1, 2, 0, 3, 4)[:, :, :, : target.shape[3]]
            torch.add(source, self.bias, out=target)


def exchange_convolutions(model: nn.Module) -> None:
    """Exchange, in place, the convolutions of a model that gain from it; what it then computes is for inference."""
    for module in model.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d) and _gains(child):
                setattr(module, name, WinogradConv2d(child))


def _gains(convolution: nn.Conv2d) -> bool:
    plain = (convolution.kernel_size, convolution.stride, convolution.padding, convolution.dilation)
    return (
        plain == ((3, 3), (1, 1), (1, 1), (1, 1))
        and convolution.groups == 1
        and convolution.padding_mode == "zeros"
        and min(convolution.in_channels, convolution.out_channels) >= FEWEST_CHANNELS
    )


def _both_ways(transform: tuple[tuple[float, ...], ...]) -> Tensor:
    """Of rows and of columns: the transform of a flattened tile, float64."""
    matrix = torch.tensor(transform, dtype=torch.float64)
    return torch.kron(matrix, matrix)
