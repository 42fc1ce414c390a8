"""The parts of the page about one set: what was mistaken, when, and how sure the reader was."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from charset import fold
from crnn.evaluate.evaluation import Judged
from crnn.evaluate.metrics import Score
from crnn.evaluate.reliability import buckets, calibration_error, interval
from crnn.evaluate.report.html import Html, bar, el, joined, table
from crnn.evaluate.report.reliability_diagram import reliability
from crnn.evaluate.review_budget import budget
from crnn.evaluate.text_alignment import align, compared
from crnn.inputs.image import ImageLimits, grey_image

WORST, PAIRS = 50, 60
LENGTHS = ((1, 4), (5, 8), (9, 16), (17, 32), (33, 10**9))
TARGETS = (0.005, 0.01, 0.02, 0.05)
PICTURE_HEIGHT, PICTURE_WIDTH = 64, 1400


def confusions(judged: Sequence[Judged]) -> Html:
    """Which characters were taken for which, which were missed, which were added."""
    counts = Counter(
        pair
        for one in judged
        for pair in align(fold(one.line.text), fold(one.truth))
        if pair[0] != pair[1]
    )
    heads = ("Taken for another", "Missed", "Added")
    kinds: list[list[tuple[str, str, int]]] = [[], [], []]
    for (read, truth), times in counts.most_common():
        kinds[0 if read and truth else 1 if truth else 2].append((truth, read, times))
    return joined([_pairs(head, rows) for head, rows in zip(heads, kinds, strict=True)])


def _pairs(head: str, rows: Sequence[tuple[str, str, int]]) -> Html:
    """The commonest of one kind, side by side; how many there are in all stands in the head."""
    left = len(rows) - PAIRS
    chips = [
        el(
            "li",
            *(_sign(truth) if truth else "", " → " if truth and read else ""),
            _sign(read) if read else "",
            el("small", f"×{times}"),
        )
        for truth, read, times in rows[:PAIRS]
    ]
    if left > 0:
        chips.append(el("li", f"and {left} kinds more", at={"class": "more"}))
    body = el("ul", *chips, at={"class": "chips"}) if chips else el("p", "None.")
    return joined([el("h4", f"{head}: {sum(row[2] for row in rows):,}"), body])


def _sign(char: str) -> Html:
    """A character with its code point at hand: many look alike."""
    return el("span", char, at={"class": "sign", "title": f"U+{ord(char):04X}", "lang": "zh"})


def by_length(judged: Sequence[Judged]) -> Html:
    """Errors of short and of long lines."""
    rows = []
    for low, high in LENGTHS:
        held = [one.score for one in judged if low <= one.score.chars <= high]
        total = sum(held, Score())
        if held:
            name = f"{low} to {high}" if high < 10**9 else f"{low} or more"
            exact = bar(total.line_accuracy, f"{total.line_accuracy:.1%}")
            rows.append((name, total.lines, bar(total.cer, f"{total.cer:.2%}"), exact))
    return table(("characters", "lines", "characters wrong", "lines right"), rows)


def by_confidence(judged: Sequence[Judged]) -> Html:
    """Errors by how sure the reader was of the line."""
    result = buckets([one.line.confidence for one in judged], [one.right for one in judged])
    rows = []
    for bucket in reversed([b for b in result if b.count]):
        inside = [
            one.score for one in judged if _inside(one.line.confidence, bucket.low, bucket.high)
        ]
        cer = sum(inside, Score()).cer
        rows.append(
            (
                f"{bucket.low:.1f} to {bucket.high:.1f}",
                bucket.count,
                f"{bucket.confidence:.1%}",
                bar(bucket.accuracy, f"{bucket.accuracy:.1%}"),
                bar(cer, f"{cer:.2%}"),
            )
        )
    return table(("confidence", "lines", "said", "lines right", "characters wrong"), rows)


def _inside(confidence: float, low: float, high: float) -> bool:
    return low <= confidence < high or (high == 1 and confidence == 1)


def diagrams(judged: Sequence[Judged]) -> Html:
    """Reliability of lines and characters."""
    lines = [(one.line.confidence, one.right) for one in judged]
    chars = [answer for one in judged for answer in one.chars]
    drawn = []
    for kind, answers in (("lines", lines), ("characters", chars)):
        said, right = [a[0] for a in answers], [a[1] for a in answers]
        error = calibration_error(said, right)
        label = f"{len(answers):,} {kind}; mean distance from the diagonal (ECE) {error:.3f}"
        drawn.append(reliability(buckets(said, right), kind, label))
    return el("div", *drawn, at={"class": "columns"})


def review(judged: Sequence[Judged]) -> Html:
    """What accepting by confidence would leave to a person."""
    rows: list[tuple[object, ...]] = []
    for target in TARGETS:
        result = budget(judged, target).lines
        if result.threshold is None:
            rows.append((f"{target:.1%}", "none keeps it", "", "", "all"))
            continue
        wrong = f"{result.wrong} of {result.accepted}"
        span = f"{result.low:.1%} to {result.high:.1%}"
        share = bar(result.to_person, f"{result.to_person:.1%}")
        rows.append((f"{target:.1%}", f"{result.threshold:.4f}", wrong, span, share))
    heads = (
        "lines wrong, at most", "confidence from", "wrong among accepted",
        "95 % interval", "lines to a person",
    )  # fmt: skip
    return table(heads, rows)


def worst(judged: Sequence[Judged]) -> Html:
    """The lines with most errors: picture, truth and reading with what differs marked."""
    wrong = sorted((one for one in judged if not one.right), key=_badness)
    if not wrong:
        return el("p", "Every line is right.")
    return el("div", *(_line(one) for one in wrong[:WORST]), at={"class": "worst"})


def _badness(one: Judged) -> tuple[int, float, str]:
    return -one.score.errors, -one.line.confidence, one.path.name


def _line(one: Judged) -> Html:
    reading, truth = compared(one.line.text, one.truth)
    facts = f"{one.path.name} · {one.score.errors} of {one.score.chars} characters wrong"
    return el(
        "article",
        el("img", at={"src": picture(one), "alt": "the line as it was given", "loading": "lazy"}),
        el(
            "dl",
            el("dt", "truth"),
            el("dd", *_marked(one.truth, truth, "missed"), at={"lang": "zh"}),
            el("dt", "read"),
            el("dd", *_marked(one.line.text, reading, "wrong"), at={"lang": "zh"}),
        ),
        el("p", f"{facts} · confidence {one.line.confidence:.3f}", at={"class": "facts"}),
    )


def _marked(text: str, right: Sequence[bool | None], kind: str) -> list[object]:
    """The text with runs of wrong characters marked; a dash where there is none."""
    parts: list[object] = []
    run = ""
    for char, verdict in [*zip(text, right, strict=True), ("", None)]:
        if verdict is False:
            run += char
            continue
        if run:
            parts.append(el("mark", run, at={"class": kind}))
            run = ""
        parts.append(char)
    return parts if text else ["—"]


def picture(one: Judged) -> str:
    """The line's picture as a data URL, grey and no larger than it is looked at."""
    grey = grey_image(one.path.read_bytes(), ImageLimits())
    height, width = grey.shape
    scale = min(1.0, PICTURE_HEIGHT / height, PICTURE_WIDTH / width)
    if height > 1.8 * width:
        scale = min(1.0, 3 * PICTURE_HEIGHT / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, data = cv2.imencode(".jpg", small, (cv2.IMWRITE_JPEG_QUALITY, 80))
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")


def accuracy(lines: int, exact: int) -> Html:
    """Share of right lines with its interval."""
    low, high = interval(lines - exact, lines)
    share = exact / max(1, lines)
    return el(
        "span",
        f"{share:.1%} ",
        el("small", f"{1 - high:.1%} to {1 - low:.1%}", at={"class": "interval"}),
    )
