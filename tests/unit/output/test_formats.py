import csv
import io
import json
import re
import warnings
import xml.etree.ElementTree as ET
import zipfile

import numpy as np
import openpyxl
import pikepdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from charset import Charset
from crnn.output import FORMATS, ReadPage, page_from_dict, page_to_dict
from crnn.output.glyphless_font import truetype
from crnn.output.hocr_alto import ALTO, XHTML
from crnn.output.plain_text import FORMULA, harmless
from crnn.output.read_page import words
from crnn.output.searchable_pdf import as_pdf
from crnn.output.xlsx import workbook
from crnn.page import Cell, Char, Line, Page, Table


def line(text: str, left: int = 100, top: int = 80, pitch: int = 30) -> Line:
    """A line whose characters stand `pitch` apart."""
    chars = tuple(
        Char(c, 0.9, left + pitch * n + 2.0, left + pitch * (n + 1) - 2.0)
        for n, c in enumerate(text)
    )
    return Line(text, 0.9, (left, top, left + pitch * len(text), top + 36), chars)


LINES = (line("价税合计 ￥1,234.50"), line("=HYPERLINK(1)", top=160), line("𠮷野家 ①", top=240))
PAGE = Page((*LINES, Line("", 0.0, (0, 0, 9, 9))), 800, 400, "page")
PAGES = [ReadPage('发"票;.pdf', 1, PAGE), ReadPage("b.png", 1, None, "no image")]
PAPER = np.full((400, 800), 255, np.uint8)


def test_json_holds_every_page_and_error():
    first, second = json.loads(FORMATS["json"].write(PAGES))["pages"]
    assert [row["text"] for row in first["lines"]] == [row.text for row in LINES]
    assert first["lines"][0]["box"] == list(LINES[0].box)
    assert first["error"] is None
    assert second == {"file": "b.png", "page": 1, "error": "no image"}


CELLS = (
    Cell(0, 0, 1, 2, (0, 0, 80, 20), (0,), "项目"),
    Cell(1, 0, 1, 1, (0, 20, 40, 40), (1,), "=1+1"),
    Cell(1, 1, 1, 1, (40, 20, 80, 40), (), ""),
)
RULED = Page((line("项目"),), 80, 40, "page", (Table((0, 0, 80, 40), 2, 2, CELLS),), 1)
RULED_PAGES = [ReadPage("a.png", 1, RULED), ReadPage("b.png", 1, None, "no image")]


def test_tables_are_told_cell_by_cell():
    first, second = json.loads(FORMATS["json"].write(RULED_PAGES))["pages"]
    assert first["tables"][0]["rows"] == [["项目", ""], ["=1+1", ""]]
    assert [cell["column_span"] for cell in first["tables"][0]["cells"]] == [2, 1, 1]
    assert first["turns"] == 1
    assert "tables" not in second
    assert page_from_dict(json.loads(json.dumps(page_to_dict(RULED)))) == RULED


def test_tables_alone_are_rows_of_cells_that_no_spreadsheet_runs():
    rows = list(csv.reader(io.StringIO(FORMATS["tables"].write(RULED_PAGES).decode("utf-8-sig"))))
    assert rows[1:] == [["a.png", "1", "1", "1", "项目", ""], ["a.png", "1", "1", "2", "'=1+1", ""]]


def test_every_table_is_a_sheet_of_the_workbook():
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].write(RULED_PAGES)))
    assert book.sheetnames == ["lines", "1 p1 table 1"]
    cell = book["1 p1 table 1"]["A2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_text_is_lines_and_form_feeds():
    text = FORMATS["txt"].write([*PAGES, PAGES[0]]).decode()
    assert text == f"{PAGE.text}\n\f\f{PAGE.text}\n"


def test_a_table_has_a_row_for_every_line_and_failed_page():
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].write(PAGES).decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == [LINES[0].text, "'=HYPERLINK(1)", LINES[2].text, ""]
    assert [row["error"] for row in rows] == ["", "", "", "no image"]
    assert [rows[0][side] for side in ("left", "top", "right", "bottom")] == [
        str(side) for side in LINES[0].box
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "\ufeff=1",
        "\u200b=1",
        "＝1",
        "＋1",
        "－1",
        "＠A1",
        "\u200e＝x",
        "\u3000@x",
        "\u2066-1",
        "﹦1",
    ],
)
def test_no_formula_hides_behind_unseen_signs_or_in_full_width(cell):
    assert harmless(cell) == "'" + cell


def test_plain_text_is_written_as_it_is():
    for cell in ("2026-11-20", "甲＝乙", "5%", "", "\ufeff甲", " 12"):
        assert harmless(cell) == cell


