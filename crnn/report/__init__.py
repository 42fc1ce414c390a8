"""How well a set was read, as one HTML page that needs nothing beside it."""

from crnn.report.page import page

__all__ = ["page"]
