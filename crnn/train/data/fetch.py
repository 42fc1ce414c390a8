"""Fonts, prose and strokes for training, from packages: `python -m crnn.train.data.fetch DIR`.

Needs apt-get, dpkg, npm and pip. Writes DIR/fonts/*.{otf,ttf,ttc}, DIR/corpus/*.txt and
DIR/ink/hanzi_strokes.npz; what is already there is not fetched again. None of it is committed:
fonts.toml and this file say where each comes from.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from crnn.train.data.font_files import FOLDER, font_rows, place_font, take_local

PROSE_ZH = (
    "manpages-zh",
    "debian-reference-zh-cn",
    "debian-handbook",
    "debian-faq-zh-cn",
    "maint-guide-zh-cn",
    "libreoffice-help-zh-cn",
    "gimp-help-zh-cn",
)
PROSE_EN = ("libreoffice-help-en-us",)
WORDS_EN = ("wamerican",)
GLOSSES_EN = ("wordnet-base",)
COUNTED_ZH = ("jieba==0.42.1",)
FREQUENCIES_EN = ("wordfreq==3.1.1",)
LEAST_OF_A_BILLION = 200
"""English words used more rarely are left to the list of all."""
DOWNLOAD = {
    "debian": ("apt-get", "download"),
    "npm": ("npm", "pack", "-s"),
    "pypi": (sys.executable, "-m", "pip", "download", "--no-deps"),
}
AT_ONCE = 4
"""Packages downloaded side by side."""
TAG = r"</?(p|li|h\d|td|th|dt|dd|div|br)\b[^>]*>|<[^>]+>"


def main(argv: list[str] | None = None) -> int:
    """Fetch what is missing under DIR."""
    parser = argparse.ArgumentParser(prog="python -m crnn.train.data.fetch", description=__doc__)
    parser.add_argument("dir", type=Path)
    parser.add_argument(
        "--folder", type=Path, help="where fonts lie that no package has: see fonts.toml"
    )
    args = parser.parse_args(argv)
    root = args.dir
    fetch_fonts(root / "fonts", args.folder)
    fetch_corpus(root / "corpus")
    fetch_strokes(root / "ink" / "hanzi_strokes.npz")
    return 0


def fetch_fonts(folder: Path, local: Path | None = None) -> None:
    """Every font of fonts.toml, one file each, woff2 unpacked to ttf.

    local: the folder that holds the fonts which no package has; without it they are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_package: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in font_rows():
        if not (folder / row["file"]).exists():
            by_package[row["from"]].append(row)

    def take(package: str) -> None:
        if package.startswith(FOLDER):
            take_local(by_package[package], local, folder)
            return
        with tempfile.TemporaryDirectory() as scratch:
            unpacked = unpack(package, Path(scratch))
            for row in by_package[package]:
                place_font(unpacked, row, folder / row["file"])
        print(f"fonts from {package}", file=sys.stderr)

    with ThreadPoolExecutor(AT_ONCE) as takers:
        list(takers.map(take, sorted(by_package)))


def fetch_corpus(folder: Path) -> None:
    """Chinese and English prose and words, one sentence or word a line, or a word and its count."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = (
        ("prose_zh.txt", [f"debian:{name}" for name in PROSE_ZH], chinese_lines),
        ("prose_en.txt", [f"debian:{name}" for name in PROSE_EN], english_lines),
        ("words_en.txt", [f"debian:{name}" for name in WORDS_EN], word_lines),
        ("glosses_en.txt", [f"debian:{name}" for name in GLOSSES_EN], gloss_lines),
        ("terms_en.txt", [f"debian:{name}" for name in GLOSSES_EN], term_lines),
        ("counted_zh.txt", [f"pypi:{name}" for name in COUNTED_ZH], counted_words),
        ("counted_en.txt", [f"pypi:{name}" for name in FREQUENCIES_EN], counted_english),
    )
    wanted = [job for job in jobs if not (folder / job[0]).exists()]
    results: dict[str, dict[str, None]] = {name: {} for name, _, _ in wanted}
    for package in dict.fromkeys(chain.from_iterable(packages for _, packages, _ in wanted)):
        with tempfile.TemporaryDirectory() as scratch:
            unpacked = unpack(package, Path(scratch))
            for name, packages, lines_of in wanted:
                if package in packages:
                    results[name].update(dict.fromkeys(lines_of(unpacked)))
    for name, lines in results.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
        print(f"{name}: {len(lines)} lines", file=sys.stderr)


def fetch_strokes(path: Path) -> None:
    """The centre lines of hanzi strokes in writing order (Arphic Public License)."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = unpack("npm:hanzi-writer-data", Path(scratch))
        files = sorted(file for file in unpacked.rglob("*.json") if len(file.stem) == 1)
        medians = {file.stem: json.loads(file.read_text("utf-8"))["medians"] for file in files}
    pack_strokes(medians, path)
    print(f"{path.name}: {len(medians)} characters", file=sys.stderr)


