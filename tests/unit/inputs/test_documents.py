import io
import struct
import time
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crnn.errors import (
    DocumentLocked,
    DocumentTooLarge,
    ImageTooLarge,
    NotADocument,
    NotAnImage,
    ReadError,
)
from crnn.inputs import archive, documents
from crnn.inputs.documents import DocumentLimits
from crnn.inputs.image import ImageLimits, decode
from tests.conftest import drawn, png
from tests.fixtures.papers import joined, pdf, sheet, tiff, zipped

LIMITS = DocumentLimits(
    max_bytes=4_000_000, max_pages=20, image=ImageLimits(max_pixels=4_000_000), pdf_dpi=144
)
SHEETS = [sheet("111"), sheet("22", "33"), sheet("4")]


@pytest.fixture(params=["bytes", "file"])
def as_source(request, tmp_path):
    """A document as bytes, and as a file with a name that lies."""

    def give(data: bytes):
        if request.param == "bytes":
            return data
        (tmp_path / "invoice.jpg").write_bytes(data)
        return tmp_path / "invoice.jpg"

    return give


def read(source) -> list[np.ndarray]:
    return [page.grey for page in documents.pages(source, LIMITS)]


def test_an_image_is_a_document_of_one_page(as_source):
    (found,) = read(as_source(png(SHEETS[0])))
    assert np.array_equal(found, SHEETS[0])


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_every_page_of_a_tiff_is_given(as_source, compression):
    found = read(as_source(tiff(*SHEETS, compression=compression)))
    assert [page.shape for page in found] == [page.shape for page in SHEETS]
    assert all(np.array_equal(a, b) for a, b in zip(found, SHEETS, strict=True))


def test_fax_pages_are_given(as_source):
    found = read(as_source(tiff(*SHEETS, compression="group4", mode="1")))
    expected = [np.asarray(Image.fromarray(page).convert("1").convert("L")) for page in SHEETS]
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def test_sixteen_bit_tiff_pages_are_given():
    deep = [Image.fromarray(page.astype(np.uint16) * 257) for page in SHEETS]
    data = io.BytesIO()
    deep[0].save(data, "TIFF", save_all=True, append_images=deep[1:])
    found = read(data.getvalue())
    assert all(np.array_equal(a, b) for a, b in zip(found, SHEETS, strict=True))


def test_pdf_pages_are_rendered_at_the_wanted_dots(as_source):
    found = list(documents.pages(as_source(pdf(*SHEETS)), LIMITS))
    assert [page.grey.shape for page in found] == [(2 * h, 2 * w) for h, w in map(np.shape, SHEETS)]
    assert {page.dpi for page in found} == {144}
    for page, truth in zip(found, SHEETS, strict=True):
        small = np.asarray(Image.fromarray(page.grey).reduce(2))
        assert np.abs(small.astype(int) - truth).mean() < 6


def test_a_large_pdf_page_gets_fewer_dots_and_a_giant_one_is_refused():
    (page,) = documents.pages(pdf(SHEETS[0], box=(1400, 1400)), LIMITS)
    assert page.grey.size <= LIMITS.image.max_pixels
    assert 72 < page.dpi < 144
    with pytest.raises(ImageTooLarge, match="14400x14400 points"):
        read(pdf(SHEETS[0], box=(14400, 14400)))


def test_a_zip_gives_the_pages_of_its_files_with_names(as_source):
    data = as_source(zipped(b__png=png(SHEETS[0]), a__tif=tiff(*SHEETS), c__pdf=pdf(SHEETS[2])))
    refs = documents.outline(data, LIMITS)
    assert [(ref.name, ref.index) for ref in refs] == [
        ("b.png", 0), ("a.tif", 0), ("a.tif", 1), ("a.tif", 2), ("c.pdf", 0),
    ]  # fmt: skip
    assert np.array_equal(documents.page(data, refs[2], LIMITS).grey, SHEETS[1])


