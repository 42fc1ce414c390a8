"""How much a language model mends, by weight.

`python -m tests.bench.decoding.lm_weight [--lines N]`.

Needs runs/sources. Sets held-out text of the language model in brush and pen fonts, damages it as
training does, reads it greedily, by beam and by beam with the model for every weight and bonus of a
grid, and prints a JSON row each with the CER, line accuracy and milliseconds a line of decoding.
The recogniser has learned from fonts and text of this kind, the language model never from these
lines. `--real DIR...` reads labelled sets with `--weight` and `--bonus` instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from charset import Charset
from crnn.decode import text_of
from crnn.decode.beam import beam
from crnn.decode.constraints import DecodingConstraints
from crnn.decode.ngram_lm import NgramLanguage
from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, score
from crnn.reader import Reader
from crnn.train.data.lm_corpus import texts
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.fonts.glyphs import EM, load_faces
from crnn.train.synth.fonts.typeset import Setter

KINDS = {"hand": 0.9, "latin-hand": 0.1}
SOURCES = ("document", "prose_zh", "addresses", "office", "form_fields", "amounts", "numbers")
WEIGHTS, BONUSES = (0.1, 0.2, 0.3, 0.45, 0.6), (0.0, 0.5, 1.0, 1.5)

Lines = list[tuple[str, np.ndarray, str]]


def main(argv: list[str] | None = None) -> int:
    """Print greedy, beam, and the grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=210)
    parser.add_argument("--weight", type=float, nargs="+", default=WEIGHTS)
    parser.add_argument("--bonus", type=float, nargs="+", default=BONUSES)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--language", default="lm_zh")
    parser.add_argument("--real", type=Path, nargs="+", default=[])
    args = parser.parse_args(argv)
    cv2.setNumThreads(0)
    reader = Reader.load("zh")
    language = NgramLanguage.load(args.language, classes=reader.spec.classes)
    sets = [real(reader, folder) for folder in args.real] or [rendered(reader, args.lines)]
    lines = [line for found in sets for line in found]
    show("greedy", lines, lambda scores: text_of(scores, reader.spec.classes))
    show("beam", lines, by_beam(reader, None, args.width))
    for weight in args.weight:
        for bonus in args.bonus:
            steering = DecodingConstraints(
                language=language, language_weight=weight, length_bonus=bonus
            )
            name = f"language {weight:g} bonus {bonus:g}"
            show(name, lines, by_beam(reader, steering, args.width))
    return 0


def by_beam(
    reader: Reader, steering: DecodingConstraints | None, width: int
) -> Callable[[np.ndarray], str]:
    def read(scores: np.ndarray) -> str:
        found = beam(scores, width=width, constraints=steering)
        return "".join(reader.spec.classes[label] for label in found[0].labels)

    return read


def show(name: str, lines: Lines, read: Callable[[np.ndarray], str]) -> None:
    """A row: all lines together, then the CER by source."""
    total, by_source, spent = Score(), {}, 0.0
    for source, scores, truth in lines:
        started = time.perf_counter()
        text = read(scores)
        spent += time.perf_counter() - started
        found = score(text, truth)
        total += found
        by_source[source] = by_source.get(source, Score()) + found
    row = {"decoding": name, "cer": round(total.cer, 4), "lines": total.lines}
    row |= {"line_accuracy": round(total.line_accuracy, 3)}
    row |= {"ms_per_line": round(1000 * spent / len(lines), 2)}
    row |= {source: round(found.cer, 4) for source, found in by_source.items()}
    print(json.dumps(row), flush=True)


def rendered(reader: Reader, count: int) -> Lines:
    """Source, scores (T, C) and text of lines in brush and pen, taken from each source in turn."""
    root, charset = Path("runs/sources"), Charset.load("zh")
    setter = Setter(load_faces(root / "fonts", Path("runs/glyphs"), charset), KINDS)
    _, held_out = texts(root, charset)
    lines: Lines = []
    rng = np.random.default_rng(20)
    while len(lines) < count:
        source = SOURCES[len(lines) % len(SOURCES)]
        rows = held_out[source]
        text = rows[int(rng.integers(len(rows)))]
        drawn = setter.draw(rng, text, setter.style(rng, text), 512 * EM / reader.spec.height)
        if drawn.text:
            crop, _ = scan(rng, drawn, 1.0)
            lines.append((source, scores_of(reader, crop), drawn.text))
    return lines


def real(reader: Reader, folder: Path) -> Lines:
    """Set, scores (T, C) and text of labelled lines."""
    rows = labelled(folder)
    return [(folder.name, scores_of(reader, path.read_bytes()), text) for path, text in rows]


def scores_of(reader: Reader, image: bytes | np.ndarray) -> np.ndarray:
    """The scores (T, C) of a line as the Reader looks at it."""
    ((_, seen),) = reader.hypotheses(image, "line")
    return seen.scores


if __name__ == "__main__":
    sys.exit(main())
