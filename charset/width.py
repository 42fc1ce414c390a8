"""Full and half width: the same signs, as wide as a hanzi or half as wide.

A recogniser reads the width that it sees; programs often want one of the two whatever was printed.
"""

from __future__ import annotations

import re

_HALF = str.maketrans(
    {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
    | {"￥": "¥", "￠": "¢", "￡": "£"}
)
_PAUSES = {sign: chr(ord(sign) + 0xFEE0) for sign in ",:;!?"}
_BRACKETS = {sign: chr(ord(sign) + 0xFEE0) for sign in "()"}
_HANZI = "\u3400-\u9fff\uf900-\ufaff〇々"
_IS_HANZI = re.compile(f"[{_HANZI}\U00020000-\U0003ffff]")
_CLOSING = "”’》〉」』】）"
_PAUSE = re.compile(f"(?<=[{_HANZI}{_CLOSING}])[,:;!?] ?")
_BRACKET = re.compile(rf"(?<=[{_HANZI}]) ?\(|\((?=[{_HANZI}])|(?<=[{_HANZI}])\) ?|\)(?=[{_HANZI}])")


def count_hanzi(text: str) -> int:
    """How many characters of a text are hanzi."""
    return len(_IS_HANZI.findall(text))


def without_hanzi(text: str) -> str:
    """A text with a space in place of each hanzi."""
    return _IS_HANZI.sub(" ", text)


def half_width(text: str) -> str:
    """Every sign of ASCII in its narrow form: （１２，３） becomes (12,3). Hanzi signs stay."""
    return text.translate(_HALF)


def full_width(text: str) -> str:
    """Pauses and brackets beside hanzi as wide as they are: 大写(元): becomes 大写（元）：.

    Letters, digits and what stands between them stay narrow.
    """
    closed = _BRACKET.sub(lambda result: _BRACKETS[result[0].strip()], text)
    return _PAUSE.sub(lambda result: _PAUSES[result[0].strip()], closed)
