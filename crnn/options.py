"""ReadOptions: the wishes of one request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from charset import full_width, half_width
from crnn.decode.factory import DecodeOptions
from crnn.errors import UnknownOption

MODES = ("auto", "line", "page")
DETAILS = ("lines", "chars")
EFFORTS = ("quick", "thorough")
WIDTHS: dict[str, Callable[[str], str]] = {
    "as_read": str,
    "half": half_width,
    "full": full_width,
}


@dataclass(frozen=True)
class ReadOptions:
    """The wishes of one request.

    detail: `chars` adds what else each character may be; decoding: how scores become text; width:
    `half` or `full` gives signs one width, beside the raw text; effort: `thorough` looks several
    times at doubtful lines.
    """

    mode: str = "auto"
    detail: str = "lines"
    decoding: DecodeOptions = field(default_factory=DecodeOptions)
    width: str = "as_read"
    effort: str = "quick"

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UnknownOption(f"mode is {self.mode!r}; expected one of {', '.join(MODES)}")
        if self.detail not in DETAILS:
            raise UnknownOption(f"detail is {self.detail!r}; expected one of {', '.join(DETAILS)}")
        if self.width not in WIDTHS:
            raise UnknownOption(f"width is {self.width!r}; expected one of {', '.join(WIDTHS)}")
        if self.effort not in EFFORTS:
            raise UnknownOption(f"effort is {self.effort!r}; expected one of {', '.join(EFFORTS)}")
