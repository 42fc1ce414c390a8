"""Template: one registered blank, the zones to read on it, and the checks they must pass.

A template is a folder or a zip: `template.json`, `blank.png`, and lexicons as NAME.txt beside them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.errors import BadTemplate, ReadError
from crnn.fields import compile_grammar
from crnn.forms.registration.blank_features import Print
from crnn.forms.zone import (
    MAX_CHECKS,
    MAX_ZONES,
    Check,
    Zone,
    as_message,
    check_of,
    entries_of,
    is_whole,
    keyed,
    name_of,
    plain,
    share_of,
    zone_of,
)
from crnn.inputs import archive
from crnn.inputs.image import ImageLimits, grey_image

Grey = NDArray[np.uint8]

VERSION = 1
JSON_NAME, BLANK_NAME = "template.json", "blank.png"
KEYS = {"name", "version", "size", "zones", "checks", "lexicons", "min_confidence"}
MIN_CONFIDENCE = 0.9
MAX_FILES, MAX_BYTES = 100, 40_000_000
MAX_JSON = 4_000_000
MIN_BLANK = 100
"""The shortest side of a blank in pixels; 200 dots per inch are better, see docs/forms.md."""


@dataclass(frozen=True, eq=False)
class Template:
    """A registered form. Immutable, shared by threads.

    blank: (H, W) grey; lexicons: lists that zones name; min_confidence: below it, review.
    """

    name: str
    blank: Grey = field(repr=False)
    zones: tuple[Zone, ...] = ()
    checks: tuple[Check, ...] = ()
    lexicons: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    min_confidence: float = MIN_CONFIDENCE

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the blank in pixels."""
        return self.blank.shape[1], self.blank.shape[0]

    @cached_property
    def print(self) -> Print:
        """What aligning and subtracting know of the blank."""
        return Print(self.blank)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that it says: the same for the same content."""
        result = hashlib.sha256(self.to_json().encode())
        result.update(self.blank.tobytes())
        return result.hexdigest()

    @classmethod
    def from_dict(
        cls, value: object, blank: bytes | Grey, limits: ImageLimits | None = None
    ) -> Template:
        """A template from its JSON and its blank, an encoded picture or pixels (H, W).

        Raises: BadTemplate, and ReadError where the blank is no picture.
        """
        grey = grey_image(blank, limits or ImageLimits())
        if min(grey.shape) < MIN_BLANK:
            raise BadTemplate(f"a blank of {grey.shape[1]} x {grey.shape[0]} pixels is too small")
        given = keyed(value, KEYS, "the template")
        size = (grey.shape[1], grey.shape[0])
        _check_head(given, size)
        zones = tuple(
            zone_of(one, f"zones[{at}]", size) for at, one in _listed(given, "zones", MAX_ZONES)
        )
        names = _names(zones)
        checks = tuple(
            check_of(one, f"checks[{at}]", names)
            for at, one in _listed(given, "checks", MAX_CHECKS)
        )
        least = share_of(given.get("min_confidence"), "min_confidence")
        return cls(
            name_of(given.get("name"), "name"),
            grey,
            zones,
            checks,
            _lexicons(given.get("lexicons")),
            MIN_CONFIDENCE if least is None else least,
        )

    @classmethod
    def from_json(
        cls, text: str | bytes, blank: bytes | Grey, limits: ImageLimits | None = None
    ) -> Template:
        """A template from JSON text. Raises: as from_dict."""
        if len(text) > MAX_JSON:
            raise BadTemplate(f"{len(text)} bytes of JSON; the limit is {MAX_JSON}")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as exc:
            raise BadTemplate(f"{JSON_NAME} is no JSON: {exc}"[:200]) from exc
        return cls.from_dict(value, blank, limits)

    @classmethod
    def load(cls, path: Path) -> Template:
        """A template from a folder or a zip. Raises: BadTemplate, ReadError, OSError."""
        if path.is_dir():
            return cls.from_files({p.name: p.read_bytes() for p in _files(path)})
        return cls.from_zip(path.read_bytes())

    @classmethod
    def from_zip(cls, data: bytes) -> Template:
        """A template from a zip's bytes. Raises: BadTemplate, ReadError."""
        if not archive.is_zip(data[:4]):
            raise BadTemplate("neither a folder nor a zip with template.json and blank.png")
        results = {}
        for entry in archive.entries(data, MAX_FILES, MAX_BYTES):
            name = entry.name.rpartition("/")[2]
            if name in (JSON_NAME, BLANK_NAME) or name.endswith(".txt"):
                results[name] = archive.read(data, entry.index, MAX_FILES, MAX_BYTES)
        return cls.from_files(results)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Template:
        """A template from its files by name. Raises: BadTemplate, ReadError."""
        for name in (JSON_NAME, BLANK_NAME):
            if name not in files:
                raise BadTemplate(f"there is no {name}")
        result = cls.from_json(files[JSON_NAME], files[BLANK_NAME])
        lists = {
            name.removesuffix(".txt"): entries_of(_rows_of(name, data), name)
            for name, data in files.items()
            if name.endswith(".txt")
        }
        return replace(result, lexicons={**lists, **result.lexicons})

    def to_dict(self) -> dict[str, Any]:
        """The template as JSON, without its blank."""
        results: dict[str, Any] = {
            "name": self.name,
            "version": VERSION,
            "size": list(self.size),
            "zones": [plain(zone) for zone in self.zones],
            "checks": [{"kind": one.kind, "fields": list(one.fields)} for one in self.checks],
            "min_confidence": self.min_confidence,
        }
        if self.lexicons:
            results["lexicons"] = {name: list(all_) for name, all_ in self.lexicons.items()}
        return results

    def to_json(self) -> str:
        """`to_dict` as text, a zone a row."""
        rows = []
        for key, value in self.to_dict().items():
            said = json.dumps(value, ensure_ascii=False)
            if key in ("zones", "checks") and value:
                members = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in value)
                said = f"[\n  {members}\n ]"
            rows.append(f" {json.dumps(key)}: {said}")
        return "{\n" + ",\n".join(rows) + "\n}\n"

    def blank_png(self) -> bytes:
        """The blank as a PNG file."""
        return cv2.imencode(".png", self.blank)[1].tobytes()

    def save(self, folder: Path) -> None:
        """Write the template into a folder, made where it is not there. Raises: OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON_NAME).write_text(self.to_json(), "utf-8")
        (folder / BLANK_NAME).write_bytes(self.blank_png())

    def to_zip(self) -> bytes:
        """The template as a zip."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr(JSON_NAME, self.to_json())
            made.writestr(BLANK_NAME, self.blank_png())
        return data.getvalue()

    def check_types(self, classes: tuple[str, ...]) -> None:
        """Compile every zone's type. Raises: BadTemplate, which names the zone."""
        for zone in self.zones:
            try:
                if zone.type is not None:
                    compile_grammar(zone.type, classes)
            except ReadError as exc:
                raise BadTemplate(f"zone {zone.name!r}, type: {exc}") from exc


