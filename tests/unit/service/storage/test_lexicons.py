"""What the service keeps of lexicons between requests."""

import pytest

from charset import Charset
from crnn.decode.lexicon.lexicon import Lexicon
from crnn.errors import UnknownOption
from service.storage import lexicons
from service.storage.lexicons import LexiconCache, Lexicons

CHARSET = Charset("test", ("\0", *"abc"))


def test_the_lists_used_last_are_kept_and_the_others_built_again():
    built: list[str] = []
    kept = LexiconCache(2)

    def ask(name: str, version: int = 0) -> None:
        def build() -> Lexicon:
            built.append(name)
            return Lexicon.from_entries([name], CHARSET)

        assert kept.fetch(name, (version,), build).text(0) == name

    for name in ("a", "b", "a", "c", "a", "b"):
        ask(name)
    assert built == ["a", "b", "c", "b"]
    ask("b", version=1)
    assert built[-1] == "b"
    assert len(built) == 5


def test_the_same_list_is_built_once(monkeypatch):
    found = Lexicons(None, CHARSET)
    first = found.of(["a", "b"])
    assert found.of(["a", "b"]) is first
    assert found.of(["ab"]) is not first
    monkeypatch.setattr(lexicons, "MAX_CHARS", 3)
    with pytest.raises(UnknownOption, match="4 characters"):
        found.of(["ab", "ab"])


def test_names_need_a_folder_and_stay_inside_it(tmp_path):
    (tmp_path / "known.txt").write_text("abc\n", "utf-8")
    (tmp_path / "inner").mkdir()
    (tmp_path / ".hidden").write_text("abc\n", "utf-8")
    with pytest.raises(UnknownOption, match="OCR_LEXICON_DIR is not set"):
        Lexicons(None, CHARSET).of("known.txt")
    assert len(Lexicons(tmp_path, CHARSET).of("known.txt")) == 1
    inner = Lexicons(tmp_path / "inner", CHARSET)
    for name in ("../known.txt", str(tmp_path / "known.txt"), "..", ".", "", "known.txt", "a\0b"):
        with pytest.raises(UnknownOption, match="no lexicon"):
            inner.of(name)
    with pytest.raises(UnknownOption, match="no lexicon"):
        Lexicons(tmp_path, CHARSET).of(".hidden")
