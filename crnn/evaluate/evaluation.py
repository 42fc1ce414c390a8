"""Reading a labelled folder and judging every line and character of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from crnn.errors import ReadError
from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, edit_distance, score
from crnn.evaluate.text_alignment import verdicts
from crnn.inputs.image import ImageLimits, grey_image
from crnn.layout.line_crops import LineCrop, all_of
from crnn.options import ReadOptions
from crnn.page import Line
from crnn.reader import Reader


@dataclass(frozen=True)
class Judged:
    """A line that was read, and what it should have said. ms: from pixels to text."""

    path: Path
    truth: str
    line: Line
    ms: float

    @cached_property
    def score(self) -> Score:
        """Its errors, both texts folded."""
        return score(self.line.text, self.truth)

    @property
    def right(self) -> bool:
        """Whether the whole line is right."""
        return self.score.errors == 0

    @cached_property
    def chars(self) -> list[tuple[float, bool]]:
        """Confidence of each visible character, and whether it is right."""
        result = verdicts([char.text for char in self.line.chars], self.truth)
        pairs = zip(self.line.chars, result, strict=True)
        return [(char.confidence, right) for char, right in pairs if right is not None]


def read_folder(
    reader: Reader, folder: Path, *, digits_only: bool = False, options: ReadOptions | None = None
) -> list[Judged]:
    """Every line of a labels.tsv folder, one after another; of each only the digits if wished.

    options: how each is decoded, and with what effort.
    Raises: ReadError, with the file's name, FileNotFoundError where there is no labels.tsv,
    UnknownOption, GrammarError.
    """
    read = reader.for_lines(options or ReadOptions())
    return [judge(read, path, truth, digits_only) for path, truth in labelled(folder)]


def judge(
    read: Callable[[LineCrop], Line], path: Path, truth: str, digits_only: bool = False
) -> Judged:
    """One file, read as a line."""
    try:
        grey = grey_image(path.read_bytes(), ImageLimits())
    except ReadError as exc:
        raise type(exc)(f"{path}: {exc}") from exc
    started = time.perf_counter()
    line = read(all_of(grey))
    spent = time.perf_counter() - started
    return Judged(path, truth, only_digits(line) if digits_only else line, 1000 * spent)


def only_digits(line: Line) -> Line:
    """A line less everything that is no digit, as labels without signs need."""
    chars = tuple(char for char in line.chars if char.text.isdigit())
    return replace(line, text="".join(char.text for char in chars), chars=chars)


def summary(name: str, judged: Iterable[Judged]) -> dict[str, Any]:
    """The figures of a set."""
    total, spent, errors, length = Score(), 0.0, 0, 0
    for one in judged:
        read, truth = (" ".join(text.split()) for text in (one.line.text, one.truth))
        total += one.score
        spent += one.ms
        errors += edit_distance(read, truth)
        length += len(truth)
    return {
        "set": name,
        "lines": total.lines,
        "cer": round(total.cer, 5),
        "line_accuracy": round(total.line_accuracy, 5),
        "ms_per_line": round(spent / max(1, total.lines), 3),
        "cer_with_spaces_unfolded": round(errors / max(1, length), 5),
    }
