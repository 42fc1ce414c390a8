"""Regular expressions -> syntax: Python's notation, as far as it is regular.

Matching is always of the whole text, so groups need no numbers, lazy repetition changes nothing and
anchors at the ends say nothing. What is not regular, or would change what is matched, is refused.
"""

from __future__ import annotations

import re

from charset import normalize
from crnn.errors import BadExpression, GrammarTooLarge
from crnn.fields.automata.regex_syntax import ANY, Chain, Chars, Either, Node, Repeat

MAX_LENGTH = 1000
MAX_DEPTH = 50
MAX_REPEAT = 500

_BRACES = re.compile(r"\{(?:(\d+)|(\d*),(\d*))\}", re.ASCII)
_NAMED = re.compile(r"\(\?P<[^\W\d]\w*>")
_HEX = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_REFUSED = {
    "(?=": "lookahead",
    "(?!": "lookahead",
    "(?<": "lookbehind",
    "(?P=": "a reference to a group",
    "(?(": "a condition",
    "(?>": "an atomic group",
    "(?#": "a comment",
}


def parse(expression: str, *, max_length: int = MAX_LENGTH) -> Node:
    """The syntax of an expression.

    Raises: BadExpression with the position, GrammarTooLarge.
    """
    if len(expression) > max_length:
        raise GrammarTooLarge(
            f"an expression of {len(expression)} characters; the limit is {max_length}"
        )
    return _Parser(expression).whole()


def sign(char: str) -> str:
    """The sign that a recogniser writes for a character: its normalised form."""
    if char.isspace():
        return " " if char == "\u3000" else char
    result = normalize(char)
    return result if len(result) == 1 else char


