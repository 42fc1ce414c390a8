"""Real lines and a real form, where the validation sets are at hand; skipped, loudly, elsewhere."""

import pytest

from crnn.evaluate.labelled_set import labelled
from crnn.evaluate.metrics import Score, score
from crnn.options import ReadOptions

pytestmark = pytest.mark.val


def test_real_printed_lines_are_read(zh_reader, val_dir):
    total = Score()
    for path, truth in list(labelled(val_dir / "zh_print"))[::3]:
        total += score(zh_reader.read(path.read_bytes(), ReadOptions(mode="line")).text, truth)
    assert total.lines == 100
    assert total.cer < 0.06


def test_crops_of_lines_are_known_to_be_lines(zh_reader, val_dir):
    paths = [path for path, _ in list(labelled(val_dir / "zh_print"))[::10]]
    modes = [zh_reader.read(path.read_bytes()).mode for path in paths]
    assert modes.count("line") >= 0.9 * len(modes)


def test_most_of_a_real_scanned_form_is_read(zh_reader, val_dir):
    from tests.bench.pages.pages import measure, quad

    image = val_dir / "pages" / "zh_form.jpg"
    page = zh_reader.read(image.read_bytes())
    assert page.mode == "page"
    told = [(quad(line.box).astype("float32"), line.text) for line in page.lines if line.text]
    tally = measure(image.with_suffix(".json"), image, lambda _: (told, [], 0.0, 0.0))
    assert tally.found >= 0.95 * tally.lines
    assert tally.wrong < 0.1 * tally.chars
