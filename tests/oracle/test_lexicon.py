"""The lexicon beam against exact scores of every entry, and against the naive way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charset import Charset
from crnn.decode.beam import beam
from crnn.decode.constraints import DEAD
from crnn.decode.ctc_score import ctc_log_prob
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.decode.lexicon.lexicon_search import read_lexicon
from crnn.decode.lexicon.trie import NO_ENTRY, Trie

CHARSET = Charset("test", ("\0", *"abcdefgh1234567890 (（"))
QUIET = settings(max_examples=60, deadline=None)
ENTRIES = st.lists(st.text("abc1（ ", min_size=1, max_size=5), min_size=1, max_size=30)


def random_entries(rng: np.random.Generator, count: int) -> list[str]:
    chars = CHARSET.classes[1:19]
    return ["".join(rng.choice(chars, rng.integers(4, 9))) for _ in range(count)]


def noisy_scores(rng: np.random.Generator, text: str, noise: float) -> np.ndarray:
    """A line that says the text, each character over a step or two, under normal noise."""
    path = [0]
    for label in CHARSET.encode(text):
        path += [label] * int(rng.integers(1, 3)) + [0] * int(rng.integers(1, 3))
    clean = np.eye(len(CHARSET))[path] * 7
    return (clean + rng.normal(scale=noise, size=clean.shape)).astype(np.float32)


@QUIET
@given(entries=ENTRIES, seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 12))
def test_a_wide_beam_finds_the_entry_of_the_highest_exact_score(entries, seed, steps):
    if not any(entry.strip() for entry in entries):
        entries = [*entries, "a"]
    lexicon = Lexicon.from_entries(entries, CHARSET)
    rng = np.random.default_rng(seed)
    scores = rng.normal(scale=3, size=(steps, len(CHARSET))).astype(np.float32)
    found = read_lexicon(scores, lexicon, width=1000, n_best=3)
    plain = lexicon.widths.folded(scores)
    texts = [lexicon.text(i) for i in range(len(lexicon))]
    exact = ctc_log_prob(plain, [CHARSET.encode(lexicon.widths.spelling(text)) for text in texts])
    expected = sorted(exact[exact > -np.inf], reverse=True)[:3]
    assert np.allclose([entry.log_prob for entry in found.entries], expected, atol=1e-4)
    for entry in found.entries:
        assert np.isclose(exact[texts.index(entry.text)], entry.log_prob, atol=1e-4)


@QUIET
@given(keys=st.lists(st.text("\1\2\3\4", min_size=1, max_size=6), min_size=1, unique=True))
def test_a_trie_holds_its_texts_and_their_beginnings_and_nothing_else(keys):
    trie = Trie.of(keys)
    beginnings = {key[:n] for key in keys for n in range(len(key) + 1)}
    assert len(trie.label) == len(beginnings)
    states = {"": np.array([trie.start], np.int32)}
    for text in sorted(beginnings, key=len):
        ahead = trie.advance(states[text], np.arange(1, 6, dtype=np.int32))[0]
        classes, nexts = trie.arcs(int(states[text][0]))
        assert nexts.tolist() == ahead[ahead != DEAD].tolist()
        assert classes.tolist() == [c for c in range(1, 6) if text + chr(c) in beginnings]
        states |= {text + chr(c): ahead[c - 1 : c] for c in classes.tolist()}
        number = int(trie.entry[states[text][0]])
        assert number == (keys.index(text) if text in keys else NO_ENTRY)
        assert bool(trie.accepts(states[text])[0]) is (text in keys)
        assert text == "" or trie.find(text) == number
    dead = np.array([DEAD], np.int32)
    assert trie.advance(dead, np.array([1], np.int32)).tolist() == [[DEAD]]
    assert trie.accepts(dead).tolist() == [False]


@pytest.mark.parametrize("noise", [2.2, 2.8, 3.2])
def test_the_lexicon_beam_reads_noisy_lines_that_filtering_plain_beams_does_not(noise):
    rng = np.random.default_rng(11)
    entries = random_entries(rng, 3000)
    lexicon = Lexicon.from_entries(entries, CHARSET)
    right, naive, lost = 0, 0, 0
    for truth in entries[:60]:
        scores = noisy_scores(rng, truth, noise=noise)
        found = read_lexicon(scores, lexicon)
        right += found.text == truth
        plain = beam(scores, width=24, n_best=24)
        texts = (CHARSET.decode(list(h.labels)) for h in plain)
        naive += next((text for text in texts if text in lexicon), "") == truth
        known = ctc_log_prob(lexicon.widths.folded(scores), [CHARSET.encode(truth)])[0]
        lost += not found.entries or found.entries[0].log_prob < known - 1e-4
    assert right > 2 * naive
    assert lost <= 6
