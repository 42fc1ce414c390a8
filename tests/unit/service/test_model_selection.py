"""The choice of models: what changes make of it, and what a file of it says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.models.model_selection import MOST_BEFORE, BadChoice, Choice, read, save

NAMES = st.sampled_from(["a", "b", "c", "d"])
STEPS = st.lists(st.tuples(st.sampled_from(["load", "promote", "without", "back"]), NAMES))


def walked(steps: list[tuple[str, str]]) -> list[Choice]:
    found = [Choice("a", "a")]
    for step, name in steps:
        last = found[-1]
        if step == "load":
            found.append(last.with_loaded(name))
        elif step == "promote" and name != last.default:
            found.append(last.with_default(name))
        elif step == "without":
            found.append(last.without(name))
        elif step == "back" and last.before:
            found.append(last.rolled_back())
    return found


@given(STEPS)
def test_whatever_is_done_the_default_is_in_memory_and_no_name_comes_twice(steps):
    for choice in walked(steps):
        assert choice.default in choice.names
        assert len(set(choice.names)) == len(choice.names)
        assert len(choice.before) <= MOST_BEFORE
        assert choice.default not in choice.before


@given(STEPS, NAMES)
def test_rolling_back_undoes_a_promotion(steps, name):
    choice = walked(steps)[-1]
    if name != choice.default:
        assert choice.with_default(name).rolled_back().default == choice.default


@given(STEPS, st.floats(0.001, 0.999))
def test_what_was_written_is_read_back(steps, share):
    choice = walked(steps)[-1]
    chosen = Choice(**{**choice.__dict__, "split": ("d", share), "shadow": "c"})
    with TemporaryDirectory() as folder:
        assert read(Path(folder)) is None
        save(Path(folder), chosen, {"a": "0"})
        assert read(Path(folder)) == Choice(**{**chosen.__dict__, "digests": (("a", "0"),)})


@pytest.mark.parametrize("share", [0, 1, -0.5, 2])
def test_a_share_out_of_range_is_a_damaged_file(tmp_path, share):
    save(tmp_path, Choice("a", "a", split=("b", share)), {})
    with pytest.raises(BadChoice):
        read(tmp_path)
