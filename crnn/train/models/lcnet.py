"""LCNet: the light CNN of PP-OCRv6 small, layer by layer, as a choice of the recipe.

Depthwise-separable blocks without batch normalisation (it is folded into the published weights),
squeeze-and-excitation in every second one (Cui 2021, arXiv:2109.15099; Hu 2018, arXiv:1709.01507).
Columns come out at W / 8, 384 channels high one row: 48 rows of pixels are averaged away.

The activation is SiLU, y * sigmoid(y) (Elfwing 2017, arXiv:1702.03118). Where the published network
has GELU(x), y is 1.702 x: GELU(x) is about x * sigmoid(1.702 x) (Hendrycks 2016, arXiv:1606.08415,
section 2), and the factor goes into the convolution before and out of the one behind. SiLU is two
operators that ONNX Runtime has for INT8; the error function has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

HEIGHT, STRIDE = 48, 8
"""Rows of pixels it takes, and pixels of width a column of its output stands for."""

CHANNELS = 384
"""Channels of a column."""

GELU_SLOPE = 1.702


@dataclass(frozen=True)
class Block:
    """Sizes of one block: channels out, channels in the middle, and whether it excites."""

    channels: int
    middle: int
    excites: bool = False
    strided: bool = False


BLOCKS: tuple[Block, ...] = (
    Block(96, 192, excites=True),
    Block(96, 192),
    Block(96, 192),
    Block(192, 192, strided=True),
    *(Block(192, 384, excites=number % 2 == 0) for number in range(6)),
    Block(384, 384, strided=True),
    Block(384, 768, excites=True),
    Block(384, 768),
)


class Stem(nn.Module):
    """Pixels to a quarter of the size: two branches of what the first convolution sees."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, 48, 3, 2, 1)
        self.narrow = nn.Conv2d(48, 24, 2)
        self.wide = nn.Conv2d(24, 48, 2)
        self.second = nn.Conv2d(96, 48, 3, 2, 1)
        self.third = nn.Conv2d(48, 96, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, K, H, W) -> (N, 96, H/4, W/4)."""
        x = torch.relu(self.first(x))
        pooled = nn.functional.max_pool2d(_padded(x), 2, 1)
        y = torch.relu(self.narrow(_padded(x)))
        y = torch.relu(self.wide(_padded(y)))
        y = torch.relu(self.second(torch.cat([pooled, y], 1)))
        return torch.relu(self.third(y))


def _padded(x: Tensor) -> Tensor:
    """One row more below and one column more on the right, of zeros."""
    return nn.functional.pad(x, (0, 1, 0, 1))


class Excitation(nn.Module):
    """Channels weighed by what the whole line shows of them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 4, 1)
        self.excite = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, D, h, w) -> (N, D, h, w)."""
        mean = x.mean((2, 3), keepdim=True)
        return x * nn.functional.hardsigmoid(self.excite(torch.relu(self.squeeze(mean))))


class SeparableBlock(nn.Module):
    """A depthwise convolution, then two pointwise ones around the activation, added to it."""

    def __init__(self, inputs: int, block: Block) -> None:
        super().__init__()
        stride = (2, 1) if block.strided else (1, 1)
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs)
        self.excitation = Excitation(inputs) if block.excites else None
        self.expand = nn.Conv2d(inputs, block.middle, 1)
        self.project = nn.Conv2d(block.middle, block.channels, 1)
        self.has_identity = not block.strided

    def forward(self, x: Tensor) -> Tensor:
        """(N, I, h, w) -> (N, O, h or h/2, w)."""
        x = self.depthwise(x)
        if self.excitation is not None:
            x = self.excitation(x)
        y = self.project(nn.functional.silu(self.expand(x)))
        return x + y if self.has_identity else y


class LCNet(nn.Module):
    """Lines to columns. x: (N, K, 48, W) in -1 to 1, W a multiple of 8 -> (N, 384, 1, W/8)."""

    def __init__(self, inputs: int, blocks: tuple[Block, ...] = BLOCKS) -> None:
        super().__init__()
        self.stem = Stem(inputs)
        sizes = [96, *(block.channels for block in blocks)]
        self.blocks = nn.Sequential(
            *(SeparableBlock(size, block) for size, block in zip(sizes, blocks, strict=False))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, K, 48, W) -> (N, 384, 1, W/8)."""
        return nn.functional.avg_pool2d(self.blocks(self.stem(x)), (3, 2))  # rows, columns
