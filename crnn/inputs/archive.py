"""Zip archives of pages, opened with suspicion: entries, bytes and ratio have limits."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from crnn.errors import DocumentLocked, DocumentTooLarge, NotADocument

MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
END, END_SIZE, END_REACH = b"PK\x05\x06", 22, 22 + 65536
ZIP64_LOCATOR, ZIP64_LOCATOR_SIZE = b"PK\x06\x07", 20
DIRECTORY_BYTES_PER_ENTRY = 400
"""Room in the central directory that an entry may take on average, its name included."""
MAX_RATIO, RATIO_FREE_BYTES = 200, 20_000_000
"""An entry may unpack to this many times its size, once it is large enough to matter."""
OFFICE = "[Content_Types].xml"
ENCRYPTED, UTF8 = 0x1, 0x800
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Entry:
    """A file in the archive: its place in the directory, and a name that is safe to show."""

    index: int
    name: str


def is_zip(begins: bytes) -> bool:
    """Whether a file begins as a zip does."""
    return begins.startswith(MAGICS)


def entries(source: bytes | Path, max_entries: int, max_bytes: int) -> list[Entry]:
    """The files of an archive, without folders and what file managers leave behind.

    Raises: NotADocument, DocumentLocked, DocumentTooLarge.
    """
    with _opened(source, max_entries) as archive:
        infos = archive.infolist()
    if len(infos) > max_entries:
        raise DocumentTooLarge(
            f"{len(infos)} files in the zip; the limit is {max_entries} (OCR_JOB_MAX_PAGES)"
        )
    if any(info.filename == OFFICE for info in infos):
        raise NotADocument("an Office document; save it as PDF and send that")
    total = sum(info.file_size for info in infos)
    if total > max_bytes:
        raise DocumentTooLarge(
            f"the zip unpacks to {total} bytes; the limit is {max_bytes} (OCR_JOB_MAX_BYTES)"
        )
    results = [Entry(index, safe_name(info)) for index, info in enumerate(infos)]
    return [entry for entry in results if not _is_clutter(entry.name, infos[entry.index])]


def read(source: bytes | Path, index: int, max_entries: int, max_bytes: int) -> bytes:
    """The bytes of one entry.

    Raises: NotADocument, DocumentLocked, DocumentTooLarge.
    """
    with _opened(source, max_entries) as archive:
        info = archive.infolist()[index]
        _check(info, max_bytes)
        if info.header_offset < 0:  # said to begin before the file does
            raise NotADocument(f"{safe_name(info)} in the zip is damaged: it begins nowhere")
        try:
            with archive.open(info) as file:
                data = file.read(max_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as exc:
            raise NotADocument(f"{safe_name(info)} in the zip is damaged: {exc}") from exc
    if is_zip(data):
        raise NotADocument(f"{safe_name(info)} is a zip inside the zip; send it by itself")
    return data


def safe_name(info: zipfile.ZipInfo) -> str:
    """An entry's name as text to show, in the encoding that its program wrote."""
    utf8 = info.flag_bits & UTF8
    return clean_name(info.filename if utf8 else _renamed(info.filename))


def clean_name(name: str) -> str:
    """A file's name as text to show: no path upwards, no control characters, not too long."""
    parts = CONTROL.sub("", name).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))[-200:] or "unnamed"


def _renamed(name: str) -> str:
    """A name without its encoding: programs of this country write GBK, others UTF-8."""
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _is_clutter(name: str, info: zipfile.ZipInfo) -> bool:
    last = name.rpartition("/")[2]
    clutter = name.startswith("__MACOSX") or last.startswith(".") or last == "Thumbs.db"
    return clutter or info.filename.endswith("/")  # is_dir() fails on an entry without a name


def _check(info: zipfile.ZipInfo, max_bytes: int) -> None:
    name = safe_name(info)
    if info.flag_bits & ENCRYPTED:
        raise DocumentLocked(f"{name} in the zip is encrypted; pack it without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotADocument(f"{name} in the zip is packed another way than stored or deflated")
    if info.file_size > max_bytes:
        raise DocumentTooLarge(f"{name} unpacks to {info.file_size} bytes; limit {max_bytes}")
    if info.file_size > max(RATIO_FREE_BYTES, MAX_RATIO * info.compress_size):
        raise DocumentTooLarge(f"{name} unpacks to more than {MAX_RATIO} times its size")


def _opened(source: bytes | Path, max_entries: int) -> zipfile.ZipFile:
    file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    try:
        _check_directory(file, max_entries)
        return _Owned(file)
    except Exception as exc:
        file.close()
        if isinstance(exc, zipfile.BadZipFile | ValueError | struct.error | NotImplementedError):
            raise NotADocument(f"a damaged zip: {exc}") from exc
        raise


class _Owned(zipfile.ZipFile):
    """An archive that closes the file it was given."""

    def close(self) -> None:
        file = self.fp
        super().close()
        if file is not None:
            file.close()


def _check_directory(file: io.BytesIO | io.BufferedReader, max_entries: int) -> None:
    """Measure the central directory before anything makes a list of it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - END_REACH))
    tail = file.read()
    end = len(tail) - END_SIZE
    if end < 0 or tail[end : end + 4] != END or tail[-2:] != b"\0\0":
        end = tail.rfind(END)
    if end < 0:
        raise NotADocument("a zip that was cut off: its directory is missing")
    if tail[max(0, end - ZIP64_LOCATOR_SIZE) :].startswith(ZIP64_LOCATOR):
        raise NotADocument("a zip64 archive; pack it as a plain zip")
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    if directory_bytes > max_entries * DIRECTORY_BYTES_PER_ENTRY:
        raise DocumentTooLarge(f"the zip lists more files than the limit of {max_entries}")
    file.seek(0)
