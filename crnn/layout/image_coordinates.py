"""From the straightened page back to the image: lines, characters and tables in its pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.layout.analysis import Survey
from crnn.layout.tables import Grid, cell_at
from crnn.page import Box, Cell, Char, Line, Page, Table

Matrix = NDArray[np.float64]


def as_page(survey: Survey | None, read: Sequence[Line], shape: tuple[int, ...]) -> Page:
    """Lines as the page of an image (H, W), in its pixels; one line where None was surveyed."""
    size = (shape[1], shape[0])
    if survey is None:
        return Page(tuple(read), *size, "line")
    matrix = survey.to_image
    tables = tuple(as_table(grid, read, matrix, size) for grid in survey.grids)
    written = tuple(in_image(line, matrix, size) for line in read)
    return Page(written, *size, "page", tables, survey.turns)


def in_image(line: Line, matrix: Matrix | None, size: tuple[int, int]) -> Line:
    """A line of a straightened page in pixels of the image.

    matrix: (3, 3) from page to image, None where they are the same; size: the image's width and
    height.
    """
    if matrix is None:
        return line
    corners = mapped(line.box, matrix)
    _, top, _, bottom = line.box
    chars = [_char(char, top, bottom, matrix, size[0]) for char in line.chars]
    rounded = tuple((round(float(x), 1), round(float(y), 1)) for x, y in corners)
    return replace(line, box=around(corners, size), chars=tuple(chars), corners=rounded)


def in_image_box(survey: Survey | None, box: Box, shape: tuple[int, ...]) -> Box:
    """A box of the straightened page in pixels of the image (H, W)."""
    matrix = survey.to_image if survey else None
    return _box(box, matrix, (shape[1], shape[0]))


def _char(char: Char, top: int, bottom: int, matrix: Matrix, width: int) -> Char:
    x = mapped((char.start, top, char.end, bottom), matrix)[:, 0]
    if abs(x[0] - x[3]) < 0.5 * (bottom - top):  # lying: its sides lean, its middle tells
        start, end = (x[0] + x[3]) / 2, (x[1] + x[2]) / 2
        x = np.array([start, end])
    low, high = float(max(0.0, x.min())), float(min(float(width), x.max()))
    return replace(char, start=low, end=max(low, high))


def mapped(box: Sequence[float], matrix: Matrix) -> NDArray[np.float64]:
    """The corners (4, 2) of a box, clockwise from the left top, under a matrix (3, 3)."""
    left, top, right, bottom = box
    corners = [[(left, top), (right, top), (right, bottom), (left, bottom)]]
    return np.asarray(cv2.perspectiveTransform(np.array(corners, np.float64), matrix)[0])


def around(corners: NDArray[np.float64], size: tuple[int, int]) -> Box:
    """The box round points (N, 2), within an image of a width and a height."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    x, y = min(max(0, math.floor(left)), size[0] - 1), min(max(0, math.floor(top)), size[1] - 1)
    return (
        x,
        y,
        max(x + 1, min(size[0], math.ceil(right))),
        max(y + 1, min(size[1], math.ceil(bottom))),
    )


def as_table(
    grid: Grid, lines: Sequence[Line], matrix: Matrix | None, size: tuple[int, int]
) -> Table:
    """A grid with what is written in it. lines: of the straightened page."""
    held: list[list[int]] = [[] for _ in grid.cells]
    for number, line in enumerate(lines):
        at = cell_at(grid, line.box)
        if at is not None and line.text:
            held[at].append(number)
    cells = tuple(
        Cell(
            place.row,
            place.column,
            place.row_span,
            place.column_span,
            _box(place.box, matrix, size),
            tuple(inside),
            "\n".join(lines[number].text for number in inside),
        )
        for place, inside in zip(grid.cells, held, strict=True)
    )
    return Table(_box(grid.box, matrix, size), grid.rows, grid.columns, cells)


def _box(box: Box, matrix: Matrix | None, size: tuple[int, int]) -> Box:
    return box if matrix is None else around(mapped(box, matrix), size)
