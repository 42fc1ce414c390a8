"""Payments as ISO 20022 customer credit transfers, pain.001.001.09, and the rules they must pass.

RULES is the part of the schema that we write, as we read it: which elements follow each other, how
often, and what their text may be. `faults` holds any document to it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree import ElementTree as ET

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
CURRENCY = "CNY"


@dataclass(frozen=True)
class Party:
    """Who pays or is paid. bank: its name, nothing where it is not known."""

    name: str
    account: str
    bank: str = ""


@dataclass(frozen=True)
class Payment:
    """One transfer. reference: the cheque's number, which comes back with the booking."""

    reference: str
    day: datetime.date
    amount: Decimal
    debtor: Party
    creditor: Party
    purpose: str = ""


def document(payments: Sequence[Payment], *, message_id: str, created: datetime.datetime) -> bytes:
    """The payments as XML, one payment information block for each, as days and payers differ.

    Raises: ValueError with every rule that it would break.
    """
    root = ET.Element("Document", xmlns=NAMESPACE)
    initiation = ET.SubElement(root, "CstmrCdtTrfInitn")
    head = ET.SubElement(initiation, "GrpHdr")
    _leaves(head, MsgId=message_id, CreDtTm=created.isoformat(timespec="seconds"))
    total = sum((payment.amount for payment in payments), Decimal(0))
    _leaves(head, NbOfTxs=str(len(payments)), CtrlSum=_money(total))
    _leaves(ET.SubElement(head, "InitgPty"), Nm=payments[0].debtor.name if payments else "")
    for number, payment in enumerate(payments, 1):
        _payment(initiation, payment, f"{message_id}-{number}")
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    wrong = faults(made)
    if wrong:
        raise ValueError("; ".join(wrong))
    return made


def _payment(above: ET.Element, payment: Payment, block_id: str) -> None:
    block = ET.SubElement(above, "PmtInf")
    sums = {"NbOfTxs": "1", "CtrlSum": _money(payment.amount)}
    _leaves(block, PmtInfId=block_id, PmtMtd="TRF", **sums)
    _leaves(ET.SubElement(block, "ReqdExctnDt"), Dt=payment.day.isoformat())
    _party(block, "Dbtr", payment.debtor)
    _account(block, "DbtrAcct", payment.debtor.account)
    _agent(block, "DbtrAgt", payment.debtor.bank)
    transfer = ET.SubElement(block, "CdtTrfTxInf")
    _leaves(ET.SubElement(transfer, "PmtId"), EndToEndId=payment.reference)
    amount = ET.SubElement(ET.SubElement(transfer, "Amt"), "InstdAmt", Ccy=CURRENCY)
    amount.text = _money(payment.amount)
    if payment.creditor.bank:
        _agent(transfer, "CdtrAgt", payment.creditor.bank)
    _party(transfer, "Cdtr", payment.creditor)
    _account(transfer, "CdtrAcct", payment.creditor.account)
    if payment.purpose:
        _leaves(ET.SubElement(transfer, "RmtInf"), Ustrd=payment.purpose)


def _party(above: ET.Element, tag: str, party: Party) -> None:
    _leaves(ET.SubElement(above, tag), Nm=party.name)


def _account(above: ET.Element, tag: str, account: str) -> None:
    other = ET.SubElement(ET.SubElement(ET.SubElement(above, tag), "Id"), "Othr")
    _leaves(other, Id=account)


def _agent(above: ET.Element, tag: str, bank: str) -> None:
    institution = ET.SubElement(ET.SubElement(above, tag), "FinInstnId")
    if bank:
        _leaves(institution, Nm=bank)
    else:
        _leaves(ET.SubElement(institution, "Othr"), Id="NOTPROVIDED")


def _leaves(above: ET.Element, /, **texts: str) -> None:
    for tag, text in texts.items():
        ET.SubElement(above, tag).text = text


def _money(value: Decimal) -> str:
    return f"{value:.2f}"


_MONEY = r"\d{1,13}(\.\d{1,5})?"
_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_SECOND = _DAY + r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"
_TEXTS = {
    "Max34": r"[\s\S]{1,34}",
    "Max35": r"[\s\S]{1,35}",
    "Max140": r"[\s\S]{1,140}",
    "Count": r"\d{1,15}",
    "Money": _MONEY,
    "Method": "CHK|TRF|TRA",
    "Day": _DAY,
    "Second": _SECOND,
}
"""Types of text: names of ours, expressions of the schema's facets."""

