"""How a line is read: `from crnn.read import Reader; Reader.load("zh").read(data).text`."""

from crnn.read.image import ImageLimits
from crnn.read.page import Box, Char, Line, Page
from crnn.read.reader import Reader, ReadOptions

__all__ = ["Box", "Char", "ImageLimits", "Line", "Page", "ReadOptions", "Reader"]
