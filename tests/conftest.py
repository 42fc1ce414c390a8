"""What tests share: a tiny recogniser, a drawn line, the places of real weights and sets."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from crnn import weights
from crnn.reader import Reader
from crnn.weights import FOLDER

ROOT = Path(__file__).resolve().parents[1]
VAL = Path(os.environ.get("CRNN_TEST_VAL", ROOT.parent / "shared" / "data" / "val"))


@pytest.fixture(scope="session")
def val_dir() -> Path:
    """The folder of validation sets."""
    if not VAL.is_dir():
        pytest.skip(f"no validation sets at {VAL}; CRNN_TEST_VAL names their folder")
    return VAL


@pytest.fixture(scope="session")
def zh_reader() -> Reader:
    """The published weights behind the public door."""
    assert "zh" in weights.manifest(FOLDER), "weights/zh is not published"
    return Reader.load("zh")


def drawn(text: str = "0123456789", height: int = 40, scale: float = 1.0) -> np.ndarray:
    """A line of ASCII as OpenCV's own stroke font draws it: dark on light, (H, W) uint8."""
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    canvas = np.full((height, width + 24), 250, np.uint8)
    return cv2.putText(canvas, text, (12, height - 11), cv2.FONT_HERSHEY_SIMPLEX, scale, 20, 2)


def png(pixels: np.ndarray) -> bytes:
    """An encoded picture."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def overheard(reader: Reader) -> list[int]:
    """How many classes the reader's language model is asked about, each time that it is."""
    language, asked = reader.language, []

    class Overheard:
        start, ends = language.start, staticmethod(language.ends)

        def advance(self, states, classes):
            asked.append(len(classes))
            return language.advance(states, classes)

    reader.language = Overheard()
    return asked


def pytest_addoption(parser: pytest.Parser) -> None:
    """--update-golden writes readings down instead of comparing them; --long looks harder."""
    parser.addoption("--update-golden", action="store_true", help="write golden readings again")
    parser.addoption("--long", action="store_true", help="many more examples, for hours of need")