def test_a_workbook_has_the_same_bytes_whenever_it_is_written(monkeypatch):
    made = []
    for day in (1_700_000_000, 1_800_000_000):
        monkeypatch.setattr("time.time", lambda day=day: day)
        made.append(workbook({"a": [["=1+1", "＝1", 3]], "b": [[None, True]]}))
    assert made[0] == made[1]
    days = {one.date_time for one in zipfile.ZipFile(io.BytesIO(made[0])).infolist()}
    assert days == {(1980, 1, 1, 0, 0, 0)}


@given(text=st.text(max_size=12), start=st.sampled_from(["", *FORMULA, " =", "\n@"]))
def test_no_cell_of_a_table_begins_like_a_formula(text, start):
    cell = harmless(start + text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))
    assert cell.removeprefix("'") == (start + text).removeprefix("'")


def test_a_workbook_opens_and_its_cells_are_text():
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].write(PAGES)))
    cells = [row[3] for row in book["lines"].iter_rows(min_row=2)]
    assert [cell.value for cell in cells[:3]] == [row.text for row in LINES]
    assert {cell.data_type for cell in cells[:3]} == {"s"}


def test_control_characters_do_not_break_markup_or_workbooks():
    pages = [ReadPage("a\0b", 1, Page((Line("a\x01b<&>", 0.5, (0, 0, 9, 9)),), 10, 10, "line"))]
    for name in ("hocr", "alto"):
        assert "ab&lt;&amp;&gt;" in FORMATS[name].write(pages).decode()
        ET.fromstring(FORMATS[name].write(pages))
    openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].write(pages)))


def boxes(element: ET.Element) -> list[int]:
    found = re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", element.get("title", ""))
    assert found
    return [int(side) for side in found.groups()]


def test_hocr_names_pages_lines_and_words_with_their_boxes():
    root = ET.fromstring(FORMATS["hocr"].write(PAGES))
    assert root.tag == f"{{{XHTML}}}html"
    by_class = {
        name: root.findall(f".//*[@class='{name}']")
        for name in ("ocr_page", "ocr_line", "ocrx_word")
    }
    assert [boxes(page) for page in by_class["ocr_page"]] == [[0, 0, 800, 400], [0, 0, 0, 0]]
    assert [tuple(boxes(row)) for row in by_class["ocr_line"]] == [row.box for row in LINES]
    assert [word.text for word in by_class["ocrx_word"]] == " ".join(r.text for r in LINES).split()
    ids = [element.get("id") for group in by_class.values() for element in group]
    assert len(ids) == len(set(ids))
    able = root.find(f".//{{{XHTML}}}meta[@name='ocr-capabilities']")
    assert able is not None and set(able.get("content", "").split()) == set(by_class)


ALTO_CHILDREN = {  # element: (required attributes, children it may have), ALTO 4.4
    "alto": (set(), ["Description", "Layout"]),
    "Layout": (set(), ["Page"]),
    "Page": ({"ID", "PHYSICAL_IMG_NR"}, ["PrintSpace"]),
    "PrintSpace": ({"HEIGHT", "WIDTH", "HPOS", "VPOS"}, ["TextBlock"]),
    "TextBlock": ({"ID", "HEIGHT", "WIDTH", "HPOS", "VPOS"}, ["TextLine"]),
    "TextLine": ({"HEIGHT", "WIDTH", "HPOS", "VPOS"}, ["String", "SP"]),
    "String": ({"CONTENT"}, []),
    "SP": (set(), []),
}


def check_alto(element: ET.Element) -> None:
    name = element.tag.removeprefix(f"{{{ALTO}}}")
    if name == "Description":
        return
    required, children = ALTO_CHILDREN[name]
    assert required <= set(element.attrib), name
    for child in element:
        assert child.tag.removeprefix(f"{{{ALTO}}}") in children
        check_alto(child)


def test_alto_has_the_structure_of_its_schema():
    root = ET.fromstring(FORMATS["alto"].write(PAGES))
    check_alto(root)
    unit = root.find(f"{{{ALTO}}}Description/{{{ALTO}}}MeasurementUnit")
    assert unit is not None and unit.text == "pixel"
    strings = root.findall(f".//{{{ALTO}}}String")
    assert [item.get("CONTENT") for item in strings] == " ".join(r.text for r in LINES).split()
    assert all(0 <= float(item.get("WC", "")) <= 1 for item in strings)
    ids = [e.get("ID") for e in root.iter() if e.get("ID")]
    assert len(ids) == len(set(ids))


