"""docs/grammar.md: its examples run, and it has every type, example, limit and key of a wish."""

import json
import re

import pytest

from crnn.read.decode.grammar import FIELD_TYPES, automaton, build, field, parse, wishes
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
    assert {key for wish in shown if isinstance(wish, dict) for key in wish} == set(wishes.KEYS)
    classes = ("\0", *"0123456789-男女长期日:：年月.ABC")
    for wish in shown:
        assert wishes.compile_grammar(wish, classes).constraint.state_count


def test_the_limits_are_those_of_the_program():
    for limit in (
        parse.MAX_LENGTH, parse.MAX_DEPTH, parse.MAX_REPEAT, build.MAX_POSITIONS,
        automaton.MAX_STATES, automaton.MAX_CELLS, wishes.MAX_WISH, field.MAX_TEXT_LENGTH,
    ):  # fmt: skip
        assert f"| {limit:,}" in TEXT
    assert f"| {wishes.MAX_MEMBERS}; {wishes.MAX_NESTING} |" in TEXT
