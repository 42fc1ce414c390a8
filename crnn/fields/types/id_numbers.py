"""Numbers with a check digit, which the automaton counts along, and vehicle plates.

ID cards GB 11643-1999, unified social credit codes GB 32100-2015, bank cards ISO/IEC 7812-1
annex B (Luhn), plates GA 36-2018.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from crnn.decode.field_grammar import Value
from crnn.fields.automata.algebra import counted
from crnn.fields.automata.alphabet import Alphabet
from crnn.fields.automata.automaton import Automaton
from crnn.fields.field_type import FieldType
from crnn.fields.types.dates import PADDED

DIGITS = "0123456789"
CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁"

_PLACE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}"
_BORN = PADDED.date("", "")
_BORN_1900S = replace(PADDED, year="[0-9]{2}", leap="0[48]|[2468][048]|[13579][26]").date("", "")


def id_card_sums(alphabet: Alphabet) -> Automaton:
    """18 signs whose sum, doubled at every step, is 1 modulo 11; any 15."""

    def step(state: tuple[int, int], sign: str) -> tuple[int, int]:
        length, sum_11 = state
        worth = 10 if sign in "Xx" else int(sign)
        return (length + 1, (2 * sum_11 + worth) % 11) if length < 18 else (19, 0)

    def ends(state: tuple[int, int]) -> bool:
        return state[0] == 15 or state == (18, 1)

    return counted(alphabet, DIGITS + "Xx", (0, 0), step, ends)


def credit_code_sums(alphabet: Alphabet) -> Automaton:
    """18 signs; the last makes the sum weighted by powers of 3 a multiple of 31."""

    def step(state: tuple[int, int], sign: str) -> tuple[int, int]:
        place, sum_31 = state
        weight = 1 if place == 17 else pow(3, place, 31)
        return (place + 1, (sum_31 + weight * CREDIT.index(sign)) % 31) if place < 18 else (19, 0)

    return counted(alphabet, CREDIT, (0, 0), step, lambda state: state == (18, 0))


def luhn_sums(alphabet: Alphabet) -> Automaton:
    """Digits whose sum is a multiple of 10, every second one from the right doubled.

    How many are to come is not known: both sums are kept, this digit's as it is and doubled.
    """

    def step(state: tuple[int, int], sign: str) -> tuple[int, int]:
        if sign == " ":
            return state
        last_plain, last_doubled = state
        digit = int(sign)
        doubled = sum(divmod(2 * digit, 10))
        return (last_doubled + digit) % 10, (last_plain + doubled) % 10

    return counted(alphabet, DIGITS + " ", (0, 0), step, lambda state: state[0] == 0)


def _read_id_card(text: str) -> Value:
    old = len(text) == 15
    day = "19" + text[6:12] if old else text[6:14]
    return {
        "kind": "id_card",
        "value": text.upper(),
        "birthday": f"{day[:4]}-{day[4:6]}-{day[6:]}",
        "sex": "male" if int(text[14 if old else 16]) % 2 else "female",
    }


def _read_credit_code(text: str) -> Value:
    return {"kind": "uscc", "value": text, "region": text[2:8], "organization": text[8:17]}


def _read_bank_card(text: str) -> Value:
    return {"kind": "bank_card", "value": text.replace(" ", "")}


def _read_plate(text: str) -> Value:
    signs = text.replace("·", "").replace(" ", "")
    return {"kind": "plate", "value": signs, "new_energy": len(signs) == 8 and "使" not in signs}


def _bank_card() -> str:
    """12 to 19 digits, in fours or after the first six."""
    fours = "[1-9][0-9]{3}(?: ?[0-9]{4}){2}(?: ?[0-9]{4}| ?[0-9]{4} ?[0-9]{1,3}| ?[0-9]{1,3})?"
    return f"{fours}|[1-9][0-9]{{5}} [0-9]{{6,13}}"


def _serial(places: int, most_letters: int) -> str:
    """Digits with letters at up to so many of the places; I and O are never used."""
    options = []
    for count in range(most_letters + 1):
        for at in combinations(range(places), count):
            options.append("".join("[A-HJ-NP-Z]" if i in at else "[0-9]" for i in range(places)))
    return "(?:" + "|".join(options) + ")"


def _plate() -> str:
    place, gap = f"[{PROVINCES}][A-HJ-NP-Z]", "(?:·| )?"
    ordinary = f"{_serial(5, 2)}|{_serial(4, 2)}[挂学警港澳试超]"
    new_energy = "[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]"
    embassy = f"使{gap}[0-9]{{6}}|[0-9]{{6}}使"
    consulate = f"{place}{gap}[0-9]{{4}}领"
    return f"{place}{gap}(?:{ordinary}|{new_energy})|{embassy}|{consulate}"


TYPES = (
    FieldType(
        "id_card",
        "A number of a resident's identity card: 18 signs whose birthday there is and whose check "
        "digit is right, or the old 15 digits, which have none. `birthday` and `sex` stand beside "
        "the value.",
        f"{_PLACE}(?:{_BORN}[0-9]{{3}}[0-9Xx]|{_BORN_1900S}[0-9]{{3}})",
        _read_id_card,
        {"350203200002290002": "350203200002290002", "350203840229000": "350203840229000"},
        id_card_sums,
    ),
    FieldType(
        "uscc",
        "A unified social credit code: 18 signs without I, O, S, V, Z, whose check sign is right. "
        "`region` and `organization` (the organization code in it) stand beside the value.",
        f"[1-9AGNY][{CREDIT}][0-9]{{6}}[{CREDIT}]{{10}}",
        _read_credit_code,
        {"91350100M000100Y43": "91350100M000100Y43"},
        credit_code_sums,
    ),
    FieldType(
        "bank_card",
        "A card number of 12 to 19 digits whose check digit is right (Luhn), with a space after "
        "every fourth digit, after the sixth, or none. The value has no spaces. The number of an "
        "account has no such check digit: take `digits` for it.",
        _bank_card(),
        _read_bank_card,
        {"6222 0212 3456 7890 128": "6222021234567890128"},
        luhn_sums,
    ),
    FieldType(
        "plate",
        "A vehicle's plate: five signs with at most two letters, new energy's six, and those that "
        "end in 挂, 学, 警, 港, 澳, 试, 超, 领 or have 使; with a dot or a space after the "
        "letter, or nothing. The value has neither.",
        _plate(),
        _read_plate,
        {"闽D·12345": "闽D12345", "粤BD12345": "粤BD12345", "京A1234警": "京A1234警"},
    ),
)