@given(text=st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=30))
def test_words_lie_inside_their_line_in_order(text):
    whole = line(text)
    found = list(words(whole))
    assert [word.text for word in found] == [part for part in text.split(" ") if part]
    reached = whole.box[0]
    for word in found:
        assert reached <= word.box[0] < word.box[2] <= whole.box[2]
        reached = word.box[0]


def test_a_page_comes_back_from_plain_values():
    assert page_from_dict(json.loads(json.dumps(page_to_dict(PAGE)))) == PAGE


def test_a_page_comes_back_with_what_else_its_characters_may_be():
    char = Char("己", 0.5, 1.0, 9.0, (("已", 0.3), ("巳", 0.1)))
    page = Page((Line("己", 0.5, (0, 0, 10, 10), (char,)),), 10, 10, "line")
    assert page_from_dict(json.loads(json.dumps(page_to_dict(page)))) == page


def searchable(*pages: ReadPage, dpi: float = 144) -> bytes:
    return b"".join(as_pdf((page, PAPER if page.page else None, dpi) for page in pages))


def test_a_searchable_pdf_gives_its_chinese_back_where_it_was_read():
    document = pypdfium2.PdfDocument(searchable(*PAGES))
    assert len(document) == 2
    page = document[0]
    assert page.get_size() == (400, 200)
    found = page.get_textpage()
    assert found.get_text_range().split("\r\n") == [row.text for row in LINES]
    for row in LINES[:2]:  # PDFium does not search beyond the basic plane
        left, top, right, bottom = (side / 2 for side in row.box)
        index, count = found.search(row.text).get_next()
        corners = np.array([found.get_charbox(n) for n in range(index, index + count)])
        assert abs(corners[:, 0].min() - left) < 1
        assert abs(corners[:, 2].max() - right) < 1
        assert abs(corners[:, 1].min() - (200 - bottom)) < 1
        assert abs(corners[:, 3].max() - (200 - top)) < 1
        inside = found.get_text_bounded(left - 1, 199 - bottom, right + 1, 201 - top)
        assert inside == row.text


def test_the_text_of_a_searchable_pdf_is_not_seen():
    document = pypdfium2.PdfDocument(searchable(PAGES[0]))
    assert document[0].render(scale=2, grayscale=True).to_numpy().min() >= 250


def test_a_line_on_end_runs_downwards_in_a_pdf():
    upright = Line("纵向文字", 0.9, (50, 40, 90, 360), ())
    document = pypdfium2.PdfDocument(
        searchable(ReadPage("a", 1, Page((upright,), 800, 400, "page")))
    )
    found = document[0].get_textpage()
    assert found.get_text_range().replace("\r\n", "") == upright.text
    tops = [found.get_charbox(n)[3] for n in range(4)]
    assert tops == sorted(tops, reverse=True)
    assert abs(tops[0] - 180) < 1


def test_a_searchable_pdf_is_sound_to_another_reader():
    with pikepdf.open(io.BytesIO(searchable(*PAGES, *PAGES))) as document:
        assert document.check_pdf_syntax() == []
        assert len(document.pages) == 4


def test_the_unseen_font_is_sound():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        font = TTFont(io.BytesIO(truetype()))
        assert font["maxp"].numGlyphs == 3
        box = font["glyf"][font.getGlyphOrder()[1]]
        assert list(box.getCoordinates(font["glyf"])[0]) == [
            (0, -120), (0, 880), (1000, 880), (1000, -120),
        ]  # fmt: skip


def test_every_character_the_charset_knows_comes_back_from_a_pdf():
    classes = [c for c in Charset.load("zh").classes[1:] if not c.isspace()]
    texts = ["".join(classes[n : n + 40]) for n in range(0, len(classes), 40)]
    rows = tuple(line(text, top=40 * n) for n, text in enumerate(texts))
    made = b"".join(
        as_pdf([(ReadPage("a", 1, Page(rows, 1400, 40 * len(rows), "page")), PAPER, 72)])
    )
    found = pypdfium2.PdfDocument(made)[0].get_textpage().get_text_range()
    assert set(found) >= set(classes)


def test_a_pdf_is_written_as_its_pages_come():
    asked = []

    def pages():
        for number in range(3):
            asked.append(number)
            yield PAGES[0], PAPER, 0.0

    parts = as_pdf(pages())
    for _ in range(4):
        next(parts)
    assert asked == [0]
    rest = b"".join(parts)
    assert rest.endswith(b"%%EOF\n")
    with pytest.raises(StopIteration):
        next(parts)
