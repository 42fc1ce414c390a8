"""How well a set was read, as one HTML page that needs nothing beside it."""

from crnn.evaluate.report.report import page

__all__ = ["page"]
