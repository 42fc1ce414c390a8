import numpy as np
import pytest

from charset import Charset
from crnn.decode.ctc_score import log_total
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import read_lexicon
from crnn.errors import BadLexicon

CHARSET = Charset("test", ("\0", *"abc123 行银(（:：号"))


def scores(text: str, strength: float = 9.0) -> np.ndarray:
    """A line on which each character stands for one step, blanks between."""
    path = [0]
    for label in CHARSET.encode(text):
        path += [label, 0]
    return (np.eye(len(CHARSET), dtype=np.float32)[path] * strength).astype(np.float32)


def lexicon(*entries: str) -> Lexicon:
    return Lexicon.from_entries(entries, CHARSET)


def test_an_entry_is_read_where_the_free_text_differs_by_a_character():
    found = read_lexicon(scores("abc2", 4), lexicon("abc1", "cab3"), max_margin=5)
    assert (found.text, found.free_text, found.rejected) == ("abc1", "abc2", False)
    assert found.margin > 0


def test_the_margin_is_nothing_where_the_line_says_an_entry():
    found = read_lexicon(scores("abc1"), lexicon("abc1", "abc2"), n_best=2)
    assert found.margin == 0
    assert [entry.text for entry in found.entries] == ["abc1", "abc2"]
    assert found.entries[0].log_prob > found.entries[1].log_prob


def test_a_line_that_says_no_entry_is_rejected_and_the_free_text_preferred():
    sure = scores("号号号", 20)
    assert read_lexicon(sure, lexicon("abc1")).rejected
    assert read_lexicon(sure, lexicon("abc1")).text == "abc1"
    assert read_lexicon(sure, lexicon("abc1"), prefer=True).text == "号号号"
    assert read_lexicon(scores("abc1"), lexicon("abc1"), prefer=True).text == "abc1"


def test_entries_longer_than_the_line_are_no_reading():
    found = read_lexicon(scores("a")[:1], lexicon("abc1"))
    assert (found.text, found.entries, found.rejected) == ("", (), True)
    assert read_lexicon(scores("a"), lexicon("abc1"), prefer=True).text == "a"


def test_spaces_and_widths_do_not_part_a_line_from_its_entry():
    known = lexicon("银行（ab）：1 2".replace("）", ""), "号")
    for text in ("银行(ab:12", "银行（ab:1 2", "银 行 (ab：12"):
        found = read_lexicon(scores(text), known)
        assert found.text == "银行（ab：1 2"
        assert not found.rejected
        assert found.margin < 0.1


def test_full_width_entries_and_ideographic_spaces_are_normalised():
    known = lexicon("ａｂ\u3000１", "  ", "")
    assert len(known) == 1
    assert known.text(0) == "ab 1"
    assert "ab1" in known
    assert "ab 1" in known
    assert "ab" not in known
    assert "ä" not in known


def test_doubled_characters_of_an_entry_are_kept():
    found = read_lexicon(scores("行行11"), lexicon("行1", "行行1", "行行11"))
    assert found.text == "行行11"


def test_equal_entries_are_one_and_their_numbers_lead_back_to_them():
    known = lexicon("b2", "a1", "b 2", "a1")
    assert [known.text(i) for i in range(len(known))] == ["b2", "a1"]
    assert read_lexicon(scores("a1"), known).text == "a1"


def test_entries_that_cannot_be_read_are_named_and_left_out():
    known = lexicon("abc", "xyz", "a\ud800", "a" * 201)
    assert len(known) == 1
    assert known.skipped_count == 3
    assert known.skipped[0] == "xyz"
    assert known.skipped[1] == "a?"
    with pytest.raises(BadLexicon, match="none of 1 entries"):
        lexicon("xyz")
    with pytest.raises(BadLexicon, match="no entry"):
        lexicon("", " ")


def test_a_misread_beginning_is_found_from_the_end():
    many = [f"{a}{b}{c}号" for a in "abc123" for b in "abc123" for c in "abc123"]
    line = scores("1行银行号", 14)  # the first character is read as another, for sure
    found = read_lexicon(line, lexicon(*many, "号行银行号"), width=3, max_margin=9)
    assert found.text == "号行银行号"


def test_files_of_lines_and_of_columns_are_taken(tmp_path):
    lines, table = tmp_path / "a.txt", tmp_path / "a.csv"
    lines.write_bytes("\ufeffabc\r\n\r\n行1\r\n".encode())
    table.write_text('号,name\n1,abc\n2,"行,\n1"\n3,行1\n4\n', "utf-8")
    assert len(Lexicon.from_file(lines, CHARSET)) == 2
    assert "abc" in Lexicon.from_text(lines, CHARSET)
    by_column = Lexicon.from_file(table, CHARSET, column="name")
    assert "行1" in by_column
    assert by_column.skipped_count == 1
    with pytest.raises(BadLexicon, match="it has 号, name"):
        Lexicon.from_csv(table, "nom", CHARSET)
    (tmp_path / "gbk.txt").write_bytes("银行".encode("gbk"))
    with pytest.raises(BadLexicon, match="not UTF-8"):
        Lexicon.from_text(tmp_path / "gbk.txt", CHARSET)


def test_a_saved_lexicon_comes_back_for_the_same_classes_only(tmp_path):
    path = tmp_path / "a.npz"
    lexicon("abc1", "行 行").save(path)
    again = Lexicon.from_file(path, CHARSET)
    assert [again.text(i) for i in range(len(again))] == ["abc1", "行 行"]
    assert read_lexicon(scores("行行"), again).text == "行 行"
    with pytest.raises(BadLexicon, match="other classes"):
        Lexicon.load(path, Charset("other", ("\0", *"abc")))
    path.write_bytes(b"PK\3\4 damaged")
    with pytest.raises(BadLexicon, match="no saved lexicon"):
        Lexicon.load(path, CHARSET)
    path.write_bytes(b"")
    with pytest.raises(BadLexicon, match="no saved lexicon"):
        Lexicon.load(path, CHARSET)


def test_folding_widths_keeps_every_steps_total():
    raw = np.random.default_rng(2).normal(size=(6, len(CHARSET))).astype(np.float32)
    folded = lexicon("a").widths.folded(raw)
    assert np.allclose(log_total(folded), log_total(raw), atol=1e-5)
    given = CHARSET.encode(" （：")
    assert np.isneginf(folded[:, given]).all()
