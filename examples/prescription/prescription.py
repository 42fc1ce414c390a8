"""A prescription that was read -> doses and frequencies of one spelling, and warnings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crnn.forms import FormReading
from examples.prescription.drugs import Interactions, from_table
from examples.prescription.sig import Unclear, dose, doses_in_all, frequency

COLUMNS = ("drug", "dose", "frequency", "days")


def ordered(reading: FormReading, interactions: Interactions | None = None) -> dict[str, Any]:
    """What is prescribed, ready for JSON.

    interactions: the hook, the example's own table without it; `needs_review` names every field
    that a pharmacist must look at, and why.
    """
    values, look = reading.values, {}
    for name, field in reading.fields.items():
        if field.needs_review:
            look[name] = list(field.reasons)
    items = []
    for number, cells in enumerate(zip(*(values[name] for name in COLUMNS), strict=True), 1):
        if any(cells):
            try:
                items.append(_item(*cells))
            except Unclear as exc:
                look[f"row {number}"] = [str(exc)]
    drugs = [item["drug"] for item in items]
    warnings = (interactions or from_table())(drugs)
    head = ("patient", "sex", "age", "clinic", "visit", "date", "diagnosis", "doctor")
    return {
        **{name: values[name] for name in head},
        "items": items,
        "warnings": [asdict(warning) for warning in warnings],
        "needs_review": look,
    }


def _item(drug: str | None, amount: str | None, often: str | None, days: str | None) -> dict:
    """One row. Raises: Unclear where a cell says nothing usable."""
    if not drug or not days:
        raise Unclear(f"the drug is {drug!r} and the days are {days!r}; both must be written")
    one, how_often = dose(amount or ""), frequency(often or "")
    total = doses_in_all(how_often, int(days))
    return {
        "drug": drug,
        "dose": {"amount": f"{one.amount:f}", "unit": one.unit},
        "per_day": None if how_often.per_day is None else f"{how_often.per_day:f}",
        "as_needed": how_often.as_needed,
        "days": int(days),
        "doses": None if total is None else f"{total:f}",
    }
