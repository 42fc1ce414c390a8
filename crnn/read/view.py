"""What the network sees of an image: its lines as the strips that preprocessing makes of them.

For people who want to know why a line was read as it was; reading itself goes through `Reader`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crnn.read.page import Box
from crnn.read.reader import Reader
from crnn.read.tensor import strip
from crnn.read.tight import tightened

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class SeenLine:
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


def seen_lines(reader: Reader, image: bytes | Grey, mode: str = "auto") -> list[SeenLine]:
    """What the network sees of each line of an image, in reading order.

    image: an encoded file, or pixels as `Reader.read` takes them. Raises: ReadError.
    """
    return [
        SeenLine(crop.box, turns, strip(_upright(crop.grey, turns), reader.spec))
        for crop, turns in reader.seen(image, mode)
    ]


def _upright(grey: Grey, turns: int) -> Grey:
    """A crop (H, W) as `Reader` hands it on: turned, then without loose paper."""
    return np.ascontiguousarray(tightened(np.ascontiguousarray(np.rot90(grey, turns))))
