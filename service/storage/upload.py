"""Uploads on their way to disk: multipart/form-data taken apart as it comes, nothing kept whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from crnn.inputs.archive import clean_name
from service.errors import BadRequest, StorageFull, UnsupportedBody
from service.storage.data_folder import private_folder
from service.storage.database import storage_error

MAX_FIELDS, MAX_FIELD_BYTES, MAX_HEADER_BYTES = 16, 100_000, 8_000
RESERVE_BYTES = 64_000_000
"""Room on the disk that uploads leave alone: the database needs some to end well."""


@dataclass
class Upload:
    """What a request brought: files on disk, named by their number, and fields."""

    folder: Path
    files: list[tuple[str, int]] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def path(self, number: int) -> Path:
        """Where a file lies."""
        return self.folder / str(number)

    def digest(self) -> str:
        """One for the same files with the same fields, whenever they come."""
        message = json.dumps([self.digests, [name for name, _ in self.files], self.fields])
        return hashlib.sha256(message.encode()).hexdigest()


async def receive(request: Request, folder: Path, max_files: int) -> Upload:
    """Take a request's files into a folder, which is removed where that fails.

    Raises: BadRequest, UnsupportedBody, BodyTooLarge, StorageFull, StoreUnavailable.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UnsupportedBody("jobs come as multipart/form-data with one or more parts named file")
    declared = request.headers.get("content-length", "0")
    try:
        intake = await run_in_threadpool(_open, folder, max_files, options[b"boundary"], declared)
        try:
            async for chunk in request.stream():
                await run_in_threadpool(intake.feed, chunk)
            return await run_in_threadpool(intake.end)
        finally:
            intake.close()
    except BaseException as exc:
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)
        if isinstance(exc, OSError):
            raise storage_error(exc) from exc
        if isinstance(exc, FormParserError | UnicodeError):
            raise BadRequest("not a multipart/form-data body") from exc
        raise


def _open(folder: Path, max_files: int, boundary: bytes, declared: str) -> Intake:
    private_folder(folder.parent.parent)
    folder.mkdir(parents=True, mode=0o700)
    wanted = int(declared) if declared.isdigit() else 0
    if shutil.disk_usage(folder).free < wanted + RESERVE_BYTES:
        raise StorageFull(f"no room on this server's disk for {wanted} bytes (OCR_DATA_DIR)")
    return Intake(Upload(folder), boundary, max_files)


class Intake:
    """Takes a body's parts as they come; for one thread at a time."""

    def __init__(self, upload: Upload, boundary: bytes, max_files: int) -> None:
        self._upload, self._max_files = upload, max_files
        self._file: IO[bytes] | None = None
        self._hash = hashlib.sha256()
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._name, self._text, self._ended = "", bytearray(), False
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._add(self._header, data[start:end]),
            "on_header_value": lambda data, start, end: self._add(self._value, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._open_part,
            "on_part_data": self._data,
            "on_part_end": self._end_part,
            "on_end": self._end_body,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        self._parser.write(chunk)

    def end(self) -> Upload:
        """What came, once the body is whole. Raises: BadRequest."""
        self._parser.finalize()
        if not self._ended:
            raise BadRequest("the multipart/form-data body was cut off")
        if not self._upload.files:
            raise BadRequest("multipart/form-data without a part named file that holds a file")
        return self._upload

    def close(self) -> None:
        """Let go of a file that was being written."""
        if self._file:
            self._file.close()

    def _add(self, part: bytearray, data: bytes) -> None:
        part += data
        if len(part) > MAX_HEADER_BYTES:
            raise BadRequest(f"a part whose header is over {MAX_HEADER_BYTES} bytes")

    def _begin(self) -> None:
        self._disposition, self._text = b"", bytearray()
        self._header.clear()
        self._value.clear()

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")[:80]
        if b"filename" not in options:
            if len(self._upload.fields) >= MAX_FIELDS or self._name in self._upload.fields:
                raise BadRequest(f"field {self._name!r} comes twice, or over {MAX_FIELDS} fields")
            return
        number = len(self._upload.files)
        if self._name != "file":
            raise BadRequest(f"a file in the part {self._name!r}; files come in parts named file")
        if number >= self._max_files:
            raise BadRequest(f"over {self._max_files} files (OCR_JOB_MAX_FILES); send a zip")
        name = clean_name(options[b"filename"].decode("utf-8", "replace"))
        self._upload.files.append((name, 0))
        self._hash = hashlib.sha256()
        self._file = self._upload.path(number).open("wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._file.write(data[start:end])
            self._hash.update(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > MAX_FIELD_BYTES:
            raise BadRequest(f"field {self._name!r} is over {MAX_FIELD_BYTES} bytes")

    def _end_part(self) -> None:
        if not self._file:
            self._upload.fields[self._name] = self._text.decode("utf-8")
            return
        self._file.flush()
        os.fsync(self._file.fileno())  # what was accepted must outlive a power cut
        name, _ = self._upload.files[-1]
        self._upload.files[-1] = (name, self._file.tell())
        self._upload.digests.append(self._hash.hexdigest())
        self._file.close()
        self._file = None

    def _end_body(self) -> None:
        self._ended = True
