from __future__ import annotations

import hashlib
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_multipart.exceptions import FormParserError

from service.errors import BadRequest
from service.storage.upload import MAX_FIELD_BYTES, Intake, Upload


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    head = f'--b\r\ncontent-disposition: form-data; name="{name}"'
    head += f'; filename="{filename}"' if filename is not None else ""
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--b--\r\n"


def taken(folder, data: bytes, step: int = 7, max_files: int = 3) -> Upload:
    intake = Intake(Upload(folder), b"b", max_files)
    try:
        for start in range(0, len(data), step):
            intake.feed(data[start : start + step])
        return intake.end()
    finally:
        intake.close()


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(contents=st.lists(st.binary(max_size=60), min_size=1, max_size=3), step=st.integers(1, 90))
def test_files_and_fields_come_out_as_they_went_in(tmp_path, contents, step):
    parts = [part("file", content, f"文件{n}.pdf") for n, content in enumerate(contents)]
    upload = taken(tmp_path, body(part("mode", "页".encode()), *parts), step)
    assert upload.fields == {"mode": "页"}
    assert upload.files == [(f"文件{n}.pdf", len(c)) for n, c in enumerate(contents)]
    assert [upload.path(n).read_bytes() for n in range(len(contents))] == contents
    assert upload.digests == [hashlib.sha256(content).hexdigest() for content in contents]


def test_large_files_pass_through_little_memory(tmp_path):
    chunk = bytes(1_000_000)
    tracemalloc.start()
    intake = Intake(Upload(tmp_path), b"b", 1)
    intake.feed(part("file", b"", "a")[:-2])
    for _ in range(40):
        intake.feed(chunk)
    intake.feed(b"\r\n--b--\r\n")
    assert intake.end().files == [("a", 40_000_000)]
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_names_never_leave_the_folder(tmp_path):
    upload = taken(tmp_path, body(part("file", b"x", "../../etc/passwd")))
    assert upload.files == [("etc/passwd", 1)]
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


@pytest.mark.parametrize(
    "data",
    [
        body(),
        body(part("mode", b"page")),
        body(part("file", b"no filename")),
        body(part("other", b"x", "a.png")),
        body(*[part("file", b"x", "a.png")] * 4),
        body(part("mode", b"1"), part("mode", b"2"), part("file", b"x", "a")),
        body(*[part(f"f{n}", b"1") for n in range(40)], part("file", b"x", "a")),
        body(part("mode", b"x" * (MAX_FIELD_BYTES + 1)), part("file", b"x", "a")),
        body(part("x" * 9000, b"1"), part("file", b"x", "a")),
        part("file", b"cut off", "a"),
        b"no multipart at all",
    ],
)
def test_a_body_that_is_wrong_is_a_bad_request(tmp_path, data):
    with pytest.raises((BadRequest, FormParserError)):
        taken(tmp_path, data, step=4096)


def test_the_same_files_and_fields_have_the_same_digest(tmp_path):
    def digest(name: str, *parts: bytes) -> str:
        (tmp_path / name).mkdir()
        return taken(tmp_path / name, body(*parts)).digest()

    one = digest("1", part("file", b"x", "a"), part("mode", b"page"))
    assert one == digest("2", part("file", b"x", "a"), part("mode", b"page"))
    assert one != digest("3", part("file", b"y", "a"), part("mode", b"page"))
    assert one != digest("4", part("file", b"x", "a"), part("mode", b"line"))
