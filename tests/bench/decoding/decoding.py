"""Speed and accuracy of decoding.

`python -m tests.bench.decoding.decoding LIST...`; needs runs/sources.

LISTs hold one entry a line (.txt or .txt.gz). Their entries are rendered as print, in brush and pen
fonts, and by the stroke engine, and read with the published weights. Prints two Markdown tables:
milliseconds of CPU time of one thread a line by decoder and size of the lexicon, on lines around
320 pixels; and how many lines are read rightly where the truth is in the lexicon, and are believed
where it is not.
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from charset import normalize
from crnn.decode import greedy, text_of
from crnn.decode.beam import beam
from crnn.decode.constraints import DecodingConstraints
from crnn.decode.factory import LANGUAGE_WEIGHT, LENGTH_BONUS
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import MAX_MARGIN, read_lexicon
from crnn.decode.ngram_lm import NgramLanguage
from crnn.reader import Reader
from crnn.train import recipe
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.fonts.glyphs import EM
from crnn.train.synth.fonts.typeset import Drawn
from crnn.train.synth.handwriting import writers
from crnn.train.synth.handwriting.style import new_hand
from tests.bench.decoding.lm_weight import scores_of

LINES = 80
SIZES = (1_000, 10_000, 100_000)
FONTS = {"print": ({"zh": 1.0}, 0.5), "brush and pen": ({"hand": 1.0}, 1.0)}
KINDS = (*FONTS, "strokes")
Line = tuple[str, np.ndarray]


def main() -> int:
    """Print both tables."""
    cv2.setNumThreads(1)
    reader, rng = Reader.load("zh"), np.random.default_rng(7)
    lists = {Path(name).name.partition(".")[0]: entries(Path(name)) for name in sys.argv[1:]}
    lines = {
        (name, kind): rendered(reader, texts, kind, rng)
        for name, texts in lists.items()
        for kind in KINDS
    }
    truths = {truth for found in lines.values() for truth, _ in found}
    pool = [text for texts in lists.values() for text in texts if text not in truths]
    rng.shuffle(pool)
    print_speed(reader, pool, [line for found in lines.values() for line in found])
    print_accuracy(reader, pool, lines, sorted(truths))
    return 0


def entries(path: Path) -> list[str]:
    """The distinct entries of a list, normalised."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(dict.fromkeys(map(normalize, data.decode("utf-8").splitlines())))


def rendered(reader: Reader, texts: list[str], kind: str, rng: np.random.Generator) -> list[Line]:
    """Entries of 4 to 16 characters, drawn and damaged, with their scores (T, C)."""
    draw, severity, found = *drawing(reader, kind), []
    while len(found) < LINES:
        text = texts[int(rng.integers(len(texts)))]
        if not 4 <= len(text) <= 16 or reader.charset.missing(text):
            continue
        drawn = draw(rng, text)
        if drawn.text == text:
            found.append((text, scores_of(reader, scan(rng, drawn, severity)[0])))
    return found


def drawing(reader: Reader, kind: str) -> tuple[Callable[..., Drawn], float]:
    """What writes a text (generator, text), and the severity of its damage."""
    chosen, width = recipe.load(Path("zh")), 700 * EM / reader.spec.height
    if kind == "strokes":
        writer = writers.writer(Path(chosen.data.sources), reader.charset)
        return lambda rng, text: writer.write(rng, text, new_hand(rng, 1.0), width), 0.5
    fonts, severity = FONTS[kind]
    setter = writers.setter(replace(chosen, data=replace(chosen.data, kinds=fonts)))
    return lambda rng, text: setter.draw(rng, text, setter.style(rng, text), width), severity


def print_speed(reader: Reader, pool: list[str], lines: list[Line]) -> None:
    """Milliseconds of one thread by decoder, on the lines of 60 to 100 steps."""
    lines = [line for line in lines if 60 <= len(line[1]) <= 100]
    language = NgramLanguage.load("lm_zh", classes=reader.spec.classes)
    steering = DecodingConstraints(None, language, LANGUAGE_WEIGHT, LENGTH_BONUS)
    ways: dict[str, Callable[[np.ndarray], object]] = {
        "greedy": partial(greedy, classes=reader.spec.classes),
        "beam of 16": beam,
        "beam of 16 with lm_zh": partial(beam, constraints=steering),
    }
    print(f"\n{len(lines)} lines, T = {np.mean([len(s) for _, s in lines]):.0f} on average\n")
    print("| decoder | median ms | p95 ms | built in s | MB |\n|---|---|---|---|---|")
    for name, decode in ways.items():
        print_row(name, [spent_ms(decode, scores) for _, scores in lines], " | ")
    for size in (*SIZES, 1_000_000):
        many = [f"{text}{n}号" for n in range(1 + size // len(pool)) for text in pool]
        started = time.thread_time()
        known = Lexicon.from_entries(
            pool[:size] if size < len(pool) else many[:size], reader.charset
        )
        built = f"{time.thread_time() - started:.2f} | {megabytes(known):.1f}"
        decode = partial(read_lexicon, lexicon=known)
        print_row(f"lexicon of {size:,}", [spent_ms(decode, scores) for _, scores in lines], built)


def megabytes(lexicon: Lexicon) -> float:
    """What the arrays of a lexicon hold."""
    tries = (lexicon.forward, lexicon.backward)
    arrays = [lexicon.texts, lexicon.ends, *(a for t in tries for a in (t.label, t.first, t.entry))]
    return sum(array.nbytes for array in arrays) / 1e6


def spent_ms(decode: Callable[[np.ndarray], object], scores: np.ndarray) -> float:
    """CPU time of decoding one line: what other processes take does not count."""
    started = time.thread_time()
    decode(scores)
    return 1000 * (time.thread_time() - started)


def print_row(name: str, spent: list[float], built: str) -> None:
    """One row of the table of speed."""
    print(
        f"| {name} | {np.median(spent):.1f} | {np.percentile(spent, 95):.1f} | {built} |",
        flush=True,
    )


def print_accuracy(
    reader: Reader, pool: list[str], lines: dict[tuple[str, str], list[Line]], truths: list[str]
) -> None:
    """Right readings with the truth among the entries, believed ones without it."""
    print(f"\n{LINES} lines a row; believed: a margin up to {MAX_MARGIN:g}\n")
    print(
        "| entries of | drawn as | lexicon | free reading right | entry right | and believed "
        "| truth absent: believed |\n|---|---|---|---|---|---|---|"
    )
    for size in SIZES:
        inside = Lexicon.from_entries([*pool[: size - len(truths)], *truths], reader.charset)
        absent = Lexicon.from_entries(pool[:size], reader.charset)
        for (name, kind), found in lines.items():
            free = sum(text_of(scores, reader.spec.classes) == truth for truth, scores in found)
            with_it = [(t, read_lexicon(s, inside)) for t, s in found]
            right = sum(reading.text == truth for truth, reading in with_it)
            sure = sum(r.text == truth and not r.rejected for truth, r in with_it)
            wrong = sum(not read_lexicon(scores, absent).rejected for _, scores in found)
            shares = " | ".join(f"{100 * n / LINES:.0f} %" for n in (free, right, sure, wrong))
            print(f"| {name} | {kind} | {size:,} | {shares} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
