"""What grammars cost: `python -m tests.bench.decoding.grammars`.

Prints JSON, a row for each field type over charset zh: states, groups of classes, kilobytes of
table, milliseconds to compile, and microseconds of one `advance` of 16 states by 20 classes. The
last rows are expressions that explode, with milliseconds until they are refused.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

import numpy as np

from charset import Charset
from crnn.errors import GrammarTooLarge
from crnn.fields import FIELD_TYPES, Automaton, compile_grammar
from crnn.fields.grammar import _compiled

EXPLOSIVE = ("(a|b)*a(a|b){20}", "((a{1,100}){1,100}){1,100}", "(.*a.*b){200}", "(?:a?){500}a{500}")
TRIES = 5


def compile_ms(wish: object, classes: tuple[str, ...]) -> float:
    """The median time to compile a wish, nothing remembered."""
    spent = []
    for _ in range(TRIES):
        _compiled.cache_clear()
        started = time.process_time()
        with contextlib.suppress(GrammarTooLarge):
            compile_grammar(wish, classes)
        spent.append(time.process_time() - started)
    return round(1000 * sorted(spent)[TRIES // 2], 1)


def advance_us(automaton: Automaton, classes: int) -> float:
    """The median time of one step of a beam."""
    rng = np.random.default_rng(0)
    states = rng.integers(0, automaton.state_count, 16).astype(np.int32)
    ids = rng.integers(1, classes, 20).astype(np.int32)
    spent = []
    for _ in range(200):
        started = time.perf_counter()
        automaton.advance(states, ids)
        spent.append(time.perf_counter() - started)
    return round(1e6 * sorted(spent)[len(spent) // 2], 1)


def main() -> int:
    """One row for each type."""
    classes = Charset.load("zh").classes
    compile_grammar("digits", classes)  # what all grammars share
    for name in FIELD_TYPES:
        automaton = compile_grammar(name, classes).constraint
        row = {
            "type": name,
            "states": automaton.state_count,
            "groups": automaton.group_count,
            "table_kb": round(automaton.table.nbytes / 1000),
            "compile_ms": compile_ms(name, classes),
            "advance_us": advance_us(automaton, len(classes)),
        }
        print(json.dumps(row))
    for expression in EXPLOSIVE:
        row = {"refused": expression, "ms": compile_ms({"expression": expression}, classes)}
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
