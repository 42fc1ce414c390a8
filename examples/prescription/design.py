"""A prescription form, and what doctors write on it, all of it made up."""

from __future__ import annotations

from crnn.train.synth.forms import contents
from crnn.train.synth.forms.design import Blank, Comb, Design, Label, Sheet, Ticks
from crnn.train.synth.forms.filling import Record
from crnn.train.synth.forms.form_sets import Form
from crnn.train.synth.text.form_values import digits, pick
from crnn.train.synth.text.text_sources import Rng
from examples.prescription.drugs import DRUGS
from examples.prescription.sig import DOSE, FREQUENCIES, FREQUENCY

CLINICS = ("内科", "外科", "儿科", "妇科", "眼科", "皮肤科", "口腔科", "急诊科", "骨科", "中医科")
DIAGNOSES = (
    "上呼吸道感染", "急性支气管炎", "高血压", "糖尿病", "慢性胃炎", "过敏性鼻炎", "冠心病",
    "高血脂症", "偏头痛", "皮炎", "失眠", "急性肠炎",
)  # fmt: skip
ROWS = 4


def prescription() -> Design:
    """The form: a patient, a diagnosis, and rows of drug, dose, frequency and days."""
    sheet = Sheet("prescription", (1240, 740))
    sheet.title("示例医院处方笺")
    sheet.row(
        62, Label("姓名", 110), Blank("patient", 240), Label("性别", 110),
        Ticks("sex", {"male": "男", "female": "女"}, 210), Label("年龄", 110),
        Blank("age", 120, {"type": {"type": "digits", "length": [1, 3]}, "required": True}),
        Label("岁", None),
    )  # fmt: skip
    sheet.row(
        62, Label("科别", 110), Blank("clinic", 240, {"lexicon": CLINICS}),
        Label("门诊号", 130), Comb("visit", 8, 330, {"type": {"type": "digits", "length": 8}}),
        Label("日期", 90), Blank("date", zone={"type": "date", "required": True}),
    )  # fmt: skip
    sheet.row(62, Label("临床诊断", 160), Blank("diagnosis", zone={"lexicon": DIAGNOSES}))
    sheet.table(
        "items", 62, ROWS,
        (
            ("药品名称", Blank("drug", 420, {"lexicon": tuple(DRUGS)})),
            ("每次剂量", Blank("dose", 210, {"type": {"expression": DOSE}})),
            ("用法", Blank("frequency", 260, {"type": {"expression": FREQUENCY}})),
            ("天数", Blank("days", None, {"type": {"type": "digits", "length": [1, 2]}})),
        ),
    )  # fmt: skip
    sheet.row(62, Label("医师", 110), Blank("doctor", 400), Label("本处方当日有效", None))
    return sheet.finished()


def prescription_record(rng: Rng) -> Record:
    """A doctor prescribes one to four drugs."""
    drugs = contents.some(rng, tuple(DRUGS), 1, ROWS)
    male = bool(rng.random() < 0.5)
    return {
        "patient": contents.people(int(rng.integers(2**31)), 1)[0],
        "male": male,
        "female": not male,
        "age": str(int(rng.integers(1, 96))),
        "clinic": pick(rng, CLINICS),
        "visit": digits(rng, 8, 8),
        "date": contents.written_day(rng, contents.day(rng)),
        "diagnosis": pick(rng, DIAGNOSES),
        "drug": drugs,
        "dose": [pick(rng, DRUGS[drug].doses) for drug in drugs],
        "frequency": [pick(rng, tuple(FREQUENCIES)) for _ in drugs],
        "days": [str(int(rng.integers(1, 15))) for _ in drugs],
        "doctor": contents.people(int(rng.integers(2**31)), 1)[0],
    }


FORMS = (Form(prescription(), prescription_record),)
