import numpy as np
import pytest

from charset import Charset
from crnn.decode.factory import DecodeOptions, decoder
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.ngram_lm import NgramLanguage
from crnn.errors import UnknownOption
from crnn.fields import Grammar
from crnn.lm import build
from crnn.page import Match

CHARSET = Charset("test", ("\0", *"ab12 （("))
LEXICON = Lexicon.from_entries(["a1", "b2 （"], CHARSET)


def scores(path: list[int], strength: float = 9.0) -> np.ndarray:
    return (np.eye(len(CHARSET), dtype=np.float32)[path] * strength).astype(np.float32)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"method": "sideways"}, "expected one of"),
        ({"method": "grammar"}, "need each other"),
        ({"method": "beam", "grammar": "date"}, "need each other"),
        ({"method": "beam", "n_best": 0}, "expected 1 to 20"),
        ({"method": "beam", "n_best": 21}, "expected 1 to 20"),
        ({"n_best": 2}, "greedy"),
        ({"method": "lexicon"}, "need each other"),
        ({"method": "beam", "lexicon": LEXICON}, "need each other"),
        ({"method": "lexicon", "lexicon": LEXICON, "max_margin": float("nan")}, "max_margin"),
    ],
)
def test_wishes_that_cannot_be_are_told(wishes, told):
    with pytest.raises(UnknownOption, match=told):
        DecodeOptions(**wishes)


def test_a_lexicon_of_other_classes_is_refused():
    wishes = DecodeOptions("lexicon", lexicon=LEXICON)
    with pytest.raises(UnknownOption, match="other classes"):
        decoder(wishes, Charset("other", ("\0", "a")))


def test_a_beam_tells_distinct_texts_and_characters_where_they_are():
    line = scores([0, 1, 5, 5, 0, 3, 0], 4)
    found = decoder(DecodeOptions("beam", n_best=5), CHARSET)(line)
    assert "".join(char.text for char in found.chars) == "a 1"
    assert [(char.start, char.end) for char in found.chars] == [(1, 2), (2, 4), (5, 6)]
    texts = [one.text for one in found.alternatives]
    assert texts[0] == "a 1"
    assert len(set(texts)) == len(texts) == 5
    assert decoder(DecodeOptions("beam"), CHARSET)(line).alternatives == ()


def test_greedy_and_beam_agree_on_a_sure_line():
    line = scores([0, 1, 0, 1, 3])
    greedy, beam = (decoder(DecodeOptions(way), CHARSET)(line) for way in ("greedy", "beam"))
    assert [(c.text, c.start, c.end) for c in greedy.chars] == [
        (c.text, c.start, c.end) for c in beam.chars
    ]
    assert np.allclose([c.confidence for c in greedy.chars], [c.confidence for c in beam.chars])


def test_an_entry_is_told_as_it_was_given_and_its_characters_without_spaces():
    line = scores([2, 0, 4, 7, 0])
    found = decoder(DecodeOptions("lexicon", lexicon=LEXICON), CHARSET)(line)
    assert found.text == "b2（"
    assert [(c.text, c.start, c.end) for c in found.chars] == [
        ("b", 0, 1), ("2", 2, 3), ("（", 3, 4),
    ]  # fmt: skip
    assert found.match is not None
    assert (found.match.free_text, found.match.rejected) == ("b2(", False)


def test_a_line_that_fits_no_entry_has_no_margin_and_says_so():
    wishes = DecodeOptions("lexicon", lexicon=LEXICON)
    found = decoder(wishes, CHARSET)(scores([0]))
    assert (found.text, found.chars) == ("", ())
    assert found.match is not None
    assert (found.match.margin, found.match.rejected) == (None, True)
    free = decoder(DecodeOptions("lexicon", lexicon=LEXICON, prefer=True), CHARSET)
    assert [c.text for c in free(scores([3], 30)).chars] == ["1"]


def test_a_language_model_is_needed_for_lm_and_moves_the_reading():
    with pytest.raises(UnknownOption, match="no language model"):
        decoder(DecodeOptions("lm"), CHARSET)
    line = scores([0, 1, 0, 1, 0])
    line[3, 1], line[3, 2] = 8.0, 7.9  # a little more like an "a" than like a "b"
    language = NgramLanguage(build(["ab"] * 50, CHARSET).data, CHARSET.classes)
    assert read(decoder(DecodeOptions("beam"), CHARSET)(line)) == "aa"
    assert read(decoder(DecodeOptions("lm"), CHARSET, language)(line)) == "ab"


