"""A transfer cheque of a bank that there is not, and what people write on it."""

from __future__ import annotations

from crnn.train.synth.forms import contents
from crnn.train.synth.forms.design import Design, Sheet
from crnn.train.synth.forms.filling import Record
from crnn.train.synth.forms.form_sets import Form
from crnn.train.synth.text.form_values import digits, pick
from crnn.train.synth.text.text_sources import Rng
from examples.cheque.parties import DRAWERS, PAYEES

BANKS = (
    "示例银行厦门分行", "示例银行福州分行", "示例银行广州分行", "示例银行深圳分行",
    "示例银行上海分行", "示例银行北京分行", "示例银行杭州分行", "示例银行成都分行",
)  # fmt: skip
PURPOSES = (
    "货款",
    "服务费",
    "工程款",
    "租金",
    "运费",
    "材料款",
    "设备款",
    "咨询费",
    "印刷费",
    "押金",
)
ACCOUNT_DIGITS = 16


def cheque() -> Design:
    """The cheque: both amounts, the day, both accounts, the payee and what it is for."""
    sheet = Sheet("cheque", (1400, 640))
    sheet.title("示例银行  转账支票", 40)
    account = {"type": "digits", "length": ACCOUNT_DIGITS}
    rows = (
        (150, "出票日期", "date", 460, {"type": "date", "required": True}),
        (226, "收款人", "payee", 660, {"lexicon": tuple(PAYEES), "required": True}),
        (302, "收款人账号", "payee_account", 660, {"type": account, "required": True}),
    )
    for top, label, name, right, zone in rows:
        sheet.text(label, (60, top, 220, top + 56))
        sheet.blank(name, (230, top, right, top + 56), zone)
    right_side = (
        (150, "付款行", "bank", {"lexicon": BANKS}),
        (226, "支票号码", "number", {"type": {"type": "digits", "length": 8}, "required": True}),
        (302, "出票人账号", "account", {"type": account, "required": True}),
    )
    for top, label, name, zone in right_side:
        sheet.text(label, (710, top, 870, top + 56))
        sheet.blank(name, (880, top, 1340, top + 56), zone)
    sheet.text("人民币（大写）", (60, 392, 250, 452))
    sheet.blank("capital", (260, 392, 960, 452), {"type": "capital_amount", "required": True})
    sheet.text("￥", (985, 392, 1015, 452))
    sheet.blank("amount", (1020, 392, 1340, 452), {"type": "amount", "required": True})
    sheet.text("用途", (60, 476, 140, 532))
    sheet.blank("purpose", (150, 476, 560, 532), {"lexicon": PURPOSES})
    sheet.text("出票人签章", (710, 500, 880, 556))
    sheet.text("本支票为示例，不得流通", (60, 568, 600, 608), 22)
    return sheet.finished({"kind": "capital", "fields": ["capital", "amount"]}, waves=True)


def cheque_record(rng: Rng) -> Record:
    """Someone pays."""
    value = contents.amount(rng)
    payee = pick(rng, tuple(PAYEES))
    return {
        "date": contents.written_day(rng, contents.day(rng)),
        "bank": pick(rng, BANKS),
        "payee": payee,
        "number": digits(rng, 8, 8),
        "payee_account": PAYEES[payee],
        "account": pick(rng, tuple(DRAWERS)),
        "capital": contents.in_capitals(value),
        "amount": contents.in_digits(rng, value).removeprefix("￥"),
        "purpose": pick(rng, PURPOSES),
    }


FORMS = (Form(cheque(), cheque_record),)
