"""Lines that training never sees: `python -m crnn.train.data.held_out OUT --lines 300`.

Four labelled folders. `hand_fonts`: prose, addresses and office language in pen fonts of the kind
`held-out`; characters that a font lacks are left out. `hand_strokes`: the same by hands of the
stroke engine that are drawn for this alone; `hand_running`: the same texts by the same hands, which
write parts of hanzi in running hand: what that costs can be told. `latin_fonts`: English and codes
printed in fonts of the kind `latin-held-out`, damaged as training lines are. The others are scanned
as an office scans.
What real pens write and real presses print differs; they say whether a script is learned, or only
the hands and fonts that were shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from charset import Charset
from crnn.evaluate.labelled_set import LABELS
from crnn.train import recipe as recipes
from crnn.train.recipe import Recipe
from crnn.train.synth.damage.augment import scan
from crnn.train.synth.fonts.glyphs import EM, HELD_OUT, HELD_OUT_LATIN, load_faces
from crnn.train.synth.fonts.typeset import Drawn, Setter
from crnn.train.synth.handwriting.style import new_hand, running
from crnn.train.synth.handwriting.writers import writer
from crnn.train.synth.text.text_sources import Rng, Texts, sources

TEXTS = {"prose_zh": 4.0, "document": 3.0, "addresses": 2.0, "office": 2.0, "words_zh": 1.0}
ENGLISH = {"english_fields": 4.0, "glosses_en": 3.0, "prose_en": 2.0, "terms_en": 2.0, "codes": 2.0}
EMS = (4.0, 16.0)
DAMAGE = 0.35
COARSE = 0.5
"""Latin print is damaged as in training, and so often on a page of 100 dpi: forms from archives."""
SHORTEST = 4
SEED = 11

Draw = Callable[[Rng, str, float], Drawn]


def in_fonts(recipe: Recipe, charset: Charset, kind: str = HELD_OUT) -> Draw:
    """Sets a text in a held-out font of a kind. Raises: ValueError where none is there."""
    data = recipe.data
    faces = load_faces(Path(data.sources) / "fonts", Path(data.glyph_cache), charset)
    setter = Setter([face for face in faces if face.kind == kind], {kind: 1.0})

    def draw(rng: Rng, text: str, budget: float) -> Drawn:
        style = setter.style(rng, text)
        known = "".join(char for char in text if char in style.face)
        return setter.draw(rng, known, style, budget)

    return draw


def in_strokes(recipe: Recipe, charset: Charset) -> Draw:
    """Writes a text in a hand of the stroke engine, another one each time."""
    pen = writer(Path(recipe.data.sources), charset)
    return lambda rng, text, budget: pen.write(rng, text, new_hand(rng, 1.0), budget)


def in_running_hand(recipe: Recipe, charset: Charset) -> Draw:
    """The same hand with the same dice, parts of hanzi in running hand."""
    pen = writer(Path(recipe.data.sources), charset)

    def draw(rng: Rng, text: str, budget: float) -> Drawn:
        hand = running(rng.spawn(1)[0], new_hand(rng, 1.0))
        return pen.write(rng, text, hand, budget)

    return draw


def drawn_lines(
    draw: Draw,
    texts: Texts,
    *,
    key: tuple[int, ...] = (SEED,),
    first: int = 0,
    ems: tuple[float, float] = EMS,
) -> Iterator[tuple[Rng, Drawn]]:
    """Lines without end, each with the dice to go on with.

    key: a seed; first: the number of the first line, lines of other numbers differ; ems: the
    shortest and the longest.
    """
    for number in count(first):
        rng = np.random.default_rng((*key, number))
        length = float(rng.uniform(*ems))
        yield rng, draw(rng, texts.line(rng, length), length * EM)


def write_lines(
    out: Path,
    lines: Iterator[tuple[Rng, Drawn]],
    charset: Charset,
    wanted: int,
    *,
    damage: float = DAMAGE,
    coarse: float = 0.0,
) -> None:
    """A labels.tsv folder of so many lines, scanned; damage, coarse: as `augment.scan` has them."""
    (out / "images").mkdir(parents=True)
    rows: list[str] = []
    while len(rows) < wanted:
        rng, drawn = next(lines)
        if len(drawn.text) < SHORTEST or any(char not in charset for char in drawn.text):
            continue
        name = f"images/{len(rows):05}.png"
        cv2.imwrite(str(out / name), scan(rng, drawn, damage, coarse)[0])
        rows.append(f"{name}\t{drawn.text}\n")
    (out / LABELS).write_text("".join(rows), "utf-8")


def main(argv: list[str] | None = None) -> int:
    """Write the folders below OUT that are not there."""
    parser = argparse.ArgumentParser(prog="python -m crnn.train.data.held_out", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lines", type=int, default=300, metavar="N")
    parser.add_argument("--recipe", type=Path, default=Path("zh"))
    args = parser.parse_args(argv)
    recipe = recipes.load(args.recipe)
    charset = Charset.load(recipe.charset)
    kept = sources(Path(recipe.data.sources), charset)
    printed = partial(in_fonts, kind=HELD_OUT_LATIN)
    for name, make, weights, damage, coarse in (
        ("hand_fonts", in_fonts, TEXTS, DAMAGE, 0.0),
        ("hand_strokes", in_strokes, TEXTS, DAMAGE, 0.0),
        ("hand_running", in_running_hand, TEXTS, DAMAGE, 0.0),
        ("latin_fonts", printed, ENGLISH, 1.0, COARSE),
    ):
        if (args.out / name).exists():
            print(f"{args.out / name} is there")
            continue
        lines = drawn_lines(make(recipe, charset), Texts(kept, weights))
        write_lines(args.out / name, lines, charset, args.lines, damage=damage, coarse=coarse)
        print(f"{args.out / name}: {args.lines} lines")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
