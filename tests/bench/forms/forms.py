"""Filled forms of our own.

`python -m tests.bench.forms.forms --count 200 [--without] [--damage rough]`.

Draws the forms of examples/ (crnn.train.synth.forms, which needs runs/sources), half by hand and
half by print, scans and reads them. Prints Markdown: fields right after typing, by type; how many
pass without a person, and how many of those are wrong; the share that may pass where one in 200 may
be wrong, ordered by confidence; forms wholly right; forms a second, beside reading the same picture
as a page. `--without` reads them again without checks, lexicons, grammars, and all three.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from charset import normalize
from crnn.errors import UnknownForm
from crnn.fields import compile_grammar
from crnn.forms import FieldResult, FormReading, Template
from crnn.forms.form_reader import read_aligned
from crnn.forms.form_results import VALID
from crnn.forms.registration.align import Scan, best_template
from crnn.forms.zone import Zone
from crnn.inputs.image import ImageLimits, grey_image
from crnn.options import ReadOptions
from crnn.reader import Reader
from crnn.train.synth.forms.design import as_template
from crnn.train.synth.forms.filling import Filler
from crnn.train.synth.forms.form_sets import Mood, Sample, samples
from crnn.train.synth.forms.printing import blank_page
from crnn.train.synth.forms.scanner import OFFICE, ROUGH
from tests.bench.forms.spoiling import Place, Spoiling, spoiled

PACKS = ("application", "cheque", "prescription")
ERROR = 0.005
"""The share of passed fields that may be wrong."""


@dataclass(frozen=True)
class Outcome:
    """One field of one form: whether its value is right, how sure, whether a person is asked.

    said: its name, what was written, read, and read freely; wrong: what is wrong with it on
    purpose, empty where it is filled in as it should be; status: what the answer says of it;
    against: of its proposal, -1 where there is none; right_proposal: whether that says what was
    written.
    """

    form: int
    kind: str
    said: str
    hand: bool
    right: bool
    confidence: float
    asked: bool
    wrong: str = ""
    status: str = ""
    against: float = -1.0
    right_proposal: bool = False


@dataclass(frozen=True)
class Read:
    """One form, read with all that its template knows ("-") or without something.

    seconds: of processor time; page: what reading the same picture as a page took, 0 where that was
    not done.
    """

    form: int
    without: str
    hand: bool
    harm: str
    recognised: bool
    seconds: float
    page: float
    outcomes: list[Outcome]
    outside: int = 0


def main(argv: list[str] | None = None) -> int:
    """Draw, read, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forms.forms", description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the number of the first form")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--damage", choices=("office", "rough"), default="office")
    parser.add_argument("--by-hand", type=float, default=0.5)
    parser.add_argument("--wrong", type=float, default=0.0, help="share of fields made wrong")
    parser.add_argument("--errors", action="store_true", help="list fields that are wrong")
    parser.add_argument("--without", action="store_true", help="what each knowledge is worth")
    parser.add_argument("--save", type=Path, help="keep what was read as JSON lines")
    parser.add_argument("--saved", type=Path, nargs="*", help="print what earlier runs kept")
    args = parser.parse_args(argv)
    if args.saved:
        rows = [json.loads(row) for path in args.saved for row in path.read_text().splitlines()]
        found = [Read(**row | {"outcomes": [Outcome(*o) for o in row["outcomes"]]}) for row in rows]
    else:
        found = list(read_all(args))
    whole = [read for read in found if read.without == "-"]
    hands = sum(read.hand for read in whole)
    print(f"{len(whole)} forms, {hands} by hand, damage: {args.damage}\n")
    every = [one for read in whole for one in read.outcomes]
    print_fields([one for one in every if not one.wrong])
    print_wrong(every)
    print_forms(whole)
    if len(found) > len(whole):
        print_without(found)
    if args.errors:
        print_errors(whole)
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


