"""The teacher's page: what was written, what was read, what it was marked."""

from __future__ import annotations

import base64
import html

from crnn.forms import FormReading
from examples.homework.marking import Marked, score

SIGNS = {True: ("right", "✓"), False: ("wrong", "✗"), None: ("look", "?")}

HEAD = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>批改结果</title>
<style>
body { font: 16px sans-serif; max-width: 52em; margin: 2em auto; }
td, th { padding: .3em .8em; text-align: left; border-bottom: 1px solid #ccc; }
img { max-height: 2.4em; }
.right { color: #176f2c } .wrong { color: #b3261e } .look { color: #8a5a00 }
</style>
"""


def as_html(reading: FormReading, marks: list[Marked]) -> str:
    """The page; reading with its crops. One file that needs nothing beside it."""
    right, wrong, left = score(marks)
    rows = "\n".join(_row(reading, mark) for mark in marks)
    name = _picture(reading, "name")
    return (
        f"{HEAD}<h1>批改结果 {name}</h1>\n"
        f"<p>对 {right}，错 {wrong}，待老师看 {left}；共 {len(marks)} 题。</p>\n"
        "<table><tr><th>题</th><th>原迹</th><th>识别</th><th>应为</th><th>批改</th></tr>\n"
        f"{rows}\n</table></html>\n"
    )


def _row(reading: FormReading, mark: Marked) -> str:
    style, sign = SIGNS[mark.right]
    cells = (
        html.escape(mark.name),
        _picture(reading, mark.name),
        html.escape(mark.written),
        html.escape(mark.expected),
        f'<b class="{style}">{sign}</b>',
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _picture(reading: FormReading, name: str) -> str:
    """The writing in a field, inside the page; nothing where none was kept."""
    field = reading.fields.get(name)
    data = field.crop_png if field else None
    if data is None:
        return ""
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(data).decode()}">'
