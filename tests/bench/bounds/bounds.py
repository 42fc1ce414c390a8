"""What may one request cost? `python -m tests.bench.bounds.bounds`.

Small bodies that cost much are sent to a live service of two threads, one after another: pictures
whose content is work, pictures of 40 megapixels, JSON of wrong elements. Of each: the status, the
seconds until the answer, the peak of resident memory over all processes, the longest silence of
/healthz, and how long after the answer a thread was busy.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

import httpx

from tests.bench.bounds.bodies import LARGE, PICTURES, Asked, pictures, wrong
from tests.bench.bounds.watching import Watch
from tests.bench.service.processes import cpu_s
from tests.bench.service.served import Served, served

MAX_MB, MAX_SILENCE_S, MAX_AFTER_S = 700.0, 0.2, 2.0
IDLE_SHARE = 0.3
"""Of a core, over half a second: less is no reading."""


def asked_for(which: str) -> Iterator[Asked]:
    """The requests of a kind."""
    if which in ("pictures", "all"):
        yield from pictures(PICTURES)
    if which in ("large", "all"):
        yield from pictures(LARGE)
    if which in ("json", "all"):
        yield from wrong()


def sent(server: Served, client: httpx.Client, asked: Asked) -> tuple[int, float]:
    """The status of an answer, 0 for none, and how long it took."""
    started = time.monotonic()
    try:
        status = client.request(asked.method, asked.path, **asked.sent).status_code
    except httpx.TransportError:
        status = 0
    return status, time.monotonic() - started


def busy_s(server: Served, most_s: float = 150.0) -> float:
    """How long the service goes on working although nobody waits."""
    started = time.monotonic()
    while time.monotonic() - started < most_s and server.process.poll() is None:
        before = cpu_s(server.pid)
        time.sleep(0.5)
        if cpu_s(server.pid) - before < IDLE_SHARE * 0.5:
            break
    return max(0.0, time.monotonic() - started - 0.5)


def main(argv: list[str] | None = None) -> int:
    """Ask, print, judge."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bounds.bounds", description=__doc__
    )
    parser.add_argument("--which", choices=["pictures", "large", "json", "all"], default="all")
    parser.add_argument("--only", default="", help="requests whose name holds this")
    parser.add_argument("--timeout", default="30", help="OCR_TIMEOUT_S of the service")
    args = parser.parse_args(argv)
    faults = []
    print(
        "| request | status | s | peak MB | silence s | busy after s |\n|---|---|---|---|---|---|"
    )
    with served(OCR_THREADS="2", OCR_TIMEOUT_S=args.timeout, OCR_JOB_THREADS="1") as server:
        patience = float(args.timeout) + 120
        with (
            httpx.Client(base_url=server.url, timeout=patience) as client,
            Watch(server.pid, server.url) as watch,
        ):
            for one in asked_for(args.which):
                if args.only not in one.name:
                    continue
                time.sleep(0.2)
                watch.begin_again()
                status, spent_s = sent(server, client, one)
                after_s = busy_s(server)
                figures = (spent_s, watch.peak_mb, watch.silence_s, after_s)
                row = f"| {one.name} | {status} | {{:.1f}} | {{:.0f}} | {{:.2f}} | {{:.1f}} |"
                print(row.format(*figures), flush=True)
                if (
                    watch.peak_mb > MAX_MB
                    or watch.silence_s > MAX_SILENCE_S
                    or after_s > MAX_AFTER_S
                    or status in (0, 500)
                ):
                    faults.append(one.name)
    print(f"\n{len(faults)} over the limits: " + "; ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