def read_all(args: argparse.Namespace) -> Iterator[Read]:
    """Every form among all templates; and, where asked for, with less knowledge."""
    reader = remembering(Reader.load("zh", language="lm_zh"))
    packs = [importlib.import_module(f"examples.{name}.design") for name in PACKS]
    forms = [form for pack in packs for form in pack.FORMS]
    templates = {
        form.design.name: Template.from_dict(as_template(form.design), blank_page(form.design))
        for form in forms
    }
    mood = Mood(args.by_hand, ROUGH if args.damage == "rough" else OFFICE)
    numbers = range(args.first, args.first + args.count)
    if args.wrong:
        how = Spoiling(reader.spec.classes, args.wrong, mood)
        made = spoiled(forms, Filler(), how, seed=args.seed, numbers=numbers)
    else:
        plain = samples(forms, Filler(), seed=args.seed, numbers=numbers, mood=mood)
        made = ((sample, {}) for sample in plain)
    for number, (sample, wrong) in enumerate(made, args.first):
        for read in read_one(number, sample, templates, reader, wrong, without=args.without):
            if args.save:
                with args.save.open("a") as file:
                    file.write(
                        json.dumps(
                            asdict(read) | {"outcomes": list(map(astuple, read.outcomes))},
                            ensure_ascii=False,
                        )
                        + "\n"
                    )
            yield read


def read_one(
    number: int,
    sample: Sample,
    templates: dict[str, Template],
    reader: Reader,
    wrong: dict[Place, str],
    *,
    without: bool,
) -> Iterator[Read]:
    """One form, read in all ways that are asked for."""
    data, name = sample.scan.jpeg(), sample.form.design.name
    page = 0.0
    if number % 5 == 0:
        started = time.process_time()
        Reader.read(reader, data, ReadOptions("page"))
        page = time.process_time() - started
    started = time.process_time()
    aligned = reading = None
    try:
        aligned = best_template(Scan(grey_image(data, ImageLimits())), list(templates.values()))
        reading = read_aligned(reader, aligned)
    except UnknownForm:
        pass
    seconds = time.process_time() - started
    ways: dict[str, FormReading | None] = {
        "-": reading if aligned and aligned.template.name == name else None
    }
    if without:
        for title, less in WITHOUT.items():
            poorer = less(templates[name])
            is_own = aligned and ways["-"]
            ways[title] = (
                read_aligned(reader, replace(aligned, template=poorer)) if is_own else None
            )
    for title, found in ways.items():
        outcomes = list(judged(number, sample, templates[name], found, reader, wrong))
        harm = ", ".join(sample.scan.harm)
        yield Read(
            number, title, sample.filled.hand, harm, found is not None, seconds, page, outcomes,
            len(found.outside) if found else 0,
        )  # fmt: skip


