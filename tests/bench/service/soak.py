"""Does memory grow?

`python -m tests.bench.service.soak --minutes 30`: mixed traffic, memory every second.

Starts the real service and sends it everything at once: JSON and multipart, lines of every width,
pages, all decodings, ever new lexicons and grammars, damaged and wrong requests, jobs of TIFF, PDF
and zip. After a warm-up (a third of the time) a line is fitted through the floors of ten blocks of
samples, the tenth of them that is lowest: what is kept is there at quiet moments too, while pages
in work and PDF children come and go above it. Prints start, end, peak and slope.
Status 0: flat; 1: it grows, or a worker is over its limit; 2: the run was too short to say.
"""

from __future__ import annotations

import argparse
import base64
import math
import random
import statistics
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from tests.bench.service.processes import resident_mb, tree
from tests.bench.service.served import served
from tests.conftest import drawn, png
from tests.fixtures.papers import pdf, sheet, tiff, zipped

BLOCKS = 10
LIMIT_MB = 400.0
FORMATS = ("json", "txt", "csv", "xlsx", "hocr", "alto", "pdf")


@dataclass
class Memory:
    """Samples of a server: seconds since the start, MB of its largest process and of all."""

    times_s: list[float] = field(default_factory=list)
    worker_mb: list[float] = field(default_factory=list)
    tree_mb: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def sample(self, pid: int, since: float) -> None:
        """Look once."""
        each = [resident_mb(one) for one in tree(pid)]
        self.times_s.append(time.monotonic() - since)
        self.worker_mb.append(each[0])
        self.tree_mb.append(sum(each))

    def slope_mb_per_h(self, warm_up_s: float) -> tuple[float, float]:
        """The slope of the floor of the tree's memory after the warm-up, and its standard error."""
        kept = [(t, mb) for t, mb in zip(self.times_s, self.tree_mb, strict=True) if t >= warm_up_s]
        blocks = [block for block in np.array_split(np.array(kept), BLOCKS) if len(block)]
        hours = np.array([np.median(block[:, 0]) / 3600 for block in blocks])
        mb = np.array([np.percentile(block[:, 1], 10) for block in blocks])
        spread = float(((hours - hours.mean()) ** 2).sum())
        slope = float(((hours - hours.mean()) * (mb - mb.mean())).sum()) / spread
        rest = mb - mb.mean() - slope * (hours - hours.mean())
        return slope, math.sqrt(float((rest**2).sum()) / (len(blocks) - 2) / spread)


def verdict(slope: float, error: float, max_slope: float, worker_mb: float) -> int:
    """0 flat, 1 growing or too large, 2 not known: the error is larger than what is looked for."""
    if worker_mb > LIMIT_MB or slope - 2 * error > max_slope:
        return 1
    return 2 if 2 * error > max_slope else 0


class Traffic:
    """One caller who asks for something else each time; its dice are seeded."""

    def __init__(self, url: str, seed: int, over: threading.Event) -> None:
        self._dice, self._over = random.Random(seed), over
        self._client = httpx.Client(base_url=url, timeout=120)

    def ask(self) -> int:
        """One request, or a job from its upload to its result; the status of the last answer."""
        kinds = (self.line, self.page, self.decoded, self.wrong, self.job)
        try:
            return self._dice.choices(kinds, (6, 2, 3, 2, 1))[0]()
        except httpx.TransportError:
            return 0

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _text(self) -> str:
        return str(self._dice.randrange(10 ** self._dice.randint(1, 90)))

    def _image(self) -> bytes:
        return png(drawn(self._text(), height=self._dice.randint(36, 90)))

    def line(self) -> int:
        """A line of any width."""
        if self._dice.random() < 0.5:
            return self._json(self._image(), mode="line")
        return self._client.post("/ocr", files={"file": self._image()}).status_code

    def _json(self, image: bytes, **wishes: Any) -> int:
        sent = {"image_base64": base64.b64encode(image).decode(), **wishes}
        return self._client.post("/ocr", json=sent).status_code

    def _sheet(self) -> np.ndarray:
        rows = self._dice.randint(1, 8)
        width = self._dice.randint(500, 1500)
        return sheet(*[self._text()[:20] for _ in range(rows)], width=width)

    def page(self) -> int:
        """A page of a few lines, with its characters every other time."""
        detail = self._dice.choice(("lines", "chars"))
        return self._json(png(self._sheet()), mode="page", detail=detail)

    def decoded(self) -> int:
        """Any way to decode, with words that never came before."""
        text = self._text()[:20]
        wishes: list[dict[str, Any]] = [
            {"decode": "beam", "n_best": self._dice.randint(1, 20)},
            {"decode": "lm"},
            {"decode": "auto"},
            {"lexicon": [self._text()[:20] for _ in range(50)] + [text]},
            {"grammar": {"regex": f"{text}[0-9]{{0,3}}"}},
            {"grammar": self._dice.choice(("date", "amount"))},
        ]
        return self._json(png(drawn(text)), mode="line", **self._dice.choice(wishes))

    def wrong(self) -> int:
        """Something that is refused."""
        whole = self._image()
        damaged = whole[: self._dice.randrange(len(whole))]
        asks = (
            lambda: self._json(damaged),
            lambda: self._json(self._dice.randbytes(3000)),
            lambda: self._json(whole, mode="odd"),
            lambda: self._json(whole, grammar={"regex": "("}),
            lambda: self._json(png(np.zeros((3000, 3000), np.uint8))),
            lambda: self._client.post("/ocr", content=self._dice.randbytes(200)).status_code,
            lambda: self._client.get(f"/v1/jobs/{self._dice.randbytes(16).hex()}").status_code,
        )
        return self._dice.choice(asks)()

    def job(self) -> int:
        """A document: sent, waited for, taken as any format, and mostly forgotten."""
        pages = [self._sheet() for _ in range(self._dice.randint(1, 3))]
        made = self._dice.choice(
            (lambda: tiff(*pages), lambda: pdf(*pages), lambda: zipped(a__png=png(pages[0])))
        )()
        sent = self._client.post("/v1/jobs", files={"file": made})
        if sent.status_code != 202:
            return sent.status_code
        path = f"/v1/jobs/{sent.json()['id']}"
        while self._client.get(path).json()["ended_at"] is None:
            if self._over.wait(0.1):
                return 202
        wanted = {"format": self._dice.choice(FORMATS)}
        status = self._client.get(f"{path}/result", params=wanted).status_code
        if self._dice.random() < 0.8:
            self._client.delete(path)
        return status