def test_an_unreadable_file_in_a_zip_is_a_page_that_says_why():
    data = zipped(a__png=png(SHEETS[0]), b__png=b"no picture", c__zip=zipped(d__png=b"x"))
    refs = documents.outline(data, LIMITS)
    documents.page(data, refs[0], LIMITS)
    with pytest.raises(NotAnImage):
        documents.page(data, refs[1], LIMITS)
    with pytest.raises(NotADocument, match="a zip inside the zip"):
        documents.page(data, refs[2], LIMITS)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\scans\\1.png", "C:/scans/1.png"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("/", "unnamed"),
        ("发票.png".encode("gbk").decode("cp437"), "发票.png"),
        ("发票.png".encode().decode("cp437"), "发票.png"),
        ("x" * 999, "x" * 200),
    ],
)
def test_names_in_a_zip_are_safe_to_show(raw, shown):
    info = zipfile.ZipInfo("x")
    info.filename = raw
    if not raw.isascii() and "\u202e" in raw:
        info.flag_bits |= archive.UTF8
    assert archive.safe_name(info) == shown


def test_zips_over_their_limits_are_refused():
    with pytest.raises(DocumentTooLarge, match="30 files"):
        read(zipped(**{f"f{n}": b"x" for n in range(30)}))
    with pytest.raises(DocumentTooLarge, match="unpacks to 5000000"):
        read(zipped(a=b"\0" * 5_000_000))
    roomy = DocumentLimits(max_bytes=40_000_000)
    with pytest.raises(DocumentTooLarge, match="times its size"):
        list(documents.pages(zipped(a=b"\0" * 30_000_000), roomy))
    with pytest.raises(NotADocument, match="without a file"):
        read(zipped())
    with pytest.raises(NotADocument, match="save it as PDF"):
        read(zipped(**{"[Content_Types]__xml": b"<x/>"}))


def test_a_zip_that_lists_a_million_files_is_measured_not_listed():
    record = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 65535, 65535, 3_000_000, 4, 0)
    with pytest.raises(DocumentTooLarge, match="lists more files"):
        read(b"PK\x03\x04" + b"\0" * 3_000_000 + record)


def test_a_zip_whose_directory_lies_about_sizes_yields_no_more_than_it_says():
    data = bytearray(zipped(a__png=png(SHEETS[0])))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<L", 10)
    with pytest.raises(ReadError):
        read(bytes(data))


def test_an_encrypted_zip_is_locked():
    data = bytearray(zipped(a__png=png(SHEETS[0])))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(DocumentLocked):
        read(bytes(data))


def test_an_encrypted_pdf_is_locked():
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Filter/Standard/V 2/R 3/Length 128/P -4/O<%s>/U<%s>>>" % (b"41" * 32, b"42" * 32),
    ]
    data = joined(objects).replace(b"/Root", b"/Encrypt 3 0 R/ID[<00><00>]/Root")
    with pytest.raises(DocumentLocked, match="password"):
        read(data)


def test_a_pdf_that_says_it_has_100_000_pages_is_refused_at_once():
    kids = b" ".join([b"3 0 R"] * 100_000)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 100000/Kids[%s]>>" % kids,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
    with pytest.raises(DocumentTooLarge, match="100000 pages"):
        read(joined(objects))


def test_a_pdf_image_that_unpacks_to_gigabytes_ends_its_own_process_only():
    squeezer = zlib.compressobj(9)
    packed = squeezer.compress(b"\0" * 1_000_000) + squeezer.flush(zlib.Z_FULL_FLUSH)
    packed += packed[2:] * 2499 + squeezer.flush()
    head = b"<</Type/XObject/Subtype/Image/Width 50000/Height 50000/BitsPerComponent 8"
    head += b"/ColorSpace/DeviceGray/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        page + b"/Resources<</XObject<</I 5 0 R>>>>>>",
        b"<</Length 26>>stream\nq 99 0 0 99 0 0 cm /I Do Q\nendstream",
        head + packed + b"\nendstream",
    ]
    started = time.monotonic()
    try:
        (page_image,) = documents.pages(joined(objects), LIMITS)
        assert page_image.grey.size <= LIMITS.image.max_pixels
    except NotADocument:
        pass
    assert time.monotonic() - started < 90


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(documents.pdf, "COUNT_TIMEOUT_S", 0.001)
    with pytest.raises(NotADocument, match="not done within"):
        read(pdf(SHEETS[0]))


