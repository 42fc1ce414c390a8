"""Readings that are kept: the same as read anew, never another's, within their bytes."""

from __future__ import annotations

from dataclasses import fields, replace

from charset import Charset
from crnn.decode.factory import DecodeOptions
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.fields import Grammar
from crnn.options import ReadOptions
from crnn.page import Char, Line, Match, Page
from service.engine import Engine
from service.observe.metrics import Meters
from service.reading_cache import OVERHEAD_BYTES, Readings

CHARSET = Charset("test", ("\0", *"abc"))
PAGE = Page((Line("ab", 0.5, (0, 0, 9, 9), (Char("a", 0.1, 0, 1, (("b", 0.2),)),),
                  match=Match("c", None, True)),), 9, 9, "line")  # fmt: skip


def lexicon() -> Lexicon:
    return Lexicon.from_entries(["abc"], CHARSET)


def test_every_wish_and_every_byte_and_the_weights_make_another_key():
    readings, plain = Readings(10**6), ReadOptions()
    first, second = lexicon(), lexicon()
    options = [
        plain,
        replace(plain, mode="line"),
        replace(plain, detail="chars"),
        replace(plain, width="half"),
        replace(plain, effort="thorough"),
        *[
            replace(plain, decoding=DecodeOptions(**wishes))
            for wishes in (
                {"method": "beam"}, {"method": "beam", "n_best": 2},
                {"method": "lm"}, {"method": "auto"},
                {"method": "grammar", "grammar": Grammar("date")},
                {"method": "grammar", "grammar": Grammar({"regex": "a"})},
                {"method": "lexicon", "lexicon": first}, {"method": "lexicon", "lexicon": second},
                {"method": "lexicon", "lexicon": first, "prefer": True},
                {"method": "lexicon", "lexicon": first, "max_margin": 1.0},
            )
        ],
    ]  # fmt: skip
    keys = [readings.key(b"image", one, "w") for one in options]
    keys += [readings.key(b"imagf", plain, "w"), readings.key(b"image", plain, "v")]
    assert len(set(keys)) == len(keys)
    assert keys[0] == readings.key(b"image", ReadOptions(), "w")


def test_no_wish_is_left_out_of_the_key():
    """A wish that is added must be added to `Readings.key` and to the test above."""
    named = {"mode", "detail", "decoding", "width", "effort"}
    assert {one.name for one in fields(ReadOptions)} == named
    assert {one.name for one in fields(DecodeOptions)} == {
        "method",
        "n_best",
        "lexicon",
        "prefer",
        "max_margin",
        "grammar",
    }


def test_what_is_found_equals_what_was_kept():
    readings = Readings(10**6)
    key = readings.key(b"a", ReadOptions(), "w")
    assert readings.find(key) is None
    readings.keep(key, PAGE, ReadOptions())
    assert readings.find(key) == PAGE


def test_the_bytes_stay_within_their_limit_and_the_oldest_go_first():
    readings = Readings(5 * OVERHEAD_BYTES + 3000)
    keys = [readings.key(bytes([n]), ReadOptions(), "w") for n in range(30)]
    for key in keys:
        readings.keep(key, PAGE, ReadOptions())
        assert readings.find(keys[0]) or key != keys[0]
        assert 0 < readings.bytes <= 5 * OVERHEAD_BYTES + 3000
    kept = [readings.find(key) is not None for key in keys]
    assert kept[0], "asked for all the time"
    assert kept[-1] and not kept[1]
    big = replace(PAGE, lines=(replace(PAGE.lines[0], text="a" * 10_000),))
    readings.keep(readings.key(b"big", ReadOptions(), "w"), big, ReadOptions())
    assert readings.find(readings.key(b"big", ReadOptions(), "w")) is None


def test_the_engine_reads_the_same_image_once():
    class Counting:
        asked, sha256 = 0, "w"

        def read(self, image: bytes, options: ReadOptions) -> Page:
            self.asked += 1
            return PAGE

    reader = Counting()
    engine = Engine(
        reader, threads=1, queue_size=1, timeout_s=1, meters=Meters(), readings=Readings(9999)
    )
    for image in (b"a", b"a", b"b", b"a"):
        assert engine.read_sync(image, ReadOptions()) == PAGE
    assert reader.asked == 2
    engine.close()
