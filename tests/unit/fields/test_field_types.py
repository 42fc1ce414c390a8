"""Each type of field: forms as they stand on paper, and what must not be taken for one."""

import json

import pytest

from charset import Charset
from crnn.fields import FIELD_TYPES, compile_grammar

CLASSES = Charset.load("zh").classes

VALUES = {
    "digits": {"0": "0", "350203": "350203", "００７": "007", "1" * 64: "1" * 64},
    "decimal": {
        "0": "0",
        "-0.5": "-0.5",
        "+12": "12",
        "1,234,567.8": "1234567.8",
        "1234567.80": "1234567.80",
        "999,999,999,999": "999999999999",
        "－3.45": "-3.45",
    },
    "amount": {
        "￥1,234.50": "1234.50",
        "¥1,234.50": "1234.50",
        "￥ 1234.5": "1234.50",
        "RMB1,234.50": "1234.50",
        "RMB 1,234.50元": "1234.50",
        "人民币300元整": "300.00",
        "人民币￥300": "300.00",
        "1,234.50元": "1234.50",
        "12300元正": "12300.00",
        "0.05": "0.05",
        "-￥5.00": "-5.00",
        "￥-5.00": "-5.00",
        "3.45万元": "34500.00",
        "12,345.678901万元": "123456789.01",
        "2亿元": "200000000.00",
        "US$1,000": "1000.00",
        "$9.9": "9.90",
        "HK$20": "20.00",
        "€3": "3.00",
        "￡4.50": "4.50",
        "1,000 USD": "1000.00",
        "5万美元": "50000.00",
        "999,999,999,999.99": "999999999999.99",
    },
    "percentage": {"12.6%": "0.126", "－3％": "-0.03", "5‰": "0.005", "0%": "0", "100 %": "1"},
    "capital_amount": {
        "壹元整": "1.00",
        "壹拾元整": "10.00",
        "拾伍元正": "15.00",
        "壹佰零伍元": "105.00",
        "壹仟零伍元整": "1005.00",
        "壹仟零伍拾元整": "1050.00",
        "壹仟伍佰元整": "1500.00",
        "壹万元整": "10000.00",
        "壹万零伍佰元整": "10500.00",
        "壹万贰仟叁佰元整": "12300.00",
        "壹拾万零柒仟元伍角叁分": "107000.53",
        "壹拾万柒仟元零伍角叁分": "107000.53",
        "壹仟陆佰捌拾元零叁角贰分": "1680.32",
        "壹仟陆佰捌拾元叁角贰分": "1680.32",
        "壹万陆仟肆佰零玖元零贰分": "16409.02",
        "叁佰贰拾伍元零肆分": "325.04",
        "壹亿零伍仟元整": "100005000.00",
        "壹亿零伍元整": "100000005.00",
        "贰亿叁仟万元整": "230000000.00",
        "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖圆玖角玖分": "999999999999.99",
        "人民币壹佰元整": "100.00",
        "人民币（大写）：壹佰元整": "100.00",
        "大写:壹佰元整": "100.00",
        "零元整": "0.00",
        "伍角整": "0.50",
        "零元伍角": "0.50",
        "叁分": "0.03",
        "伍元零叁分": "5.03",
        "伍元叁角零分": "5.30",
        "伍元零角零分": "5.00",
        "负壹佰元整": "-100.00",
        "零佰零拾贰万叁仟零佰伍拾零元零角零分": "23050.00",
        "壹拾零元零角伍分": "10.05",
    },
    "date": {
        "2026-11-21": "2026-11-21",
        "2026-1-5": "2026-01-05",
        "2026/11/21": "2026-11-21",
        "2026.11.21": "2026-11-21",
        "20261121": "2026-11-21",
        "2026年11月21日": "2026-11-21",
        "2026年1月5号": "2026-01-05",
        "2026 年 11 月 21 日": "2026-11-21",
        "二〇二六年十一月二十一日": "2026-11-21",
        "二零二六年一月十日": "2026-01-10",
        "二○二四年二月二十九日": "2024-02-29",
        "一九九九年十二月三十一日": "1999-12-31",
        "2000-02-29": "2000-02-29",
        "11月21日": "--11-21",
        "2月29日": "--02-29",
        "十月一日": "--10-01",
        "2026年11月": "2026-11",
        "二〇二六年十月": "2026-10",
    },
    "time": {
        "08:30": "08:30",
        "8:30": "08:30",
        "08：30": "08:30",
        "23:59:59": "23:59:59",
        "0:00": "00:00",
        "8时30分": "08:30",
        "8点": "08:00",
        "8点整": "08:00",
        "8点半": "08:30",
        "8时30分15秒": "08:30:15",
        "14 时 05 分": "14:05",
        "上午8:30": "08:30",
        "上午12时": "12:00",
        "下午3时05分": "15:05",
        "下午15:30": "15:30",
        "中午12点半": "12:30",
        "中午1点": "13:00",
        "晚上9:00": "21:00",
        "凌晨12:30": "00:30",
        "8:30 PM": "20:30",
        "12:05 a.m.": "00:05",
        "12:05pm": "12:05",
    },
    "datetime": {
        "2026年11月20日 14:35": "2026-11-20T14:35",
        "2026-11-20 14:35:09": "2026-11-20T14:35:09",
        "2026-11-20T14:35": "2026-11-20T14:35",
        "2026年11月20日下午2时35分": "2026-11-20T14:35",
        "20261120 08:00": "2026-11-20T08:00",
        "二〇二六年十一月二十日 8时": "2026-11-20T08:00",
    },
    "phone": {
        "13812345678": "+8613812345678",
        "138 1234 5678": "+8613812345678",
        "138-1234-5678": "+8613812345678",
        "+8613812345678": "+8613812345678",
        "+86 138 1234 5678": "+8613812345678",
        "(+86) 13812345678": "+8613812345678",
        "008613812345678": "+8613812345678",
        "010-88886666": "+861088886666",
        "01088886666": "+861088886666",
        "(010)88886666": "+861088886666",
        "（0592）5551234": "+865925551234",
        "0592-5551234-806": "+865925551234",
        "0592-5551234 转 806": "+865925551234",
        "0755 8888 6666": "+8675588886666",
        "+86-592-5551234": "+865925551234",
        "+86 10 8888 6666": "+861088886666",
        "86 10 8888 6666": "+861088886666",
        "5551234": "5551234",
        "8888-6666转1": "88886666",
        "400-123-4567": "4001234567",
        "4008-888-888": "4008888888",
        "8008101234": "8008101234",
    },
    "email": {
        "zhang.san@example.com": "zhang.san@example.com",
        "a_b-c+1@Mail.Example.COM.cn": "a_b-c+1@mail.example.com.cn",
    },
    "plate": {
        "闽D12345": "闽D12345",
        "闽D·12345": "闽D12345",
        "京A AB123": "京AAB123",
        "沪A1234学": "沪A1234学",
        "粤BD12345": "粤BD12345",
        "粤B12345D": "粤B12345D",
        "粤Z1234港": "粤Z1234港",
        "使014578": "使014578",
        "224578使": "224578使",
        "沪A0023领": "沪A0023领",
    },
    "arithmetic": {
        "12+34=46": True,
        "12+34=45": False,
        "3+4×2=11": True,
        "100-99-1=0": True,
        "1-2=-1": True,
        "7*8=56": True,
        "9÷3=3": True,
        "1/3+1/3=2/3": True,
        "1÷3=0.333": False,
        "0.1+0.2=0.3": True,
        "17÷5=3……2": True,
        "17÷5=3余2": True,
        "17÷5=2...7": False,
        "12 + 34 = 46": True,
        "12+34=": None,
    },
}

