"""Whole pages: `python -m tests.bench.pages DIR`; DIR holds NAME.json (boxes, texts) and images.

For every true box: what our lines say of it that lie in it for the most part, or hold most of it.
Prints one JSON line a page: true lines, lines found (half covered by one of ours), exact lines,
share of characters read (1 - edit distance / length, at least 0), milliseconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from charset import fold
from crnn.metrics import edit_distance
from crnn.read import Box, Line, Reader, ReadOptions


def main() -> int:
    """Read every page of a folder."""
    reader = Reader.load("zh")
    for truth_file in sorted(Path(sys.argv[1]).glob("*.json")):
        image = next(p for p in truth_file.parent.glob(truth_file.stem + ".*") if p != truth_file)
        data = image.read_bytes()
        started = time.perf_counter()
        page = reader.read(data, ReadOptions(mode="page"))
        spent = 1000 * (time.perf_counter() - started)
        rows = [judge(entry, page.lines) for entry in json.loads(truth_file.read_text("utf-8"))]
        chars = sum(row[2] for row in rows)
        figures = {
            "page": image.name,
            "lines": len(rows),
            "found": sum(row[0] for row in rows),
            "exact": sum(row[1] == 0 for row in rows),
            "chars_read": round(1 - sum(min(row[1], row[2]) for row in rows) / max(1, chars), 4),
            "ms": round(spent),
        }
        print(json.dumps(figures), flush=True)
    return 0


def judge(entry: dict, lines: tuple[Line, ...]) -> tuple[bool, int, int]:
    """Whether a true line was found, its edit distance, its length."""
    truth, box = fold(entry["text"]), tuple(entry["box"])
    touching = [line for line in lines if shared(box, line.box) > 0.5 * area(line.box)]
    around = [line for line in lines if shared(box, line.box) > 0.5 * area(box)]
    spelled = fold("".join(line.text for line in sorted(touching, key=lambda found: found.box[0])))
    distance = edit_distance(spelled, truth)
    for line in around:  # a line of ours that holds more than the true one
        text = fold(line.text)
        windows = range(max(1, len(text) - len(truth) + 1))
        distance = min(
            [distance, *(edit_distance(text[w : w + len(truth)], truth) for w in windows)]
        )
    return bool(touching or around), distance, len(truth)


def shared(a: Box, b: Box) -> int:
    """The area two boxes share."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0, width) * max(0, height)


def area(box: Box) -> int:
    """The area of a box."""
    return (box[2] - box[0]) * (box[3] - box[1])


if __name__ == "__main__":
    sys.exit(main())
