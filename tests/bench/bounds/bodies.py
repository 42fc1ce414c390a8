"""Small bodies that cost much: pictures whose content is work, JSON whose elements are wrong."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from tests.conftest import drawn, png


@dataclass(frozen=True)
class Asked:
    """A request: its name for the table, method, path and what httpx sends."""

    name: str
    path: str
    sent: dict[str, Any]
    method: str = "POST"


def dots(side: int = 2000, every: int = 20, size: int = 9) -> np.ndarray:
    """Black squares on white, (side, side)."""
    page = np.full((side, side), 255, np.uint8)
    for at in range(size):
        for to in range(size):
            page[every // 2 + at :: every, every // 2 + to :: every] = 0
    return page


def ruled(side: int = 1800, every: int = 7) -> np.ndarray:
    """A lattice of rules, (side, side), with hardly any text."""
    page = np.full((side, side), 255, np.uint8)
    page[::every] = page[:, ::every] = 0
    page[20:60, 20:200] = drawn("0123456789")[:40, :180]
    return page


def lattices(side: int = 1800, each: int = 150, every: int = 7) -> np.ndarray:
    """Many tables of many cells beside each other."""
    page = np.full((side, side), 255, np.uint8)
    for top in range(10, side - each, each + 14):
        for left in range(10, side - each, each + 14):
            block = page[top : top + each, left : left + each]
            block[::every] = block[:, ::every] = 0
            block[-1] = block[:, -1] = 0
    return page


def text_page(side: int = 1800, height: int = 14, gap: int = 7) -> np.ndarray:
    """A page full of small text."""
    page = np.full((side, side), 255, np.uint8)
    line = drawn("0123456789" * 30, 40)
    wide = round(line.shape[1] * height / 40)
    small = np.asarray(Image.fromarray(line).resize((wide, height)))[:, : side - 40]
    for top in range(20, side - height - 20, height + gap):
        page[top : top + height, 20 : 20 + small.shape[1]] = small
    return page


def noise(side: int = 2000, share: float = 0.1, block: int = 6) -> np.ndarray:
    """Black blocks by chance."""
    dice = np.random.default_rng(1)
    small = np.where(dice.random((side // block, side // block)) < share, 0, 255)
    return np.kron(small, np.ones((block, block))).astype(np.uint8)


def long_line(height: int = 24, aspect: int = 390) -> np.ndarray:
    """One line as long as an image may be."""
    line = drawn("0123456789" * 200, 40)
    wide = round(line.shape[1] * height / 40)
    small = np.asarray(Image.fromarray(line).resize((wide, height)))
    return np.ascontiguousarray(np.tile(small, (1, 3))[:, : aspect * height])


def squares_in_rows(side: int = 1800) -> np.ndarray:
    """Squares that look like characters, in rows that touch all widths."""
    return dots(side, 24, 17)


def packed(mode: str, side: int = 6300, kind: str = "PNG") -> bytes:
    """An empty picture of 40 megapixels in a mode that takes most bytes a pixel."""
    file = io.BytesIO()
    picture = Image.new(mode, (side, side), None if mode in "PI;16F" else 0)
    options: dict[str, Any] = {"compress_level": 1} if kind == "PNG" else {}
    if mode == "P":
        options["transparency"] = 0
    if kind == "TIFF":
        options["compression"] = "tiff_lzw"
    picture.save(file, kind, **options)
    return file.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "dots every 20": lambda: png(dots()),
    "dots every 24": lambda: png(dots(2000, 24, 11)),
    "dots every 12": lambda: png(dots(1800, 12, 6)),
    "characters of squares": lambda: png(squares_in_rows()),
    "page of small text": lambda: png(text_page()),
    "lattice": lambda: png(ruled()),
    "lattice of 16": lambda: png(ruled(1800, 16)),
    "many lattices": lambda: png(lattices()),
    "noise": lambda: png(noise()),
    "coarse noise": lambda: png(noise(2000, 0.2, 12)),
    "long line": lambda: png(long_line()),
    "standing line": lambda: png(np.rot90(long_line())),
}
LARGE: dict[str, Callable[[], bytes]] = {
    "40 MP RGBA": lambda: packed("RGBA"),
    "40 MP palette with transparency": lambda: packed("P"),
    "40 MP 32 bit": lambda: packed("I", kind="TIFF"),
    "40 MP float": lambda: packed("F", kind="TIFF"),
    "40 MP CMYK": lambda: packed("CMYK", kind="TIFF"),
    "40 MP 16 bit": lambda: packed("I;16"),
    "40 MP RGB": lambda: packed("RGB"),
}
WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "/ocr": ("/ocr", {}),
    "/ocr thorough lm": (
        "/ocr",
        {"effort": "thorough", "decode": "lm", "n_best": "20", "detail": "chars"},
    ),
    "/v1/view": ("/v1/view", {}),
    "propose": ("/v1/templates/propose", {}),
}


def pictures(kinds: dict[str, Callable[[], bytes]] = PICTURES) -> Iterator[Asked]:
    """Every picture through every way of reading it."""
    for kind, made in kinds.items():
        data = made()
        for way, (path, fields) in WAYS.items():
            name = "blank" if way == "propose" else "file"
            yield Asked(f"{kind}: {way}", path, {"files": {name: data}, "data": fields})


def _json(text: str) -> dict[str, Any]:
    return {"content": text.encode(), "headers": {"content-type": "application/json"}}


def wrong(size: int = 3_000_000) -> Iterator[Asked]:
    """JSON bodies of that many bytes, of as many wrong elements as they can hold."""
    many, deep = size // 2, min(size // 2, 500_000)
    elements = "[" + ",".join(["1"] * many) + "]"
    objects = "[" + ",".join(["{}"] * (size // 3)) + "]"
    names = ",".join(f'"{n}":1' for n in range(size // 12))
    nested = '{"a":' * deep + "1" + "}" * deep
    line = '{"text":"a","box":[0,0,9,9],"chars":%s}'
    page = '{"format":"txt","pages":[{"width":9,"height":9,"lines":%s}]}'
    bodies = {
        "/v1/results": [
            ("pages of numbers", f'{{"format":"txt","pages":{elements}}}'),
            ("pages of objects", f'{{"format":"txt","pages":{objects}}}'),
            ("lines of objects", page % objects),
            ("chars of objects", page % f"[{line % objects}]"),
        ],
        "/ocr": [
            ("lexicon of numbers", f'{{"image_base64":"aaaa","lexicon":{elements}}}'),
            ("unknown names", "{" + names + "}"),
            ("deep grammar", f'{{"image_base64":"aaaa","grammar":{nested}}}'),
            ("wide grammar", f'{{"image_base64":"aaaa","grammar":{{"choice":{elements}}}}}'),
        ],
        "/v1/drawing": [
            ("strokes of numbers", f'{{"strokes":{elements}}}'),
            ("strokes of points", f'{{"strokes":[{objects}]}}'),
            ("one long point", f'{{"strokes":[[{elements}]]}}'),
        ],
        "/v1/feedback": [
            ("a list", elements),
            ("deep", "[" * deep + "]" * deep),
            ("unknown names", "{" + names + "}"),
        ],
        "/v1/templates": [
            ("zones of numbers", f'{{"name":"a","zones":{elements}}}'),
            ("zones of objects", f'{{"name":"a","zones":{objects}}}'),
            ("lexicons", json.dumps({"name": "a", "lexicons": {"a": [1] * (size // 3)}})),
        ],
        "/v1/read/batch": [("images of numbers", f'{{"images":{elements}}}')],
    }  # fmt: skip
    for path, cases in bodies.items():
        for name, text in cases:
            yield Asked(f"{path} {name}", path, _json(text))
    yield Asked("/v1/lexicons numbers", "/v1/lexicons/a", _json(f'{{"entries":{elements}}}'), "PUT")
    form = {"files": {"file": png(drawn("1"))}}
    yield Asked("form lexicon", "/ocr", {**form, "data": {"lexicon": "a\n" * (size // 2)}})
    yield Asked("form grammar", "/ocr", {**form, "data": {"grammar": '{"a":' * 100_000}})
