"""Pages as hOCR (version 1.2) and as ALTO (version 4)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable

from crnn import __version__
from crnn.output.read_page import ReadPage, words
from crnn.page import Box, Line

XHTML = "http://www.w3.org/1999/xhtml"
ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
ALTO_SCHEMA = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_hocr(pages: Iterable[ReadPage]) -> bytes:
    """XHTML with an ocr_page, its ocr_line and their ocrx_word, each with its bbox."""
    html = ET.Element("html", {"xmlns": XHTML, "xml:lang": "zh", "lang": "zh"})
    head = ET.SubElement(html, "head")
    ET.SubElement(head, "title").text = "OCR"
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="ocr-system", content=f"crnn-ocr {__version__}")
    able = "ocr_page ocr_line ocrx_word"
    ET.SubElement(head, "meta", {"name": "ocr-capabilities", "content": able})
    body = ET.SubElement(html, "body")
    for number, read in enumerate(pages):
        _hocr_page(body, number, read)
    written: bytes = ET.tostring(html, encoding="utf-8")
    return b"<!DOCTYPE html>\n" + written


def _hocr_page(body: ET.Element, number: int, read: ReadPage) -> None:
    size = (read.page.width, read.page.height) if read.page else (0, 0)
    name = _legal(read.file).replace('"', "'").replace(";", ",")
    title = f'image "{name}"; bbox 0 0 {size[0]} {size[1]}; ppageno {number}'
    sheet = ET.SubElement(body, "div", {"class": "ocr_page", "id": f"page_{number}"})
    sheet.set("title", title)
    for row, line in enumerate(read.lines):
        span = ET.SubElement(sheet, "span", {"class": "ocr_line", "id": f"line_{number}_{row}"})
        span.set("title", f"bbox {_corners(line.box)}; x_size {line.box[3] - line.box[1]}")
        _hocr_words(span, line, f"word_{number}_{row}")


def _hocr_words(parent: ET.Element, line: Line, prefix: str) -> None:
    for place, word in enumerate(words(line)):
        span = ET.SubElement(parent, "span", {"class": "ocrx_word", "id": f"{prefix}_{place}"})
        span.set("title", f"bbox {_corners(word.box)}; x_wconf {round(100 * word.confidence)}")
        span.text, span.tail = _legal(word.text), " "


def as_alto(pages: Iterable[ReadPage]) -> bytes:
    """One ALTO document with a Page for each page; a failed page has no PrintSpace."""
    alto = ET.Element("alto", {"xmlns": ALTO, "xmlns:xsi": XSI})
    alto.set("xsi:schemaLocation", f"{ALTO} {ALTO_SCHEMA}")
    about = ET.SubElement(alto, "Description")
    ET.SubElement(about, "MeasurementUnit").text = "pixel"
    source = ET.SubElement(about, "sourceImageInformation")
    file_name = ET.SubElement(source, "fileName")
    step = ET.SubElement(about, "Processing", ID="ocr")
    ET.SubElement(step, "processingStepDescription").text = "text recognition"
    software = ET.SubElement(step, "processingSoftware")
    ET.SubElement(software, "softwareName").text = "crnn-ocr"
    ET.SubElement(software, "softwareVersion").text = __version__
    layout = ET.SubElement(alto, "Layout")
    names: dict[str, None] = {}
    for number, read in enumerate(pages, 1):
        names[_legal(read.file)] = None
        _alto_page(layout, number, read)
    file_name.text = "; ".join(names)
    written: bytes = ET.tostring(alto, encoding="utf-8", xml_declaration=True)
    return written


def _alto_page(layout: ET.Element, number: int, read: ReadPage) -> None:
    about = {"ID": f"page_{number}", "PHYSICAL_IMG_NR": str(number)}
    if read.page is None:
        ET.SubElement(layout, "Page", about | {"PAGECLASS": "unread"})
        return
    size = {"WIDTH": str(read.page.width), "HEIGHT": str(read.page.height)}
    sheet = ET.SubElement(layout, "Page", about | size)
    whole = {"HPOS": "0", "VPOS": "0"} | size
    space = ET.SubElement(sheet, "PrintSpace", whole)
    if not read.lines:
        return
    block = ET.SubElement(space, "TextBlock", {"ID": f"block_{number}"} | whole)
    for row, line in enumerate(read.lines, 1):
        item = ET.SubElement(block, "TextLine", ID=f"line_{number}_{row}", attrib=_place(line.box))
        _alto_words(item, line)


def _alto_words(item: ET.Element, line: Line) -> None:
    reached = None
    for word in words(line):
        if reached is not None:
            gap = {"HPOS": str(reached), "VPOS": str(word.box[1])}
            ET.SubElement(item, "SP", gap | {"WIDTH": str(max(0, word.box[0] - reached))})
        said = {"CONTENT": _legal(word.text), "WC": f"{min(1.0, word.confidence):.3f}"}
        ET.SubElement(item, "String", said | _place(word.box))
        reached = word.box[2]


def _place(box: Box) -> dict[str, str]:
    left, top, right, bottom = box
    return {
        "HPOS": str(left),
        "VPOS": str(top),
        "WIDTH": str(right - left),
        "HEIGHT": str(bottom - top),
    }


def _corners(box: Box) -> str:
    return " ".join(map(str, box))


def _legal(text: str) -> str:
    """Text without what XML cannot hold."""
    return ILLEGAL.sub("", text)
