"""A page of sums and an answer sheet, and what pupils write on them, right and wrong."""

from __future__ import annotations

from crnn.train.synth.forms import contents
from crnn.train.synth.forms.design import TICK, Comb, Design, Label, Print, Rule, Sheet, Zone
from crnn.train.synth.forms.design import Blank as Cell
from crnn.train.synth.forms.filling import Record
from crnn.train.synth.forms.form_sets import Form
from crnn.train.synth.text.form_values import digits, pick
from crnn.train.synth.text.text_sources import Rng

SUMS, QUESTIONS, CHOICES = 12, 10, "ABCD"
KEY = "BADCABDACB"
"""What is right on the answer sheet."""

WHOLE = {"type": "arithmetic", "chars": "0123456789+-×÷="}
"""Sums of whole numbers: a speck is no decimal point here."""

WRONG = 0.25
"""The share of sums that a pupil gets wrong."""


def sums() -> Design:
    """A page of numbered lines on which sums are written out whole."""
    sheet = Sheet("sums", (1240, 860))
    sheet.title("算术练习")
    sheet.row(62, Label("姓名", 130), Cell("name", 330), Label("日期", 130), _dated())
    for number in range(SUMS):
        left = 70 + 580 * (number % 2)
        top = 240 + 92 * (number // 2)
        sheet.text(f"{number + 1}.", (left, top, left + 50, top + 70), 28)
        box = (left + 56, top, left + 530, top + 70)
        sheet.blank(f"sum_{number + 1}", box, {"type": WHOLE})
    return sheet.finished()


def _dated() -> Cell:
    return Cell("date", None, {"type": "date"})


def sums_record(rng: Rng) -> Record:
    """A pupil's page; some answers are wrong, as pupils are: a digit, a carry, another sign."""
    written = {f"sum_{n + 1}": exercise(rng) for n in range(SUMS)}
    date = contents.written_day(rng, contents.day(rng))
    return {"name": contents.people(int(rng.integers(2**31)), 1)[0], "date": date, **written}


def exercise(rng: Rng) -> str:
    """A sum with an answer."""
    left, right = (int(v) for v in rng.integers(2, 100, 2))
    sign = "+-×÷"[int(rng.integers(4))]
    if sign == "-":
        left, right = max(left, right), min(left, right)
    if sign in "×÷":
        right = 2 + right % 8
    if sign == "÷":
        left *= right
    answers = {"+": left + right, "-": left - right, "×": left * right, "÷": left // right}
    answer = answers[sign]
    if rng.random() < WRONG:
        answer = abs(answer + int(rng.choice((-10, -2, -1, 1, 2, 10))))
    return f"{left}{sign}{right}={answer}"


def answers() -> Design:
    """An answer sheet: a pupil's number, questions with four choices, two numbers to find."""
    sheet = Sheet("answers", (1240, 840))
    sheet.title("答题卡")
    sheet.row(
        62, Label("姓名", 110), Cell("name", 330), Label("考号", 110),
        Comb("pupil", 8, zone={"type": {"type": "digits", "length": 8}, "required": True}),
    )  # fmt: skip
    sheet.y += 24
    for number in range(QUESTIONS):
        left, top = 90 + 560 * (number % 2), sheet.y + 78 * (number // 2)
        sheet.text(f"{number + 1}.", (left, top, left + 60, top + 60), 30)
        for place, choice in enumerate(CHOICES):
            x = left + 80 + 105 * place
            square = (x, top + 17, x + TICK, top + 17 + TICK)
            sheet.rules.append(Rule(square))
            zone = Zone(
                f"q{number + 1}_{choice}", square, "checkbox", group=f"q{number + 1}", label=choice
            )
            sheet.zones.append(zone)
            sheet.prints.append(Print(choice, (x + 36, top, x + 70, top + 60), 28))
    sheet.y += 78 * (QUESTIONS // 2) + 20
    for number in (11, 12):
        sheet.row(64, Label(f"{number}. 得数", 200), Cell(f"q{number}", zone={"type": "decimal"}))
    return sheet.finished()


NUMBERS = {"q11": "36", "q12": "7.5"}
"""What is right where a number is to be found."""


def answers_record(rng: Rng) -> Record:
    """A pupil who knows three answers of four; now and then two marks or none."""
    record: dict[str, str | bool | list[str]] = {
        "name": contents.people(int(rng.integers(2**31)), 1)[0],
        "pupil": digits(rng, 8, 8),
    }
    for number, right in enumerate(KEY, 1):
        marked = {right if rng.random() < 0.75 else pick(rng, CHOICES)}
        marked = set() if rng.random() < 0.04 else marked
        marked |= {pick(rng, CHOICES)} if rng.random() < 0.03 else set()
        record |= {f"q{number}_{choice}": choice in marked for choice in CHOICES}
    wrong = str(int(rng.integers(1, 99)))
    return record | {name: wrong if rng.random() < 0.3 else NUMBERS[name] for name in NUMBERS}


FORMS = (Form(sums(), sums_record), Form(answers(), answers_record))
