"""Which models are loaded and which one reads: what the operator chose, kept over restarts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from service.storage.file_store import write_whole

FILE = "models.json"
MOST_BEFORE = 10
"""Defaults that can be rolled back to, one after another."""


class BadChoice(ValueError):
    """The file of the choice is damaged."""


@dataclass(frozen=True)
class Choice:
    """What was chosen. A change makes another one.

    configured: OCR_WEIGHTS of that day; before: earlier defaults, the latest last; split: one model
    and its share of requests; shadow: one that reads beside the default; digests: sha256 of each.
    """

    configured: str
    default: str
    before: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()
    split: tuple[str, float] | None = None
    shadow: str | None = None
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every model that must be in memory, each once."""
        used = (self.default, *self.loaded, *([self.split[0]] if self.split else []))
        return tuple(dict.fromkeys((*used, *([self.shadow] if self.shadow else []))))

    def with_loaded(self, name: str) -> Choice:
        """A model in memory."""
        return replace(self, loaded=tuple(dict.fromkeys((*self.loaded, name))))

    def without(self, name: str) -> Choice:
        """A model that only lies in memory, or not even there."""
        split = None if self.split and self.split[0] == name else self.split
        return replace(self, split=split, shadow=None if self.shadow == name else self.shadow)

    def with_default(self, name: str) -> Choice:
        """Another default; the one before stays loaded, to roll back to."""
        before = (*(one for one in self.before if one != name), self.default)[-MOST_BEFORE:]
        kept = self.without(name).with_loaded(self.default)
        return replace(kept.with_loaded(name), default=name, before=before)

    def rolled_back(self) -> Choice:
        """The default before this one; split and shadow end. `before` may not be empty."""
        *before, last = self.before
        ended = replace(self, split=None, shadow=None, before=tuple(before))
        return replace(ended.with_loaded(self.default).with_loaded(last), default=last)


def save(folder: Path, choice: Choice, digests: Mapping[str, str]) -> None:
    """Write a choice so that a crash leaves the old one or the new one. Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    values = asdict(choice) | {"version": 1, "digests": sorted(digests.items())}
    write_whole(folder / FILE, (json.dumps(values, indent=1) + "\n").encode())


def read(folder: Path) -> Choice | None:
    """The choice of before; None where none was ever made. Raises: BadChoice."""
    try:
        values = json.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as exc:
        raise BadChoice(f"{folder / FILE} cannot be read") from exc
    try:
        return _from_values(values)
    except (TypeError, ValueError, KeyError, AttributeError) as exc:
        raise BadChoice(f"{folder / FILE} is damaged") from exc


def _from_values(values: dict[str, Any]) -> Choice:
    if values["version"] != 1:
        raise ValueError(values["version"])
    split = values["split"]
    if split is not None:
        split = (_name(split[0]), float(split[1]))
        if not 0 < split[1] < 1:
            raise ValueError(split)
    return Choice(
        _name(values["configured"]),
        _name(values["default"]),
        tuple(map(_name, values["before"])),
        tuple(map(_name, values["loaded"])),
        split,
        None if values["shadow"] is None else _name(values["shadow"]),
        tuple((_name(name), _name(digest)) for name, digest in values["digests"]),
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value
