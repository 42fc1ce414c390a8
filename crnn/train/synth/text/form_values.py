"""What stands on forms: amounts, dates, numbers, codes, headings, fields, from small grammars.

Each function takes a random generator and gives one piece of text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Rng = np.random.Generator


def words(text: str) -> list[str]:
    """The words of a text, in its order."""
    return text.split()


CAPITAL = "零壹贰叁肆伍陆柒捌玖"
NUMERALS = "〇一二三四五六七八九"
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁"
    "魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎"
    "易常武乔贺赖龚文"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲红建国华志梅鑫波宇浩凯佳俊晨雪婷博思雨"
    "欣怡子涵梓轩泽洁颖琳峰鹏飞斌成东海燕云春生德林"
)
LABELS = words(
    """
    姓名 性别 年龄 民族 出生日期 身份证号 联系电话 手机号码 电子邮箱 通讯地址 邮政编码 工作单位 职务
    职称 部门 申请人 申请日期 审批人 审核意见 经办人 负责人 备注 合计 小计 金额 数量 单价 规格型号
    品名 编号 序号 日期 账号 开户银行 户名 税号 纳税人识别号 发票代码 发票号码 校验码 购买方 销售方
    价税合计 大写 小写 收款人 复核 开票人 合同编号 甲方 乙方 签字 盖章 单位公章 法定代表人 注册资本
    经营范围 统一社会信用代码 有效期 签发机关 住址 户籍 学历 专业 毕业院校 政治面貌 婚姻状况
    健康状况 项目名称 项目编号 建设单位 施工单位 监理单位 期末余额 期初余额 本期增加 本期减少
    营业收入 营业成本 净利润 资产总计 负债合计 所有者权益 现金流量 主体类型 主体名称 主体代码
    组织机构代码 联系人 其他 是 否 男 女 附件 附注 说明 单位 元 万元 人民币 原因 事由 开始时间
    结束时间 请假天数 车牌号 车型 报销金额 出差地点 交通费 住宿费 餐费 会议名称 参会人员
    """
)
OPTIONS = words(
    """
    是 否 男 女 同意 不同意 已婚 未婚 其他 境内 境外 个人 机构 新增 变更 注销 合格 不合格 有 无 现金
    转账
    """
)
ENGLISH = words(
    """
    Name Date Address Phone Fax To From Subject Total Amount Number Page Department Title Signature
    Approved By Project Code Description Quantity Price Remarks Comments Company City State Zip
    Country Account Invoice Order Report Request Form Section Type Status Yes No None Item Unit Cost
    Sales Brand Region District Manager Product Test Sample Results Method Analysis Received
    Submitted Prepared Reviewed Attention Memo Confidential Budget Contract Effective Period
    Expiration Starting Ending Quarter Year Month Week Day Time Location Purpose Source
    """
)
MONTHS = words(
    """
    January February March April May June July August September October November December
    """
)
UNITS = words(
    """
    元 万元 亿元 % ‰ 元/吨 kg g mg ml L m cm mm km ㎡ m² ℃ 个 台 套 件 人 次 天 年 月 股 kW V A Hz
    """
)
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pick(rng: Rng, items: Sequence[str]) -> str:
    """One of the items, all alike."""
    return items[int(rng.integers(len(items)))]


def digits(rng: Rng, low: int, high: int) -> str:
    """Between low and high digits."""
    return "".join(map(str, rng.integers(0, 10, int(rng.integers(low, high + 1)))))


def number(rng: Rng) -> str:
    """A number as tables have it: plain, grouped, decimal, percent, in brackets, with a unit."""
    value = int(10 ** rng.uniform(0, 9))
    style = int(rng.integers(7))
    if style == 0:
        return digits(rng, 1, 18)
    if style == 1:
        return f"{value / 100:,.2f}"
    if style == 2:
        return f"{rng.uniform(0, 100):.{int(rng.integers(1, 5))}f}{pick(rng, ['%', '', '%', '‰'])}"
    if style == 3:
        before, after = pick(rng, ("-|", "(|)", "（|）", "+|")).split("|")
        return f"{before}{value:,}{after}"
    if style == 4:
        return f"{value / 100:.2f}{pick(rng, UNITS)}"
    return f"{value:,}{pick(rng, ['', '.00', '.50', '元', '-'])}"


def amount(rng: Rng) -> str:
    """Money: with a currency sign, or in capital numerals."""
    value = int(10 ** rng.uniform(1, 8))
    if rng.random() < 0.3:
        return pick(rng, ["人民币", "（大写）", "大写：", "", "合计："]) + capital(value)
    sign = pick(rng, ["￥", "￥", "人民币", "$", "US$", "€", "￡", "RMB ", "CNY ", ""])
    grouped = f"{value:,}" if rng.random() < 0.7 else str(value)
    return f"{sign}{grouped}.{int(rng.integers(100)):02d}{pick(rng, ['', '', '元', '万元', '整'])}"


def capital(value: int) -> str:
    """An amount in capital numerals (壹万贰仟叁佰元整)."""
    text, zero = "", False
    for position, digit in zip(range(len(str(value)) - 1, -1, -1), str(value), strict=True):
        if digit != "0":
            text += (
                ("零" if zero else "") + CAPITAL[int(digit)] + ("", "拾", "佰", "仟")[position % 4]
            )
            zero = False
        else:
            zero = bool(text)
        if position in (4, 8) and text and text[-1] not in "万亿":
            text += {4: "万", 8: "亿"}[position]
            zero = False
    return f"{text or CAPITAL[0]}元整"


def date(rng: Rng) -> str:
    """A date or a time, Chinese, ISO, or English."""
    year, month, day = (
        int(rng.integers(1949, 2035)),
        int(rng.integers(1, 13)),
        int(rng.integers(1, 29)),
    )
    gap = pick(rng, ["", "", "", " "])
    style = int(rng.integers(9))
    if style == 0:
        return (
            "".join(NUMERALS[int(d)] for d in str(year)) + f"年{_numeral(month)}月{_numeral(day)}日"
        )
    if style == 1:
        sign = pick(rng, ["-", "/", "."])
        return f"{year}{sign}{month:02d}{sign}{day:02d}"
    if style == 2:
        return f"{int(rng.integers(24)):02d}:{int(rng.integers(60)):02d}" + pick(
            rng, ["", ":30", " PM", " a.m."]
        )
    if style == 3:
        return f"{MONTHS[month - 1]} {day}, {year}"
    if style == 4:
        sign = pick(rng, ["-", "/", "/"])
        return f"{month}{sign}{day}{sign}{year % 100:02d}"
    if style == 5:
        return f"{day:02d}-{MONTHS[month - 1][:3].upper()}-{year}"
    if style == 6:
        return f"{year}{gap}年{gap}{month}{gap}月"
    return f"{year}{gap}年{gap}{month}{gap}月{gap}{day}{gap}日"


def _numeral(value: int) -> str:
    tens, ones = divmod(value, 10)
    return ("" if tens == 0 else ("" if tens == 1 else NUMERALS[tens]) + "十") + (
        NUMERALS[ones] if ones else ""
    )


def code(rng: Rng) -> str:
    """Identifiers: wire labels, ID cards, plates, credit codes, serial numbers."""
    style = int(rng.integers(8))
    if style == 0:
        return "".join(pick(rng, UPPER + "0123456789") for _ in range(int(rng.integers(3, 19))))
    if style == 1:
        return (
            digits(rng, 6, 6)
            + str(int(rng.integers(1940, 2020)))
            + digits(rng, 7, 7)
            + pick(rng, "0123456789X")
        )
    if style == 2:
        return (
            f"1{digits(rng, 10, 10)}"
            if rng.random() < 0.6
            else f"0{digits(rng, 2, 3)}-{digits(rng, 7, 8)}"
        )
    if style == 3:
        return (
            pick(rng, "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁")
            + pick(rng, UPPER)
            + pick(rng, ["·", ""])
            + "".join(pick(rng, UPPER + "0123456789") for _ in range(5))
        )
    if style == 4:
        prefix = pick(rng, ["-", "", ""]) + "".join(
            pick(rng, UPPER) for _ in range(int(rng.integers(1, 4)))
        )
        return (
            f"{prefix}{digits(rng, 1, 4)}{pick(rng, ['', ':', '.', '-', '_'])}{digits(rng, 0, 3)}"
        )
    if style == 5:
        return f"{digits(rng, 1, 3)}{pick(rng, UPPER)}{digits(rng, 1, 3)}"
    if style == 6:
        return pick(rng, ["NO.", "No. ", "编号：", "第", "SN", "#"]) + digits(rng, 3, 12)
    return "-".join(digits(rng, 1, 5) for _ in range(int(rng.integers(2, 4))))


def heading(rng: Rng) -> str:
    """A numbered heading's beginning."""
    n = int(rng.integers(1, 30))
    style = int(rng.integers(9))
    label = pick(rng, LABELS)
    fixed = {
        0: f"{_numeral(n)}、",
        1: f"（{_numeral(n)}）",
        2: f"{n}、",
        3: f"（{n}）",
        6: chr(0x2460 + n % 20),
        7: f"{n}. ",
    }
    if style in fixed:
        return fixed[style] + label
    if style == 4:
        return f"{n}.{int(rng.integers(1, 9))} {label}"
    if style == 5:
        return f"第{_numeral(n)}{pick(rng, '条章节款项')} {label}"
    return pick(rng, ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "ⅰ", "ⅱ"]) + pick(rng, [".", "、", " "]) + label