def _files(folder: Path) -> Iterable[Path]:
    """The files of a template in a folder."""
    wanted = [folder / JSON_NAME, folder / BLANK_NAME, *sorted(folder.glob("*.txt"))[:MAX_FILES]]
    return [path for path in wanted if path.is_file()]


def _rows_of(name: str, data: bytes) -> list[str]:
    try:
        return [row for row in data.decode("utf-8-sig").splitlines() if row.strip()]
    except UnicodeDecodeError as exc:
        raise BadTemplate(f"{name} is not UTF-8: {exc.reason} at byte {exc.start}") from exc


def _check_head(given: dict[str, Any], size: tuple[int, int]) -> None:
    version, stored_size = given.get("version", VERSION), given.get("size", list(size))
    if version != VERSION or isinstance(version, bool):
        raise BadTemplate(f"version is {as_message(version)}; this program reads {VERSION}")
    whole = isinstance(stored_size, list | tuple) and all(map(is_whole, stored_size))
    if not whole or tuple(stored_size) != size:
        raise BadTemplate(f"size is {as_message(stored_size)}; the blank is {list(size)}")


def _listed(given: dict[str, Any], key: str, most: int) -> Iterable[tuple[int, object]]:
    result = given.get(key, [])
    if not isinstance(result, list | tuple) or len(result) > most:
        raise BadTemplate(f"{key} is {as_message(result)}; expected a list of up to {most}")
    return enumerate(result)


def _names(zones: tuple[Zone, ...]) -> set[str]:
    """The names of fields: of zones, and of groups of checkboxes."""
    names: set[str] = set()
    for zone in zones:
        if zone.name in names:
            raise BadTemplate(f"two zones are named {as_message(zone.name)}")
        if zone.group and zone.kind != "checkbox":
            raise BadTemplate(f"zone {as_message(zone.name)} has a group, and is no checkbox")
        names.add(zone.name)
    groups = {zone.group for zone in zones if zone.group}
    if groups & names:
        raise BadTemplate(f"a zone and a group are named {as_message(min(groups & names))}")
    return names | groups


def _lexicons(value: object) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_FILES:
        raise BadTemplate(f"lexicons is {as_message(value)}; expected lists of texts by name")
    return {
        name_of(name, "lexicons"): entries_of(result, f"lexicons[{as_message(name)}]")
        for name, result in value.items()
    }
