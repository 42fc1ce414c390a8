"""examples/cheque/pain001.py: documents that the schema takes, rules that know what it refuses."""

import datetime
import re
from decimal import Decimal
from pathlib import Path

import pytest

from examples.cheque.pain001 import Party, Payment, document, faults

NOON = datetime.datetime(2026, 11, 21, 12, 0, 5)


def payment(**other) -> Payment:
    given = {
        "reference": "02354100",
        "day": datetime.date(2026, 11, 21),
        "amount": Decimal("121259.46"),
        "debtor": Party("厦门示例制造有限公司", "7569193350564618", "示例银行成都分行"),
        "creditor": Party("武汉长江食品有限公司", "0395476200753292"),
        "purpose": "服务费",
    }
    return Payment(**given | other)


def made(*payments: Payment) -> bytes:
    return document(payments or [payment()], message_id="20261121120005", created=NOON)


@pytest.fixture(scope="module")
def schema():
    sepaxml = pytest.importorskip("sepaxml", reason="the published schema is in PyPI's sepaxml")
    from lxml import etree

    path = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
    found = etree.XMLSchema(etree.parse(str(path)))
    return lambda xml: found.validate(etree.fromstring(xml))


def test_one_payment_and_several_are_valid_by_the_published_schema(schema):
    assert schema(made())
    bare = payment(reference="2", purpose="", debtor=Party("某公司", "1"), amount=Decimal("0.01"))
    assert schema(made(payment(), bare))


BREAKS = {
    "a head without a date": ("<CreDtTm>.*</CreDtTm>", ""),
    "a date that is none": ("<Dt>.*</Dt>", "<Dt>2026-13-01</Dt>"),
    "no creditor": ("<Cdtr>(.|\n)*</Cdtr>", ""),
    "a creditor before the amount": (
        "(<Amt>(?:.|\n)*</Amt>)((?:.|\n)*</Cdtr>)",
        r"\2\1",
    ),
    "an unknown element": ("<PmtMtd>", "<Note>x</Note><PmtMtd>"),
    "a way of paying that there is not": ("TRF", "CASH"),
    "an amount in words": (">121259.46</InstdAmt>", ">much</InstdAmt>"),
    "no amount": ("<Amt>(.|\n)*</Amt>", ""),
    "an account longer than 34 signs": ("<Id>0395476200753292</Id>", f"<Id>{'1' * 35}</Id>"),
    "an empty reference": ("<EndToEndId>.*</EndToEndId>", "<EndToEndId></EndToEndId>"),
    "a name of 141 signs": ("<Nm>武汉长江食品有限公司</Nm>", f"<Nm>{'长' * 141}</Nm>"),
    "two heads": ("(<GrpHdr>(?:.|\n)*</GrpHdr>)", r"\1\1"),
    "no payments": ("<PmtInf>(.|\n)*</PmtInf>", ""),
}
ALLOWED = {"no creditor"}
"""The schema does not ask for one, nor do our rules: they agree on that too."""


@pytest.mark.parametrize("what", BREAKS)
def test_our_rules_and_the_published_schema_judge_alike(schema, what):
    text = made().decode()
    broken, count = re.subn(BREAKS[what][0], BREAKS[what][1], text)
    assert count
    assert schema(broken.encode()) == (what in ALLOWED)
    assert (faults(broken.encode()) == []) == (what in ALLOWED)


@pytest.mark.parametrize(
    ("pattern", "instead", "said"),
    [
        ("<NbOfTxs>1</NbOfTxs>", "<NbOfTxs>2</NbOfTxs>", "there are 1"),
        ("<CtrlSum>121259.46</CtrlSum>", "<CtrlSum>121259.45</CtrlSum>", "come to 121259.46"),
        ('Ccy="CNY"', 'Ccy="yuan"', "ISO 4217"),
    ],
)
def test_sums_that_no_schema_counts_are_counted(pattern, instead, said):
    found = faults(re.sub(pattern, instead, made().decode(), count=1).encode())
    assert len(found) == 1
    assert said in found[0]


def test_a_payment_of_nothing_or_to_nobody_is_refused():
    with pytest.raises(ValueError, match="expected more than nothing"):
        made(payment(amount=Decimal(0)))
    with pytest.raises(ValueError, match="is no Max34"):
        made(payment(creditor=Party("某公司", "")))


def test_what_is_no_xml_or_another_document_is_said():
    assert faults(b"<Document")[0].startswith("no XML")
    assert "the root is" in faults(b"<Document/>")[0]
