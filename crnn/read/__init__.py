"""How a line is read: `from crnn.read import Reader; Reader.load("zh").read(data).text`."""

from crnn.read.decode.lexicon import Lexicon
from crnn.read.image import ImageLimits
from crnn.read.options import ReadOptions
from crnn.read.page import Alternative, Box, Char, FieldReading, Line, Match, Page
from crnn.read.reader import Reader

__all__ = [
    "Alternative",
    "Box",
    "Char",
    "FieldReading",
    "ImageLimits",
    "Lexicon",
    "Line",
    "Match",
    "Page",
    "ReadOptions",
    "Reader",
]
