"""A line as the network is to see it: without paper around it, level, tight.

Reading, training and validation all show lines so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crnn.preprocess.crop import crop_to_ink, pad_margin
from crnn.preprocess.deskew import deskew
from crnn.preprocess.trim import trim_ends, trim_whitespace

Grey = NDArray[np.uint8]


def prepare_line(crop: Grey) -> tuple[Grey, int]:
    """The crop (H, W) of a line as the network is to see it; pixels of paper added on its left.

    Fewer than none where some were cut off there.
    """
    inner = trim_whitespace(crop)
    shown, added = prepare_trimmed_line(inner.grey)
    return shown, added - inner.left


def prepare_trimmed_line(inner: Grey) -> tuple[Grey, int]:
    """The same of a crop (H, W) that has no paper around its ink already."""
    level, cut = _level(inner)
    shown, added = pad_margin(level)
    return shown, added - cut


def prepared(crop: Grey) -> Grey:
    """The crop (H, W) of a line level, and tight on all sides."""
    return _level(trim_whitespace(crop).grey)[0]


def _level(inner: Grey) -> tuple[Grey, int]:
    """A trimmed crop (H, W) level and tight, and how many columns of its left are gone."""
    return trim_ends(crop_to_ink(*deskew(inner)))
