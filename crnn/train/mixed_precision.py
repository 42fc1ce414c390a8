"""Whether bfloat16 pays on this device: not every CPU that has it is faster with it."""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn

CHOICES = ("auto", "always", "never")


def use_bf16(choice: str, device: torch.device) -> bool:
    """Whether to compute in bfloat16: as chosen; on "auto" where a convolution is faster so."""
    if choice not in CHOICES:
        raise ValueError(f"bf16 is {choice!r}; expected one of {', '.join(CHOICES)}")
    if choice != "auto":
        return choice == "always"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return _seconds(torch.bfloat16) < 0.9 * _seconds(torch.float32)


def _seconds(kind: torch.dtype) -> float:
    """The least of three times that one training-size convolution takes, forward and backward."""
    layer = nn.Conv2d(64, 64, 3, 1, 1).to(memory_format=torch.channels_last)
    x = torch.rand(16, 64, 8, 80).to(memory_format=torch.channels_last).requires_grad_()
    times = []
    for _ in range(4):
        started = time.perf_counter()
        with torch.autocast("cpu", kind, enabled=kind is not torch.float32):
            y: Tensor = layer(x)
        y.float().sum().backward()
        times.append(time.perf_counter() - started)
    return min(times[1:])