RULES = {
    "Document": "CstmrCdtTrfInitn Initiation",
    "Initiation": "GrpHdr Head, PmtInf+ Block",
    "Head": "MsgId Max35, CreDtTm Second, NbOfTxs Count, CtrlSum? Money, InitgPty Party",
    "Block": "PmtInfId Max35, PmtMtd Method, NbOfTxs? Count, CtrlSum? Money, ReqdExctnDt Date, "
    "Dbtr Party, DbtrAcct Account, DbtrAgt Agent, CdtTrfTxInf+ Transfer",
    "Transfer": "PmtId Reference, Amt Amount, CdtrAgt? Agent, Cdtr? Party, CdtrAcct? Account, "
    "RmtInf? Remittance",
    "Party": "Nm? Max140",
    "Account": "Id AccountId",
    "AccountId": "Othr Other",
    "Other": "Id Max34",
    "Agent": "FinInstnId Institution",
    "Institution": "Nm? Max140, Othr? Other",
    "Date": "Dt Day",
    "Reference": "EndToEndId Max35",
    "Amount": "InstdAmt Money",
    "Remittance": "Ustrd* Max140",
}
"""Types of elements: their children in order, each with ?, * or + as often as it may stand."""


def faults(xml: bytes) -> list[str]:
    """The rules that a document breaks; none where it is valid and its sums are right."""
    try:
        root = ET.fromstring(xml)
    except ET.ParseError as exc:
        return [f"no XML: {exc}"]
    if root.tag != f"{{{NAMESPACE}}}Document":
        return [f"the root is {root.tag}; expected Document of {NAMESPACE}"]
    found = list(_misfits(root, "Document", "Document"))
    return found or list(_wrong_sums(root))


def _misfits(element: ET.Element, kind: str, place: str) -> Iterator[str]:
    """What is wrong in an element of that kind."""
    if kind in _TEXTS:
        yield from _misspelled(element, kind, place)
        return
    left = list(element)
    for tag, often, child_kind in _children(kind):
        most = len(left) if often in ("*", "+") else 1
        count = 0
        while left and count < most and _bare(left[0].tag) == tag:
            yield from _misfits(left.pop(0), child_kind, f"{place}/{tag}")
            count += 1
        if not count and often in ("", "+"):
            yield f"{place}: {tag} is missing"
    if left:
        yield f"{place}: {_bare(left[0].tag)} stands where it may not"


def _misspelled(element: ET.Element, kind: str, place: str) -> Iterator[str]:
    text = element.text or ""
    if len(element) or not re.fullmatch(_TEXTS[kind], text):
        yield f"{place}: {text[:40]!r} is no {kind}"
    if kind == "Money" and sum(map(str.isdigit, text)) > 18:
        yield f"{place}: more than 18 digits"


def _children(kind: str) -> Iterator[tuple[str, str, str]]:
    """Tag, how often, and kind of the children of an element."""
    for rule in RULES[kind].split(", "):
        tag, child_kind = rule.split(" ")
        bare = tag.rstrip("?*+")
        yield bare, tag[len(bare) :], child_kind


def _bare(tag: str) -> str:
    return tag.removeprefix(f"{{{NAMESPACE}}}")


def _wrong_sums(root: ET.Element) -> Iterator[str]:
    """What no schema can say: how many and how much, currency, and that something is paid."""
    names = {"n": NAMESPACE}
    amounts = root.findall(".//n:InstdAmt", names)
    values = [Decimal(amount.text or "0") for amount in amounts]
    head = root.find(".//n:GrpHdr", names)
    assert head is not None
    count, total = head.findtext("n:NbOfTxs", "", names), head.findtext("n:CtrlSum", None, names)
    if int(count) != len(values):
        yield f"NbOfTxs is {count}; there are {len(values)}"
    if total is not None and Decimal(total) != sum(values):
        yield f"CtrlSum is {total}; the amounts come to {sum(values)}"
    for amount, value in zip(amounts, values, strict=True):
        if not re.fullmatch("[A-Z]{3}", amount.get("Ccy", "")):
            yield f"the currency is {amount.get('Ccy')!r}; expected an ISO 4217 code"
        if value <= 0:
            yield f"the amount is {value}; expected more than nothing"
