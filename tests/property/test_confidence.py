"""Surer stays surer; probabilities stay probabilities; alignments cost what edits cost."""

from hypothesis import given
from hypothesis import strategies as st

from crnn.calibration import Calibration
from crnn.evaluate.metrics import edit_distance
from crnn.evaluate.reliability import interval
from crnn.evaluate.review_budget import above, lowest
from crnn.evaluate.text_alignment import align, compared
from crnn.page import Char
from crnn.recognize.confidence import share_out

UNIT = st.floats(0, 1)
SLOPE = st.floats(0, 5)
CURVES = st.builds(
    lambda a, b, c, d, e: Calibration((a, b, c), (d, e)),
    st.floats(-5, 5), SLOPE, SLOPE, st.floats(-5, 5), SLOPE,
)  # fmt: skip
TEXT = st.text("ab一 ", max_size=8)


@given(curve=CURVES, peaks=st.lists(UNIT, min_size=1, max_size=9), at=st.integers(0, 8), up=UNIT)
def test_a_surer_character_lowers_no_confidence(curve, peaks, at, up):
    at %= len(peaks)
    surer = [*peaks[:at], max(up, peaks[at]), *peaks[at + 1 :]]
    before, after = curve.chars(peaks), curve.chars(surer)
    assert all(0 < one <= two < 1 for one, two in zip(before, after, strict=True))
    assert curve.whole(before, -0.1) <= curve.whole(after, -0.1)


@given(curve=CURVES, chars=st.lists(UNIT, max_size=300), ln=st.floats(-50, 0), less=st.floats(0, 9))
def test_more_doubt_about_missed_characters_never_raises_a_line(curve, chars, ln, less):
    assert 0 < curve.whole(chars, ln - less) <= curve.whole(chars, ln) < 1


@given(confidence=UNIT, shares=st.lists(UNIT, max_size=5))
def test_a_character_and_its_alternatives_are_at_most_certain(confidence, shares):
    total = sum(shares) or 1.0
    parts = tuple(("x", share / max(1.0, total)) for share in shares)
    (char,) = share_out([Char("y", confidence, 0, 1, parts)])
    assert confidence + sum(share for _, share in char.alternatives) <= 1 + 1e-9


@given(read=TEXT, truth=TEXT)
def test_an_alignment_spells_both_texts_at_the_edit_distance(read, truth):
    pairs = align(read, truth)
    assert "".join(a for a, _ in pairs) == read
    assert "".join(b for _, b in pairs) == truth
    assert sum(a != b for a, b in pairs) == edit_distance(read, truth)
    assert all(a or b for a, b in pairs)


@given(read=TEXT, truth=TEXT)
def test_both_sides_agree_on_how_many_are_right(read, truth):
    left, right = compared(read, truth)
    assert left.count(True) == right.count(True)
    assert left.count(None) == read.count(" ")


@given(total=st.integers(1, 400), share=UNIT)
def test_an_interval_holds_the_rate_that_was_seen(total, share):
    wrong = round(share * total)
    low, high = interval(wrong, total)
    assert 0 <= low <= wrong / total <= high <= 1


@given(answers=st.lists(st.tuples(UNIT, st.booleans()), max_size=40), target=st.floats(0, 0.9))
def test_a_threshold_keeps_its_target_and_no_lower_one_does(answers, target):
    threshold = lowest(answers, target)
    for tried in {confidence for confidence, _ in answers}:
        kept = above(answers, tried)
        keeps = sum(not right for _, right in kept) <= target * len(kept)
        if tried == threshold:
            assert keeps
        if threshold is None or tried < threshold:
            assert not keeps
