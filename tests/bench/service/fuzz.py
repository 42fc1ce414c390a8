"""Does any damage get through? `python -m tests.bench.service.fuzz --count 10000`.

Sound files of every kind are damaged where their decoders look: JPEG segments, PNG chunks with
checksums made right again, TIFF tags, WebP, GIF and BMP headers, PDF objects, zip directories. Each
is read twice: by crnn.reader in a process whose memory is limited, and by the live service as an
image or a job. Only pages and ReadErrors, only 2xx and 4xx, each within its deadline, and memory at
the end as after the first fifth. Dice are seeded: the seed and the number of a case make it again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import cv2
import httpx

from crnn.errors import ReadError
from crnn.inputs import documents
from crnn.inputs.image import ImageLimits
from crnn.reader import Reader
from service.jobs.workers import OVER
from tests.bench.service.damaged_files import cases
from tests.bench.service.processes import resident_mb
from tests.bench.service.served import served

MEMORY_BYTES = 3_000_000_000
"""Address space of the reading process; its libraries alone map a gigabyte."""
DEADLINE_S = 30.0
GROWTH_MB = 60.0
FAULTS = ("FAULT", "HANG", "DIED")


@dataclass
class Found:
    """What came of the cases, and what must not have."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    early_mb: float = 0.0
    end_mb: float = 0.0

    def add(self, case: str, outcome: str, spent_s: float) -> None:
        """Count a case."""
        self.outcomes[outcome] += 1
        self.slowest_s = max(self.slowest_s, spent_s)
        if spent_s > DEADLINE_S or any(fault in outcome for fault in FAULTS):
            self.faults.append(f"{case}: {outcome} in {spent_s:.1f} s")

    def judge(self) -> list[str]:
        """The faults, growth among them."""
        grown = self.end_mb - self.early_mb
        told = [f"FAULT memory grew by {grown:.0f} MB"] if grown > GROWTH_MB else []
        return self.faults + told


def _child(pipe: Connection) -> None:
    """Read what comes as an image and as a document; tell what came of it."""
    cv2.setNumThreads(1)
    limits = ImageLimits(max_pixels=4_000_000)
    whole = documents.DocumentLimits(max_bytes=50_000_000, image=limits, pdf_dpi=100)
    reader = Reader.load("zh", limits=limits)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    pipe.send("ready")
    while (data := pipe.recv()) is not None:
        image = _told(lambda data=data: len(reader.read(data).lines))
        pages = _told(lambda data=data: sum(1 for _ in documents.pages(data, whole)))
        pipe.send(f"{image} / {pages}")


def _told(read) -> str:
    try:
        read()
    except ReadError as exc:
        return type(exc).__name__
    except BaseException as exc:  # whatever else it is, it must not have come
        return f"FAULT {exc!r}"[:300]
    return "read"


def _begun() -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    child = context.Process(target=_child, args=(far,), daemon=True)
    child.start()
    far.close()
    assert near.recv() == "ready"
    return child, near


def in_process(count: int, seed: int, kind: str = "") -> Found:
    """Damaged files read by crnn.reader in a process of its own, begun again where it dies."""
    found = Found()
    child, pipe = _begun()
    for number, (case, data) in enumerate(cases(count, seed, kind)):
        started = time.monotonic()
        try:
            pipe.send(data)
            outcome = pipe.recv() if pipe.poll(DEADLINE_S) else "HANG"
        except (EOFError, OSError):
            outcome = "DIED"
        found.add(case, outcome, time.monotonic() - started)
        if outcome in FAULTS:
            child.kill()
            child, pipe = _begun()
            found.early_mb = 0.0
        if not found.early_mb and number >= count // 5:
            found.early_mb = resident_mb(child.pid or 0)
    found.end_mb = resident_mb(child.pid or 0)
    pipe.send(None)
    child.join(10)
    return found


def through_service(count: int, seed: int, kind: str = "") -> Found:
    """The same files sent to the live service: all as an image, every fifth as a job too."""
    found = Found()
    limits = {"OCR_MAX_PIXELS": "4000000", "OCR_PDF_DPI": "100", "OCR_TIMEOUT_S": "120"}
    with served(**limits) as server, httpx.Client(base_url=server.url, timeout=150) as client:
        for number, (case, data) in enumerate(cases(count, seed, kind)):
            started = time.monotonic()
            outcome = _asked(client, data, as_job=number % 5 == 0)
            found.add(case, outcome, time.monotonic() - started)
            if number == count // 5:
                found.early_mb = resident_mb(server.pid)
        found.end_mb = resident_mb(server.pid)
    if "Traceback" in server.output:
        found.faults.append("FAULT in the log: " + server.output.partition("Traceback")[2][:2000])
    return found


def _asked(client: httpx.Client, data: bytes, *, as_job: bool) -> str:
    status = client.post("/ocr", files={"file": data}).status_code
    told = str(status) if 200 <= status < 500 else f"FAULT {status}"
    return f"{told} / {_job(client, data)}" if as_job else told


def _job(client: httpx.Client, data: bytes) -> str:
    sent = client.post("/v1/jobs", files={"file": data})
    if sent.status_code != 202:
        return str(sent.status_code) if sent.status_code < 500 else f"FAULT {sent.status_code}"
    path = f"/v1/jobs/{sent.json()['id']}"
    while (job := client.get(path).json())["ended_at"] is None:
        time.sleep(0.02)
    client.delete(path)
    is_bug = any(page["error"] == OVER for page in job["page_states"])
    return f"FAULT {OVER}" if is_bug else f"job {job['state']}"


def main(argv: list[str] | None = None) -> int:
    """Fuzz, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.service.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", default="", help="damage files of one kind only")
    args = parser.parse_args(argv)
    faults: list[str] = []
    print("| through | cases | slowest s | MB after a fifth | MB at the end |")
    print("|---|---|---|---|---|")
    told: list[str] = []
    for name, run in (("crnn.reader", in_process), ("service", through_service)):
        found = run(args.count, args.seed, args.kind)
        row = (name, args.count, f"{found.slowest_s:.2f}")
        row += (f"{found.early_mb:.0f}", f"{found.end_mb:.0f}")
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
        told += [f"{name}: {n:6d} {what}" for what, n in found.outcomes.most_common(12)]
        faults += found.judge()
    print("\n".join(["", *told, "", *faults, f"{len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
