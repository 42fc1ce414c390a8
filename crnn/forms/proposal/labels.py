"""Printed labels: what a field is called, and what kind of value it usually holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

EDGES = " :：*＊、。.,，;；_—-"
DATE_FRAME = re.compile(r"年.*月.*日")
ASKS = re.compile(r"[:：]\s*$|^.{1,12}$")


@dataclass(frozen=True)
class Kind:
    """What a label asks for."""

    type: str | None = None
    multiline: bool = False


RULES: tuple[tuple[str, Kind], ...] = (
    (r"身份证|公民身份|居民身份|\bID\b", Kind("id_card")),
    (r"信用代码|税号|纳税人识别", Kind("uscc")),
    (r"大写", Kind("capital_amount")),
    (r"电话|手机|联系方式|传真|[Pp]hone|\bTel", Kind("phone")),
    (r"邮箱|电子邮件|E-?mail|e-?mail", Kind("email")),
    (r"银行卡|银行账?卡号|储蓄卡", Kind("bank_card")),
    (r"账号|帐号|账户", Kind("digits")),
    (r"邮编|邮政编码", Kind("digits")),
    (r"车牌", Kind("plate")),
    (r"日期|年月日|生日|出生|[Dd]ate", Kind("date")),
    (r"时间|[Tt]ime", Kind("time")),
    (r"税率|比例|百分比", Kind("percentage")),
    (
        r"金额|合计|总计|小计|小写|单价|费用(?!项目|类|说明|名)|价税|税额|[Aa]mount|[Tt]otal|[Pp]rice",
        Kind("amount"),
    ),
    (r"数量|天数|人数|件数|[Qq]uantity", Kind("decimal")),
    (
        r"备注|事由|去向|病史|主诉|诊断|说明|意见|原因|理由|内容|[Nn]ote|[Rr]emark|[Rr]eason",
        Kind(None, True),
    ),
)


def clean(text: str) -> str:
    """A label without colons, stars and the spaces that spread its characters."""
    bare = text.strip(EDGES).rstrip("[|").strip(EDGES)
    if not bare.isascii():
        bare = bare.replace(" ", "")
    return bare[:50]


def guess(label: str) -> Kind:
    """The kind of value that a label asks for; plain text where nothing says."""
    return next((kind for rule, kind in RULES if re.search(rule, label)), Kind())


def asks(text: str) -> bool:
    """Whether a printed text is a label with a place to write beside it, not a sentence."""
    return bool(ASKS.search(text.strip()))


SIGNS = re.compile(r"签名|签字|签章|盖章|签收")


def asks_to_sign(text: str) -> bool:
    """Whether a printed text asks for a signature or a seal."""
    return bool(SIGNS.search(text)) and len(text) <= 12


def is_date_frame(texts: list[str]) -> bool:
    """Whether the print of a cell is 年 月 日 with places for the figures."""
    joined = "".join(texts).replace(" ", "")
    return bool(DATE_FRAME.search(joined)) and len(joined) <= 8
