"""The network: CNN + BiLSTM + linear, for CTC (Shi, Bai, Yao 2015, arXiv:1507.05717).

Two strided convolutions bring the line to a quarter of its size at once, residual blocks do the
looking, and the last stage halves the height again. The BiLSTM runs on one column in four pixels,
or, with `pair`, on one in eight, where each of its outputs is spelled out as two steps, left and
right half: T = W / 4 all the same. The BiLSTM adds to what the CNN says by itself: a CNN that
already knows its characters is where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crnn.train.models import lcnet


@dataclass(frozen=True)
class NetShape:
    """Sizes of the network, part of a recipe; the spec says only what goes in and out.

    cnn: "residual", the one of this module with `channels` and `blocks`, or "lcnet", crnn.train's.
    """

    cnn: str = "residual"

    channels: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int, int] = (1, 1, 1)
    hidden: int = 192
    layers: int = 2
    bottleneck: int = 128
    rows: str = "concat"
    pair: bool = False
    dropout: float = 0.1


def conv(
    inputs: int, outputs: int, stride: tuple[int, int] | int = 1, reach: int = 1
) -> nn.Sequential:
    """A 3x3 convolution with batch normalisation, no activation. (N, I, H, W) -> (N, O, H', W').

    reach: how many columns to each side it looks.
    """
    apart = (1, reach)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, apart, apart, bias=False), nn.BatchNorm2d(outputs)
    )


class Residual(nn.Module):
    """One 3x3 convolution around an identity: relu(x + conv(x)). He 2015, arXiv:1512.03385."""

    def __init__(self, channels: int, reach: int = 1) -> None:
        super().__init__()
        self.conv = conv(channels, channels, reach=reach)

    def forward(self, x: Tensor) -> Tensor:
        """(N, I, H, W) -> (N, I, H, W)."""
        return torch.relu(x + self.conv(x))


def residual_cnn(inputs: int, shape: NetShape) -> nn.Sequential:
    """The CNN of plain and residual convolutions. (N, K, H, W) -> (N, D, H/16, W/4 or W/8)."""
    a, b, c, d = shape.channels
    last = (2, 2) if shape.pair else (2, 1)
    reaches = (1, 1, 1 if shape.pair else 2)  # eight pixels to each side at the end, either way
    stages: list[nn.Module] = [conv(inputs, a, 2), nn.ReLU()]
    strides: tuple[tuple[int, int], ...] = ((2, 2), (2, 1), last)
    sizes = zip((a, b, c), (b, c, d), strides, reaches, shape.blocks, strict=True)
    for i, o, stride, reach, blocks in sizes:
        stages += [conv(i, o, stride), nn.ReLU(), *(Residual(o, reach) for _ in range(blocks))]
    return nn.Sequential(*stages)


class Standardize(nn.Module):
    """Features with mean 0 and variance 1, by statistics taken once: (..., D) -> (..., D)."""

    mean: Tensor
    scale: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Scaled."""
        return (x - self.mean) * self.scale


class Crnn(nn.Module):
    """Lines to class scores.

    x: (N, K, H, W) as crnn.preprocess.normalize makes it, W a multiple of 8, no padding inside a
    batch. Gives (N, T, C) scores. S counts the columns that the BiLSTM sees: W / 4, or W / 8 with
    `pair` and with the CNN "lcnet".
    """

    def __init__(self, classes: int, height: int, inputs: int, shape: NetShape) -> None:
        super().__init__()
        self.pair, self.rows = shape.pair, shape.rows
        self.blocks = shape.blocks
        self.cnn: nn.Module
        if shape.cnn == "lcnet":
            self.cnn, d, rows = lcnet.LCNet(inputs), lcnet.CHANNELS, 1
            self.standardize: nn.Module = Standardize(d)
        else:
            self.cnn, d = residual_cnn(inputs, shape), shape.channels[-1]
            rows = -(-height // 16) if shape.rows == "concat" else 1
            self.standardize = nn.Identity()
        self.dropout = nn.Dropout(shape.dropout)
        self.lstm = nn.LSTM(d * rows, shape.hidden, shape.layers, bidirectional=True)
        frames = 2 if shape.pair else 1
        self.bottleneck = nn.Linear(2 * shape.hidden, frames * shape.bottleneck)
        self.classes = nn.Linear(shape.bottleneck, classes)
        self.direct = nn.Linear(d * rows, frames * shape.bottleneck)
        nn.init.zeros_(self.bottleneck.weight)  # at first the CNN speaks alone

    def cnn_features(self, x: Tensor) -> Tensor:
        """What the CNN sees, column by column. (N, K, H, W) -> (S, N, D)."""
        x = self.cnn(x)  # (N, D, H/16, S)
        if self.rows == "concat":
            x = x.permute(3, 0, 1, 2).flatten(2)  # (S, N, D*H/16)
        else:
            x = x.mean(2).permute(2, 0, 1)  # (S, N, D)
        standard: Tensor = self.standardize(x)
        return standard

    def rnn_features(self, columns: Tensor) -> Tensor:
        """What the class matrix is multiplied with. (S, N, D) -> (N, T, B)."""
        x, _ = self.lstm(self.dropout(columns))  # (S, N, 2*hidden)
        return self._steps(self.direct(columns) + self.bottleneck(self.dropout(x)))  # (N, T, B)

    def cnn_only_features(self, columns: Tensor) -> Tensor:
        """The same from the CNN alone; training begins with it. (S, N, D) -> (N, T, B)."""
        return self._steps(self.direct(columns))

    def _steps(self, x: Tensor) -> Tensor:
        """Columns spelled out as steps. (S, N, frames*B) -> (N, T, B)."""
        x = x.transpose(0, 1)
        frames = 2 if self.pair else 1
        return x.reshape(x.shape[0], -1, self.direct.out_features // frames)

    def features(self, x: Tensor) -> Tensor:
        """What the class matrix is multiplied with. (N, K, H, W) -> (N, T, B)."""
        return self.rnn_features(self.cnn_features(x))

    def forward(self, x: Tensor) -> Tensor:
        """(N, K, H, W) -> (N, T, C) scores before the softmax."""
        return self.classes(self.features(x))
