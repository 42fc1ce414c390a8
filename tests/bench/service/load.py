"""What load does to latency.

`python -m tests.bench.service.load --seconds 20 --peer --plot curve.png`.

The real service runs on all cores but one (on all where there is one), the caller on the last.
First the bare Reader reads the same lines there. Then requests arrive at random (Poisson), however
slow the answers are: a latency counts from when its request was due, so that waiting is not left
out. Rates are parts of what the bare Reader reads; the highest answered rate is the saturation. At
80 % of what the service answers without rest, measured anew each turn, p99 is compared with p50:
for random arrivals, for evenly spaced ones, and for users who wait for each answer and think for a
second in the mean before the next (a closed loop). Processor time a line is compared in turns of a
second and a half, the service and the bare Reader on the same core, so that what else the machine
does falls on both: without rest, and evenly paced as at 80 %. With --peer rapidocr_api, in an
environment of its own under runs/peers, gets the same pictures, as its defaults read them.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import cv2
import httpx

from crnn.evaluate.labelled_set import labelled
from crnn.options import ReadOptions
from crnn.reader import Reader
from tests.bench.lines.peers import environment
from tests.bench.service.processes import cpu_s
from tests.bench.service.served import served
from tests.conftest import ROOT

PARTS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.3, 2.0)
MAX_CONNECTIONS = 512
TURNS, TURN_S, CALM_TURNS = 9, 1.5, 5
RANDOM, EVEN, USERS = "random arrivals", "even arrivals", "users who wait"
PACKAGES = ("rapidocr_api==0.2.0", "rapidocr==3.10.0", "onnxruntime")
PEER_WISHES: dict[str, str] = {}
ROWS = "| server | offered/s | answered/s | 429 | failed | p50 ms | p95 ms | p99 ms | CPU ms/line |"


@dataclass
class Run:
    """One rate: what was offered, and what came of it."""

    offered: float
    seconds: float
    statuses: list[int] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def answered(self) -> float:
        """Requests read a second, until the last was answered."""
        return len(self.latencies_ms) / self.seconds

    def quantile_ms(self, percent: int) -> float:
        """Of the requests that were read; infinite where none was."""
        if len(self.latencies_ms) < 2:
            return float("inf")
        return statistics.quantiles(self.latencies_ms, n=100, method="inclusive")[percent - 1]

    def tail(self) -> float:
        """How many times p50 p99 is."""
        return self.quantile_ms(99) / self.quantile_ms(50)

    def row(self, name: str) -> str:
        """A row of the table."""
        refused = self.statuses.count(429)
        cells = [name, f"{self.offered:.1f}", f"{self.answered:.1f}", str(refused)]
        cells.append(str(len(self.statuses) - refused - len(self.latencies_ms)))
        cells += [f"{self.quantile_ms(p):.1f}" for p in (50, 95, 99)]
        return "| " + " | ".join([*cells, f"{self.cpu_ms:.2f}"]) + " |"


Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class StaleConnection(Exception):
    """The server had closed an idle connection before the request on it arrived."""


class Connections:
    """Kept-alive connections to one server; HTTP by hand, for a client costs more than the server.

    The caller's own processor time would else be taken for the server's latency.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Pair] = []
        self.faults: list[str] = []

    async def status(self, request: bytes) -> int:
        """Send a request; the status once its answer is whole, 0 where there is none.

        A server may close a connection that was idle just when it is used again: then no byte of
        an answer comes, and the request is sent once more on a new one, as every client does.
        """
        while self._free:
            pair = self._free.pop()
            if pair[0].at_eof():
                pair[1].close()
                continue
            with suppress(StaleConnection):
                return await self._asked(pair, request, was_used=True)
        try:
            pair = await self._opened()
        except OSError as exc:
            self.faults.append(type(exc).__name__)
            return 0
        return await self._asked(pair, request, was_used=False)

    async def _asked(self, pair: Pair, request: bytes, *, was_used: bool) -> int:
        reader, writer = pair
        head = b""
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n")
            status = int(head.split()[1])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
        except (OSError, EOFError, IndexError) as exc:
            writer.close()
            if was_used and not head and not getattr(exc, "partial", b""):
                raise StaleConnection from exc
            self.faults.append(type(exc).__name__)
            return 0
        if b"connection: close" in head:
            writer.close()
        else:
            self._free.append(pair)
        return status

    async def _opened(self) -> Pair:
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()
        for _, writer in self._free:
            with suppress(OSError):
                await writer.wait_closed()


