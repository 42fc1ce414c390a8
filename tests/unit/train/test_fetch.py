"""What is taken out of a package of WordNet, and the table of fonts."""

import gzip
import zipfile
from collections import defaultdict

import msgpack
import pytest

from crnn.train.data import fetch, font_files
from crnn.train.synth.fonts.glyphs import HELD_OUT, HELD_OUT_LATIN

ROWS = """  1 This software is provided to you by its licence
00001740 03 n 01 entity 0 003 ~ 00001930 n 0000 | that which exists; "it held three balls"
15300051 28 n 02 9/11 0 Sept._11 0 002 #p 15212739 n 0000 | the day in 2001; short
00002312 00 a 01 dorsal(a) 0 001 ;c 06037666 n 0000 | belonging to or on the back
"""


@pytest.fixture
def unpacked(tmp_path):
    """A package with one file of WordNet and another that is none of it."""
    folder = tmp_path / "usr/share/wordnet"
    folder.mkdir(parents=True)
    (folder / "data.noun").write_text(ROWS, "utf-8")
    (folder / "index.noun").write_text("entity n 1 1 ~ 1 1 00001740\n", "utf-8")
    return tmp_path


def test_glosses_and_examples_are_lines_of_three_words_or_more(unpacked):
    assert list(fetch.gloss_lines(unpacked)) == [
        "that which exists",
        "it held three balls",
        "the day in 2001",
        "belonging to or on the back",
    ]


def test_terms_are_words_without_their_marks(unpacked):
    assert list(fetch.term_lines(unpacked)) == ["entity", "9/11", "Sept. 11", "dorsal"]


def test_english_words_are_those_in_use_with_how_often_they_are(tmp_path):
    """Of lists of words, those of place N used 10 ** (-N / 100) of the time."""
    places = [{"format": "cB", "version": 1}, *[[] for _ in range(300)]]
    places += [
        ["use", "2nd", "don't"],
        *[[] for _ in range(199)],
        ["coupon"],
        *[[]] * 200,
        ["rare"],
    ]
    path = tmp_path / "wordfreq/data/large_en.msgpack.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(msgpack.packb(places)))
    found = list(fetch.counted_english(tmp_path))
    assert found == ["use 1000000", "don't 1000000", "coupon 10000"]


def test_a_wheel_is_unpacked_as_the_archive_it_is(tmp_path, monkeypatch):
    wheel = tmp_path / "words-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("words/data.txt", "coupon")
    monkeypatch.setitem(fetch.DOWNLOAD, "pypi", ("cp", str(wheel)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = fetch.unpack("pypi:.", scratch)
    assert (found / "words/data.txt").read_text() == "coupon"


def test_no_family_of_fonts_is_both_trained_on_and_kept_for_judging():
    kinds = defaultdict(set)
    for row in font_files.font_rows():
        family = row["from"] if not row["from"].startswith(font_files.FOLDER) else row["file"]
        kinds[family].add(row["kind"] in (HELD_OUT, HELD_OUT_LATIN))
    assert [package for package, kept in kinds.items() if len(kept) > 1] == []


def test_families_are_rows_as_single_fonts_are():
    rows = font_files.font_rows()
    files = [row["file"] for row in rows]
    assert len(set(files)) == len(files)
    assert all({"from", "file", "kind", "weight"} <= set(row) for row in rows)
    abel = next(row for row in rows if row["file"] == "abel-400.ttf")
    assert (abel["from"], abel["kind"]) == ("npm:@fontsource/abel", "latin")
    assert abel["source"] == "abel-latin-400-normal.woff2"
