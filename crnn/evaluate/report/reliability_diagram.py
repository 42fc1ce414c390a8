"""The reliability diagram, as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Sequence

from crnn.evaluate.reliability import Bucket, interval
from crnn.evaluate.report.html import Html, el

SIDE, LEFT, TOP, STRIP = 260, 44, 12, 44
"""Pixels: the square, the room left of it, above it, and the strip of counts below."""
FEWEST = 5
"""Answers a bucket must hold to be drawn: fewer say nothing."""


def reliability(result: Sequence[Bucket], kind: str, label: str) -> Html:
    """What came, over what was said: dots with 95 % intervals, counts below. kind: a CSS class."""
    drawn = [bucket for bucket in result if bucket.count >= FEWEST]
    points = [(_x(b.confidence), _y(b.accuracy)) for b in drawn]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = [el("polyline", at={"points": path, "class": f"curve {kind}"})]
    for bucket, (x, y) in zip(drawn, points, strict=True):
        low, high = interval(bucket.count - bucket.right, bucket.count)
        whisker = {"x1": _n(x), "x2": _n(x), "y1": _n(_y(1 - low)), "y2": _n(_y(1 - high))}
        note = f"{bucket.count} answers: {bucket.confidence:.1%} said, {bucket.accuracy:.1%} right"
        marks.append(el("line", at=whisker | {"class": f"whisker {kind}"}))
        dot = {"cx": _n(x), "cy": _n(y), "r": 4, "class": f"dot {kind}"}
        marks.append(el("g", el("title", note), el("circle", at=dot)))
    size = f"0 0 {LEFT + SIDE + 22} {TOP + SIDE + STRIP + 44}"
    picture = el(
        "svg",
        *_frame(),
        *marks,
        *_counts(result, kind),
        at={"viewBox": size, "role": "img", "aria-label": f"Reliability of {label}"},
    )
    return el("figure", picture, el("figcaption", label))


def _frame() -> list[Html]:
    """Axes, grid and the diagonal on which every promise is kept."""
    parts = [el("rect", at={"x": LEFT, "y": TOP, "width": SIDE, "height": SIDE, "class": "frame"})]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = _x(tick), _y(tick)
        across = {"x1": LEFT, "x2": LEFT + SIDE, "y1": _n(y), "y2": _n(y), "class": "grid"}
        parts.append(el("line", at=across))
        number = f"{tick:.0%}"
        parts.append(el("text", number, at={"x": LEFT - 6, "y": _n(y + 4), "class": "tick end"}))
        below = {"x": _n(x), "y": TOP + SIDE + STRIP + 20, "class": "tick middle"}
        parts.append(el("text", number, at=below))
    ends = {"x1": _n(_x(0)), "y1": _n(_y(0)), "x2": _n(_x(1)), "y2": _n(_y(1))}
    parts.append(el("line", at=ends | {"class": "diagonal"}))
    middle = LEFT + SIDE / 2
    under = {"x": _n(middle), "y": TOP + SIDE + STRIP + 38, "class": "tick middle"}
    parts.append(el("text", "confidence", at=under))
    turned = f"translate(10 {TOP + SIDE / 2}) rotate(-90)"
    parts.append(el("text", "share right", at={"transform": turned, "class": "tick middle"}))
    return parts


def _counts(result: Sequence[Bucket], kind: str) -> list[Html]:
    most = max((bucket.count for bucket in result), default=0) or 1
    bars = []
    for bucket in result:
        height = (STRIP - 8) * bucket.count / most
        box = {
            "x": _n(_x(bucket.low) + 2),
            "y": _n(TOP + SIDE + STRIP - height),
            "width": _n(SIDE / len(result) - 4),
            "height": _n(height),
            "class": f"count {kind}",
        }
        name = f"{bucket.count} answers from {bucket.low:.0%} to {bucket.high:.0%}"
        bars.append(el("g", el("title", name), el("rect", at=box)))
    return bars


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _n(pixels: float) -> str:
    return f"{pixels:.1f}"
