"""Runs over folders with a strategy that needs no weights."""

from __future__ import annotations

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from crnn.batch import output_files, summary
from crnn.batch.engines.local import Local
from crnn.batch.engines.worker_pool import WorkerPool, WorkerPoolFailed
from crnn.batch.input_files import Listing
from crnn.batch.ledger import Ledger, OutInUse, OutOfOthers, plan_digest
from crnn.batch.page_task import Plan
from crnn.batch.progress import Progress
from crnn.batch.run import Run, RunOptions
from crnn.errors import OcrError, UnknownOption
from crnn.fields import Grammar
from tests.conftest import png
from tests.fixtures import plans
from tests.fixtures.papers import pdf, sheet, tiff, zipped
from tests.fixtures.plans import Widths

EVERY = tuple(output_files.SUFFIXES)


CREW = WorkerPool(Widths(), 2, 60.0)


@pytest.fixture(scope="module", autouse=True)
def crew():
    """The workers that all tests share: to start them takes longer than most tests."""
    yield CREW
    CREW.close()


def page(width: int) -> bytes:
    return png(sheet("1", width=width))


def batch(
    folder: Path, out: Path, plan: Plan | None = None, formats: tuple[str, ...] = (), **more
) -> Run:
    """A run as the command does it, in this process."""
    timeout_s = more.get("timeout_s", 60.0)
    crew = WorkerPool(plan or Widths(), 2, timeout_s) if plan or "timeout_s" in more else CREW
    plan = plan or Widths()
    listing = Listing.of([str(folder)], out)
    ledger = Ledger(out, plan.about)
    wishes = RunOptions(plan_digest(plan.about), formats, retry=more.get("retry", False))
    run = Run(ledger, listing, crew, wishes, Progress(listing, shows=False))
    try:
        run.go(more.get("engine") or Local(crew))
        run.summary = summary.conclude(
            ledger, summary.Summary(review_under=0.5, read=run.read, taken_over=run.taken)
        )
    finally:
        if crew is not CREW:
            crew.close()
        ledger.close()
    return run


def rows(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]


