import re
from html.parser import HTMLParser

import pytest

from charset import BLANK
from crnn.evaluate import report
from crnn.evaluate.evaluation import Judged
from crnn.evaluate.report.html import Html, el
from crnn.page import Char, Line
from crnn.spec import ModelSpec
from tests.conftest import drawn, png

SPEC = ModelSpec("tiny", "digits", (BLANK, "a"))
MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg/onload=alert(1)>",
    "$title ${body} &lt;b&gt; '--><b>",
    "javascript:alert(1)",
]
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "section", "h1", "h2", "h3", "h4",
    "p", "div", "b", "span", "table", "thead", "tbody", "tr", "th", "td", "a", "small", "ul", "li",
    "figure", "figcaption", "svg", "g", "rect", "line", "polyline", "circle", "text", "article",
    "img", "dl", "dt", "dd", "mark",
}  # fmt: skip


class Seen(HTMLParser):
    """Elements, attributes and text as a browser would take them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def judged(tmp_path):
    """A reading for each piece of markup, and one that is right."""

    def one(n: int, read: str, truth: str, confidence: float) -> Judged:
        path = tmp_path / f"<b>{n}.png"
        path.write_bytes(png(drawn(str(n))))
        chars = tuple(Char(c, confidence, k, k + 1) for k, c in enumerate(read))
        return Judged(path, truth, Line(read, confidence, (0, 0, 40, 40), chars), 2.0)

    wrong = [one(n, f"x{text}", f"{text}y", 0.3) for n, text in enumerate(MARKUP)]
    return [*wrong, one(9, "12", "12", 0.95)]


def test_labels_file_names_and_set_names_are_text_whatever_they_hold(judged):
    html = report.page({"<i>set": judged}, SPEC, "ab" * 32)
    seen = Seen(html)
    assert seen.tags <= ALLOWED
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    for text in MARKUP:
        assert text.replace(" ", "") in seen.text.replace(" ", "")
    assert "<i>set" in seen.text


def test_the_page_needs_nothing_beside_it(judged):
    html = report.page({"set": judged}, SPEC, "")
    seen = Seen(html)
    for name, value in seen.attributes:
        if name == "src":
            assert value.startswith("data:image/jpeg;base64,")
        if name == "href":
            assert value == "#set-set"
    assert not re.search(r"url\(|@import|//[a-z]", html)


def test_what_differs_is_marked_on_both_sides(judged):
    html = report.page({"set": judged}, SPEC, "")
    assert '<mark class="wrong">x</mark>' in html
    assert '<mark class="missed">y</mark>' in html


def test_right_lines_are_not_among_the_worst(judged):
    assert "Every line is right." in report.page({"set": judged[-1:]}, SPEC, "")
    assert report.page({"set": judged}, SPEC, "").count("<article>") == len(MARKUP)


def test_no_lines_at_all_make_a_page():
    assert "0 lines" in report.page({"set": []}, SPEC, "")


def test_attributes_and_children_are_escaped():
    assert el("p", "<", at={"title": '"<'}) == '<p title="&quot;&lt;">&lt;</p>'
    assert el("p", Html("<b>"), 3) == "<p><b>3</p>"
