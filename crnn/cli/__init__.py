"""`crnn-ocr`: the program, and a file for each group of its commands."""

from crnn.cli.program import main, parser

__all__ = ["main", "parser"]