def soak(seconds: float, *, callers: int = 4, seed: int = 1, **settings: str) -> tuple[Memory, str]:
    """Samples of a server under mixed traffic for so long, and what it printed."""
    memory, over = Memory(), threading.Event()
    limits = {"OCR_MAX_PIXELS": "8000000", "OCR_PDF_DPI": "100"}
    expiring = {"OCR_JOB_TTL_HOURS": "0.05"}  # what nobody forgets
    with served(**limits | expiring | settings) as server:

        def call(number: int) -> None:
            caller = Traffic(server.url, 1000 * seed + number, over)
            while not over.is_set():
                memory.statuses[caller.ask()] += 1
            caller.close()

        with ThreadPoolExecutor(callers) as pool:
            calls = [pool.submit(call, number) for number in range(callers)]
            since = time.monotonic()
            while time.monotonic() - since < seconds and server.process.poll() is None:
                memory.sample(server.pid, since)
                time.sleep(min(1.0, seconds / 40))
            over.set()
        for one in calls:
            one.result()
    return memory, server.output


def main(argv: list[str] | None = None) -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.service.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--callers", type=int, default=4, help="that ask at once")
    parser.add_argument("--max-slope", type=float, default=15, help="MB an hour that are flat")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    seconds = 60 * args.minutes
    memory, output = soak(seconds, callers=args.callers, seed=args.seed)
    warm_up_s = seconds / 3
    slope, error = memory.slope_mb_per_h(warm_up_s)
    warm = [mb for t, mb in zip(memory.times_s, memory.tree_mb, strict=True) if t >= warm_up_s]
    last = len(warm) // BLOCKS or 1
    told = ", ".join(f"{status}: {count}" for status, count in sorted(memory.statuses.items()))
    print(f"{sum(memory.statuses.values())} requests in {args.minutes:g} minutes ({told})")
    print("| start MB | warm MB | end MB | peak MB, worker | with PDF children | slope MB/h |")
    print("|---|---|---|---|---|---|")
    cells = (
        f"{memory.tree_mb[0]:.0f}",
        f"{statistics.median(warm[:last]):.0f}",
        f"{statistics.median(warm[-last:]):.0f}",
        f"{max(memory.worker_mb):.0f}",
        f"{max(memory.tree_mb):.0f}",
        f"{slope:+.1f} ± {error:.1f}",
    )
    print("| " + " | ".join(cells) + " |")
    failed = [status for status in memory.statuses if status == 0 or status >= 500]
    if failed or "Traceback" in output:
        print(f"not answered, or errors of the program: {failed}\n{output[-2000:]}")
        return 1
    found = verdict(slope, error, args.max_slope, max(memory.worker_mb))
    print(("flat", "NOT flat, or over the limit", "too short to say")[found])
    return found


if __name__ == "__main__":
    sys.exit(main())
