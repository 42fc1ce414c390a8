"""Paper with faint security lines, as cheques have: writing over them is kept whole."""

import cv2
import numpy as np

from crnn.forms.blank_subtraction import subtracted
from crnn.forms.registration.blank_features import Print


def paper(level: int) -> np.ndarray:
    """Waves of that grey all over a sheet, and one black rule. (H, W)."""
    page = np.full((400, 900), 255, np.uint8)
    x = np.arange(0, 900, 8)
    for start in range(-20, 420, 11):
        track = np.stack([x, start + 6 * np.sin(x / 37 + start)], -1)
        cv2.polylines(page, [np.round(track * 16).astype(np.int32)], False, level, 1, 16, 4)
    return cv2.line(page, (40, 300), (860, 300), 20, 2)


def test_writing_over_security_lines_is_kept():
    blank = paper(222)
    strokes = np.zeros_like(blank)
    cv2.putText(strokes, "1042 57", (100, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 255, 3)
    picture = np.where(strokes > 0, np.uint8(30), blank)
    found = subtracted(cv2.GaussianBlur(picture, (0, 0), 0.6), Print(blank))
    core = cv2.erode(strokes, np.ones((2, 2), np.uint8)) > 0
    assert (found.mask[core] > 0).mean() > 0.97


def test_security_lines_alone_are_nothing_written():
    blank = paper(222)
    found = subtracted(cv2.GaussianBlur(blank, (0, 0), 0.6), Print(blank))
    assert (found.mask[20:-20, 20:-20] > 0).mean() < 0.002
