"""What a reading is: Char, Line, Page.

Boxes are (left, top, right, bottom) in pixels of the image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

Box = tuple[int, int, int, int]

FIELD_STATUSES = ("read", "corrected", "conflict", "unreadable", "empty")
"""read: the free reading is of the field; corrected: another text is, which the scores support
nearly as well; conflict: it is of the field only with characters changed that are sure; unreadable:
something is written, and no character of it is read; empty: nothing is written."""


@dataclass(frozen=True)
class Char:
    """One read character, its confidence from 0 to 1, and the columns it spans.

    start and end count steps as decoders give them, pixels of the image's own width in a Line.
    confidence: in a Line the probability that it is right, where the model is calibrated (see
    docs/confidence.md); from a decoder the softmax peak. alternatives: what else it may be, surest
    first, each with its probability; only where asked for.
    """

    text: str
    confidence: float
    start: float
    end: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Alternative:
    """A text that a line may say, and the natural logarithm of its probability."""

    text: str
    log_prob: float


@dataclass(frozen=True)
class Match:
    """How a line compares with what it was allowed to say: a lexicon's entries, a field's grammar.

    free_text: what it says without them; margin: by how many nats that is more probable than
    the best text allowed, over the root of its length, None where none fits; rejected: whether the
    line says none of them.
    """

    free_text: str
    margin: float | None
    rejected: bool


@dataclass(frozen=True)
class Proposal:
    """What a constraint would make of a line that does not say it by itself.

    value: what that text means; margin: as in Match; against: the probability, calibrated where the
    model is, of the surest thing that the proposal changes in the free reading.
    """

    text: str
    value: dict[str, object] | None
    margin: float
    against: float


@dataclass(frozen=True)
class FieldReading:
    """What a line means as a field. value: typed, ready for JSON, None where it is not valid.

    status: one of FIELD_STATUSES; read: the free reading; proposal: where that is not of the field,
    the likeliest text that is; reasons: why likelier texts were passed over, or what is wrong.
    """

    type: str
    valid: bool
    value: dict[str, object] | None
    reasons: tuple[str, ...] = ()
    status: str = ""
    read: str = ""
    proposal: Proposal | None = None


@dataclass(frozen=True)
class Line:
    """A read line. confidence: the probability that the whole text is right; 0 without any.

    A model without calibration gives the geometric mean over the characters instead.
    raw_text: as it was read, where a width was asked for that changed the text; corners: left
    top, right top, right bottom and left bottom as one reads it, where the page lay skewed, turned
    or aslant in the image, else empty; box then goes round them;
    alternatives: best first, where asked for; match, field: where a lexicon or a grammar was given.
    """

    text: str
    confidence: float
    box: Box
    chars: tuple[Char, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    match: Match | None = None
    field: FieldReading | None = None
    raw_text: str | None = None
    corners: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its place from 0, how much it spans, what stands in it.

    lines: which lines of the page, by their numbers from 0.
    """

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box
    lines: tuple[int, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Table:
    """A ruled table of a page, its cells row by row. box: round it, in pixels of the image."""

    box: Box
    row_count: int
    column_count: int
    cells: tuple[Cell, ...]

    def rows(self) -> list[list[str]]:
        """The text of every place; a cell that spans several stands in the first."""
        results = [[""] * self.column_count for _ in range(self.row_count)]
        for cell in self.cells:
            results[cell.row][cell.column] = cell.text
        return results


@dataclass(frozen=True)
class Page:
    """All lines of an image, in reading order, and whether it was read as one line or as a page.

    tables: those ruled on it, from the top. turns: how many quarters anticlockwise bring it
    upright.
    """

    lines: tuple[Line, ...]
    width: int
    height: int
    mode: str
    tables: tuple[Table, ...] = ()
    turns: int = 0

    @property
    def text(self) -> str:
        """The lines, one a row."""
        return "\n".join(line.text for line in self.lines if line.text)

    @property
    def confidence(self) -> float:
        """Mean confidence of the lines by characters; 0 where nothing was read."""
        weights = [len(line.text) for line in self.lines]
        total = sum(weights)
        if not total:
            return 0.0
        pairs = zip(self.lines, weights, strict=True)
        return sum(line.confidence * weight for line, weight in pairs) / total


def in_width(line: Line, change: Callable[[str], str]) -> Line:
    """The line with its text changed, and what was read beside it where that differs."""
    text = change(line.text)
    return line if text == line.text else replace(line, text=text, raw_text=line.text)
