"""`crnn-ocr batch` with the published weights: killed, resumed, documented; Ray beside it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.service.processes import tree
from tests.conftest import ROOT, png
from tests.fixtures.papers import pdf, sheet, tiff, zipped

SETTLE_S = 120


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "crnn.cli", "batch", *map(str, args)]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=250)


def outputs(out: Path) -> dict[str, bytes]:
    """What a run makes, less what tells the time."""
    found = (path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in found
        if not path.name.startswith(("summary", ".lock"))
    }


def pages_done(out: Path) -> int:
    """Whole page lines of the manifest."""
    path = out / "manifest.jsonl"
    return path.read_bytes().count(b'"end"') if path.exists() else 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Path, Path]:
    """Papers, and what a run that nothing disturbed made of them."""
    top = tmp_path_factory.mktemp("batch")
    papers = top / "papers"
    (papers / "more").mkdir(parents=True)
    for n in range(8):
        (papers / f"{n}.png").write_bytes(png(sheet(f"{n}31,415.92", "27182")))
    (papers / "more" / "fax.tif").write_bytes(tiff(*[sheet(str(n) * 6) for n in range(4)]))
    (papers / "more" / "scan.pdf").write_bytes(pdf(sheet("2026-11-21"), sheet("1,234.50")))
    (papers / "more" / "all.zip").write_bytes(zipped(a__png=png(sheet("77")), b__png=b"broken"))
    done = run(papers, top / "out", "--format", "csv,pdf", "--quiet")
    assert done.returncode == 1, done.stderr  # a broken page is in quarantine
    return papers, top / "out"


def test_a_batch_reads_all_and_tells_what_it_did(whole):
    _, out = whole
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["documents"], summary["pages"], summary["quarantined"]) == (11, 16, 1)
    rows = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]
    assert rows[0]["text"] == "031,415.92\n27182"
    assert {row["file"] for row in rows if "error" in row} == {"more/all.zip/b.png"}
    assert (out / "documents/more/scan.pdf.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_killed_in_the_middle_and_started_again_it_makes_the_same_bytes(whole, tmp_path):
    papers, out = whole
    for pages in (1, 6):
        with subprocess.Popen(
            command(papers, tmp_path / "out", "--format", "csv,pdf", "--quiet"),
            stdout=subprocess.DEVNULL,
        ) as batch:
            deadline = time.monotonic() + SETTLE_S
            while pages_done(tmp_path / "out") < pages and time.monotonic() < deadline:
                time.sleep(0.002)
            pids = tree(batch.pid)
            batch.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + SETTLE_S
        while any(map(lives, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(lives, pids)), "workers outlive the run that started them"
    left = pages_done(tmp_path / "out")
    assert 0 < left < 16
    done = run(papers, tmp_path / "out", "--format", "csv,pdf", "--quiet")
    assert done.returncode == 1
    assert f"{16 - left} read now, {left} before" in done.stdout
    assert outputs(tmp_path / "out") == outputs(out)


def lives(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text("ascii")
    except OSError:
        return False


def test_a_worker_that_dies_costs_no_page(whole, tmp_path):
    papers, out = whole
    with subprocess.Popen(
        command(papers, tmp_path / "out", "--format", "csv,pdf", "--quiet"),
        stdout=subprocess.DEVNULL,
    ) as batch:
        deadline = time.monotonic() + SETTLE_S
        while pages_done(tmp_path / "out") < 2 and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(tree(batch.pid)[1], signal.SIGKILL)
        assert batch.wait(timeout=200) == 1
    assert outputs(tmp_path / "out") == outputs(out)


def test_a_second_run_at_the_same_folder_is_refused(whole, tmp_path):
    import fcntl

    papers, _ = whole
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(papers, tmp_path / "out")
    assert done.returncode == 2
    assert "another run writes to" in done.stderr


def test_mistakes_are_told_with_status_2_before_anything_is_read(whole, tmp_path):
    papers, out = whole
    assert "no such file" in run(tmp_path / "none", tmp_path / "o").stderr
    assert "--format" in run(papers, tmp_path / "o", "--format", "odd").stderr
    assert not (tmp_path / "o").exists()
    done = run(papers, out, "--mode", "page")
    assert done.returncode == 2
    assert "another mode" in done.stderr


def test_the_commands_of_the_manual_run(tmp_path):
    blocks = re.findall(
        r"```sh\n(.*?)```", (ROOT / "docs" / "batch.md").read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) >= 4
    for name in ("tests", "weights"):
        (tmp_path / name).symlink_to(ROOT / name)
    place = tmp_path / "bin"
    place.mkdir()
    (place / "crnn-ocr").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crnn.cli "$@"\n')
    (place / "crnn-ocr").chmod(0o755)
    script = "set -eu\n" + "".join(blocks)
    env = os.environ | {"PATH": f"{place}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 read now, 0 before" in done.stdout
    assert "0 read now, 12 before" in done.stdout
    assert "labels.tsv" in done.stdout  # what the manual shows of the quarantine
    assert len(list((tmp_path / "out" / "documents").glob("*.pdf"))) == 12
