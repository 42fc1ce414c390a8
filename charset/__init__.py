"""What can be written: the classes of a recogniser and the text they spell."""

from __future__ import annotations

from charset.charset import BLANK, BLANK_ID, Charset, CharsetError, names
from charset.normalize import SPACIOUS, fold, normalize
from charset.width import count_hanzi, full_width, half_width, without_hanzi

__all__ = [
    "BLANK",
    "BLANK_ID",
    "SPACIOUS",
    "Charset",
    "CharsetError",
    "count_hanzi",
    "fold",
    "full_width",
    "half_width",
    "names",
    "normalize",
    "without_hanzi",
]
