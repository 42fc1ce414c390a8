"""The types of field that there are, by name."""

from __future__ import annotations

from crnn.fields.field_type import FieldType
from crnn.fields.types import amounts, capital_amount, contact, dates, id_numbers, sums

FIELD_TYPES: dict[str, FieldType] = {
    result.name: result
    for module in (amounts, capital_amount, dates, contact, id_numbers, sums)
    for result in module.TYPES
}
