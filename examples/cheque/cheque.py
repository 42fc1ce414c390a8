"""A cheque that was read -> a payment, or what a person must look at first."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crnn.forms import FormReading
from examples.cheque.pain001 import Party, Payment
from examples.cheque.parties import DRAWERS, PAYEES


def doubts(reading: FormReading, known: Mapping[str, str] | None = None) -> list[str]:
    """Why nobody should book it yet: fields to look at, and what does not fit what is on file.

    known: fields that a person has looked at, with what they say.
    """
    known = known or {}
    fields = [f for name, f in reading.fields.items() if name not in known]
    found = [f"{f.name}: {'; '.join(f.reasons)}" for f in fields if f.needs_review]
    return found + unfiled(reading.values | dict(known))


def unfiled(values: Mapping[str, Any]) -> list[str]:
    """What does not fit the accounts on file."""
    found = []
    if values["account"] not in DRAWERS:
        found.append(f"account: {values['account']} is no account of ours")
    on_file = PAYEES.get(values["payee"] or "")
    if values["payee_account"] != on_file:
        told = f"{values['payee_account']}; on file for {values['payee']} is {on_file}"
        found.append(f"payee_account: {told}")
    if not values["amount"] or Decimal(values["amount"]) != Decimal(values["capital"] or 0):
        found.append(f"amount: {values['amount']} in digits, {values['capital']} in capitals")
    return found


def payment_of(values: Mapping[str, Any]) -> Payment:
    """The payment that a cheque orders; values: those of its fields, without doubt."""
    return Payment(
        reference=values["number"],
        day=datetime.date.fromisoformat(values["date"]),
        amount=Decimal(values["amount"]),
        debtor=Party(DRAWERS[values["account"]], values["account"], values["bank"] or ""),
        creditor=Party(values["payee"], values["payee_account"]),
        purpose=values["purpose"] or "",
    )