async def offered(
    port: int, requests: list[bytes], rate: float, seconds: float, *, is_even: bool
) -> Run:
    """Requests that are due at random times or evenly spaced, at so many a second."""
    run, dice, connections = Run(rate, seconds), random.Random(1), Connections(port)
    loop = asyncio.get_running_loop()
    room = asyncio.Semaphore(MAX_CONNECTIONS)

    async def ask(request: bytes, due: float) -> None:
        async with room:
            status = await connections.status(request)
        run.statuses.append(status)
        if status == 200:
            run.latencies_ms.append(1000 * (loop.time() - due))

    since = due = loop.time()
    asked: list[asyncio.Task[None]] = []
    while (due := due + (1 / rate if is_even else dice.expovariate(rate))) < since + seconds:
        await asyncio.sleep(max(0.0, due - loop.time()))
        asked.append(loop.create_task(ask(requests[len(asked) % len(requests)], due)))
    await asyncio.gather(*asked)
    run.seconds, run.faults = loop.time() - since, connections.faults
    await connections.close()
    return run


async def used(port: int, requests: list[bytes], users: int, think_s: float, seconds: float) -> Run:
    """Users who wait for each answer and think before the next: the loop of k6 and locust.

    A slow server is asked less, so that this flatters it: a latency counts from the sending.
    """
    run, dice, connections = Run(users / think_s, seconds), random.Random(2), Connections(port)
    loop = asyncio.get_running_loop()
    since = loop.time()

    async def use(number: int) -> None:
        await asyncio.sleep(dice.random() * think_s)
        while loop.time() < since + seconds:
            begun = loop.time()
            status = await connections.status(requests[number % len(requests)])
            run.statuses.append(status)
            if status == 200:
                run.latencies_ms.append(1000 * (loop.time() - begun))
            number += users
            await asyncio.sleep(dice.expovariate(1 / think_s))

    await asyncio.gather(*(use(number) for number in range(users)))
    run.seconds, run.faults = loop.time() - since, connections.faults
    await connections.close()
    return run


@dataclass(frozen=True)
class Target:
    """A server that is asked: its process and port, what it is sent, and for how long."""

    pid: int
    port: int
    requests: list[bytes]
    seconds: float

    def run(self, rate: float, *, is_even: bool = False) -> Run:
        """One rate, with the server's processor time a line that it read."""
        before = cpu_s(self.pid)
        asked = offered(self.port, self.requests, rate, self.seconds, is_even=is_even)
        run = asyncio.run(asked)
        run.cpu_ms = 1000 * (cpu_s(self.pid) - before) / max(1, len(run.latencies_ms))
        return run

    def run_users(self, rate: float, think_s: float = 1.0) -> Run:
        """As many users as ask at that rate where answers take no time."""
        return self._run_closed(max(1, round(rate * think_s)), think_s)

    def run_without_rest(self) -> Run:
        """Two callers, one of whom always waits: the server never does."""
        return self._run_closed(2, 1e-6)

    def _run_closed(self, users: int, think_s: float) -> Run:
        before = cpu_s(self.pid)
        run = asyncio.run(used(self.port, self.requests, users, think_s, self.seconds))
        run.cpu_ms = 1000 * (cpu_s(self.pid) - before) / max(1, len(run.latencies_ms))
        return run


def bare(
    reader: Reader, images: list[bytes], seconds: float, rate: float = 0
) -> tuple[float, float]:
    """Processor ms and wall ms a line of the Reader alone, one after the other.

    rate: lines a second that are due, evenly; 0: as many as there can be.
    """
    since, used, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - since < seconds:
        if rate:
            time.sleep(max(0.0, since + count / rate - time.perf_counter()))
        reader.read(images[count % len(images)], ReadOptions(mode="line"))
        count += 1
    wall, cpu = time.perf_counter() - since, time.process_time() - used
    return 1000 * cpu / count, 1000 * wall / count


