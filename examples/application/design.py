"""Two forms of an office, and what people write on them: a request for leave, a claim."""

from __future__ import annotations

import datetime
from decimal import Decimal

from crnn.train.synth.forms import contents
from crnn.train.synth.forms.design import Blank, Comb, Design, Label, Sheet, Ticks
from crnn.train.synth.forms.filling import Record
from crnn.train.synth.forms.form_sets import Form
from crnn.train.synth.text.form_values import digits, pick
from crnn.train.synth.text.text_sources import Rng

STAFF = contents.people(8, 120)
DEPARTMENTS = (
    "办公室", "财务部", "人力资源部", "市场部", "销售部", "技术部", "采购部", "法务部", "生产部",
    "质量部", "客服中心", "信息中心",
)  # fmt: skip
LEAVE = {"annual": "年假", "sick": "病假", "personal": "事假", "marriage": "婚假"}
REASONS = (
    "回家探亲", "身体不适去医院检查", "参加孩子家长会", "办理房产手续", "参加同学婚礼", "外出旅游",
    "家中有事需要处理", "照顾生病的老人", "参加职业资格考试", "搬家",
)  # fmt: skip
EXPENSES = (
    "交通费", "住宿费", "餐费", "办公用品", "快递费", "会议费", "培训费", "通讯费", "招待费",
    "维修费",
)  # fmt: skip
ROWS = 4


def leave() -> Design:
    """A request for leave."""
    sheet = Sheet("leave", (1240, 700))
    sheet.title("请假申请单")
    sheet.row(
        64, Label("姓名", 130), Blank("name", 250, {"lexicon": STAFF, "required": True}),
        Label("部门", 110), Blank("department", 250, {"lexicon": DEPARTMENTS}),
        Label("工号", 110), Comb("staff_number", 6, zone={"type": {"type": "digits", "length": 6}}),
    )  # fmt: skip
    sheet.row(64, Label("请假类别", 170), Ticks("kind", LEAVE))
    sheet.row(
        64, Label("开始日期", 170), Blank("first_day", 320, {"type": "date", "required": True}),
        Label("结束日期", 170), Blank("last_day", zone={"type": "date", "required": True}),
    )  # fmt: skip
    sheet.row(
        64, Label("请假天数", 170), Blank("days", 160, {"type": "decimal"}),
        Label("联系电话", 170), Blank("phone", zone={"type": "phone"}),
    )  # fmt: skip
    sheet.row(120, Label("请假事由", 170), Blank("reason", zone={"multiline": True}))
    sheet.row(
        64, Label("申请日期", 170), Blank("date", 320, {"type": "date"}),
        Label("部门意见", 170), Ticks("opinion", {"agreed": "同意", "refused": "不同意"}),
    )  # fmt: skip
    return sheet.finished({"kind": "order", "fields": ["first_day", "last_day"]})


def leave_record(rng: Rng) -> Record:
    """Someone asks for leave."""
    first = contents.day(rng)
    days = int(rng.integers(1, 16))
    last = first + datetime.timedelta(days - 1)
    kind, said = pick(rng, tuple(LEAVE)), rng.random() < 0.8
    style = rng.integers(2**32)  # one person writes all days alike

    def written(day: datetime.date) -> str:
        return contents.written_day(type(rng)(type(rng.bit_generator)(int(style))), day)

    return {
        "name": pick(rng, STAFF),
        "department": pick(rng, DEPARTMENTS),
        "staff_number": digits(rng, 6, 6),
        **{name: name == kind for name in LEAVE},
        "first_day": written(first),
        "last_day": written(last),
        "days": str(days),
        "phone": contents.mobile(rng),
        "reason": pick(rng, REASONS),
        "date": written(first - datetime.timedelta(int(rng.integers(1, 9)))),
        "agreed": said,
        "refused": not said,
    }


def expense() -> Design:
    """A claim for expenses, whose rows have a sum, written twice."""
    sheet = Sheet("expense", (1240, 700))
    sheet.title("费用报销单")
    sheet.row(
        60, Label("报销人", 130), Blank("name", 250, {"lexicon": STAFF, "required": True}),
        Label("部门", 110), Blank("department", 250, {"lexicon": DEPARTMENTS}),
        Label("日期", 110), Blank("date", zone={"type": "date", "required": True}),
    )  # fmt: skip
    sheet.table(
        "items", 58, ROWS,
        (
            ("费用项目", Blank("item", 400, {"lexicon": EXPENSES})),
            ("单据张数", Blank("receipts", 200, {"type": "digits"})),
            ("金额", Blank("amount", None, {"type": "amount"})),
        ),
    )  # fmt: skip
    sheet.row(
        60, Label("合计（小写）", 220), Blank("total", zone={"type": "amount", "required": True})
    )
    sheet.row(60, Label("合计（大写）", 220), Blank("capital", zone={"type": "capital_amount"}))
    sheet.row(
        60, Label("付款方式", 170), Ticks("payment", {"transfer": "转账", "cash": "现金"}, 380),
        Label("卡号", 110), Blank("card", zone={"type": "bank_card"}),
    )  # fmt: skip
    return sheet.finished(
        {"kind": "sum", "fields": ["amount", "total"]},
        {"kind": "capital", "fields": ["capital", "total"]},
    )


def expense_record(rng: Rng) -> Record:
    """Someone wants money back."""
    items = contents.some(rng, EXPENSES, 1, ROWS)
    amounts = [contents.amount(rng, 5000) for _ in items]
    cash = bool(rng.random() < 0.3)
    total = sum(amounts, Decimal(0))
    return {
        "name": pick(rng, STAFF),
        "department": pick(rng, DEPARTMENTS),
        "date": contents.written_day(rng, contents.day(rng)),
        "item": items,
        "receipts": [str(int(rng.integers(1, 13))) for _ in items],
        "amount": [f"{amount:.2f}" for amount in amounts],
        "total": contents.in_digits(rng, total),
        "capital": contents.in_capitals(total),
        "transfer": not cash,
        "cash": cash,
        "card": "" if cash else contents.bank_card(rng),
    }


FORMS = (Form(leave(), leave_record), Form(expense(), expense_record))
