"""API keys: who a caller is, and how often they may ask."""

from __future__ import annotations

import os
import re

import pytest

from service.auth.api_keys import BadKeysFile, Keys, digest_of, new_key
from service.auth.rate_limits import Rates
from service.errors import Forbidden, TooOften, Unauthorized


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys"


def test_a_new_key_lets_its_bearer_in_and_its_line_does_not_hold_it(path):
    key, line = new_key("office", "5/minute")
    path.write_text(f"# who may ask\n\n{line}\n", "utf-8")
    assert key not in line
    assert Keys(path).caller(key).name == "office"
    assert new_key("office")[0] != key


@pytest.mark.parametrize("presented", [None, "", "x", "\udc80", "ocr_" * 100])
def test_no_key_and_an_unknown_one_are_no_callers(path, presented):
    path.write_text(new_key("a")[1], "utf-8")
    with pytest.raises(Unauthorized):
        Keys(path).caller(presented)


def test_the_digest_itself_is_no_key(path):
    key, line = new_key("a")
    path.write_text(line, "utf-8")
    with pytest.raises(Unauthorized):
        Keys(path).caller(digest_of(key))


def test_a_key_is_taken_back_and_switched_off_while_the_service_runs(path):
    key, line = new_key("a")
    _, other = new_key("b")
    path.write_text(f"{line}\n{other}\n", "utf-8")
    keys = Keys(path)
    assert keys.caller(key).name == "a"
    path.write_text(f"{line} off\n", "utf-8")
    os.utime(path, ns=(1, 1))
    with pytest.raises(Forbidden, match="'a'"):
        keys.caller(key)
    path.write_text(other, "utf-8")
    os.utime(path, ns=(2, 2))
    with pytest.raises(Unauthorized):
        keys.caller(key)


def test_a_file_that_became_unreadable_changes_nothing(path, caplog):
    key, line = new_key("a")
    path.write_text(line, "utf-8")
    keys = Keys(path)
    path.write_text("half a li", "utf-8")
    assert keys.caller(key).name == "a"
    assert "stay in force" in caplog.text
    path.unlink()
    assert keys.caller(key).name == "a"


@pytest.mark.parametrize(
    "text",
    [
        "", "# nobody\n", "a\n", "a 12\n", f"a/b {'0' * 64}\n", f"a {'0' * 64} often\n",
        f"a {'0' * 64}\na {'1' * 64}\n", f"a {'G' * 64}\n", f"{'a' * 41} {'0' * 64}\n",
    ],
)  # fmt: skip
def test_a_file_that_says_something_else_stops_the_start(path, text):
    path.write_text(text, "utf-8")
    with pytest.raises(BadKeysFile):
        Keys(path)


def test_a_key_put_into_the_file_is_not_repeated_in_the_message(path):
    key, _ = new_key("a")
    path.write_text(f"a {key}\n", "utf-8")
    with pytest.raises(BadKeysFile) as caught:
        Keys(path)
    assert key not in str(caught.value)


def test_each_key_has_its_own_rate(path):
    (one, first), (two, second) = new_key("a", "3/minute"), new_key("b", "3/minute")
    free, third = new_key("c")
    path.write_text("\n".join([first, second, third]), "utf-8")
    keys, rates = Keys(path), Rates()
    for _ in range(3):
        rates.spend(keys.caller(one))
    with pytest.raises(TooOften, match="3 per 1 minute") as caught:
        rates.spend(keys.caller(one))
    assert 1 <= caught.value.retry_after_s <= 60
    rates.spend(keys.caller(two), cost=3)
    with pytest.raises(TooOften):
        rates.spend(keys.caller(two))
    rates.spend(keys.caller(free), cost=10_000)


def test_the_command_prints_a_key_once_and_the_line_that_lets_it_in(path, capsys):
    from crnn import cli

    assert cli.main(["key", "new", "archive-3", "--rate", "600/minute"]) == 0
    out = capsys.readouterr().out
    (key,) = re.findall(r"ocr_[\w-]{43}", out)
    path.write_text(out.splitlines()[-1], "utf-8")
    assert Keys(path).caller(key).name == "archive-3"
    assert cli.main(["key", "new", "a b"]) == 2


@pytest.mark.parametrize(
    ("rate", "admin", "can_change"),
    [("", False, False), ("", True, True), ("5/minute", True, True)],
)
def test_a_key_may_change_models_only_where_its_line_says_admin(path, rate, admin, can_change):
    key, line = new_key("a", rate, admin=admin)
    path.write_text(line, "utf-8")
    found = Keys(path).caller(key)
    assert found.is_admin is can_change
    assert (found.rate is not None) is bool(rate)
    assert line.endswith(" admin") is can_change
