"""The words of the pages: both languages say the same things, and nothing is left unsaid."""

import re

import pytest

from crnn.fields.field_types import FIELD_TYPES
from tests.conftest import ROOT

WEB = ROOT / "service" / "web"
SAID = re.compile(r'"([\w.-]+)":\s*"((?:[^"\\]|\\.)*)"')
SOURCES = sorted(path for path in WEB.rglob("*") if path.suffix in (".js", ".html"))
TABLES = sorted(WEB.rglob("words.js"))


def words(table):
    """The texts of a table by language and key."""
    zh, en = table.read_text("utf-8").split("\n  en: {")
    return {"zh": dict(SAID.findall(zh)), "en": dict(SAID.findall(en))}


def all_keys():
    added = (WEB / "shared" / "embedded.js").read_text("utf-8")  # one word, with what says it
    return {key for table in TABLES for key in words(table)["en"]} | {
        key for key, _ in SAID.findall(added)
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.parent.name)
def test_both_languages_have_the_same_keys_and_the_same_blanks(table):
    found = words(table)
    assert found["zh"].keys() == found["en"].keys()
    for key, text in found["zh"].items():
        blanks = [sorted(re.findall(r"{(\w+)}", one)) for one in (text, found["en"][key])]
        assert blanks[0] == blanks[1], key


def test_every_word_that_is_asked_for_is_there():
    keys = all_keys()
    for path in SOURCES:
        text = path.read_text("utf-8")
        asked = re.findall(r'\bt\("([\w.-]+)"', text) + re.findall(
            r'data-i18n\S*="([\w.-]+)"', text
        )
        assert set(asked) <= keys, path.name


def test_every_word_of_the_desk_is_asked_for():
    text = "".join(path.read_text("utf-8") for path in SOURCES if path not in TABLES)
    made = tuple(re.findall(r"`([a-z]+\.(?:[a-z]+\.)*)\$\{", text))
    for key in words(WEB / "desk" / "words.js")["en"]:
        assert f'"{key}"' in text or key.startswith(made), key


def test_the_desk_offers_every_type_of_field():
    text = (WEB / "desk" / "options.js").read_text("utf-8")
    offered = re.findall(r'"(\w+)"', re.search(r"FIELD_TYPES = \[(.*?)\]", text, re.S)[1])
    assert offered == list(FIELD_TYPES)
    assert {f"field.{name}" for name in FIELD_TYPES} <= all_keys()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_front_end_files_are_short_and_ask_nobody_else(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 300
    assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}
