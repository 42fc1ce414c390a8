"""Digits of a drawing board: the published weights for digits, or others held to digits."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from crnn import weights
from crnn.decode.factory import DecodeOptions
from crnn.fields import Grammar
from crnn.inputs.image import ImageLimits, grey_image
from crnn.options import ReadOptions
from crnn.page import Line
from crnn.reader import Reader
from service.drawing.rasterize import trimmed
from service.settings import Settings

WEIGHTS = "digits"
MOST_DIGITS = 40
DIGITS = frozenset("0123456789")


class DigitOptions(BaseModel):
    """How many digits there may be."""

    model_config = ConfigDict(extra="forbid")

    length: Literal["one", "any"] = Field("any", description="one: there is exactly one digit")


class DigitAnswer(BaseModel):
    """A digit of the drawing."""

    digit: int = Field(ge=0, le=9)
    confidence: float = Field(description="the probability that it is right")


class PredictAnswer(BaseModel):
    """The digits of a drawing, from left to right."""

    success: Literal[True] = True
    digit: int | None = Field(description="the first digit; null where nothing is drawn")
    confidence: float = Field(description="of that digit; 0 where there is none")
    text: str = Field(description="all digits")
    digits: list[DigitAnswer]
    model: str
    request_id: str


class Digits:
    """Reads digits. Safe from any thread."""

    def __init__(self, reader: Reader, limits: ImageLimits) -> None:
        self.reader, self._limits = reader, limits

    @classmethod
    def load(cls, settings: Settings, other: Reader) -> Digits:
        """With the weights for digits where they are published, else with the other reader.

        Raises: WeightsError.
        """
        limits = settings.limits()
        if WEIGHTS in weights.manifest(settings.weights_dir):
            other = Reader.load(WEIGHTS, settings.weights_dir, limits=limits)
        return cls(other, limits)

    def read(self, image: bytes, length: str) -> list[DigitAnswer]:
        """The digits of an image file. Raises: ReadError."""
        grey = trimmed(grey_image(image, self._limits))
        if grey is None:
            return []
        form = "[0-9]" if length == "one" else f"[0-9]{{1,{MOST_DIGITS}}}"
        options = DecodeOptions(method="grammar", grammar=Grammar({"regex": form}))
        (line,) = self.reader.read(grey, ReadOptions(mode="line", decoding=options)).lines
        return _digits_of(line)


def _digits_of(line: Line) -> list[DigitAnswer]:
    """The digits of a line; where it reads as something else, those that were proposed for it.

    Whoever draws on a board for digits draws digits. A proposal is as sure as it is not denied.
    """
    proposal = line.field.proposal if line.field else None
    if line.match and line.match.rejected and proposal:
        sure = round(max(0.0, 1.0 - proposal.against), 4)
        return [DigitAnswer(digit=int(one), confidence=sure) for one in proposal.text]
    return [
        DigitAnswer(digit=int(char.text), confidence=round(char.confidence, 4))
        for char in line.chars
        if char.text in DIGITS
    ]
