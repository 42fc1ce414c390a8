"""Writes the tables from written-down sources, and checks that they still agree.

    python -m charset.build --standard standard_8105.txt     writes tables/*.txt and DIGESTS
    python -m charset.build --dictionary characters.txt      the same, with its characters
    python -m charset.build --check                          says whether they agree with this file

GB2312 comes from Python's codec, the 8,105 characters of the Table of General Standard Chinese
Characters (通用规范汉字表, 2013) from a text file of them, level 1 of Big5 from Python's codec. The
dictionary is the one in the ONNX metadata of PP-OCRv6 small, one character a line: `crnn.train`
starts from its weights. What the two files add stands in the table itself, so `--check` needs no
other file.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import unicodedata
from pathlib import Path

from charset.charset import TABLES, read_table
from charset.normalize import normalize

ASCII = "".join(map(chr, range(0x20, 0x7F)))
LATIN_1 = "".join(map(chr, range(0xC0, 0x100)))
LATIN_1_SIGNS = "¡¢£¤§©ª«®¬°±²³¶·¹º»¼½¾¿"
CHINESE_PUNCTUATION = "，。、；：？！…—“”‘’《》〈〉「」『』【】〔〕〖〗（）［］〇々〃￥．"
CURRENCY = "€￡￠₩₽₹฿₫"
CIRCLED = "".join(map(chr, range(0x2460, 0x2474))) + "".join(map(chr, range(0x2776, 0x2780)))
BRACKETED = "".join(map(chr, range(0x3220, 0x322A))) + "".join(map(chr, range(0x2474, 0x2488)))
DOTTED = "".join(map(chr, range(0x2488, 0x249C)))
ROMAN = "".join(map(chr, range(0x2160, 0x216C))) + "".join(map(chr, range(0x2170, 0x217A)))
UNITS = "℃℉‰‱′″№℡㎎㎏㎜㎝㎞㎡㏄㏎㏑㏒㏕℅"
MATHEMATICS = "≈≠≤≥≡≦≧∞∝∑∏∫∮√∠⊥∥∴∵∷∈∩∪⌒⊙∧∨≌∽≮≯"
MARKS = "✓✗☑☒☐□■◇◆○●◎△▲▽▼☆★※→←↑↓♀♂〓⊕"
GREEK = "".join(
    chr(c) for c in [*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)] if c not in (0x3A2, 0x3C2)
)

STANDARD = "standard 8105 beyond gb2312"
DICTIONARY = "pp-ocrv6 beyond all above"
"""Headings of the parts that come from files."""

DIGITS = "0123456789+-×÷=.,/%() wxyz*:￥"


def gb2312_hanzi() -> list[str]:
    """The 6,763 hanzi of GB 2312, in code order (rows 16 to 87)."""
    results = []
    for row in range(16, 88):
        for cell in range(1, 95):
            try:
                results.append(bytes((row + 160, cell + 160)).decode("gb2312"))
            except UnicodeDecodeError:
                continue  # row 55 ends five cells early
    return results


def big5_level_1() -> list[str]:
    """The 5,401 hanzi of Big5 in common use, and the signs beside them, in code order."""
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    codes = (bytes((lead, trail)) for lead in range(0xA4, 0xC7) for trail in trails)
    return [code.decode("big5", "ignore") for code in codes if code.decode("big5", "ignore")]


def is_class(char: str) -> bool:
    """Whether a character of a foreign dictionary may be a class: visible, and normalised."""
    is_visible = unicodedata.category(char)[0] not in "MCZ"
    is_flag_letter = 0x1F1E6 <= ord(char) <= 0x1F1FF
    return len(char) == 1 and is_visible and not is_flag_letter and normalize(char) == char


def _signs(text: str) -> list[str]:
    kept = (char for char in text if char == " " or normalize(char) == char)
    return list(dict.fromkeys(kept))


def sections(extra_hanzi: list[str], dictionary: list[str]) -> dict[str, list[str]]:
    """The parts of table `zh`, in order, no character twice."""
    parts = {
        "ascii": _signs(ASCII),
        "latin-1": _signs(LATIN_1 + LATIN_1_SIGNS),
        "chinese punctuation": _signs(CHINESE_PUNCTUATION),
        "currency": _signs(CURRENCY),
        "circled, bracketed, dotted": _signs(CIRCLED + BRACKETED + DOTTED),
        "roman": _signs(ROMAN),
        "units": _signs(UNITS),
        "mathematics": _signs(MATHEMATICS),
        "marks and boxes": _signs(MARKS),
        "greek": _signs(GREEK),
        "gb2312 hanzi": gb2312_hanzi(),
        STANDARD: extra_hanzi,
        "big5 level 1": [char for char in big5_level_1() if is_class(char)],
        DICTIONARY: [char for char in dictionary if is_class(char)],
    }
    visited: set[str] = set()
    unique = {}
    for name, chars in parts.items():
        unique[name] = [char for char in chars if char not in visited]
        visited.update(unique[name])
    return unique


def table(parts: dict[str, list[str]]) -> str:
    """The text of a table file."""
    rows = []
    for name, chars in parts.items():
        rows.append(f"# {name}: {len(chars)}")
        rows.extend(f"{ord(char):04X}" for char in chars)
    return "\n".join(rows) + "\n"


def tables(extra_hanzi: list[str], dictionary: list[str]) -> dict[str, str]:
    """File name -> text of every table."""
    return {
        "zh.txt": table(sections(extra_hanzi, dictionary)),
        "digits.txt": table({"digits and operators": _signs(DIGITS)}),
    }


def extra_from_standard(path: Path) -> list[str]:
    """What the 8,105 standard characters add to GB2312, in their own order."""
    standard = path.read_text("utf-8").split()
    if len(standard) != 8105 or len(set(standard)) != 8105:
        raise SystemExit(f"{path}: {len(set(standard))} characters, expected 8105, one a line")
    known = set(gb2312_hanzi())
    return [char for char in standard if char not in known]


def from_table(heading: str) -> list[str]:
    """The characters of one part of table `zh`, as the committed table has it."""
    text = (TABLES / "zh.txt").read_text("ascii")
    part = text.partition(f"# {heading}")[2].partition("\n")[2]
    return read_table(part.partition("#")[0])


def main(argv: list[str] | None = None) -> int:
    """Build or check; 1 where a table is not what the sources say."""
    parser = argparse.ArgumentParser(prog="python -m charset.build", description=__doc__)
    parser.add_argument("--standard", type=Path, help="the 8,105 standard characters, one a line")
    parser.add_argument("--dictionary", type=Path, help="a recogniser's characters, one a line")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    args = parser.parse_args(argv)
    extra = extra_from_standard(args.standard) if args.standard else from_table(STANDARD)
    known = (
        args.dictionary.read_text("utf-8").splitlines()
        if args.dictionary
        else from_table(DICTIONARY)
    )
    built = tables(extra, known)
    lines = [f"{hashlib.sha256(t.encode()).hexdigest()}  {n}" for n, t in sorted(built.items())]
    built["DIGESTS"] = "\n".join(lines) + "\n"
    stale = [n for n, t in built.items() if not _same(TABLES / n, t)]
    if args.check:
        print("stale: " + ", ".join(stale) if stale else "tables agree with their sources")
        return 1 if stale else 0
    for name in stale:
        (TABLES / name).write_text(built[name], "ascii")
    print("written: " + (", ".join(stale) or "nothing, all agree"))
    return 0


def _same(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("ascii") == text


if __name__ == "__main__":
    sys.exit(main())
