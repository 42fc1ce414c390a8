"""What was read, in the formats that offices take: pure functions from pages to files."""

from crnn.output.formats import FORMATS, Format
from crnn.output.read_page import ReadPage, page_from_dict, page_to_dict

__all__ = ["FORMATS", "Format", "ReadPage", "page_from_dict", "page_to_dict"]
