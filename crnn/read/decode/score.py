"""Probabilities from scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores (T, C) as log-probabilities (T, C); log-probabilities come back unchanged."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    total: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return total