def multipart(image: bytes, port: int, part: str, **fields: str) -> bytes:
    """A whole HTTP request that posts an image to /ocr."""
    request = httpx.Request(
        "POST", f"http://127.0.0.1:{port}/ocr", files={part: ("a.png", image)}, data=fields
    )
    body, out = request.read(), io.BytesIO()
    out.write(b"POST /ocr HTTP/1.1\r\n")
    for name, value in request.headers.raw:
        out.write(name + b": " + value + b"\r\n")
    return out.getvalue() + b"\r\n" + body


@contextmanager
def peer(folder: Path) -> Iterator[tuple[int, int]]:
    """The process and the port of rapidocr's own server, in an environment of its own."""
    python = environment(folder, PACKAGES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "rapidocr_api.main", "-ip", "127.0.0.1", "-p", str(port)]
    one = {"OMP_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=os.environ | one)
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None and time.monotonic() < deadline, "no rapidocr_api"
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/").status_code == 200:
                    break
            time.sleep(0.2)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def ramp(name: str, target: Target, capacity: float) -> list[Run]:
    """Runs at parts of a capacity, each printed."""
    runs = []
    for part in PARTS:
        runs.append(target.run(part * capacity))
        print(runs[-1].row(name), flush=True)
    return runs


def calm_runs(name: str, target: Target) -> dict[str, list[Run]]:
    """Runs at 80 % of what is answered without rest just before, by how requests arrive.

    Of each the middle one is printed.
    """
    calm: dict[str, list[Run]] = {RANDOM: [], EVEN: [], USERS: []}
    for _ in range(CALM_TURNS):
        rate = 0.8 * replace(target, seconds=TURN_S).run_without_rest().answered
        calm[RANDOM].append(target.run(rate))
        calm[EVEN].append(target.run(rate, is_even=True))
        calm[USERS].append(target.run_users(rate))
    for told, found in calm.items():
        middle = sorted(found, key=Run.tail)[len(found) // 2]
        print(middle.row(f"{name} at 80 %, {told}"), flush=True)
    return calm


def plot(path: Path, curves: dict[str, list[Run]]) -> None:
    """Latency over the offered rate, median and p99."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    for colour, (name, runs) in zip("rbg", curves.items(), strict=False):
        rates = [run.offered for run in runs]
        for percent, style in ((50, "-"), (99, "--")):
            values = [run.quantile_ms(percent) for run in runs]
            axes.plot(rates, values, colour + style, marker=".", label=f"{name} p{percent}")
    axes.set(xlabel="requests offered a second", ylabel="ms", yscale="log", xscale="log")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.service.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each rate")
    parser.add_argument("--set", type=Path, default=ROOT / "tests" / "golden" / "lines")
    parser.add_argument("--lines", type=int, default=60, help="the first N of the set")
    parser.add_argument("--queue-size", type=int, default=16, help="OCR_QUEUE_SIZE")
    parser.add_argument("--peer", action="store_true", help="rapidocr_api beside it")
    parser.add_argument("--environments", type=Path, default=Path("runs/peers"))
    parser.add_argument("--plot", type=Path, help="draw the curves as a PNG")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Measure, print, judge."""
    args = parsed(argv)
    images = [path.read_bytes() for path, _ in labelled(args.set)][: args.lines]
    cores = sorted(os.sched_getaffinity(0))
    serving, calling = cores[:-1] or cores, cores[-1:]
    cv2.setNumThreads(1)
    reader = Reader.load("zh")
    os.sched_setaffinity(0, serving)  # what is started now inherits it
    bare(reader, images, 0.5)
    first = bare(reader, images, args.seconds)
    print(f"bare Reader: {first[0]:.2f} CPU ms a line, {first[1]:.2f} ms; on {len(serving)} cores")
    print(ROWS + "\n" + 9 * "|---" + "|")
    with served(OCR_QUEUE_SIZE=str(args.queue_size), OCR_JOB_THREADS="0") as server:
        os.sched_setaffinity(0, calling)
        port = int(server.url.rpartition(":")[2])
        sent = [multipart(image, port, "file", mode="line") for image in images]
        target = Target(server.pid, port, sent, args.seconds)
        replace(target, seconds=1).run(5)
        runs = ramp("crnn-ocr", target, 1000 * len(serving) / first[1])
        calm = calm_runs("crnn-ocr", target)
        rate = statistics.median(run.offered for run in calm[EVEN]) / len(serving)
        shares = in_turns(reader, images, replace(target, seconds=TURN_S), rate)
    os.sched_setaffinity(0, serving)
    curves = {"crnn-ocr": runs}
    if args.peer:
        with peer(args.environments / "rapidocr_api") as (pid, port):
            os.sched_setaffinity(0, calling)
            sent = [multipart(image, port, "image_file", **PEER_WISHES) for image in images]
            target = Target(pid, port, sent, args.seconds)
            warm = replace(target, seconds=4).run(2)
            capacity = 1000 * len(serving) / max(1.0, warm.cpu_ms)
            curves["rapidocr_api"] = ramp("rapidocr_api", target, capacity)
    if args.plot:
        plot(args.plot, curves)
    room = args.queue_size + len(serving)
    return judged(runs, calm, shares, room)


def in_turns(
    reader: Reader, images: list[bytes], target: Target, rate: float
) -> tuple[list[float], list[float]]:
    """The service's processor time a line by the bare Reader's, turn by turn.

    Without rest, and at an even rate a core.
    """
    cores = sorted(os.sched_getaffinity(target.pid))
    calling = os.sched_getaffinity(0)
    full, paced = [], []
    for _ in range(TURNS):
        ours = target.run_without_rest(), target.run(rate * len(cores), is_even=True)
        os.sched_setaffinity(0, cores[:1])
        alone = [bare(reader, images, target.seconds, pace)[0] for pace in (0, rate)]
        os.sched_setaffinity(0, calling)
        full.append(ours[0].cpu_ms / alone[0])
        paced.append(ours[1].cpu_ms / alone[1])
    return full, paced


def judged(
    runs: list[Run], calm: dict[str, list[Run]], shares: tuple[list[float], list[float]], room: int
) -> int:
    """Print each goal with its number; 0 where all are reached.

    shares: the service's processor time a line by the Reader's, without rest and paced.
    """
    over, saturation = runs[-1], max(run.answered for run in runs)
    at_full, at_80 = (statistics.median(found) for found in shares)
    low, high = (f"{found:.2f}" for found in (min(shares[0]), max(shares[0])))
    tails = {told: statistics.median(map(Run.tail, found)) for told, found in calm.items()}
    bound_ms = 1000 * (room + 1) / saturation
    every = [*runs, *chain.from_iterable(calm.values())]
    failed = sum(status not in (200, 429) for run in every for status in run.statuses)
    faults = sorted({fault for run in every for fault in run.faults})
    goals = {
        f"CPU a line without rest: {at_full:.2f} of the bare Reader's, the median of {TURNS} turns "
        f"({low} to {high})": at_full <= 1.15,
        f"CPU a line at 80 %, even: {at_80:.2f} of the bare Reader's at that pace": at_80 <= 1.15,
        **{
            f"p99 at 80 %, {told}: {tail:.1f} times p50, the median of {CALM_TURNS} turns": tail < 3
            for told, tail in tails.items()
        },
        f"at {over.offered / saturation:.1f} times the saturation {over.statuses.count(429)} of "
        f"{len(over.statuses)} are 429": 429 in over.statuses,
        f"p95 of the accepted then {over.quantile_ms(95):.0f} ms; a full queue is "
        f"{bound_ms:.0f} ms long": over.quantile_ms(95) < 2 * bound_ms,
        f"{failed} requests failed{''.join(f', {one}' for one in faults)}": failed == 0,
    }
    print()
    for told, is_reached in goals.items():
        print(f"- {told}: {'reached' if is_reached else 'NOT reached'}")
    return 0 if all(goals.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
