"""docs/grammar.md: its examples run, and it has every type, example, limit and key of a wish."""

import json
import re

import pytest

from crnn.fields import FIELD_TYPES, field, grammar
from crnn.fields.automata import automaton, glushkov, regex_parser
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "grammar.md").read_text("utf-8")


def test_the_examples_run():
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 3
    exec("\n".join(blocks), {})


@pytest.mark.parametrize("name", FIELD_TYPES)
def test_every_type_is_described_with_its_examples(name):
    assert f"### `{name}`\n\n{FIELD_TYPES[name].doc}\n" in TEXT
    for text, value in FIELD_TYPES[name].examples.items():
        assert f"| `{text}` | `{json.dumps(value, ensure_ascii=False)}` |" in TEXT
    assert re.search(rf"^\| {name} \| [\d,]+ \|", TEXT, re.MULTILINE), "no cost"


def test_every_wish_in_json_compiles_and_every_key_has_one():
    rows = re.findall(
        r"^\| `(.*?)`(?: or `(.*?)`)? \|", TEXT.partition("## Wishes in JSON")[2], re.M
    )
    shown = [json.loads(cell) for row in rows[:9] for cell in row if cell]
    assert {key for wish in shown if isinstance(wish, dict) for key in wish} == set(grammar.KEYS)
    classes = ("\0", *"0123456789-男女长期日:：年月.ABC")
    for wish in shown:
        assert grammar.compile_grammar(wish, classes).constraint.state_count


def test_the_limits_are_those_of_the_program():
    for limit in (
        regex_parser.MAX_LENGTH, regex_parser.MAX_DEPTH, regex_parser.MAX_REPEAT,
        glushkov.MAX_POSITIONS,
        automaton.MAX_STATES, automaton.MAX_CELLS, grammar.MAX_DESCRIPTION, field.MAX_TEXT_LENGTH,
    ):  # fmt: skip
        assert f"| {limit:,}" in TEXT
    assert f"| {grammar.MAX_MEMBERS}; {grammar.MAX_NESTING} |" in TEXT