REFUSED = {
    "digits": ["", "12a", "1 2", "-1", "1" * 65],
    "decimal": ["", ".5", "5.", "1,23", "12,34,567", "1,2345", "1.2.3", "01"],
    "amount": [
        "￥", "1,23.00", "￥1.234", "12,34.00元", "1.5元元", "￥5美元", "01元", "5.0000001万元",
    ],
    "percentage": ["12", "%", "1.%", "12%%"],
    "capital_amount": [
        "", "元整", "壹佰伍", "(大写) 壹佰元整", "壹佰零元整", "零壹元整", "壹零元整",
        "壹万零贰仟元整", "壹万伍佰元整", "壹仟伍元整", "壹亿伍仟元整", "壹佰零零伍元",
        "伍元零叁角", "伍元叁分", "叁角伍分整", "壹拾拾元",
        "壹万万元", "贰万叁亿元", "壹佰佰元", "壹元贰元", "一百元整", "100元整",
    ],
    "date": [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-32", "1900-02-29",
        "2026/11-21", "2026年11月31日", "2026年13月", "20260230", "2026111", "1899-12-31",
        "2100-01-01", "二〇二五年二月二十九日", "十三月一日", "二月三十日", "26-11-21", "2026-11",
    ],
    "time": [
        "24:00", "8:60", "8:5", "25时", "下午23:00", "上午13:00", "13:00 PM", "0:30 AM",
        "8时60分", "8时99秒", "8时5秒",
    ],
    "datetime": ["2026-11-20", "14:35", "2026-02-30 14:35", "11月20日 14:35", "2026-11-2014:35"],
    "phone": [
        "12812345678", "1381234567", "138123456789", "010-8888666", "0592-15551234", "0101234567",
        "110", "+86", "555123", "0592--5551234", "0592-5551234-",
    ],
    "email": [
        "a@b", "@b.com", "a.@b.com", ".a@b.com", "a@-b.com", "a@b..com", "a b@c.com", "a@b.c",
    ],
    "plate": ["闽D1234", "闽I12345", "闽D1234I", "闽D·1234O", "闽DABC12", "厦D12345", "闽D123456"],
    "arithmetic": ["12", "12=12", "1++2=3", "1+2=3=3", "1+=2", "=3", "01+2=3", "1÷0=…", "5÷2=2…"],
}  # fmt: skip


