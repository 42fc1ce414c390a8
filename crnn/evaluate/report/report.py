"""The whole page: a summary over all sets, then each set by itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template

from crnn.evaluate.evaluation import Judged, summary
from crnn.evaluate.metrics import Score
from crnn.evaluate.report import sections
from crnn.evaluate.report.html import Html, bar, el, joined, table
from crnn.spec import ModelSpec

PARTS = (
    (
        "What was mistaken",
        sections.confusions,
        "Truth → reading, both folded.",
    ),
    ("By length of the line", sections.by_length, ""),
    ("By confidence of the line", sections.by_confidence, ""),
    (
        "Do confidences keep their word?",
        sections.diagrams,
        "A point on the diagonal: of what was said with that confidence, as many were right. "
        "Whiskers are 95 % intervals, bars below count the answers.",
    ),
    (
        "What a person must check",
        sections.review,
        "Accept lines from a confidence on, and show the others to a person.",
    ),
    (
        "The worst lines",
        sections.worst,
        "Marked in the reading: wrong or added. Marked in the truth: not read, or not so.",
    ),
)


def page(sets: Mapping[str, Sequence[Judged]], spec: ModelSpec, sha256: str) -> str:
    """The page about sets by name, read by the weights of that spec and digest."""
    total = sum((one.score for judged in sets.values() for one in judged), Score())
    kept = {name: judged for name, judged in sets.items() if judged}
    body = joined(
        [
            _head(spec, sha256, total, kept),
            el("section", el("h2", "Summary"), _tiles(total, kept), _summary(kept)),
            *(_set(name, judged) for name, judged in kept.items()),
        ]
    )
    template = resources.files("crnn.evaluate.report").joinpath("template.html").read_text("utf-8")
    title = el("title", f"How {spec.name} reads {', '.join(kept)}")
    return Template(template).substitute(title=title, body=body)


def _head(spec: ModelSpec, sha256: str, total: Score, sets: Mapping[str, object]) -> Html:
    calibrated = "calibrated" if spec.calibration else "not calibrated: they order, no more"
    facts = (
        f"Weights {spec.name}"
        + (f" (sha256 {sha256[:12]})" if sha256 else "")
        + f", charset {spec.charset} with {len(spec.classes) - 1:,} characters; "
        f"confidences {calibrated}. {datetime.date.today().isoformat()}."
    )
    counted = f"{len(sets)} sets, " if len(sets) > 1 else f"{next(iter(sets), 'nothing')}, "
    return el(
        "header",
        el("p", "crnn-ocr evaluate", at={"class": "kicker"}),
        el("h1", f"Reading report: {counted}{total.lines:,} lines"),
        el("p", facts, at={"class": "facts"}),
    )


def _tiles(total: Score, sets: Mapping[str, Sequence[Judged]]) -> Html:
    spent = [one.ms for judged in sets.values() for one in judged]
    tiles = (
        ("characters wrong", f"{total.cer:.2%}"),
        ("lines right", f"{total.line_accuracy:.1%}"),
        ("characters", f"{total.chars:,}"),
        ("a line", f"{sum(spent) / max(1, len(spent)):.1f} ms"),
    )
    made = (el("div", el("b", value), el("span", name)) for name, value in tiles)
    return el("div", *made, at={"class": "tiles"})


def _summary(sets: Mapping[str, Sequence[Judged]]) -> Html:
    rows = []
    for name, judged in sets.items():
        result, total = summary(name, judged), sum((one.score for one in judged), Score())
        rows.append(
            (
                el("a", name, at={"href": f"#{_anchor(name)}"}),
                total.lines,
                bar(total.cer, f"{total.cer:.2%}"),
                sections.accuracy(total.lines, total.exact),
                f"{result['cer_with_spaces_unfolded']:.2%}",
                f"{result['ms_per_line']:.1f}",
            )
        )
    heads = ("set", "lines", "characters wrong", "lines right", "wrong, spaces too", "ms a line")
    return joined(
        [
            table(heads, rows),
            el(
                "p",
                "Characters wrong: edit distance over length, summed over the set, both texts "
                "folded first (NFKC, plain quotes and dashes, no white space). Spaces too: "
                "the texts as they are, white space counted. ms: from pixels to text.",
                at={"class": "note"},
            ),
        ]
    )


def _set(name: str, judged: Sequence[Judged]) -> Html:
    parts = []
    for head, make, note in PARTS:
        note_html = el("p", note, at={"class": "note"}) if note else ""
        parts.append(el("section", el("h3", head), note_html, make(judged)))
    return el("section", el("h2", name), *parts, at={"id": _anchor(name), "class": "set"})


def _anchor(name: str) -> str:
    return "set-" + "".join(c if c.isalnum() else "-" for c in name)
