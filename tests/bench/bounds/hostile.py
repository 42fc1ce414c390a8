"""A standing fuzzer of the whole service: `python -m tests.bench.bounds.hostile --minutes 60`.

Damaged files, pictures whose content is work, JSON that was bent, forms that were cut: to every
route that takes a body, two at a time, while /healthz is asked and memory is weighed. A case is
made again by its seed and number (`--seed 1 --only 123`). The last line says inputs, codes, the
slowest, the peak of resident memory over all processes, and the longest silence of /healthz.
Status 1 for a 5xx that is not a 503 with a reason, an answer over OCR_TIMEOUT_S and two seconds,
over 700 MB, or a silence over `--max-silence`.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from tests.bench.bounds.bodies import (
    Asked,
    dots,
    lattices,
    long_line,
    noise,
    ruled,
    text_page,
)
from tests.bench.bounds.watching import Watch
from tests.bench.service import damaged_files
from tests.bench.service.served import served
from tests.conftest import drawn, png

TIMEOUT_S, LATE_S, MAX_MB = 10.0, 2.0, 700.0
FILE_ROUTES = (
    "/ocr",
    "/v1/read",
    "/v1/view",
    "/predict",
    "/v1/templates/propose",
    "/v1/forms/read",
)
IMAGE = base64.b64encode(png(drawn("12"))).decode()
SOUND: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/ocr"): {"image_base64": IMAGE, "lexicon": ["甲", "乙"], "n_best": 1},
    ("POST", "/v1/read"): {"image_base64": IMAGE, "grammar": {"regex": "[0-9]{4}"}, "mode": "line"},
    ("POST", "/v1/read/batch"): {"images": [IMAGE, IMAGE], "detail": "chars"},
    ("POST", "/v1/drawing"): {"strokes": [[[0, 0], [50, 50, 0.5]], [[9, 9]]], "reads": "digits"},
    ("POST", "/v1/feedback"): {"text": "a", "corrected": "b", "image": IMAGE, "keep_image": True},
    ("POST", "/v1/results"): {
        "format": "xlsx",
        "pages": [{"width": 9, "height": 9, "lines": [{"text": "a", "box": [0, 0, 9, 9]}]}],
    },
    ("POST", "/v1/templates"): {
        "name": "a",
        "blank_base64": IMAGE,
        "zones": [{"name": "b", "box": [0, 0, 8, 8], "type": "date"}],
        "lexicons": {"c": ["甲"]},
    },
    ("PUT", "/v1/lexicons/a"): {"entries": ["甲", "乙"]},
    ("POST", "/v1/forms/read"): {"image_base64": IMAGE, "crops": True},
}


@dataclass
class Found:
    """What came of the cases."""

    codes: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""

    def add(self, name: str, status: int, spent_s: float, detail: str) -> None:
        """Count a case."""
        self.codes[status] += 1
        if spent_s > self.slowest_s:
            self.slowest_s, self.slowest = spent_s, name
        is_told = status in (503, 507) and detail
        if status == 0 or (status >= 500 and not is_told):
            self.faults.append(f"{name}: {status} {detail[:200]}")
        if spent_s > TIMEOUT_S + LATE_S:
            self.faults.append(f"{name}: {status} after {spent_s:.1f} s")


def picture(dice: random.Random) -> bytes:
    """A picture whose content is work, in sizes by chance."""
    side = dice.choice((200, 600, 1200, 1800, 2600))
    kind = dice.randrange(7)
    if kind == 0:
        every = dice.randint(6, 60)
        return png(dots(side, every, dice.randint(2, every)))
    if kind == 1:
        return png(text_page(max(600, side), dice.randint(8, 40), dice.randint(2, 20)))
    if kind == 2:
        return png(noise(side, dice.random() ** 2, dice.randint(1, 20)))
    if kind == 3:
        return png(ruled(max(600, side), dice.randint(3, 40)))
    if kind == 4:
        return png(lattices(max(600, side), dice.randint(30, 400), dice.randint(3, 30)))
    if kind == 5:
        line = long_line(dice.randint(6, 60), dice.randint(1, 250))
        return png(np.rot90(line) if dice.random() < 0.3 else line)
    waves = np.sin(np.arange(side) / dice.uniform(0.3, 50))[:, None] * np.cos(
        np.arange(side) / dice.uniform(0.3, 50)
    )
    return png((127 + 127 * waves).astype(np.uint8))


def options(dice: random.Random) -> dict[str, str]:
    """Wishes beside a file; most of them possible."""
    every = {
        "mode": ("auto", "line", "page", "x"),
        "detail": ("lines", "chars"),
        "effort": ("quick", "thorough"),
        "decode": ("greedy", "beam", "lm", "auto"),
        "n_best": ("1", "5", "20", "21"),
        "grammar": (
            "date",
            "amount",
            '{"regex": "[0-9A-Z]{1,40}"}',
            '{"a":' * dice.randint(1, 900),
        ),
        "lexicon": ("甲\n乙\n" * dice.randint(1, 20_000), "nowhere", "\n"),
    }
    return {name: dice.choice(some) for name, some in every.items() if dice.random() < 0.3}


def hostile(dice: random.Random) -> Any:
    """A value that is no good."""
    count = dice.choice((1, 100, 3000, 100_000, 300_000))
    deep: Any = 1
    for _ in range(dice.choice((3, 50, 150))):
        deep = [deep] if dice.random() < 0.5 else {"a": deep}
    return dice.choice(
        (None, True, -1, 10**30, 1e308, "", "a" * count, "\ud800\0", [1] * count, [{}] * count,
         [[]] * count, {str(n): n for n in range(min(count, 100_000))}, deep, [[[0, 0]] * count],
         ["甲" * 300] * 500, "=" * 40)
    )  # fmt: skip


def bent(dice: random.Random, value: Any) -> Any:
    """A copy of JSON with something else somewhere."""
    if dice.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return hostile(dice)
    made = dict(value) if isinstance(value, dict) else list(value)
    at: Any = dice.choice(list(made)) if isinstance(made, dict) else dice.randrange(len(made))
    if isinstance(made, dict) and dice.random() < 0.1:
        made[dice.choice(("", "x" * 300, "__class__", "model"))] = hostile(dice)
    elif isinstance(made, list) and dice.random() < 0.3:
        return made * dice.choice((10, 3000))
    else:
        made[at] = bent(dice, made[at])
    return made


def json_case(dice: random.Random) -> Asked:
    """A body of JSON, bent."""
    method, path = dice.choice(list(SOUND))
    data = json.dumps(bent(dice, SOUND[method, path])).encode("utf-8", "surrogatepass")
    way = dice.random()
    if way < 0.1:
        data = damaged_files.bytes_changed(dice, data)
    elif way < 0.13:
        data = data.decode("utf-8", "replace").encode(dice.choice(("utf-16", "utf-8-sig")))
    headers = {"content-type": dice.choice(("application/json", "", "text/json", "a/b+json"))}
    return Asked(f"json {path}", path, {"content": data, "headers": headers}, method)


def form_case(dice: random.Random, data: bytes) -> Asked:
    """A file in a form, whole or cut, with wishes."""
    path = dice.choice(FILE_ROUTES if dice.random() < 0.8 else ("/v1/jobs", "/v1/read/batch"))
    name = "blank" if "templates" in path else "file"
    fields = options(dice) if path in ("/ocr", "/v1/read") else {}
    sent: dict[str, Any] = {"files": {name: data}, "data": fields}
    if dice.random() < 0.1:
        request = httpx.Request("POST", "http://a", **sent)
        body = damaged_files.bytes_changed(dice, request.read())
        sent = {"content": body, "headers": {"content-type": request.headers["content-type"]}}
    return Asked(f"form {path} {sorted(fields)}", path, sent)


def case(seed: int, number: int, files: list[bytes]) -> Asked:
    """The case of a number, the same every time."""
    dice = random.Random(f"{seed} {number}")
    kind = dice.random()
    if kind < 0.45:
        return json_case(dice)
    if kind < 0.65:
        return form_case(dice, picture(dice))
    if kind < 0.95:
        return form_case(dice, dice.choice(files))
    return form_case(dice, dice.choice((b"", b"\0" * 100_000, png(drawn("1")))))


def attack(url: str, numbers: Iterator[int], args: argparse.Namespace, found: Found) -> None:
    """Send cases until there are no more or the time is over."""
    until = time.monotonic() + 60 * args.minutes
    files = [data for _, data in damaged_files.cases(300, args.seed, "")]
    lock = threading.Lock()

    def send() -> None:
        with httpx.Client(base_url=url, timeout=120) as client:
            while time.monotonic() < until:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                one = case(args.seed, number, files)
                started = time.monotonic()
                try:
                    got = client.request(one.method, one.path, **one.sent)
                    status, text = got.status_code, got.text if got.status_code >= 500 else ""
                except httpx.TransportError as exc:
                    status, text = 0, repr(exc)
                spent_s = time.monotonic() - started
                with lock:
                    found.add(f"{number} {one.name}", status, spent_s, text)

    senders = [threading.Thread(target=send) for _ in range(args.callers)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def run(argv: list[str] | None = None) -> tuple[Found, Watch]:
    """Everything that is sent, and what was watched meanwhile."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bounds.hostile", description=__doc__
    )
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--count", type=int, default=0, help="so many inputs, not so many minutes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, default=None, help="one case, by its number")
    parser.add_argument("--callers", type=int, default=2)
    parser.add_argument("--max-silence", type=float, default=0.2, help="of /healthz, in seconds")
    args = parser.parse_args(argv)
    numbers = iter(range(args.count)) if args.count else itertools.count()
    if args.only is not None:
        numbers = iter([args.only])
    if args.count:
        args.minutes = 600.0
    found = Found()
    settings = {"OCR_THREADS": "2", "OCR_TIMEOUT_S": f"{TIMEOUT_S:g}", "OCR_JOB_QUEUE_SIZE": "1000"}
    with served(**settings) as server:
        with Watch(server.pid, server.url) as watch:
            attack(server.url, numbers, args, found)
        if "Traceback" in server.output:
            found.faults.append("in the log: " + server.output.partition("Traceback")[2][:3000])
    if watch.peak_mb > MAX_MB:
        found.faults.append(f"{watch.peak_mb:.0f} MB")
    if watch.silence_s > args.max_silence:
        found.faults.append(f"/healthz was silent for {watch.silence_s:.2f} s")
    return found, watch


def told(found: Found, watch: Watch) -> str:
    """The closing line."""
    codes = " ".join(f"{code}:{count}" for code, count in sorted(found.codes.items()))
    return (
        f"{found.codes.total()} inputs; {codes}; "
        f"slowest {found.slowest_s:.1f} s ({found.slowest}); "
        f"peak {watch.peak_mb:.0f} MB; /healthz silent {watch.silence_s:.2f} s; "
        f"{len(found.faults)} faults"
    )


def main(argv: list[str] | None = None) -> int:
    """Attack, print, judge."""
    found, watch = run(argv)
    print("\n".join([*found.faults[:50], told(found, watch)]))
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
