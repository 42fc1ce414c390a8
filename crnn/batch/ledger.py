"""What a run has done: results.jsonl in the order of the inputs, vouched for by a manifest.

A page's row is written to results.jsonl first, then its line to manifest.jsonl, which says where
the row ends. What stands behind the manifest's last whole line was cut off by a kill: it is taken
away, and read again. Neither file holds a time, so two runs over the same inputs agree in every
byte.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from crnn.batch.page_task import Result
from crnn.errors import OcrError

VERSION = 1
RESULTS, MANIFEST, ASIDE, LOCK = "results.jsonl", "manifest.jsonl", "aside.jsonl", ".lock"
LOOK_BACK = 256
"""Rows that are looked at, from the last one back, for one that was written whole."""
SYNC_BYTES = 64_000_000
"""Results are forced to disk each time so many were written; a kill loses none, a power cut may."""


class OutInUse(OcrError):
    """Another run writes to the same folder."""


class OutOfOthers(OcrError):
    """The folder holds results of another model, of other wishes, or of another program."""


@dataclass(frozen=True)
class Done:
    """A document in the manifest, of which `done` pages are read: rows start to end of results."""

    file: str
    digest: str
    count: int
    start: int
    end: int
    done: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of its pages are read."""
        return self.done == self.count


def page_key(plan: str, digest: str, entry: int, index: int) -> str:
    """What a page's result is known by: plan, document, place in it."""
    return hashlib.sha256(f"{plan}\n{digest}\n{entry}\n{index}".encode()).hexdigest()[:32]


def plan_digest(about: dict[str, Any]) -> str:
    """One digest for a model and all wishes."""
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