class _Parser:
    """A recursive descent over one expression; `at` is the next character's index."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def whole(self) -> Node:
        result = self.either()
        if self.at < len(self.text):
            raise self.bad("unbalanced )")
        return result

    def bad(self, why: str, at: int | None = None) -> BadExpression:
        at = self.at if at is None else at
        return BadExpression(f"{why}, at position {at} of the expression {self.text[:80]!r}")

    def ahead(self, *starts: str) -> bool:
        return self.text.startswith(starts, self.at)

    def take(self) -> str:
        if self.at >= len(self.text):
            raise self.bad("the expression ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def either(self) -> Node:
        options = [self.chain()]
        while self.ahead("|"):
            self.at += 1
            options.append(self.chain())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def chain(self) -> Node:
        items: list[Node] = []
        self.skip_anchor("^", "\\A")
        while self.at < len(self.text) and not self.ahead("|", ")"):
            if not self.skip_anchor("$", "\\Z"):
                items.append(self.repetition(self.atom()))
            elif self.at < len(self.text) and not self.ahead("|"):
                raise self.bad("$ and \\Z are taken at the end only")
        return items[0] if len(items) == 1 else Chain(tuple(items))

    def skip_anchor(self, *anchors: str) -> bool:
        result = next((a for a in anchors if self.ahead(a)), "")
        if result and self.depth:
            raise self.bad(f"{result} is taken at the ends of the whole expression only")
        self.at += len(result)
        return bool(result)

    def repetition(self, body: Node) -> Node:
        at = self.at
        result = self.quantifier()
        if result is None:
            return body
        if self.ahead("+"):
            raise self.bad("possessive repetition is not taken")
        if self.ahead("?"):
            self.at += 1
        after = self.at
        if self.quantifier() is not None:
            raise self.bad("a repetition of a repetition needs a group", after)
        least, most = result
        if max(least, most or 0) > MAX_REPEAT:
            raise GrammarTooLarge(
                f"{max(least, most or 0)} repetitions at position {at}; the limit is {MAX_REPEAT}"
            )
        if most is not None and least > most:
            raise self.bad(f"at least {least} and at most {most} times", at)
        return Repeat(body, least, most)

    def quantifier(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        result = simple.get(self.text[self.at : self.at + 1])
        if result:
            self.at += 1
            return result
        braces = _BRACES.match(self.text, self.at)
        if not braces:
            return None
        self.at = braces.end()
        exact, least, most = (self.count(text) for text in braces.groups())
        return (exact, exact) if exact is not None else (least or 0, most)

    def count(self, digits: str | None) -> int | None:
        return int(digits[:6]) if digits else None  # longer ones are over the limit anyway

    def atom(self) -> Node:
        at = self.at
        char = self.take()
        if char == "(":
            return self.group(at)
        if char == "[":
            return self.char_set(at)
        if char == "\\":
            return self.escape(at)
        if char == ".":
            return ANY
        if char == "^":
            raise self.bad("^ is taken at the start only", at)
        if char in "*+?" or _BRACES.match(self.text, at):
            raise self.bad("nothing to repeat", at)
        return Chars.of(sign(char))

    def group(self, at: int) -> Node:
        if self.text.startswith("?", self.at):
            self.at = at + self.group_opening(at)
        if self.depth == MAX_DEPTH:
            raise GrammarTooLarge(f"groups {MAX_DEPTH + 1} deep; the limit is {MAX_DEPTH}")
        self.depth += 1
        result = self.either()
        self.depth -= 1
        if not self.ahead(")"):
            raise self.bad("this ( is never closed", at)
        self.at += 1
        return result

    def group_opening(self, at: int) -> int:
        """The length of `(?:` or `(?P<name>`."""
        if self.text.startswith("(?:", at):
            return 3
        named = _NAMED.match(self.text, at)
        if named:
            return len(named[0])
        for start, what in _REFUSED.items():
            if self.text.startswith(start, at):
                raise self.bad(f"{what} is not regular, or not taken", at)
        raise self.bad("flags and other extensions are not taken", at)

    def escape(self, at: int) -> Chars:
        char = self.take()
        if char in "dDwWsS":
            return Chars(kinds=char)
        if char.isdecimal():
            raise self.bad("a reference to a group is not regular", at)
        if char in "bBAZ":
            raise self.bad(f"\\{char} is not taken here", at)
        return Chars.of(sign(self.escaped(at)))

    def escaped(self, at: int) -> str:
        """The one character that an escape stands for; `at` is where its backslash is."""
        char = self.text[at + 1]
        code = _HEX.match(self.text, at)
        if code:
            self.at = code.end()
            return chr(int(code[1] or code[2], 16))
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char.isascii() and char.isalnum():
            raise self.bad(f"\\{char} is no escape that is taken", at)
        return char

    def char_set(self, at: int) -> Chars:
        negated = self.ahead("^")
        self.at += negated
        ranges: list[tuple[int, int]] = []
        kinds, first = "", True
        while first or not self.ahead("]"):
            first = False
            if self.at >= len(self.text):
                raise self.bad("this [ is never closed", at)
            low = self.member()
            if len(low) > 1:
                kinds += low[1]
            elif self.ahead("-") and not self.ahead("-]"):
                ranges.append(self.range_from(low))
            else:
                ranges.append((ord(sign(low)),) * 2)
        self.at += 1
        return Chars(tuple(ranges), kinds, negated)

    def range_from(self, low: str) -> tuple[int, int]:
        at = self.at
        self.at += 1
        high = self.member()
        if len(high) > 1:
            raise self.bad("a range ends in a kind of characters", at)
        if low.isalnum() and high.isalnum():
            low, high = sign(low), sign(high)
        if low > high:
            raise self.bad(f"the range {low}-{high} runs backwards", at)
        return ord(low), ord(high)

    def member(self) -> str:
        """One character of a set, or a backslash and the letter of a kind."""
        at = self.at
        char = self.take()
        if char != "\\":
            return char
        if self.take() in "dDwWsS":
            return self.text[at : at + 2]
        return self.escaped(at)