def name(rng: Rng) -> str:
    """A Chinese personal name."""
    return pick(rng, SURNAMES) + "".join(pick(rng, GIVEN) for _ in range(int(rng.integers(1, 3))))


def form_field(rng: Rng) -> str:
    """A label, a filled label, or a row of boxes to tick."""
    style = rng.random()
    if style < 0.25:
        return pick(rng, LABELS)
    if style < 0.45:
        box = [
            pick(rng, ["□", "□", "☑", "✓", "○", "√", "☐", "■"]) + pick(rng, ["", " "])
            for _ in range(3)
        ]
        return " ".join(sign + pick(rng, OPTIONS) for sign in box[: int(rng.integers(1, 4))])
    filled = (name, date, number, amount, code)[int(rng.integers(5))](rng)
    mark = pick(rng, ["：", ":", " ", "：", "（", "/"])
    return f"{pick(rng, LABELS)}{mark}{filled}{'）' if mark == '（' else ''}"


def email(rng: Rng) -> str:
    """An e-mail address, a web address or a path."""
    word = "".join(
        pick(rng, UPPER.lower() + "0123456789_.") for _ in range(int(rng.integers(3, 11)))
    ).strip(".")
    host = pick(
        rng, ["qq.com", "163.com", "gmail.com", "sina.com.cn", "example.org", "126.com", "edu.cn"]
    )
    style = int(rng.integers(4))
    if style == 0:
        return f"http{pick(rng, ['', 's'])}://www.{host}/{word}"
    if style == 1:
        return f"www.{word}.{host}"
    return f"{word}@{host}"


def english_field(rng: Rng) -> str:
    """Labels, names and short phrases of English forms."""
    chosen = [pick(rng, ENGLISH) for _ in range(int(rng.integers(1, 4)))]
    style = int(rng.integers(7))
    text = " ".join(chosen)
    if style == 0:
        text = text.upper()
    elif style == 1:
        text = f"{pick(rng, UPPER)}. {pick(rng, UPPER)}. {pick(rng, ENGLISH)}"
    elif style == 2:
        sign = pick(rng, [":", " #:", " No.:", "/", "?", " -", " &"])
        text = f"{chosen[0]}{sign} {' '.join(chosen[1:])}"
    elif style == 3:
        text = f"({pick(rng, 'abcdefgh123456789')}) {text}"
    elif style == 4:
        text = f"{text}: {(number, date, code)[int(rng.integers(3))](rng)}"
    return text.strip()
