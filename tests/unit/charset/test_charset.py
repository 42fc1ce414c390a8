import subprocess
import sys

import pytest

from charset import BLANK, Charset, CharsetError, fold, names, normalize
from charset.build import gb2312_hanzi


def test_the_tables_are_zh_and_digits():
    assert names() == ["digits", "zh"]


def test_tables_agree_with_the_sources_they_are_built_from():
    done = subprocess.run(
        [sys.executable, "-m", "charset.build", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_gb2312_has_its_6763_hanzi_and_zh_holds_all_of_them():
    hanzi = gb2312_hanzi()
    assert len(hanzi) == 6763
    assert not Charset.load("zh").missing("".join(hanzi))


def test_zh_holds_what_stands_on_forms():
    wanted = "Aa09 ~，。（）《》“”￥€①⑳ⅠⅫⅲ㎡℃‰☑□✓√×÷±éüßαΩ鿍" + "".join(map(chr, range(0x21, 0x7F)))
    assert Charset.load("zh").missing(wanted) <= {"鿍"}


def test_every_class_is_spelled_as_normalisation_spells_it():
    classes = Charset.load("zh").classes[1:]
    assert [char for char in classes if char != " " and normalize(char) != char] == []


def test_the_blank_is_class_0_and_never_decoded():
    zh = Charset.load("zh")
    assert zh.classes[0] == BLANK
    assert zh.decode([0, *zh.encode("发票"), 0]) == "发票"
    assert BLANK not in zh


def test_encoding_names_the_characters_without_a_class():
    with pytest.raises(CharsetError, match=r"U\+0041"):
        Charset.load("digits").encode("1A")


def test_a_table_with_another_digest_is_refused(monkeypatch, tmp_path):
    (tmp_path / "digits.txt").write_text("0030\n")
    (tmp_path / "DIGESTS").write_text("0" * 64 + "  digits.txt\n")
    monkeypatch.setattr("charset.charset.TABLES", tmp_path)
    with pytest.raises(CharsetError, match="sha256"):
        Charset.load("digits")


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("¥5", "￥5"),
        ("  a \t b\n", "a b"),
        ("a\u3000b", "a b"),
        ("2−1", "2-1"),
        ("（一） ， 二", "（一），二"),
        ("e\u0301", "é"),
    ],
)
def test_signs_that_print_the_same_get_one_spelling(written, stored):
    assert normalize(written) == stored


def test_folding_compares_as_the_benchmarks_do():
    assert fold("“（1） 2”—·～") == '"(1)2"-.~'
