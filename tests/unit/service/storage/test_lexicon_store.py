"""Lexicons kept for tenants."""

import pytest

from charset import Charset
from crnn.errors import BadLexicon, UnknownOption
from service.errors import LexiconUnknown, TooMany
from service.storage.lexicon_store import LexiconStore
from service.storage.lexicons import Lexicons
from service.storage.limits import LexiconLimits

CHARSET = Charset("test", ("\0", *"abc"))


@pytest.fixture
def shelf(tmp_path):
    return LexiconStore(tmp_path / "shelf", LexiconLimits(max_bytes=40, max_entries=5, max_count=2))


def test_a_tenants_own_lexicon_comes_before_the_folders(shelf, tmp_path):
    (tmp_path / "names").write_text("aaa\n", "utf-8")
    lexicons = Lexicons(tmp_path, CHARSET, shelf)
    assert "aaa" in lexicons.of("names", "one")
    lexicon, is_new = lexicons.put("one", "names", ["bbb", "x", "bbb"])
    assert (len(lexicon), lexicon.skipped, is_new) == (1, ("x",), True)
    assert lexicons.of("names", "one") is lexicon
    assert "aaa" in lexicons.of("names", "two")
    assert not lexicons.put("one", "names", ["ccc"])[1]
    assert "ccc" in lexicons.of("names", "one")
    assert "ccc" in Lexicons(tmp_path, CHARSET, shelf).of("names", "one")
    shelf.remove("one", "names")
    assert "aaa" in lexicons.of("names", "one")


def test_one_that_cannot_be_read_leaves_the_one_before(shelf):
    lexicons = Lexicons(None, CHARSET, shelf)
    lexicons.put("", "kept", ["abc"])
    for entries, kind in [
        (["xyz"], BadLexicon), ([], BadLexicon), (["a\nb"], UnknownOption),
        (["\ud800"], UnknownOption), (["a"] * 6, TooMany), (["a" * 41], TooMany),
    ]:  # fmt: skip
        with pytest.raises(kind):
            lexicons.put("", "kept", entries)
    assert shelf.entries("", "kept") == ["abc"]
    assert [one.name for one in shelf.listing("")] == ["kept"]


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "a/b", "a\0", "-a", ".a", "a" * 61, "a\n"])
def test_a_name_stays_in_its_folder(shelf, name):
    for act in (shelf.entries, shelf.remove):
        with pytest.raises(UnknownOption):
            act("", name)
    with pytest.raises(UnknownOption):
        shelf.put("", name, b"a\n")


def test_so_many_are_kept_for_each_tenant(shelf):
    for name in ("a", "客户"):
        assert shelf.put("one", name, b"a\n")
    with pytest.raises(TooMany, match="OCR_LEXICON_MAX_COUNT"):
        shelf.put("one", "c", b"a\n")
    assert not shelf.put("one", "a", b"b\n")
    assert shelf.put("two", "c", b"a\n")
    with pytest.raises(LexiconUnknown):
        shelf.entries("two", "a")
