"""Font files of training: the table of them, and how each comes out of its package or folder."""

from __future__ import annotations

import shutil
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts.toml"
FOLDER = "folder:"
"""Sources of fonts that lie in a folder of the user's, not in a package."""


def take_local(rows: list[dict[str, Any]], local: Path | None, folder: Path) -> None:
    """Fonts from a folder of the user's; those it lacks are named and left out."""
    for row in rows:
        if local is None or not (local / row["source"]).is_file():
            message = f"{row['source']} is left out: --folder names a folder that holds it"
            print(message, file=sys.stderr)
        else:
            place_font(local, row, folder / row["file"])


def font_rows() -> list[dict[str, Any]]:
    """The rows of fonts.toml, families spelled out: from, file, kind, weight; source, index."""
    table = tomllib.loads(FONTS.read_text("utf-8"))
    rows: list[dict[str, Any]] = list(table["font"])
    for group in table["families"]:
        for name in group["fontsource"]:
            family, boldness = name.split()
            rows.append(
                {
                    "from": f"npm:@fontsource/{family}",
                    "file": f"{family}-{boldness}.ttf",
                    "source": f"{family}-latin-{boldness}-normal.woff2",
                    "kind": group["kind"],
                    "weight": group["weight"],
                }
            )
    return rows


def place_font(unpacked: Path, row: dict[str, Any], target: Path) -> None:
    """Copy one font out of an unpacked package."""
    source = row.get("source", row["file"])
    matches = sorted(unpacked.rglob(source))
    if not matches:
        raise SystemExit(f"{row['from']} holds no {source}")
    if "*" in source:
        merge_subsets(matches, target)
        return
    result = matches[0]
    if result.suffix == ".woff2":
        from fontTools.ttLib import woff2

        woff2.decompress(str(result), str(target))
    else:
        shutil.copy(result, target)


def merge_subsets(parts: list[Path], target: Path) -> None:
    """One TrueType font of the outlines of all subsets; what shapes text is left behind."""
    from fontTools import merge, ttLib

    with tempfile.TemporaryDirectory() as scratch:
        files = []
        for number, part in enumerate(parts):
            with ttLib.TTFont(part) as font:
                font.flavor = None
                for tag in ("GSUB", "GPOS", "GDEF", "kern", "meta", "DSIG"):
                    if tag in font:
                        del font[tag]
                files.append(f"{scratch}/{number}.ttf")
                font.save(files[-1])
        merged = merge.Merger().merge(files)
        merged.save(target)
