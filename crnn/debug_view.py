"""What the network sees of an image: its lines as the strips that preprocessing makes of them.

For people who want to know why a line was read as it was; reading itself goes through `Reader`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.page import Box
from crnn.preprocess.normalize import normalize_line
from crnn.reader import Reader

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class NetworkInput:
    """A line as the network is given it.

    ink: (K, h, w), bright on black; turns: quarter turns of its crop before it is upright.
    """

    box: Box
    turns: int
    ink: Grey

    @property
    def picture(self) -> Grey:
        """The planes of the strip, one under the other. (K * h, w)."""
        return np.ascontiguousarray(self.ink.reshape(-1, self.ink.shape[2]))


def network_inputs(reader: Reader, image: bytes | Grey, mode: str = "auto") -> list[NetworkInput]:
    """What the network sees of each line of an image, in reading order.

    image: an encoded file, or pixels as `Reader.read` takes them. Raises: ReadError.
    """
    return [
        NetworkInput(box, hypothesis.turns, normalize_line(hypothesis.input, reader.spec))
        for box, hypothesis in reader.hypotheses(image, mode)
    ]
