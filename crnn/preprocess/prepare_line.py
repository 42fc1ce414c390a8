"""A line as the network is to see it: without paper around it, level, tight.

Reading, training and validation all show lines so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crnn.preprocess.crop import roomed, tightened
from crnn.preprocess.deskew import straightened
from crnn.preprocess.trim import trimmed, without_ends

Grey = NDArray[np.uint8]


def as_shown(crop: Grey) -> tuple[Grey, int]:
    """The crop (H, W) of a line as the network is to see it; pixels of paper added on its left.

    Fewer than none where some were cut off there.
    """
    inner = trimmed(crop)
    shown, added = inner_as_shown(inner.grey)
    return shown, added - inner.left


def inner_as_shown(inner: Grey) -> tuple[Grey, int]:
    """The same of a crop (H, W) that has no paper around its ink already."""
    level, cut = _level(inner)
    shown, added = roomed(level)
    return shown, added - cut


def framed(crop: Grey) -> Grey:
    """The crop (H, W) of a line level, and tight on all sides."""
    return _level(trimmed(crop).grey)[0]


def _level(inner: Grey) -> tuple[Grey, int]:
    """A trimmed crop (H, W) level and tight, and how many columns of its left are gone."""
    return without_ends(tightened(*straightened(inner)))