def judged(
    number: int,
    sample: Sample,
    template: Template,
    reading: FormReading | None,
    reader: Reader,
    wrong: dict[Place, str],
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
        for row, (text, part) in enumerate(zip(texts, parts, strict=True)):
            made = outcome(number, zone, text, part, hand=hand, classes=reader.spec.classes)
            yield replace(made, wrong=wrong.get((zone.name, row), ""))


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
        meant = typed(zone, part.text, classes) if part.valid or not part.text else None
        right = meant == typed(zone, str(text), classes) and (part.valid or not text)
    said = f"{zone.name}: {text} | {part.text} | {part.raw_text}"
    found = Outcome(number, kind, said, hand, right, part.confidence, part.needs_review)
    found = replace(found, status=part.status if part.value is not None else f"no {part.status}")
    if part.proposal is None or part.proposal.against is None:
        return found
    hit = typed(zone, part.proposal.text, classes) == typed(zone, str(text), classes)
    return replace(found, against=part.proposal.against, right_proposal=hit)


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


def print_wrong(outcomes: list[Outcome]) -> None:
    """What becomes of fields that are wrong on purpose, and how good proposals are."""
    spoilt = [one for one in outcomes if one.wrong]
    if spoilt:
        print("\n| wrong on purpose | fields | has a value | of these a person is not asked |")
        print("|---|---|---|---|")
        for what in sorted({one.wrong for one in spoilt}):
            wrong_row(what, [one for one in spoilt if one.wrong == what])
        valid, passed = wrong_row("**all**", spoilt)
        per_1000 = [1000 * count / len(outcomes) for count in (valid, passed)]
        print(f"\nfabricated values per 1,000 of {len(outcomes)} fields: {per_1000[0]:.1f}; "
              f"presented as valid, no person asked: {per_1000[1]:.1f}")  # fmt: skip
    print("\n| proposals that change nothing surer than | count | right % |\n|---|---|---|")
    for low, high in itertools.pairwise((0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)):
        found = [one for one in outcomes if low <= one.against < high]
        right = share(found, lambda one: one.right_proposal)
        print(f"| {min(high, 1.0):.2f} | {len(found)} | {right} |")


def wrong_row(title: str, found: list[Outcome]) -> tuple[int, int]:
    """One row; how many fields have a value all the same, and how many of these pass."""
    valid = [one for one in found if one.status in VALID]
    passed = sum(not one.asked for one in valid)
    print(f"| {title} | {len(found)} | {len(valid)} | {passed} |")
    return len(valid), passed


def straight_through(outcomes: list[Outcome]) -> float:
    """The largest share of fields, surest first, of which no more than ERROR are wrong."""
    ordered = sorted(outcomes, key=lambda one: (one.asked and one.confidence == 0, -one.confidence))
    wrong = np.cumsum([not one.right for one in ordered])
    allowed = np.flatnonzero(wrong <= ERROR * np.arange(1, len(ordered) + 1))
    return (allowed[-1] + 1) / len(ordered) if allowed.size else 0.0


def print_forms(whole: list[Read]) -> None:
    """Figures of whole forms."""
    every = [one for read in whole for one in read.outcomes if not one.wrong]
    filled = [one for one in every if one.kind != "left empty"]
    right = [read for read in whole if all(one.right for one in read.outcomes)]
    untouched = [read for read in whole if not any(one.asked for one in read.outcomes)]
    print(f"\nfilled fields that may pass at {100 * ERROR:.1f} % error: "
          f"{100 * straight_through(filled):.1f} %")  # fmt: skip
    print(f"forms wholly right: {len(right)} of {len(whole)}; by hand "
          f"{sum(read.hand for read in right)} of {sum(read.hand for read in whole)}")  # fmt: skip
    print(f"forms that nobody need look at: {len(untouched)}; "
          f"with an error: {sum(read not in right for read in untouched)}")  # fmt: skip
    print(f"forms with something outside their zones: {sum(bool(read.outside) for read in whole)}")
    print(f"forms not recognised: {sum(not read.recognised for read in whole)}")
    paged = [read for read in whole if read.page]
    ratio = np.median([read.seconds / read.page for read in paged]) if paged else float("nan")
    median = np.median([read.seconds for read in whole])
    print(f"forms a second of processor time: {1 / median:.2f}; "
          f"a form takes {ratio:.2f} times reading the picture as a page\n")  # fmt: skip


def print_errors(whole: list[Read]) -> None:
    """Every wrong field: form, hand or print, harm, field, written, read, read freely."""
    for read in whole:
        for one in read.outcomes:
            if not one.right:
                said = one.said.replace("\n", "/")
                way, passed = "hand" if one.hand else "print", "" if one.asked else "PASSED"
                print(one.form, way, read.harm, said, f"{one.confidence:.2f}", passed)


WITHOUT: dict[str, Callable[[Template], Template]] = {
    "checks": lambda t: replace(t, checks=()),
    "lexicons": lambda t: without(t, lexicon=None),
    "grammars": lambda t: without(t, type=None),
    "any of them": lambda t: without(replace(t, checks=()), lexicon=None, type=None),
}


def without(template: Template, **nothing: None) -> Template:
    """A template whose zones lack something."""
    return replace(template, zones=tuple(replace(zone, **nothing) for zone in template.zones))


def print_without(found: list[Read]) -> None:
    """The same scans, read with less knowledge; values are typed all the same."""
    print("| read without | fields right % | by hand % | by print % | may pass at 0.5 % error |")
    print("|---|---|---|---|---|")
    asked = {read.form for read in found if read.without != "-"}
    for title in ("-", *WITHOUT):
        reads = [read for read in found if read.without == title and read.form in asked]
        print_less(title, [one for read in reads for one in read.outcomes])


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
