"""Filled forms of our own: `python -m tests.bench.forms --count 200 [--without] [--damage rough]`.

Draws the forms of examples/ (crnn.train.forms, which needs runs/sources), half by hand and half by
print, scans and reads them. Prints Markdown: fields right after typing, by type; how many pass
without a person, and how many of those are wrong; the share that may pass where one in 200 may be
wrong, ordered by confidence; forms wholly right; forms a second, beside reading the same picture as
a page. `--without` reads them again without checks, lexicons, grammars, and all three.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from charset import normalize
from crnn.errors import UnknownForm
from crnn.forms import FieldResult, FormReading, Template, read_form
from crnn.forms.align import Scan, choose
from crnn.forms.reading import read_aligned
from crnn.forms.zone import Zone
from crnn.read import Reader, ReadOptions
from crnn.read.decode.grammar import compile_grammar
from crnn.read.image import ImageLimits, grey_image
from crnn.train.forms.design import as_template
from crnn.train.forms.filling import Filler
from crnn.train.forms.press import blank_page
from crnn.train.forms.scanner import OFFICE, ROUGH
from crnn.train.forms.sets import Sample, samples

PACKS = ("application", "cheque", "prescription")
ERROR = 0.005
"""The share of passed fields that may be wrong."""


@dataclass(frozen=True)
class Outcome:
    """One field of one form: whether its value is right, how sure, whether a person is asked.

    said: its name, what was written, read, and read freely.
    """

    form: int
    kind: str
    said: str
    hand: bool
    right: bool
    confidence: float
    asked: bool


def main(argv: list[str] | None = None) -> int:
    """Draw, read, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forms", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--damage", choices=("office", "rough"), default="office")
    parser.add_argument("--by-hand", type=float, default=0.5)
    parser.add_argument("--errors", action="store_true", help="list fields that are wrong")
    parser.add_argument("--without", action="store_true", help="what each knowledge is worth")
    args = parser.parse_args(argv)
    forms = [form for name in PACKS for form in importlib.import_module(f"examples.{name}.design").FORMS]
    templates = {
        form.design.name: Template.from_dict(as_template(form.design), blank_page(form.design))
        for form in forms
    }
    made = list(samples(
        forms, Filler(), seed=args.seed, count=args.count, by_hand=args.by_hand,
        damage=ROUGH if args.damage == "rough" else OFFICE,
    ))  # fmt: skip
    reader = remembering(Reader.load("zh"))
    outcomes, seconds, unknown = read_all(reader, templates, made)
    print(f"{len(made)} forms, {sum(s.filled.hand for s in made)} by hand, damage: {args.damage}\n")
    print_fields(outcomes)
    print_forms(outcomes, made, unknown)
    print_speed(made, seconds)
    if args.errors:
        for one in outcomes:
            if not one.right:
                harm = ", ".join(made[one.form].scan.harm)
                print(one.form, "hand" if one.hand else "print", harm, one.said.replace("\n", "/"),
                      f"{one.confidence:.2f}", "" if one.asked else "PASSED")  # fmt: skip
    if args.without:
        print_without(reader, templates, made, outcomes)
    return 0


def remembering(reader: Reader) -> Reader:
    """The reader, whose network sees a crop (H, W) once: what differs below is decoding."""
    known: dict[tuple[Any, bytes], np.ndarray] = {}
    compute = reader.scores

    def scores(grey: np.ndarray) -> np.ndarray:
        key = (grey.shape, grey.tobytes())
        if key not in known:
            known[key] = compute(grey)
        return known[key]

    reader.scores = scores  # type: ignore[method-assign]
    return reader


def read_all(
    reader: Reader, templates: dict[str, Template], made: Iterable[Sample]
) -> tuple[list[Outcome], list[float], int]:
    """Every form among all templates: outcomes, seconds a form, forms that were not recognised."""
    outcomes: list[Outcome] = []
    seconds, unknown = [], 0
    for number, sample in enumerate(made):
        data = sample.scan.jpeg()
        started = time.perf_counter()
        try:
            reading = read_form(reader, data, list(templates.values()))
        except UnknownForm:
            reading = None
        seconds.append(time.perf_counter() - started)
        name = sample.form.design.name
        is_own = reading is not None and reading.template.name == name
        unknown += not is_own
        outcomes += judged(number, sample, templates[name], reading if is_own else None, reader)
    return outcomes, seconds, unknown


