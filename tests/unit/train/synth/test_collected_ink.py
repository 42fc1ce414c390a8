"""Real ink set into lines, the writers kept apart for measuring, and numbers people write."""

import cv2
import numpy as np
import pytest

from charset import Charset, normalize
from crnn.train.synth.handwriting.collected_ink import (
    HELD_OUT_WRITERS,
    Digits,
    Words,
    main,
    trimmed,
)
from crnn.train.synth.text.digit_strings import written_number


@pytest.fixture
def folder(tmp_path):
    """Ink files in miniature: a digit is a bar as many rows high as it says."""
    x = np.zeros((10, 28, 28), np.uint8)
    for digit in range(10):
        x[digit, 4 : 8 + digit, 10:16] = 255
    y = np.arange(10, dtype=np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    np.savez(tmp_path / "bhmsds.npz", x=255 - x[:2], y=np.array(["minus", "dot"]))
    picture = np.full((64, 256), 255, np.uint8)
    cv2.putText(picture, "ab", (20, 45), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3)
    code = cv2.imencode(".webp", picture)[1].ravel()
    writers = np.array([1, 2, *sorted(HELD_OUT_WRITERS)], np.uint8)
    np.savez(
        tmp_path / "latin_words.npz",
        webp=np.tile(code, len(writers)),
        offsets=np.arange(len(writers) + 1) * len(code),
        text=np.array([f"w{writer}" for writer in writers]),
        writer=writers,
    )
    return tmp_path


def test_digits_and_signs_of_both_sources_are_found(folder):
    assert Digits(folder).chars() == set("0123456789-.")
    assert not Digits(folder / "nowhere")


def test_a_line_of_digits_says_what_was_asked_as_far_as_there_is_room(folder):
    rng = np.random.default_rng(0)
    drawn = Digits(folder).draw(rng, "3-1.4", 400)
    assert drawn.text == "3-1.4"
    assert (np.diff(drawn.centres) > 0).all()
    assert drawn.centres[-1] < drawn.ink.shape[1]
    assert len(Digits(folder).draw(rng, "12345678901234567890", 120).text) < 15


def test_held_out_writers_are_never_trained_on(folder):
    rng = np.random.default_rng(0)
    said = set()
    for _ in range(60):
        said |= set(Words(folder).draw(rng, 300).text.split())
    assert said == {"w1", "w2"}
    held = Words(folder, held_out=True)
    assert {text for _, text in held.pictures()} == {f"w{writer}" for writer in HELD_OUT_WRITERS}


def test_a_word_is_cut_to_its_ink_at_the_height_asked(folder):
    picture = Words(folder, held_out=True).pictures()[0][0]
    cut = trimmed(255 - picture, 40)
    assert cut.shape[0] == 40
    assert 20 < cut.shape[1] < 160
    assert cut.max() > 200


def test_test_sets_are_written_with_their_labels(folder, tmp_path, capsys):
    assert main([str(tmp_path / "out"), "--ink", str(folder)]) == 0
    rows = (tmp_path / "out/latin_words/labels.tsv").read_text("utf-8").splitlines()
    assert len(rows) == len(HELD_OUT_WRITERS)
    name, text = rows[0].split("\t")
    assert text.startswith("w")
    assert (tmp_path / "out/latin_words" / name).exists()
    assert "mnist: 10 pictures" in capsys.readouterr().out


def test_numbers_are_written_in_the_digits_charset():
    charset = Charset.load("digits")
    rng = np.random.default_rng(0)
    written = {normalize(written_number(rng)) for _ in range(2000)}
    assert not any(charset.missing(text) for text in written)
    assert min(map(len, written)) == 1
    signs = set("".join(written))
    assert set("0123456789+-\u00d7\u00f7=.,/%()xyzw*:") <= signs


def test_one_alone_keeps_its_paper_and_its_place(folder):
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = Digits(folder).alone(rng, "3")
        height, width = drawn.ink.shape
        assert drawn.text == "3" and height == width
        assert drawn.centres == pytest.approx([width / 2])
        assert 0.2 < (drawn.ink.max(axis=1) > 40).mean() < 1.0
