"""Zones proposed for ten Chinese forms: `python -m tests.bench.forms.blanks [--save DIR]`.

The forms are drawn here as offices have them: leave, expense, application, census, medical, school,
bank, customs, courier, meeting. Prints Markdown: of the fields of each form the share that has a
proposed zone (half of it in common, at least), and of those the share of the right type and kind.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2

from crnn.forms.proposal import neighbours
from crnn.forms.proposal.propose import proposed
from crnn.forms.zone import Zone as Proposal
from crnn.reader import Reader
from crnn.train.synth.forms.design import (
    Blank,
    Comb,
    Design,
    Label,
    Print,
    Rule,
    Sheet,
    Ticks,
    Zone,
)
from crnn.train.synth.forms.printing import blank_page

DAY = {"type": "date"}
MONEY = {"type": "amount"}
SIZE = (1240, 1754)


def pair(sheet: Sheet, *fields: tuple[str, dict | None], height: int = 64) -> None:
    """A row of labels, each with a cell to write in."""
    cells: list = []
    for name, wish in fields:
        cells += [Label(name, 190), Blank(name, None, wish or {})]
    sheet.row(height, *cells)


def dated(sheet: Sheet, *names: str, height: int = 64) -> None:
    """A row of labels, each with a cell that holds 年 月 日."""
    left, right = sheet.margin, sheet.size[0] - sheet.margin
    wide = (right - left) // len(names)
    for number, name in enumerate(names):
        x = left + number * wide
        end = right if number == len(names) - 1 else x + wide
        sheet.rules += [Rule((x, sheet.y, x + 190, sheet.y + height)),
                        Rule((x + 190, sheet.y, end, sheet.y + height))]  # fmt: skip
        sheet.prints.append(Print(name, (x, sheet.y, x + 190, sheet.y + height), 28, True))
        for at, sign in zip((0.35, 0.6, 0.85), "年月日", strict=True):
            place = x + 190 + round(at * (end - x - 190))
            sheet.prints.append(Print(sign, (place, sheet.y, place + 30, sheet.y + height), 28))
        sheet.zones.append(Zone(name, (x + 194, sheet.y + 4, end - 4, sheet.y + height - 4), **DAY))
    sheet.y += height


def opinion(sheet: Sheet, *names: str, height: int = 190) -> None:
    """Cells for opinions: the label on top, room to write, a signature and a date at the foot."""
    left, right = sheet.margin, sheet.size[0] - sheet.margin
    wide = (right - left) // len(names)
    for number, name in enumerate(names):
        x = left + number * wide
        end, top = right if number == len(names) - 1 else x + wide, sheet.y
        foot = top + height - 52
        sheet.rules.append(Rule((x, top, end, top + height)))
        sheet.prints += [
            Print(f"{name}：", (x + 12, top + 6, end, top + 46), 26),
            Print("签名：", (x + 12, foot, x + 110, foot + 44), 26),
        ]
        day = end - 250
        for at, sign in zip((70, 140, 210), "年月日", strict=True):
            sheet.prints.append(Print(sign, (day + at, foot, day + at + 30, foot + 44), 26))
        sheet.zones += [
            Zone(name, (x + 4, top + 50, end - 4, foot - 4), multiline=True),
            Zone(f"{name}_签名", (x + 100, foot, day - 4, foot + 44)),
            Zone(f"{name}_日期", (day, foot, end - 4, foot + 44), **DAY),
        ]
    sheet.y += height


def leave() -> Design:
    """An application for leave."""
    sheet = Sheet("请假单", SIZE)
    sheet.title("请 假 单")
    pair(sheet, ("姓名", None), ("部门", None))
    pair(sheet, ("职务", None), ("联系电话", {"type": "phone"}))
    sheet.row(64, Label("请假类别", 190), Ticks("类别", {"a": "事假", "b": "病假", "c": "年假"}))
    dated(sheet, "开始时间", "结束时间")
    pair(sheet, ("请假事由", {"multiline": True}), height=150)
    opinion(sheet, "部门意见", "人事意见")
    opinion(sheet, "领导批示")
    return sheet.finished()


def expense() -> Design:
    """A claim for expenses."""
    sheet = Sheet("费用报销单", SIZE)
    sheet.title("费用报销单")
    pair(sheet, ("报销人", None), ("所属部门", None))
    dated(sheet, "填报日期")
    columns = [("费用项目", Blank("费用项目")), ("金额（元）", Blank("金额", 260, MONEY)),
               ("备注", Blank("备注", 240))]  # fmt: skip
    sheet.table("明细", 56, 6, columns)
    pair(sheet, ("合计大写", {"type": "capital_amount"}), ("合计小写", MONEY))
    pair(sheet, ("开户银行", None), ("银行卡号", {"type": "bank_card"}))
    opinion(sheet, "财务审核", "单位负责人")
    return sheet.finished()


def application() -> Design:
    """An application for a post."""
    sheet = Sheet("应聘登记表", SIZE)
    sheet.title("应聘人员登记表")
    pair(sheet, ("姓名", None), ("性别", None), ("民族", None))
    dated(sheet, "出生日期", "到岗日期")
    pair(sheet, ("政治面貌", None), ("婚姻状况", None))
    sheet.row(60, Label("身份证号", 190), Comb("身份证号", 18, None, {"type": "id_card"}))
    pair(sheet, ("手机号码", {"type": "phone"}), ("电子邮箱", {"type": "email"}))
    pair(sheet, ("现住地址", None))
    columns = [("起止时间", Blank("起止时间", 300)), ("工作单位", Blank("工作单位")),
               ("职务", Blank("职务", 200))]  # fmt: skip
    sheet.table("经历", 56, 4, columns)
    opinion(sheet, "用人部门意见")
    return sheet.finished()


def census() -> Design:
    """A household's register."""
    sheet = Sheet("人口登记表", SIZE)
    sheet.title("常住人口登记表")
    pair(sheet, ("户主姓名", None), ("户号", None))
    pair(sheet, ("家庭住址", None))
    columns = [("姓名", Blank("姓名", 180)), ("与户主关系", Blank("与户主关系", 200)),
               ("性别", Blank("性别", 110)), ("出生日期", Blank("出生日期", 240, DAY)),
               ("公民身份号码", Blank("公民身份号码", None, {"type": "id_card"}))]  # fmt: skip
    sheet.table("成员", 56, 8, columns)
    sheet.row(64, Label("住房性质", 190), Ticks("住房", {"a": "自有", "b": "租赁", "c": "其他"}))
    pair(sheet, ("登记人", None), ("联系电话", {"type": "phone"}))
    dated(sheet, "登记日期")
    return sheet.finished()


