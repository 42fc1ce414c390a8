"""A wish -> a Field: a type, an expression, choices, or several wishes together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

from charset import normalize
from crnn.decode.field_grammar import Value
from crnn.errors import GrammarTooLarge, NothingMatches, UnknownOption
from crnn.fields.automata.algebra import both, chained, either, normal
from crnn.fields.automata.alphabet import ANY, Alphabet, Chars, alphabet_of
from crnn.fields.automata.automaton import Automaton
from crnn.fields.automata.glushkov import build
from crnn.fields.automata.regex_parser import parse, sign
from crnn.fields.automata.regex_syntax import Either, Node, Repeat, literal
from crnn.fields.field import MAX_TEXT_LENGTH, Field, values_in_turn
from crnn.fields.field_type import Unfit
from crnn.fields.field_types import FIELD_TYPES

MAX_DESCRIPTION = 20_000
MAX_MEMBERS = 8
MAX_NESTING = 3
KEYS = ("type", "choices", "sequence", "any_of", "all_of", "expression", "chars", "length")
"""What a wish may have; where it has several, a text must satisfy all."""


@dataclass(frozen=True)
class Grammar:
    """A field type by name, or a description as docs/grammar.md has them."""

    description: str | Mapping[str, object]

    def compile(self, classes: Sequence[str]) -> Field:
        """The field over these classes; see compile_grammar."""
        return compile_grammar(self.description, classes)


def compile_grammar(description: str | Mapping[str, object], classes: Sequence[str]) -> Field:
    """The field that a wish describes; the same one for the same wish and classes.

    description: the name of a field type, or what docs/grammar.md says.
    Raises: UnknownOption, BadExpression, GrammarTooLarge, NothingMatches.
    """
    try:
        text = json.dumps(description, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError) as exc:
        raise UnknownOption(f"a wish of JSON values was expected; {exc}") from exc
    if len(text) > MAX_DESCRIPTION:
        raise GrammarTooLarge(f"a wish of {len(text)} characters; the limit is {MAX_DESCRIPTION}")
    return _compiled(text, tuple(classes), 0)


@lru_cache(maxsize=48)
def _compiled(text: str, classes: tuple[str, ...], nesting: int) -> Field:
    description = json.loads(text)
    description = {"type": description} if isinstance(description, str) else description
    if isinstance(description, dict) and "regex" in description and "expression" not in description:
        description["expression"] = description.pop("regex")  # by its other name
    if not isinstance(description, dict) or not description or set(description) - set(KEYS):
        raise UnknownOption(
            f"the wish {text[:80]}; expected the name of a field type, or some of {', '.join(KEYS)}"
        )
    alphabet = alphabet_of(classes)
    parts = [_PARTS[key](description[key], alphabet, nesting) for key in KEYS if key in description]
    first = parts[0]
    constraint = reduce(both, (part.constraint for part in parts))
    form = constraint
    if first.form is not first.constraint:
        form = reduce(both, (part.form for part in parts))
    return Field(first.name, constraint, form, alphabet, first.read)


def _field(
    name: str, node: Node, alphabet: Alphabet, read: Callable[[str], Value] | None = None
) -> Field:
    automaton = normal(build(node, alphabet), alphabet)
    return Field(name, automaton, automaton, alphabet, read or _plain_text)


def _plain_text(text: str) -> Value:
    return {"kind": "text", "value": text}


def _of_type(name: Any, alphabet: Alphabet, nesting: int) -> Field:
    result = FIELD_TYPES.get(name) if isinstance(name, str) else None
    if result is None:
        raise UnknownOption(f"no field type {str(name)[:40]!r}; there are {', '.join(FIELD_TYPES)}")
    node = parse(result.expression, max_length=MAX_DESCRIPTION)
    form = normal(build(node, alphabet), alphabet)
    constraint = both(form, result.sums(alphabet)) if result.sums else form
    return Field(name, constraint, form, alphabet, result.read)


def _of_expression(expression: Any, alphabet: Alphabet, nesting: int) -> Field:
    if not isinstance(expression, str):
        raise UnknownOption("expression is no text")
    return _field("expression", parse(expression), alphabet)


def _of_choices(choices: Any, alphabet: Alphabet, nesting: int) -> Field:
    if not isinstance(choices, list) or not choices:
        raise UnknownOption("choices is no list of texts")
    spelled = [normalize(choice) if isinstance(choice, str) else "" for choice in choices]
    if "" in spelled:
        raise UnknownOption(f"choice {spelled.index('') + 1} is no text, or an empty one")
    for choice in spelled:
        missing = alphabet.missing(choice)
        if missing:
            raise NothingMatches(
                f"the choice {choice[:40]!r} can't be read: no class for {missing!r}"
            )

    def read(text: str) -> Value:
        index = spelled.index(text)
        return {"kind": "choice", "value": choices[index], "index": index}

    return _field("choices", Either(tuple(map(literal, spelled))), alphabet, read)


def _of_chars(chars: Any, alphabet: Alphabet, nesting: int) -> Field:
    if not isinstance(chars, str) or not chars:
        raise UnknownOption("chars is no text of the characters that are allowed")
    allowed = Chars.of("".join(map(sign, chars)))
    return _field("chars", Repeat(allowed, 1, None), alphabet)


def _of_length(length: Any, alphabet: Alphabet, nesting: int) -> Field:
    ends = [length, length] if type(length) is int else length
    whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
    if not whole or not 0 <= ends[0] <= ends[1] <= MAX_TEXT_LENGTH:
        raise UnknownOption(
            f"length is {str(length)[:40]}; expected a whole number, or two in their order, "
            f"up to {MAX_TEXT_LENGTH}"
        )
    return _field("length", Repeat(ANY, ends[0], ends[1]), alphabet)


def _members(descriptions: Any, alphabet: Alphabet, nesting: int) -> list[Field]:
    if not isinstance(descriptions, list) or not 1 <= len(descriptions) <= MAX_MEMBERS:
        raise UnknownOption(f"any_of, all_of and sequence take a list of 1 to {MAX_MEMBERS} wishes")
    if nesting == MAX_NESTING:
        raise GrammarTooLarge(f"wishes {nesting + 1} deep in each other; the limit is {nesting}")
    texts = [
        json.dumps(description, ensure_ascii=False, sort_keys=True) for description in descriptions
    ]
    return [_compiled(text, alphabet.classes, nesting + 1) for text in texts]


def _of_any(descriptions: Any, alphabet: Alphabet, nesting: int) -> Field:
    members = _members(descriptions, alphabet, nesting)

    def read(text: str) -> Value:
        faults = [member.fault(text) for member in members]
        if "" not in faults:
            raise Unfit("; ".join(dict.fromkeys(faults)))
        return members[faults.index("")].read(text)

    constraint = reduce(either, (member.constraint for member in members))
    return Field("any_of", constraint, constraint, alphabet, read)


def _of_all(descriptions: Any, alphabet: Alphabet, nesting: int) -> Field:
    members = _members(descriptions, alphabet, nesting)
    constraint = reduce(both, (member.constraint for member in members))
    return Field("all_of", constraint, constraint, alphabet, members[0].read)


def _of_sequence(descriptions: Any, alphabet: Alphabet, nesting: int) -> Field:
    members = _members(descriptions, alphabet, nesting)
    space = build(parse(" ?"), alphabet)

    def joined(a: Automaton, b: Automaton) -> Automaton:
        return chained(chained(a, space), b)

    def read(text: str) -> Value:
        return {"kind": "sequence", "value": values_in_turn(text, members)}

    constraint = normal(reduce(joined, (member.constraint for member in members)), alphabet)
    form = constraint
    if any(member.form is not member.constraint for member in members):
        form = normal(reduce(joined, (member.form for member in members)), alphabet)
    return Field("sequence", constraint, form, alphabet, read)


_PARTS: dict[str, Callable[[Any, Alphabet, int], Field]] = {
    "type": _of_type,
    "choices": _of_choices,
    "sequence": _of_sequence,
    "any_of": _of_any,
    "all_of": _of_all,
    "expression": _of_expression,
    "chars": _of_chars,
    "length": _of_length,
}