def judged(
    number: int, sample: Sample, template: Template, reading: FormReading | None, reader: Reader
) -> Iterator[Outcome]:
    """An outcome for every field, for a column one for each of its rows."""
    record, hand = sample.filled.record, sample.filled.hand
    for zone in template.zones:
        found = reading.fields[zone.name] if reading else None
        count = len(zone.rows) - 1 if zone.kind == "column" else 1
        written = record.get(zone.name, "")
        texts = written if isinstance(written, list) else [written]
        texts = [*texts, *[""] * (count - len(texts))]
        parts = (found.rows or (found,)) if found else [None] * count
        for text, part in zip(texts, parts, strict=True):
            yield outcome(number, zone, text, part, hand=hand, classes=reader.spec.classes)


def outcome(
    number: int, zone: Zone, text: str | bool, part: FieldResult | None, *, hand: bool, classes: Any
) -> Outcome:
    """Whether one field says what was written."""
    kind = kind_of(zone) if text or zone.kind == "checkbox" else "left empty"
    if part is None:
        return Outcome(number, kind, f"{zone.name}: {text}", hand, False, 0.0, True)
    if zone.kind == "checkbox":
        right = part.value == bool(text)
    else:
        right = typed(zone, part.text, classes) == typed(zone, str(text), classes)
    said = f"{zone.name}: {text} | {part.text} | {part.raw_text}"
    return Outcome(number, kind, said, hand, right, part.confidence, part.needs_review)


def kind_of(zone: Zone) -> str:
    """What a field is, for the table."""
    if zone.lexicon is not None:
        return f"one of {10 * round(len(zone.lexicon) / 10) or len(zone.lexicon)} texts"
    if zone.kind in ("checkbox", "comb"):
        return zone.kind
    if isinstance(zone.type, dict):
        return str(zone.type.get("type", "expression"))
    return zone.type or "free text"


def typed(zone: Zone, text: str, classes: Any) -> object:
    """What a text means in a zone; nothing where it means nothing."""
    spelled = normalize(text)
    if zone.type is None or zone.lexicon is not None or not spelled:
        return spelled.replace(" ", "")
    meant = compile_grammar(zone.type, classes).value(spelled)
    return meant and meant["value"]


def print_fields(outcomes: list[Outcome]) -> None:
    """A row for every type of field."""
    print("| field | count | right % | by hand % | by print % | passes % | wrong of those % |")
    print("|---|---|---|---|---|---|---|")
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for one in outcomes:
        by_kind[one.kind].append(one)
    for kind, found in sorted(by_kind.items()):
        print(row(kind, found))
    print(row("**all**", outcomes))


def row(title: str, found: list[Outcome]) -> str:
    """One row: how many are right, how many pass and are wrong all the same."""
    passed = [one for one in found if not one.asked]
    cells = (
        title,
        str(len(found)),
        share(found, lambda one: one.right),
        share([one for one in found if one.hand], lambda one: one.right),
        share([one for one in found if not one.hand], lambda one: one.right),
        share(found, lambda one: not one.asked),
        share(passed, lambda one: not one.right, 2),
    )
    return f"| {' | '.join(cells)} |"


def share(found: list[Outcome], wanted: Callable[[Outcome], bool], digits: int = 1) -> str:
    """A percentage, or a dash of nothing."""
    if not found:
        return "-"
    return f"{100 * sum(map(wanted, found)) / len(found):.{digits}f}"