def files(out: Path) -> dict[str, bytes]:
    """Everything in OUT that does not tell the time."""
    found = (path for path in out.rglob("*") if path.is_file())
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in found
        if not path.name.startswith(("summary", ".lock")) and path.suffix != ".xlsx"
    }


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of everything: images, a PDF, a TIFF, a zip, below one another."""
    top = tmp_path / "in"
    (top / "b" / "深").mkdir(parents=True)
    (top / "a.png").write_bytes(page(200))
    (top / "b" / "c.pdf").write_bytes(pdf(sheet("1", width=210), sheet("2", width=220)))
    (top / "b" / "深" / "d.tif").write_bytes(tiff(sheet("1", width=230), sheet("2", width=240)))
    (top / "e.zip").write_bytes(zipped(x__png=page(250), y__png=page(260), z__png=b"rubbish"))
    (top / "f.png").write_bytes(page(270))
    return top


def test_every_page_of_everything_is_read_in_order_and_written_in_every_format(folder, tmp_path):
    out = tmp_path / "out"
    run = batch(folder, out, formats=EVERY)
    told = [(row["file"], row["page"], row.get("text")) for row in rows(out)]
    assert told == [
        ("a.png", 1, "宽200"),
        ("b/c.pdf", 1, told[1][2]),
        ("b/c.pdf", 2, told[2][2]),
        ("b/深/d.tif", 1, "宽230"),
        ("b/深/d.tif", 2, "宽240"),
        ("e.zip/x.png", 1, "宽250"),
        ("e.zip/y.png", 1, "宽260"),
        ("e.zip/z.png", 1, None),
        ("f.png", 1, "宽270"),
    ]
    summary = run.summary
    assert (summary.pages, summary.documents, summary.lines, summary.quarantined) == (9, 5, 8, 1)
    for name in ("a.png", "b/c.pdf", "b/深/d.tif", "e.zip", "f.png"):
        for suffix in output_files.SUFFIXES.values():
            written = (out / "documents" / f"{name}.{suffix}").stat().st_size
            assert written > 0 or suffix == "tables.csv"  # there are no tables
    assert (out / "documents/b/深/d.tif.txt").read_text("utf-8") == "宽230\n\f宽240\n"
    assert (out / "documents/e.zip.pdf").read_bytes().count(b"/Type/Page/") == 3
    assert not list(out.rglob("*.part"))


def test_broken_pages_and_files_are_quarantined_with_their_reason_and_stop_nothing(tmp_path):
    top, out = tmp_path / "in", tmp_path / "out"
    top.mkdir()
    widths = (plans.CRASHES, plans.IS_REFUSED, plans.IS_A_BUG, 200, 210)
    for width in widths:
        (top / f"{width}.png").write_bytes(page(width))
    (top / "empty.png").write_bytes(b"")
    (top / "half.pdf").write_bytes(pdf(sheet("1"))[:300])
    (top / "notes.txt").write_text("not a page")
    os.mkfifo(top / "pipe")
    run = batch(top, out)
    reasons = {
        row["file"]: row["error"]
        for row in map(json.loads, (out / "quarantine.jsonl").read_text("utf-8").splitlines())
    }
    assert sorted(reasons) == [
        "333.png", "555.png", "666.png", "empty.png", "half.pdf", "notes.txt",
    ]  # fmt: skip
    assert reasons["333.png"] == "it ended the process that read it, 2 times"
    assert reasons["555.png"] == "it says nothing"
    assert reasons["666.png"] == "one of the program's errors: ZeroDivisionError"
    assert "PNG" in reasons["notes.txt"]
    assert [row["text"] for row in rows(out) if "text" in row] == ["宽200", "宽210"]
    assert (run.read, run.summary.quarantined) == (8, 6)


def test_a_page_that_hangs_costs_its_time_and_no_more(tmp_path):
    (tmp_path / "in").mkdir()
    for width in (plans.HANGS, 200):
        (tmp_path / "in" / f"{width}.png").write_bytes(page(width))
    batch(tmp_path / "in", tmp_path / "out", timeout_s=10.0)
    assert [row.get("text") for row in rows(tmp_path / "out")] == ["宽200", None]
    assert rows(tmp_path / "out")[1]["error"] == "it was not done within 10 s"


def test_what_was_read_is_not_read_again_and_formats_may_come_later(folder, tmp_path):
    out = tmp_path / "out"
    assert batch(folder, out).read == 9
    before = files(out)
    again = batch(folder, out, formats=("txt",))
    assert (again.read, again.taken) == (0, 9)
    now = files(out)
    assert {name: now[name] for name in before} == before
    assert now["documents/a.png.txt"] == "宽200\n".encode()


@pytest.mark.parametrize("keep", [0.1, 0.35, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("torn", ["manifest.jsonl", "results.jsonl"])
def test_a_run_cut_off_anywhere_goes_on_to_the_same_bytes(whole, tmp_path, keep, torn):
    folder, out = whole
    cut = tmp_path / "cut"
    shutil.copytree(out, cut)
    shutil.rmtree(cut / "documents")
    (cut / "review.csv").unlink()
    path = cut / torn
    os.truncate(path, int(keep * path.stat().st_size))
    with path.open("ab") as file:
        file.write(b'{"key": "torn')
    run = batch(folder, cut, formats=("csv", "pdf"))
    assert files(cut) == files(out)
    assert run.read + run.taken == 9
    assert run.taken > 0 or keep < 0.2


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Path, Path]:
    """A folder, and what a run that nothing disturbed made of it."""
    place = tmp_path_factory.mktemp("whole")
    top = place / "in"
    (top / "b").mkdir(parents=True)
    (top / "a.png").write_bytes(page(200))
    (top / "b" / "c.tif").write_bytes(tiff(*[sheet("1", width=200 + n) for n in range(4)]))
    (top / "d.zip").write_bytes(zipped(x__png=page(250), y__png=b"rubbish", z__png=page(255)))
    (top / "e.png").write_bytes(page(270))
    batch(top, place / "out", formats=("csv", "pdf"))
    return top, place / "out"


def test_a_manifest_line_of_noise_costs_no_more_than_what_follows_it(whole, tmp_path):
    folder, out = whole
    cut = tmp_path / "cut"
    shutil.copytree(out, cut)
    lines = (cut / "manifest.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "manifest.jsonl").write_bytes(b"".join(lines[:-2]) + b"\0\0\0\n" + lines[-1])
    run = batch(folder, cut, formats=("csv", "pdf"))
    assert files(cut) == files(out)
    assert 1 <= run.read <= 2


def test_files_that_come_go_and_move_cost_only_their_own_pages(whole, tmp_path):
    folder, out = whole
    top, changed = tmp_path / "in", tmp_path / "out"
    shutil.copytree(folder, top)
    shutil.copytree(out, changed)
    (top / "a.png").rename(top / "moved.png")
    (top / "aa.png").write_bytes(page(300))
    (top / "e.png").unlink()
    run = batch(top, changed, formats=("csv", "pdf"))
    assert (run.read, run.taken) == (1, 8)
    batch(top, tmp_path / "fresh", formats=("csv", "pdf"))
    assert files(changed) == files(tmp_path / "fresh")


def test_a_changed_file_is_read_anew_under_its_old_name(whole, tmp_path):
    folder, out = whole
    top, changed = tmp_path / "in", tmp_path / "out"
    shutil.copytree(folder, top)
    shutil.copytree(out, changed)
    (top / "a.png").write_bytes(page(310))
    assert batch(top, changed, formats=("csv",)).read == 1
    assert "宽310" in (changed / "documents" / "a.png.csv").read_text("utf-8")


def test_quarantined_pages_are_tried_again_where_that_is_asked_for(tmp_path):
    top, out = tmp_path / "in", tmp_path / "out"
    top.mkdir()
    (top / "a.png").write_bytes(page(200))
    (top / "b.png").write_bytes(page(plans.IS_REFUSED))
    assert batch(top, out).summary.quarantined == 1
    assert batch(top, out).read == 0
    again = batch(top, out, retry=True)
    assert (again.read, again.taken, again.summary.quarantined) == (1, 1, 1)


def test_the_review_file_begins_with_the_least_sure_line_and_runs_no_formula(tmp_path):
    top, out = tmp_path / "in", tmp_path / "out"
    top.mkdir()
    for name, width in (("=1+1.png", 300), ("b.png", 200), ("c.png", 499), ("d.png", 500)):
        (top / name).write_bytes(page(width))
    assert batch(top, out).summary.under_threshold == 3
    with (out / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["text"] for row in found] == ["宽200", "宽300", "宽499"]
    assert found[0]["file"] == "b.png" and found[0]["confidence"] == "0.2"
    assert (found[0]["left"], found[0]["right"]) == ("1", "200")
    assert found[1]["file"] == "'=1+1.png"


def test_a_folder_takes_one_run_at_a_time(tmp_path):
    ledger = Ledger(tmp_path / "out", {"model": "a"})
    with pytest.raises(OutInUse, match="another run"):
        Ledger(tmp_path / "out", {"model": "a"})
    ledger.close()
    Ledger(tmp_path / "out", {"model": "a"}).close()


def test_results_of_another_model_or_of_other_wishes_are_not_added_to(tmp_path):
    Ledger(tmp_path / "out", {"model": "a", "mode": "line"}).close()
    with pytest.raises(OutOfOthers, match="another mode"):
        Ledger(tmp_path / "out", {"model": "a", "mode": "page"})


def test_results_that_no_manifest_vouches_for_are_left_alone(tmp_path):
    (tmp_path / "results.jsonl").write_text("somebody's\n")
    with pytest.raises(OutOfOthers, match="manifest"):
        Ledger(tmp_path, {"model": "a"})
    assert (tmp_path / "results.jsonl").read_text() == "somebody's\n"


class Refused(Widths):
    def open(self):
        raise OcrError("no such thing")


class Dies(Widths):
    def open(self):
        os._exit(3)


@pytest.mark.parametrize(("plan", "why"), [(Refused(), "no such thing"), (Dies(), "3 workers")])
def test_workers_that_cannot_start_end_the_run(tmp_path, plan, why):
    (tmp_path / "a.png").write_bytes(page(200))
    with pytest.raises(WorkerPoolFailed, match=why):
        batch(tmp_path, tmp_path / "out", plan)


def test_inputs_are_listed_once_each_in_order_without_clutter_and_without_out(tmp_path):
    for name in ("b/2.png", "b/10.png", "a.png", "b/.x", "Thumbs.db", "out/results.jsonl", "c/9"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")

    def names(*inputs: str) -> list[str]:
        listing = Listing.of([str(tmp_path / one) for one in inputs], tmp_path / "out")
        return [listing.name(path).as_posix() for path in listing]

    assert names(".") == ["a.png", "b/10.png", "b/2.png", "c/9"]
    assert names("b", ".", "a.png") == names(".") == names("*")
    assert names("b/*.png") == ["10.png", "2.png"]
    assert names("**/*.png") == ["a.png", "b/10.png", "b/2.png"]
    assert names("b", "c/9") == ["b/10.png", "b/2.png", "c/9"]
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    assert names(".") == ["a.png", "b/10.png", "b/2.png", "c/9"]
    with pytest.raises(UnknownOption, match="no such file"):
        names("*.jpg")
    with pytest.raises(UnknownOption, match="nothing to read"):
        names("out")


def test_lines_are_sorted_the_same_in_parts_on_disk(tmp_path):
    told = [[(7 * n % 50) / 50, n] for n in range(200)]
    found = list(summary.sorted_on_disk(told, tmp_path, at_once=7))
    assert found == sorted(told, key=lambda row: row[0])
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_told_and_the_others_are_written(folder, tmp_path):
    out = tmp_path / "out"
    (out / "documents" / "a.png.txt.part").mkdir(parents=True)
    run = batch(folder, out, formats=("txt",))
    assert [file for file, _ in run.unwritten] == ["a.png"]
    assert (out / "documents" / "f.png.txt").exists()


def test_wrong_formats_are_refused_before_anything_is_read():
    assert output_files.formats("jsonl") == ()
    assert output_files.formats("pdf, csv") == ("csv", "pdf")
    with pytest.raises(UnknownOption, match="odd"):
        output_files.formats("csv,odd")


def test_progress_tells_how_far_and_how_long(capsys):
    progress = Progress([1, 2, 3, 4])
    assert progress._is_counted.wait(10)
    progress.taken(1)
    progress.document()
    assert "time left unknown" in progress.as_text()
    progress.page(is_new=True)
    progress.document()
    progress.started -= 3600
    assert "2 pages, " in progress.as_text() and "2/4 documents, 2:00:00 left" in progress.as_text()
    progress.close()


def test_a_plan_is_told_by_everything_that_a_reading_depends_on():
    from charset import Charset
    from crnn.batch.page_plan import Reading
    from crnn.decode.factory import DecodeOptions
    from crnn.decode.lexicon.lexicon import Lexicon
    from crnn.options import ReadOptions

    charset = Charset.load("digits")
    lists = [Lexicon.from_entries(entries, charset) for entries in (["12"], ["13"])]
    plain = Reading(b"model")
    others = [
        replace(plain, model=b"other"),
        replace(plain, language=b"words"),
        replace(plain, options=ReadOptions(mode="line")),
        replace(plain, options=ReadOptions(width="half")),
        replace(plain, options=ReadOptions(effort="thorough")),
        *(
            replace(plain, options=ReadOptions(decoding=DecodeOptions(way)))
            for way in ("beam", "lm", "auto")
        ),
        replace(plain, options=ReadOptions(decoding=DecodeOptions("beam", 2))),
        replace(
            plain, options=ReadOptions(decoding=DecodeOptions("grammar", grammar=Grammar("date")))
        ),
        *(
            replace(plain, options=ReadOptions(decoding=DecodeOptions("lexicon", lexicon=one)))
            for one in lists
        ),
    ]
    digests = [plan_digest(one.about) for one in (plain, *others)]
    assert len(set(digests)) == len(digests)
    assert plan_digest(Reading(b"model").about) == digests[0]