class Ledger:
    """The open ledger of a run; `close` gives the folder back.

    Raises: OutInUse, OutOfOthers.
    """

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._about = folder, about
        self._lock = (folder / LOCK).open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            self._lock.close()
            raise OutInUse(f"another run writes to {folder}; wait for it, or name another") from exc
        self.results, self.manifest = folder / RESULTS, folder / MANIFEST
        self._unsynced = 0
        try:
            self._mend()
            self._open()
        except BaseException:
            self._lock.close()
            raise

    def _mend(self) -> None:
        """Cut both files to the last page that both know."""
        self.results.touch()
        size = self.results.stat().st_size
        ends = self._vouched_for(size)
        while len(ends) > 1 and not self._holds(*ends[-1][1:]):
            ends.pop()
        kept, _, end, _ = ends[-1]
        if size and not kept:
            raise OutOfOthers(f"no manifest vouches for {self.results}; name another folder")
        for path, length in ((self.results, end), (self.manifest, kept)):
            if path.exists():
                with path.open("r+b") as file:
                    file.truncate(length)

    def _vouched_for(self, size: int) -> deque[tuple[int, int, int, str]]:
        """The last pages of the manifest: where its line ends, start, end and key of its row."""
        place, ends = 0, deque([(0, 0, 0, "")], LOOK_BACK)
        for raw in _lines(self.manifest):
            place += len(raw)
            line = _parsed(raw)
            if line is None or line.get("end", 0) > size:
                break
            if "batch" in line:
                self._check(line)
                ends.append((place, 0, 0, ""))
            elif "end" in line:
                ends.append((place, ends[-1][2], line["end"], line["key"]))
        return ends

    def _holds(self, start: int, end: int, key: str) -> bool:
        """Whether that row is in results as it was written: a power cut may leave a hole."""
        if not key:
            return True
        with self.results.open("rb") as file:
            file.seek(start)
            row = _parsed(file.read(end - start))
        return row is not None and row.get("key") == key

    def _check(self, head: dict[str, Any]) -> None:
        if head["batch"] != VERSION or head["plan"] != self._about:
            now, then = self._about, head["plan"]
            other = sorted(k for k in now.keys() | then.keys() if now.get(k) != then.get(k))
            raise OutOfOthers(
                f"{self.folder} holds results of another {', '.join(other) or 'version'}; "
                "name another folder for these"
            )

    def _open(self) -> None:
        self._results = self.results.open("ab", buffering=0)
        self._manifest = self.manifest.open("ab", buffering=0)
        self.end = self._results.tell()
        if not self._manifest.tell():
            self._append(self._manifest, _dumped({"batch": VERSION, "plan": self._about}))
        self._began = self._manifest.tell()

    def close(self) -> None:
        """Force everything to disk and give the folder back."""
        self._sync()
        self._results.close()
        self._manifest.close()
        self._lock.close()

    def documents(self) -> Iterator[Done]:
        """The documents read before this run, in order; the last one may be read in part."""
        result: Done | None = None
        for line in self._lines(self._began):
            if "file" in line:
                if result:
                    yield result
                start = result.end if result else 0
                result = Done(line["file"], line["digest"], line["pages"], start, start)
            elif result:
                result = replace(result, end=line["end"], done=result.done + 1)
        if result:
            yield result

    def pages(self) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """Every page's document, from 1, the place of its row in results, and its line."""
        document, start = 0, 0
        for line in self._lines(None):
            if "file" in line:
                document += 1
            else:
                yield document, start, line
                start = line["end"]

    def _lines(self, until: int | None) -> Iterator[dict[str, Any]]:
        """The manifest's lines behind its head, up to a place in it."""
        place = 0
        for raw in _lines(self.manifest):
            place += len(raw)
            if until is not None and place > until:
                return
            line = _parsed(raw)
            if line and "batch" not in line:
                yield line

    def commit(self, row: Result, head: dict[str, Any] | None) -> None:
        """Add a page. head: its document's line, before the document's first page."""
        data = _dumped(row)
        self._append(self._results, data)
        self.end += len(data)
        scores = [line["confidence"] for line in row.get("lines", ()) if line["text"]]
        about = {"key": row["key"], "page": row["page"], "end": self.end, "lines": len(scores)}
        about |= {"least": min(scores)} if scores else {}
        about |= {"error": row["error"]} if "error" in row else {}
        self._append(self._manifest, (_dumped(head) if head else b"") + _dumped(about))
        self._unsynced += len(data)
        if self._unsynced > SYNC_BYTES:
            self._sync()

    @staticmethod
    def _append(file: Any, data: bytes) -> None:
        """Append all of it; in one write where the system takes it in one."""
        while data:
            data = data[file.write(data) :]

    def _sync(self) -> None:
        os.fsync(self._results.fileno())
        os.fsync(self._manifest.fileno())
        self._unsynced = 0

    def set_aside(self) -> None:
        """Begin anew, and keep what was read for `Aside` to find."""
        self._sync()
        self._results.close()
        self._manifest.close()
        aside = self.folder / ASIDE
        if aside.exists():
            with self.results.open("rb") as source, aside.open("ab") as target:
                for raw in source:
                    target.write(raw)
                target.flush()
                os.fsync(target.fileno())
            self.results.unlink()
        else:
            self.results.rename(aside)
        self.manifest.unlink()
        self._open()

    def forget_aside(self) -> None:
        """Remove what was set aside: all that is wanted of it has been taken over."""
        (self.folder / ASIDE).unlink(missing_ok=True)


def rows_of(results: Path, start: int, end: int) -> Iterator[Result]:
    """The rows of results.jsonl between two places."""
    with results.open("rb") as file:
        file.seek(start)
        while start < end:
            raw = file.readline()
            start += len(raw)
            yield json.loads(raw)


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file; nothing where there is no file."""
    if path.exists():
        file: BinaryIO
        with path.open("rb") as file:
            yield from file


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """A line's values; None for one that was cut off or overwritten."""
    try:
        result = json.loads(raw) if raw.endswith(b"\n") else None
    except ValueError:
        return None
    return result if isinstance(result, dict) else None


def _dumped(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
