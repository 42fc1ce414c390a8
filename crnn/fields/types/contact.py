"""Telephone numbers and e-mail addresses."""

from __future__ import annotations

import re

from crnn.decode.field_grammar import Value
from crnn.fields.field_type import FieldType

_GAP = "[- ]?"
_COUNTRY = rf"(?:(?:\+|00)?86{_GAP}|\(\+86\) ?|（\+86）)"
_LONG, _SHORT = f"[2-9][0-9]{{3}}{_GAP}[0-9]{{4}}", f"[2-9][0-9]{{2}}{_GAP}[0-9]{{4}}"
_CITY, _TOWN = "(?:10|2[0-9])", "[3-9][0-9]{2}"


def _landline(area: str, number: str) -> str:
    zero = f"(?:\\(0{area}\\) ?|（0{area}）|0{area}{_GAP})"
    return f"(?:{zero}|{_COUNTRY}{area}{_GAP}){number}"


_EXTENSION = r"(?:(?:-| ?转 ?| ?(?:ext|Ext|EXT)\.? ?|#)[0-9]{1,6})?"
_LANDLINE = f"{_landline(_CITY, _LONG)}|{_landline(_TOWN, f'(?:{_LONG}|{_SHORT})')}"
FORMS = {
    "mobile": f"{_COUNTRY}?1[3-9][0-9](?:{_GAP}[0-9]{{4}}){{2}}",
    "landline": f"(?:{_LANDLINE}){_EXTENSION}",
    "local": f"(?:{_LONG}|{_SHORT}){_EXTENSION}",
    "service": f"[48]00(?:{_GAP}[0-9]){{7}}",
}
_COMPILED = {form: re.compile(expression) for form, expression in FORMS.items()}
_EXTENDED = re.compile(_EXTENSION.removesuffix("?") + "$")
_LEADING = re.compile("^(?:0086|86(?=[0-9]{9}))?0?")


def _read_phone(text: str) -> Value:
    form = next(name for name, pattern in _COMPILED.items() if pattern.fullmatch(text))
    if form == "local" and _COMPILED["service"].fullmatch(text):
        form = "service"
    number, extension = text, ""
    if form in ("landline", "local") and not re.fullmatch("|".join(_BARE[form]), text):
        result = _EXTENDED.search(text)
        assert result, text
        number, extension = text[: result.start()], "".join(re.findall("[0-9]", result[0]))
    digits = "".join(re.findall("[0-9]", number))
    if form in ("mobile", "landline"):
        digits = "+86" + _LEADING.sub("", digits)
    return {"kind": "phone", "value": digits, "form": form, "extension": extension or None}


_BARE = {"landline": [_LANDLINE], "local": [_LONG, _SHORT]}
_WORD = "[A-Za-z0-9_%+-]"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _read_email(text: str) -> Value:
    name, _, domain = text.rpartition("@")
    return {"kind": "email", "value": f"{name}@{domain.lower()}"}


TYPES = (
    FieldType(
        "phone",
        "A Chinese telephone number: a mobile one, a landline with its area code or without, with "
        "an extension or without, or one that begins 400 or 800; +86, brackets, hyphens and spaces "
        "where they are usual. The value is +86 and digits where the area is known, else the "
        "digits; `form` is mobile, landline, local or service; `extension` is null or digits.",
        "|".join(FORMS.values()),
        _read_phone,
        {
            "13812345678": "+8613812345678",
            "+86 138-1234-5678": "+8613812345678",
            "0592-5551234转806": "+865925551234",
            "(010) 8888 6666": "+861088886666",
            "5551234": "5551234",
            "400-123-4567": "4001234567",
        },
    ),
    FieldType(
        "email",
        "An e-mail address of ASCII letters. The value has its domain in lower case.",
        rf"{_WORD}{{1,32}}(?:\.{_WORD}{{1,32}}){{0,3}}@(?:{_LABEL}\.){{1,4}}[A-Za-z]{{2,12}}",
        _read_email,
        {"zhang.san@Example.com.cn": "zhang.san@example.com.cn"},
    ),
)