def read(found) -> str:
    return "".join(char.text for char in found.chars)


def test_a_grammar_reads_only_what_it_allows_and_tells_what_it_means():
    line = scores([0, 1, 0, 3, 0, 4, 0], 5.0)
    line[1, 0] = 4.9  # hardly anything stands before the digits
    found = decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "[12]{2}"})), CHARSET)(line)
    assert read(found) == "12"
    assert found.match is not None and found.field is not None
    assert (found.match.free_text, found.match.rejected) == ("a12", False)
    assert found.match.margin > 0
    assert (found.field.status, found.field.valid, found.field.read) == ("corrected", True, "a12")
    assert found.field.proposal.text == "12"
    assert found.field.proposal.against == pytest.approx(0.53, abs=0.01)


def test_a_proposal_that_changes_what_is_sure_is_not_taken():
    line = scores([0, 1, 0, 3, 0, 4, 0], 9.0)
    found = decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "[12]{2}"})), CHARSET)(line)
    assert read(found) == "a12" and found.text is None
    assert found.match == Match("a12", found.match.margin, True)
    assert found.field.status == "conflict"
    assert (found.field.valid, found.field.value) == (False, None)
    assert found.field.proposal.text == "12"
    assert found.field.proposal.against > 0.99


def test_what_is_of_the_field_but_for_its_spaces_is_read():
    line = scores([0, 3, 5, 4, 0])
    found = decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "[12]{2}"})), CHARSET)(line)
    assert (read(found), found.field.status, found.field.read) == ("12", "read", "1 2")
    assert found.field.proposal is None


def test_a_character_is_not_put_in_where_nothing_is_written():
    line = scores([0, 3, 0, 0, 4, 0])
    found = decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "[12]{3}"})), CHARSET)(line)
    assert (read(found), found.field.status) == ("12", "conflict")
    assert len(found.field.proposal.text) == 3


def test_a_line_without_characters_is_empty_and_one_with_ink_unreadable():
    wishes = DecodeOptions("grammar", grammar=Grammar({"regex": "[12]{3}"}))
    assert decoder(wishes, CHARSET)(scores([0, 0, 0])).field.status == "empty"
    faint = scores([0, 0, 0], 1.0)
    faint[1] = [0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert decoder(wishes, CHARSET)(faint).field.status == "unreadable"


def test_an_entry_is_not_put_in_the_place_of_a_sure_reading():
    line = scores([1, 0, 4, 0])
    found = decoder(DecodeOptions("lexicon", lexicon=LEXICON), CHARSET)(line)
    assert (read(found), found.match.rejected, found.field.status) == ("a2", True, "conflict")
    assert found.field.proposal.text == "a1"
    line[2, 3] = 8.5  # nearly as much a 1 as a 2
    found = decoder(DecodeOptions("lexicon", lexicon=LEXICON), CHARSET)(line)
    assert (found.text, found.match.rejected, found.field.status) == ("a1", False, "corrected")


def test_a_line_that_no_allowed_text_fits_is_rejected_with_its_free_reading():
    line = scores([1, 0])
    found = decoder(DecodeOptions("grammar", grammar=Grammar({"regex": "1212121212"})), CHARSET)(
        line
    )
    assert found.text is None and read(found) == "a"
    assert found.match is not None and found.match.rejected and found.match.margin is None
    assert found.field is not None and not found.field.valid


def test_check_digits_choose_among_readings():
    digits = Charset.load("digits")
    card = "4539578763621486"
    line = np.full((2 * len(card), len(digits)), -6.0, np.float32)
    line[1::2, 0] = 3.0
    for step, digit in enumerate(card):
        line[2 * step, digits.encode(digit)] = 3.0
    line[4, digits.encode("8")] = 3.5  # the image says 8 where a 3 stands
    free = read(decoder(DecodeOptions(), digits)(line))
    found = decoder(DecodeOptions("grammar", grammar=Grammar("bank_card"), n_best=3), digits)(line)
    assert free == card[:2] + "8" + card[3:]
    assert read(found) == card
    assert found.field is not None and found.field.valid
    assert found.match is not None and found.match.free_text == free
    assert found.alternatives[0].text == card