def straight_through(outcomes: list[Outcome]) -> float:
    """The largest share of fields, surest first, of which no more than ERROR are wrong."""
    ordered = sorted(outcomes, key=lambda one: (one.asked and one.confidence == 0, -one.confidence))
    wrong = np.cumsum([not one.right for one in ordered])
    allowed = np.flatnonzero(wrong <= ERROR * np.arange(1, len(ordered) + 1))
    return (allowed[-1] + 1) / len(ordered) if allowed.size else 0.0


def print_forms(outcomes: list[Outcome], made: list[Sample], unknown: int) -> None:
    """Figures of whole forms."""
    filled = [one for one in outcomes if one.kind != "left empty"]
    whole: dict[int, bool] = defaultdict(lambda: True)
    asked: dict[int, bool] = defaultdict(bool)
    for one in outcomes:
        whole[one.form] &= one.right
        asked[one.form] |= one.asked
    untouched = [number for number in whole if not asked[number]]
    by_hand = [number for number in whole if made[number].filled.hand]
    hand_right, all_right = sum(whole[n] for n in by_hand), sum(whole.values())
    print(f"\nfilled fields that may pass at {100 * ERROR:.1f} % error: "
          f"{100 * straight_through(filled):.1f} %")  # fmt: skip
    print(f"forms wholly right: {all_right} of {len(made)}; "
          f"by hand {hand_right} of {len(by_hand)}")  # fmt: skip
    print(f"forms that nobody need look at: {len(untouched)}; "
          f"with an error: {sum(not whole[n] for n in untouched)}")  # fmt: skip
    print(f"forms not recognised: {unknown}")


def print_speed(made: list[Sample], seconds: list[float]) -> None:
    """Forms a second on one core, beside the same pictures read as pages."""
    reader, some = Reader.load("zh"), made[:20]
    started = time.perf_counter()
    for sample in some:
        reader.read(sample.scan.jpeg(), ReadOptions("page"))
    page = (time.perf_counter() - started) / max(1, len(some))
    first = float(np.median(seconds[: len(some)]))
    print(f"forms a second: {1 / np.median(seconds):.2f} (median), "
          f"{len(seconds) / sum(seconds):.2f} (all); "
          f"a form takes {first / page:.2f} times a plain page\n")  # fmt: skip


WITHOUT: dict[str, Callable[[Template], Template]] = {
    "checks": lambda t: replace(t, checks=()),
    "lexicons": lambda t: without(t, lexicon=None),
    "grammars": lambda t: without(t, type=None),
    "any of them": lambda t: without(replace(t, checks=()), lexicon=None, type=None),
}


def without(template: Template, **nothing: None) -> Template:
    """A template whose zones lack something."""
    return replace(template, zones=tuple(replace(zone, **nothing) for zone in template.zones))


def print_without(
    reader: Reader, templates: dict[str, Template], made: list[Sample], whole: list[Outcome]
) -> None:
    """The same scans, read with less knowledge; values are typed all the same."""
    print("| read without | fields right % | by hand % | by print % | may pass at 0.5 % error |")
    print("|---|---|---|---|---|")
    print_less("-", whole)
    found: dict[str, list[Outcome]] = {title: [] for title in WITHOUT}
    for number, sample in enumerate(made):
        whole_template = templates[sample.form.design.name]
        try:
            scan = Scan(grey_image(sample.scan.jpeg(), ImageLimits()))
            aligned = choose(scan, [whole_template])
        except UnknownForm:
            aligned = None
        for title, less in WITHOUT.items():
            reading = None
            if aligned:
                reading = read_aligned(reader, replace(aligned, template=less(whole_template)))
            found[title] += judged(number, sample, whole_template, reading, reader)
    for title in WITHOUT:
        print_less(title, found[title])


def print_less(title: str, outcomes: list[Outcome]) -> None:
    """One row of the table of what each knowledge is worth, over filled fields."""
    found = [one for one in outcomes if one.kind != "left empty"]
    shares = [
        share(some, lambda one: one.right)
        for some in (found, [o for o in found if o.hand], [o for o in found if not o.hand])
    ]
    print(f"| {title} | {' | '.join(shares)} | {100 * straight_through(found):.1f} |", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