def pack_strokes(medians: dict[str, list[list[list[int]]]], path: Path) -> None:
    """Strokes of points by character, as strokes.py reads them: three flat arrays."""
    strokes = [stroke for char in medians.values() for stroke in char]
    np.savez_compressed(
        path,
        chars=np.array(list(medians)),
        points=np.array([point for stroke in strokes for point in stroke], np.int16),
        stroke_offsets=np.cumsum([0, *map(len, strokes)], dtype=np.int32),
        char_offsets=np.cumsum([0, *map(len, medians.values())], dtype=np.int32),
    )


def unpack(package: str, scratch: Path) -> Path:
    """Download `debian:NAME`, `npm:NAME` or `pypi:NAME==VERSION` and unpack it below scratch."""
    kind, _, name = package.partition(":")
    download = [*DOWNLOAD[kind], name]
    subprocess.run(download, cwd=scratch, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    archive = next(path for path in scratch.iterdir() if path.is_file())
    target = scratch / "unpacked"
    target.mkdir()
    if kind == "debian":
        subprocess.run(["dpkg", "-x", archive, target], check=True)  # noqa: S603, S607
    else:
        shutil.unpack_archive(archive, target, "zip" if archive.suffix == ".whl" else None)
    return target


def texts(root: Path) -> Iterator[str]:
    """The text of every readable document below root, tags and markup removed."""
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        if path.suffix == ".gz" and "/man/" in str(path):
            roff = gzip.decompress(path.read_bytes()).decode("utf-8", "ignore")
            yield re.sub(r"(?m)^[.'].*$|\\f.|\\[-&e]|\\\(\w\w", "", roff)
        elif path.suffix in {".html", ".htm"}:
            page = path.read_text("utf-8", "ignore")
            page = re.sub(r"(?s)<(script|style|pre)\b.*?</\1>", " ", page)
            yield html.unescape(re.sub(TAG, _newline_or_nothing, page))


def _newline_or_nothing(tag: re.Match[str]) -> str:
    return "\n" if tag.group(1) else ""


def chinese_lines(root: Path) -> Iterator[str]:
    """Lines that are mostly Chinese, at least six characters."""
    for text in texts(root):
        for line in _cleaned(text.splitlines()):
            hanzi = sum("\u4e00" <= char <= "\u9fff" for char in line)
            if len(line) >= 6 and hanzi * 3 > len(line):
                yield line


def english_lines(root: Path) -> Iterator[str]:
    """Lines of at least three English words."""
    for text in texts(root):
        for line in _cleaned(text.splitlines()):
            if line.count(" ") >= 2 and line.isascii() and re.search("[a-z]{3}", line):
                yield line


def word_lines(root: Path) -> Iterator[str]:
    """The words of a Debian word list."""
    path = next(iter(root.rglob("american-english")))
    return (word for word in path.read_text("utf-8").split() if not word.endswith("'s"))


def gloss_lines(root: Path) -> Iterator[str]:
    """What WordNet's words mean, and its examples of them, of at least three words."""
    for row in _synsets(root):
        for part in re.split(r";|\"", row.partition(" | ")[2]):
            if part.strip().count(" ") >= 2 and part.isascii():
                yield " ".join(part.split())


def term_lines(root: Path) -> Iterator[str]:
    """WordNet's words, names and terms, of one word or of several."""
    for row in _synsets(root):
        _, _, _, count, *rest = row.split()
        for term in rest[: 2 * int(count, 16) : 2]:
            yield re.sub(r"\((a|p|ip)\)$", "", term).replace("_", " ")


def _synsets(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("wordnet/data.*")):
        rows = path.read_text("utf-8").splitlines()
        yield from (row for row in rows if not row.startswith(" "))


def counted_words(root: Path) -> Iterator[str]:
    """Chinese words and how often they were seen, from a dictionary for word segmentation."""
    path = next(iter(root.rglob("jieba/dict.txt")))
    for row in path.read_text("utf-8").splitlines():
        word, count, *_ = row.split()
        if all("\u4e00" <= char <= "\u9fff" for char in word):
            yield f"{word} {count}"


def counted_english(root: Path) -> Iterator[str]:
    """English words in small letters and how often they come among a billion, the commonest first.

    The file holds lists of words, those of place N used 10 ** (-N / 100) of the time.
    """
    import msgpack

    packed = gzip.decompress(next(iter(root.rglob("large_en.msgpack.gz"))).read_bytes())
    _, *places = msgpack.unpackb(packed)
    for place, words in enumerate(places):
        count = round(10 ** (9 - place / 100))
        if count < LEAST_OF_A_BILLION:
            return
        yield from (f"{word} {count}" for word in words if re.fullmatch("[a-z]+('[a-z]+)?", word))


def _cleaned(lines: Iterable[str]) -> Iterator[str]:
    return (" ".join(line.split()) for line in lines)


if __name__ == "__main__":
    sys.exit(main())
