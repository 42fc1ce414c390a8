"""The parts of reading by name, for who measures them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Stage = Callable[[str], AbstractContextManager[object]]
"""Measures a part of reading by its name: decode_image, find_lines, network, decoding."""


def unmeasured(_: str) -> AbstractContextManager[object]:
    """No measuring."""
    return nullcontext()