def medical() -> Design:
    """A patient's first sheet."""
    sheet = Sheet("门诊病历", SIZE)
    sheet.title("门诊病历首页")
    pair(sheet, ("姓名", None), ("性别", None), ("年龄", None))
    dated(sheet, "就诊日期")
    pair(sheet, ("主诉", {"multiline": True}), height=130)
    pair(sheet, ("现病史", {"multiline": True}), height=170)
    sheet.row(64, Label("过敏史", 190), Ticks("过敏", {"a": "无", "b": "有"}))
    pair(sheet, ("体温", None), ("血压", None))
    opinion(sheet, "诊断意见", height=230)
    return sheet.finished()


def school() -> Design:
    """A pupil's enrolment."""
    sheet = Sheet("入学登记表", SIZE)
    sheet.title("新生入学登记表")
    pair(sheet, ("学生姓名", None), ("性别", None))
    dated(sheet, "出生日期", "入学日期")
    sheet.row(60, Label("学籍号", 190), Comb("学籍号", 12, None, {"type": "digits"}))
    pair(sheet, ("毕业学校", None), ("邮政编码", {"type": "digits"}))
    columns = [("家长姓名", Blank("家长姓名", 220)), ("关系", Blank("关系", 140)),
               ("工作单位", Blank("工作单位")),
               ("联系电话", Blank("联系电话", 280, {"type": "phone"}))]  # fmt: skip
    sheet.table("家长", 56, 2, columns)
    sheet.row(64, Label("住宿", 190), Ticks("住宿", {"a": "走读", "b": "住校"}))
    opinion(sheet, "学校意见")
    return sheet.finished()


def bank() -> Design:
    """An account's opening."""
    sheet = Sheet("开户申请书", SIZE)
    sheet.title("个人开户申请书")
    pair(sheet, ("客户姓名", None), ("国籍", None))
    sheet.row(64, Label("证件类型", 190), Ticks("证件", {"a": "身份证", "b": "护照", "c": "其他"}))
    sheet.row(60, Label("证件号码", 190), Comb("证件号码", 18, None, {"type": "digits"}))
    dated(sheet, "有效期至")
    pair(sheet, ("手机号码", {"type": "phone"}), ("固定电话", {"type": "phone"}))
    pair(sheet, ("通讯地址", None), ("邮编", {"type": "digits"}))
    pair(sheet, ("存入金额", MONEY), ("金额大写", {"type": "capital_amount"}))
    opinion(sheet, "客户声明", "银行审核")
    return sheet.finished()


