"""Speed and accuracy of decoding: `python -m tests.bench.decoding LIST...`; needs runs/sources.

LISTs hold one entry a line (.txt or .txt.gz). Their entries are rendered as print and as brush and
pen, and read with the published weights. Prints two Markdown tables: milliseconds of CPU time of
one thread a line by decoder and size of the lexicon, on lines around 320 pixels; and how many lines
are read rightly where the truth is in the lexicon, and are believed where it is not.
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

from charset import Charset, normalize
from crnn.read import Lexicon, Reader
from crnn.read.decode import greedy, text_of
from crnn.read.decode.beam import beam
from crnn.read.decode.lookup import MAX_MARGIN, read_lexicon
from crnn.read.decode.steer import Steering
from crnn.read.tensor import strip
from crnn.read.tiles import scores as scores_of
from crnn.train import recipe
from crnn.train.augment import scan
from crnn.train.glyphs import EM
from crnn.train.samples import Renderer

LINES = 80
SIZES = (1_000, 10_000, 100_000)
KINDS = {"print": ({"zh": 1.0}, 0.5), "brush and pen": ({"hand": 1.0}, 1.0)}
Line = tuple[str, np.ndarray]


class Bigrams:
    """A small language: pairs of characters counted in a list, single ones where a pair is new."""

    start = 0

    def __init__(self, texts: list[str], charset: Charset) -> None:
        self._classes = len(charset)
        ids = [[0, *charset.encode(t), 0] for t in texts if not charset.missing(t)]
        pairs = np.concatenate([np.array(i[:-1]) * self._classes + i[1:] for i in ids])
        self._pairs, counts = np.unique(pairs, return_counts=True)
        single = np.bincount(pairs % self._classes, minlength=self._classes) + 0.1
        before = np.bincount(pairs // self._classes, minlength=self._classes)
        self._single = np.log(single / single.sum()) + np.log(0.1)
        self._log_probs = np.log(0.9 * counts / before[self._pairs // self._classes])

    def advance(self, states, classes):
        ahead = np.broadcast_to(classes, (len(states), len(classes)))
        return ahead.astype(np.int32), self._likely(states[:, None], classes[None, :])

    def ends(self, states):
        return self._likely(states, np.zeros_like(states))

    def _likely(self, states, classes):
        wanted = states.astype(np.int64) * self._classes + classes
        place = np.minimum(np.searchsorted(self._pairs, wanted), len(self._pairs) - 1)
        known = self._pairs[place] == wanted
        return np.where(known, self._log_probs[place], self._single[classes]).astype(np.float32)


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
    kinds, severity = KINDS[kind]
    chosen = recipe.load(Path("zh"))
    renderer = Renderer(replace(chosen, data=replace(chosen.data, kinds=kinds)), reader.spec)
    setter, found = renderer._setter, []
    while len(found) < LINES:
        text = texts[int(rng.integers(len(texts)))]
        if not 4 <= len(text) <= 16 or reader.charset.missing(text):
            continue
        drawn = setter.draw(rng, text, setter.style(rng, text), 700 * EM / reader.spec.height)
        if drawn.text == text:
            line = strip(scan(rng, drawn, severity)[0], reader.spec)
            found.append((text, scores_of(line, reader.spec, reader._run)))
    return found


def print_speed(reader: Reader, pool: list[str], lines: list[Line]) -> None:
    """Milliseconds of one thread by decoder, on the lines of 60 to 100 steps."""
    lines = [line for line in lines if 60 <= len(line[1]) <= 100]
    steering = Steering(language=Bigrams(pool[:20_000], reader.charset))
    ways: dict[str, Callable[[np.ndarray], object]] = {
        "greedy": partial(greedy, classes=reader.spec.classes),
        "beam of 16": beam,
        "beam of 16, bigrams": partial(beam, steering=steering),
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