@pytest.mark.parametrize("data", [b"%PDF-1.7\nrubbish", b"%PDF-1.5", pdf(SHEETS[0])[:300]])
def test_a_broken_pdf_is_no_document(data):
    with pytest.raises(NotADocument):
        read(data)


def test_a_chain_of_tiff_pages_that_loops_ends():
    data = bytearray(tiff(*SHEETS))
    places = documents.tiff.directories(bytes(data), 9)
    (tags,) = struct.unpack_from("<H", data, places[1])
    struct.pack_into("<L", data, places[1] + 2 + 12 * tags, places[0])
    assert len(read(bytes(data))) == 2


def test_a_tiff_of_a_million_pages_is_refused_without_counting_them():
    empty = b"".join(struct.pack("<HL", 0, 8 + 6 * (n + 1)) for n in range(200_000))
    with pytest.raises(DocumentTooLarge, match="21 pages or more"):
        read(b"II*\0" + struct.pack("<L", 8) + empty)


@pytest.mark.parametrize("reads", [read, lambda data: decode(data, LIMITS.image)])
def test_tiff_tags_that_each_claim_the_file_are_refused_unread(reads):
    tags = b"".join(struct.pack("<HHLL", 40000 + n, 1, 900_000, 8) for n in range(400))
    data = b"II*\0" + struct.pack("<LH", 8, 400) + tags + b"\0" * 1_000_000
    tracemalloc.start()
    with pytest.raises(DocumentTooLarge, match="TIFF tags"):
        reads(data)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_jpeg_with_a_thousand_scans_is_refused():
    data = io.BytesIO()
    Image.fromarray(drawn()).save(data, "JPEG", progressive=True)
    whole = data.getvalue()
    assert decode(whole, LIMITS.image).shape == drawn().shape
    with pytest.raises(NotAnImage, match="scans"):
        decode(whole[:-2] + b"\xff\xda\0\x08\x01\x01\0\0\0\0" * 300, LIMITS.image)


def test_pages_are_made_one_at_a_time(monkeypatch):
    made = []
    original = documents.page
    monkeypatch.setattr(documents, "page", lambda *a: made.append(1) or original(*a))
    stream = documents.pages(tiff(*SHEETS), LIMITS)
    next(stream)
    assert len(made) == 1


SAMPLES = [tiff(*SHEETS), zipped(a__png=png(SHEETS[0]), b__tif=tiff(*SHEETS[:2]))]


@settings(max_examples=80, deadline=None)
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    keep=st.floats(0.05, 1.0),
)
def test_damaged_documents_give_pages_or_read_errors(tmp_path_factory, sample, changes, keep):
    data = bytearray(sample)
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    content = bytes(data[: int(keep * len(data))])
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    for source in (content, path):
        try:
            for page in documents.pages(source, LIMITS):
                assert page.grey.ndim == 2
        except ReadError as refusal:
            assert str(refusal)


@pytest.mark.parametrize("as_file", [True, False])
def test_an_entry_that_begins_before_its_zip_is_damaged(tmp_path, as_file):
    whole = bytearray(zipped(a__png=png(sheet("77"))))
    end = whole.rindex(b"PK\x05\x06")
    (start,) = struct.unpack_from("<I", whole, end + 16)
    struct.pack_into("<I", whole, end + 16, start + 5000)  # the directory is said to stand later
    (tmp_path / "a.zip").write_bytes(whole)
    source = tmp_path / "a.zip" if as_file else bytes(whole)
    with pytest.raises(NotADocument):
        archive.read(source, 0, 10, 1_000_000)


def test_an_entry_without_a_name_is_read():
    whole = bytearray(zipped(a=png(sheet("77"))))
    at = whole.rindex(b"PK\x01\x02")
    (length,) = struct.unpack_from("<H", whole, at + 28)
    struct.pack_into("<HH", whole, at + 28, 0, length)  # its name counts as an extra field
    (entry,) = archive.entries(bytes(whole), 10, 1_000_000)
    assert entry.name == "unnamed"