def customs() -> Design:
    """A declaration at customs."""
    sheet = Sheet("申报单", SIZE)
    sheet.title("进境旅客行李物品申报单")
    pair(sheet, ("姓名", None), ("国籍", None))
    pair(sheet, ("护照号码", None), ("航班号", None))
    dated(sheet, "出生日期", "入境日期")
    sheet.row(64, Label("超过限额", 190), Ticks("限额", {"a": "是", "b": "否"}))
    columns = [("品名", Blank("品名")), ("数量", Blank("数量", 150, {"type": "decimal"})),
               ("金额", Blank("金额", 240, MONEY)),
               ("海关批注", Blank("海关批注", 240))]  # fmt: skip
    sheet.table("物品", 56, 6, columns)
    opinion(sheet, "海关意见")
    return sheet.finished()


def courier() -> Design:
    """A waybill."""
    sheet = Sheet("快递单", SIZE)
    sheet.title("快递详情单")
    for side in ("寄件", "收件"):
        pair(sheet, (f"{side}人", None), (f"{side}电话", {"type": "phone"}))
        pair(sheet, (f"{side}单位", None))
        pair(sheet, (f"{side}地址", None), height=90)
    pair(sheet, ("物品名称", None), ("件数", {"type": "decimal"}))
    pair(sheet, ("保价金额", MONEY), ("费用合计", MONEY))
    sheet.row(64, Label("付款方式", 190), Ticks("付款", {"a": "寄付", "b": "到付", "c": "月结"}))
    dated(sheet, "寄件日期", "收件日期")
    return sheet.finished()


def meeting() -> Design:
    """A list of those who came to a meeting."""
    sheet = Sheet("签到表", SIZE)
    sheet.title("会议签到表")
    pair(sheet, ("会议名称", None))
    pair(sheet, ("会议地点", None), ("主持人", None))
    dated(sheet, "会议日期")
    columns = [("单位", Blank("单位")), ("姓名", Blank("姓名", 200)), ("职务", Blank("职务", 180)),
               ("联系电话", Blank("联系电话", 280, {"type": "phone"})),
               ("签名", Blank("签名", 200))]  # fmt: skip
    sheet.table("人员", 60, 12, columns)
    pair(sheet, ("备注", {"multiline": True}), height=120)
    return sheet.finished()


FORMS: tuple[Callable[[], Design], ...] = (
    leave, expense, application, census, medical, school, bank, customs, courier, meeting,
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Draw, propose, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.forms.blanks", description=__doc__)
    parser.add_argument("--save", type=Path, metavar="DIR", help="write the blanks there")
    parser.add_argument("--missed", action="store_true", help="list fields without a zone")
    args = parser.parse_args(argv)
    reader = Reader.load("zh")
    print(
        "| form | fields | proposed % | of the right type % | zones beyond |\n|---|---|---|---|---|"
    )
    whole = [0, 0, 0, 0]
    for made in FORMS:
        design = made()
        grey = cv2.cvtColor(blank_page(design), cv2.COLOR_BGR2GRAY)
        if args.save:
            args.save.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(args.save / f"{made.__name__}.png"), grey)
        found = proposed(reader, grey)
        pairs = [(zone, match(zone, found.zones)) for zone in design.zones]
        hits = [(zone, hit) for zone, hit in pairs if hit]
        typed = [zone for zone, hit in hits if hit and same_type(zone, hit)]
        counts = [len(pairs), len(hits), len(typed), len(found.zones) - len(hits)]
        whole = [a + b for a, b in zip(whole, counts, strict=True)]
        print(row(made.__name__, counts), f"FILLED {found.filled}" if found.filled else "")
        if args.missed:
            print("  missed:", [zone.name for zone, hit in pairs if not hit])
            other = [(z.name, h.type, h.kind) for z, h in hits if h and z not in typed]
            print("  other types:", other)
    print(row("**all**", whole))
    return 0


def match(zone: Zone, found: Sequence[Proposal]) -> Proposal | None:
    """The proposed zone that has half of its area and of the field's in common with it."""
    for one in found:
        if (
            neighbours.share_in(zone.box, one.box) >= 0.5
            and neighbours.share_in(one.box, zone.box) >= 0.5
        ):
            return one
    return None


def same_type(zone: Zone, found: Proposal) -> bool:
    """Whether kind and type are those of the field."""
    return (zone.kind, zone.type) == (found.kind, found.type)


def row(title: str, counts: Sequence[int]) -> str:
    """One row of the table."""
    fields, hits, typed, beyond = counts
    shares = f"{100 * hits / fields:.1f} | {100 * typed / max(1, hits):.1f}"
    return f"| {title} | {fields} | {shares} | {beyond} |"


if __name__ == "__main__":
    raise SystemExit(main())
