"""Pages a second of `crnn-ocr batch`.

`python -m tests.bench.service.batch [PAGES]`; prints JSON lines.

Pages are made here: forty lines of drawn digits each, A4 at 150 dots per inch. First one process
reads them in this one (no pool, no ledger), then the whole of batch with one worker, then with a
worker a core; the share is what pool, ledger and files leave of the first.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from crnn import weights
from crnn.batch.engines.cpu_count import available_cores
from crnn.batch.engines.local import Local
from crnn.batch.engines.worker_pool import WorkerPool
from crnn.batch.input_files import Listing
from crnn.batch.ledger import Ledger, plan_digest
from crnn.batch.page_plan import Reading
from crnn.batch.page_task import read_page
from crnn.batch.progress import Progress
from crnn.batch.run import Run, RunOptions
from crnn.inputs.documents import DocumentLimits, PageRef
from tests.bench.service.processes import cpu_s
from tests.conftest import drawn, png

HEIGHT, WIDTH, LINES = 1754, 1240, 40


def main() -> int:
    """Measure, and print a line for each way."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    plan = Reading(weights.load("zh").model)
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        (top / "in").mkdir()
        for number in range(count):
            (top / "in" / f"{number:05d}.png").write_bytes(png(sheet(number)))
        told("one process", count, *in_this_process(plan, top / "in"))
        for workers in sorted({1, available_cores()}):
            told(f"batch, {workers} workers", count, *batch(plan, top, workers))
    return 0


def sheet(number: int) -> np.ndarray:
    """A page (H, W)."""
    random = np.random.default_rng(number)
    page = np.full((HEIGHT, WIDTH), 250, np.uint8)
    for row in range(LINES):
        line = drawn("".join(random.choice(list("0123456789,.-"), 24)), scale=0.9)
        page[40 + 42 * row : 80 + 42 * row, 60 : 60 + line.shape[1]] = line
    return page


def in_this_process(plan: Reading, folder: Path) -> tuple[float, float]:
    """Seconds, and seconds of processor time, of the page function alone."""
    strategy, limits = plan.open(), DocumentLimits()
    started, used = time.perf_counter(), cpu_s(os.getpid())
    for path in sorted(folder.iterdir()):
        read_page(path, PageRef(), strategy, limits)
    return time.perf_counter() - started, cpu_s(os.getpid()) - used


def batch(plan: Reading, top: Path, workers: int) -> tuple[float, float]:
    """The same of a whole run, less the start of its workers."""
    out = top / f"out-{workers}"
    listing = Listing.of([str(top / "in")], out)
    with (
        closing(WorkerPool(plan, workers, 600)) as crew,
        closing(Ledger(out, plan.about)) as ledger,
    ):
        warm(crew, workers, next(iter(listing)))
        started, used = time.perf_counter(), cpu_s(os.getpid())
        wishes = RunOptions(plan_digest(plan.about))
        Run(ledger, listing, crew, wishes, Progress(listing, shows=False)).go(Local(crew))
        return time.perf_counter() - started, cpu_s(os.getpid()) - used


def warm(crew: WorkerPool, workers: int, path: Path) -> None:
    """Have every worker read a page before the clock starts."""
    from crnn.batch.engines.tasks import PageTask

    for _ in range(workers):
        tickets = [crew.submit(PageTask(path, PageRef(), DocumentLimits())) for _ in crew.pids]
        tickets.append(crew.submit(PageTask(path, PageRef(), DocumentLimits())))
        for ticket in tickets:
            crew.outcome(ticket)


def told(way: str, pages: int, seconds: float, used_s: float) -> None:
    """Print the figures of one way."""
    figures = {
        "way": way,
        "pages": pages,
        "lines_a_page": LINES,
        "seconds": round(seconds, 2),
        "pages_per_second": round(pages / seconds, 3),
        "core_seconds_a_page": round(used_s / pages, 3),
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
