"""A person who corrects: `python -m tests.bench.service.correct DIR --url http://127.0.0.1:8000`.

Every line of a labelled folder is read by a running service, and what it says goes to feedback with
its picture, as the reading desk does it.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from pathlib import Path

import httpx

from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, score


def correct(asking: httpx.Client, path: Path, truth: str) -> tuple[str, Score]:
    """Read a line and say what it says; the model that read, and how well."""
    image = base64.b64encode(path.read_bytes()).decode()
    answer = asking.post("/ocr", json={"image_base64": image, "mode": "line"})
    read = answer.raise_for_status().json()
    said = {
        "request_id": read["request_id"], "source": "desk", "model": read["model"], "line": 0,
        "text": read["text"], "corrected": truth, "image": image, "keep_image": True,
    }  # fmt: skip
    asking.post("/v1/feedback", json=said).raise_for_status()
    return read["model"], score(read["text"], truth)


def main(argv: list[str] | None = None) -> int:
    """Correct every line, and print what the readings were like, by model."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.service.correct", description=__doc__
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--key", default="")
    args = parser.parse_args(argv)
    headers = {"Authorization": f"Bearer {args.key}"} if args.key else {}
    total: dict[str, Score] = {}
    with httpx.Client(base_url=args.url, headers=headers, timeout=120) as asking:
        for path, truth in labelled(args.folder):
            model, found = correct(asking, path, truth)
            total[model] = total.get(model, Score()) + found
    for model, found in total.items():
        wrong = found.lines - found.exact
        told = {"lines": found.lines, "cer": round(found.cer, 5), "wrong": wrong}
        print(json.dumps({"model": model, **told}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
