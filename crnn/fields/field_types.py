"""The types of field that there are, by name."""

from __future__ import annotations

from crnn.fields.field_type import FieldType
from crnn.fields.types import amounts, capital_amount, contact, dates, id_numbers, sums

FIELD_TYPES: dict[str, FieldType] = {
    found.name: found
    for module in (amounts, capital_amount, dates, contact, id_numbers, sums)
    for found in module.TYPES
}
