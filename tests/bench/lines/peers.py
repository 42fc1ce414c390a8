"""Every set x every recogniser, line by line in one run.

`python -m tests.bench.lines.peers DIR...`.

Ours reads in single precision (rebuilt from the published checkpoint) and INT8, greedily; with
--thorough also with decode `auto`, with effort `thorough`, and with both. The others run in
environments of their own, made in runs/peers on first use (rapidocr-onnxruntime 1.4.4 for PP-OCRv4
mobile, rapidocr 3.10.0 for PP-OCRv6 small; Tesseract from Debian where it is installed). Each image
goes to all of them in turn, one thread each, so that times compare whatever else the machine does.
Prints a Markdown table: CER %, line accuracy %, median ms a line, and the ratio of summed times to
PP-OCRv4's.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

from crnn.decode.factory import DecodeOptions
from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, score
from crnn.inputs.image import ImageLimits, grey_image
from crnn.layout.line_crops import all_of
from crnn.options import ReadOptions
from crnn.reader import Reader
from crnn.recognize.session import Session
from crnn.weights import FOLDER, manifest

Read = Callable[[Path], tuple[str, float]]
PACKAGES = {
    "ppocr4": ("rapidocr-onnxruntime==1.4.4",),
    "ppocr6": ("rapidocr==3.10.0", "onnxruntime"),
}
TITLES = {
    "fp32": "ours FP32",
    "int8": "ours INT8",
    "auto": "ours INT8, auto",
    "thorough": "ours INT8, thorough",
    "thorough_auto": "ours INT8, thorough, auto",
    "ppocr4": "PP-OCRv4 mobile",
    "ppocr6": "PP-OCRv6 small",
}


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lines.peers", description=__doc__)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--name", default="zh")
    parser.add_argument("--lines", type=int, default=10**9, help="the first N lines of each set")
    parser.add_argument("--environments", type=Path, default=Path("runs/peers"))
    parser.add_argument(
        "--digits-only", nargs="*", default=["digit_strings"], help="sets scored on digits"
    )
    parser.add_argument(
        "--without", nargs="*", default=[], metavar="ENGINE", help="leave these out"
    )
    parser.add_argument(
        "--thorough",
        action="store_true",
        help="ours with decode auto and more looks too",
    )
    args = parser.parse_args(argv)
    engines = ours(args.name, thorough=args.thorough) | peers(args.environments, args.without)
    print("| set | lines | recogniser | CER % | exact lines % | median ms | time / PP-OCRv4 |")
    print("|---|---|---|---|---|---|---|")
    for folder in args.sets:
        table(folder, engines, args.lines, folder.name in args.digits_only)
    return 0


def ours(name: str, *, thorough: bool = False) -> dict[str, Read]:
    """The published INT8 weights, and the same network in single precision.

    With thorough: beside them those weights with a language model for running text (decode auto),
    with more looks at doubtful lines (effort thorough), and with both.
    """
    from export.publish import fp32_model

    fp32 = fp32_model(FOLDER / manifest(FOLDER)[name]["checkpoint"]).SerializeToString()
    found = {"fp32": _ours(Reader(Session(fp32))), "int8": _ours(Reader.load(name))}
    if thorough:
        reader, auto = Reader.load(name, language="lm_zh"), DecodeOptions("auto")
        found["auto"] = _ours(reader, ReadOptions(decoding=auto))
        found["thorough"] = _ours(reader, ReadOptions(effort="thorough"))
        found["thorough_auto"] = _ours(reader, ReadOptions(decoding=auto, effort="thorough"))
    return found


def _ours(reader: Reader, options: ReadOptions | None = None) -> Read:
    read_line = reader.for_lines(options or ReadOptions())

    def read(path: Path) -> tuple[str, float]:
        grey = grey_image(path.read_bytes(), ImageLimits())
        crop = all_of(grey)
        started = time.perf_counter()
        text = read_line(crop).text
        return text, 1000 * (time.perf_counter() - started)

    return read


def peers(root: Path, without: list[str]) -> dict[str, Read]:
    """The other recognisers that can be had here."""
    found = {
        name: _worker(name, environment(root / name, needs))
        for name, needs in PACKAGES.items()
        if name not in without
    }
    if shutil.which("tesseract") and "tesseract" not in without:
        found["tesseract"] = _worker("tesseract", Path(sys.executable))
    return found


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """The Python of an engine's own environment, made on first use."""
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        (folder / ".ready").touch()
    return python


def _worker(name: str, python: Path) -> Read:
    ask = worker(name, python)

    def read(path: Path) -> tuple[str, float]:
        answer = ask(path)
        return answer["text"], answer["ms"]

    return read


def worker(name: str, python: Path) -> Callable[[Path], dict]:
    """A started process of engines.py: a path in, its answer out."""
    log = tempfile.TemporaryFile()  # noqa: SIM115
    process = subprocess.Popen(
        [python, Path(__file__).parent / "engines.py", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdin and process.stdout
    inlet, outlet = process.stdin, process.stdout
    while not outlet.readline().startswith('{"ready"'):
        assert process.poll() is None, f"{name} did not start"

    def ask(path: Path) -> dict:
        inlet.write(json.dumps(str(path)) + "\n")
        inlet.flush()
        return json.loads(outlet.readline())

    return ask


def table(folder: Path, engines: dict[str, Read], limit: int, digits_only: bool) -> None:
    """Read one set with every engine and print its rows."""
    totals = {name: Score() for name in engines}
    times: dict[str, list[float]] = {name: [] for name in engines}
    lines = list(labelled(folder))[:limit]
    for read in engines.values():
        read(lines[0][0])  # the first call of an engine pays for its start
    for path, truth in lines:
        for name, read in engines.items():
            text, spent = read(path)
            totals[name] += judged(text, truth, digits_only)
            times[name].append(spent)
    for name, total in totals.items():
        measure = sum(times["ppocr4"]) if "ppocr4" in times else float("nan")
        ratio = sum(times[name]) / measure
        cells = (
            folder.name,
            total.lines,
            TITLES.get(name, name),
            f"{100 * total.cer:.2f}",
            f"{100 * total.line_accuracy:.1f}",
            f"{statistics.median(times[name]):.2f}",
            f"{ratio:.3f}",
        )
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def judged(text: str, truth: str, digits_only: bool) -> Score:
    """The score of a line, of its digits alone where the labels have no signs."""
    return score("".join(c for c in text if c.isdigit()) if digits_only else text, truth)


if __name__ == "__main__":
    sys.exit(main())
