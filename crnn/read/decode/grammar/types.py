"""The types of field that there are, by name."""

from __future__ import annotations

from crnn.read.decode.grammar import capital, contact, dates, identity, numbers, sums
from crnn.read.decode.grammar.fieldtype import FieldType

FIELD_TYPES: dict[str, FieldType] = {
    found.name: found
    for module in (numbers, capital, dates, contact, identity, sums)
    for found in module.TYPES
}
