"""Checks that the zones of a form suggest: totals, amounts in words and figures, birthdays."""

from __future__ import annotations

from collections.abc import Sequence

from crnn.forms.zone import Check, Zone


def checks_for(zones: Sequence[Zone]) -> list[Check]:
    """Checks for somebody to look over; only those that can be meant in one way."""
    amounts = [zone for zone in zones if zone.type == "amount" and zone.kind == "text"]
    columns = [zone for zone in zones if zone.type == "amount" and zone.kind == "column"]
    capitals = [zone for zone in zones if zone.type == "capital_amount"]
    cards = [zone for zone in zones if zone.type == "id_card"]
    births = [zone for zone in zones if zone.type == "date" and "生" in zone.name]
    results = []
    if len(amounts) == 1 and len(columns) == 1:
        results.append(Check("sum", (columns[0].name, amounts[0].name)))
    if len(amounts) == 1 and len(capitals) == 1:
        results.append(Check("capital", (capitals[0].name, amounts[0].name)))
    if len(cards) == 1 and len(births) == 1:
        results.append(Check("birthday", (cards[0].name, births[0].name)))
    sexes = [name for name in _names(zones) if name == "性别"]
    if len(cards) == 1 and sexes:
        results.append(Check("sex", (cards[0].name, sexes[0])))
    return results


def _names(zones: Sequence[Zone]) -> list[str]:
    """The names of fields, those of groups among them."""
    return list(dict.fromkeys(zone.group or zone.name for zone in zones))