def rows(table):
    return [(name, text) for name, texts in table.items() for text in texts]


@pytest.mark.parametrize(("name", "text"), rows(VALUES))
def test_forms_that_stand_on_paper_are_taken_and_mean_what_they_say(name, text):
    field = compile_grammar(name, CLASSES)
    assert field.fault(text) == ""
    assert field.value(text)["value"] == VALUES[name][text]


@pytest.mark.parametrize(("name", "text"), rows(REFUSED))
def test_what_is_no_such_field_is_refused(name, text):
    field = compile_grammar(name, CLASSES)
    assert field.fault(text).startswith("not of the form")
    assert field.value(text) is None


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_the_examples_of_every_type_hold_and_its_values_are_json(name):
    field = compile_grammar(name, CLASSES)
    assert FIELD_TYPES[name].examples
    for text, expected in FIELD_TYPES[name].examples.items():
        value = field.value(text)
        assert value["value"] == expected
        assert json.loads(json.dumps(value)) == value


def test_every_type_is_tried_here_or_with_its_check_digit():
    assert set(FIELD_TYPES) - set(VALUES) == {"id_card", "uscc", "bank_card"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("￥1", "CNY"), ("1元", "CNY"), ("1美元", "USD"), ("$1", "USD"), ("HK$1", "HKD"),
        ("1港元", "HKD"), ("€1", "EUR"), ("￡1", "GBP"), ("1", None),
    ],
)  # fmt: skip
def test_an_amount_names_its_currency(text, code):
    assert compile_grammar("amount", CLASSES).value(text)["currency"] == code


def test_a_telephone_number_names_its_form_and_extension():
    phone = compile_grammar("phone", CLASSES)
    assert phone.value("0592-5551234转806") == {
        "kind": "phone",
        "value": "+865925551234",
        "form": "landline",
        "extension": "806",
    }
    forms = {"13812345678": "mobile", "5551234": "local", "400-123-4567": "service"}
    for text, form in forms.items():
        assert phone.value(text)["form"] == form
        assert phone.value(text)["extension"] is None


def test_a_sum_that_divides_by_zero_is_of_the_form_and_means_nothing():
    field = compile_grammar("arithmetic", CLASSES)
    for text in ("1÷0=5", "1/0+2=", "4÷0=0……4"):
        assert field.fault(text) == "something is divided by zero"
        assert field.value(text) is None


def test_a_sum_tells_what_both_sides_come_to():
    field = compile_grammar("arithmetic", CLASSES)
    assert field.value("1÷3+1=2") == {
        "kind": "arithmetic",
        "left": "4/3",
        "right": "2",
        "value": False,
    }
    assert field.value("17÷5=3……1")["left"] == "3…2"


def test_new_energy_is_told_from_the_length_of_a_plate():
    plate = compile_grammar("plate", CLASSES)
    assert plate.value("粤BD12345")["new_energy"] is True
    assert plate.value("粤B12345")["new_energy"] is False


def test_full_width_forms_are_taken_as_the_recogniser_writes_them():
    assert compile_grammar("digits", CLASSES).value("１２３")["value"] == "123"
    assert compile_grammar("amount", CLASSES).value("¥１，２３４") is None, "，keeps its width"
