"""The models of a running service: which are loaded, and which one reads a request.

What is loaded and chosen is one object that is never changed: a change makes another and puts it
in place of the first in one assignment. A request takes its reader once and keeps it to its end, so
nothing is dropped, and a reader that nobody uses any more is gone with its last request.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crnn import weights
from crnn.errors import OcrError, UnknownOption, WeightsError, WeightsMismatch
from crnn.options import ReadOptions
from crnn.page import Page
from crnn.reader import Reader
from service.errors import ModelRefused, ModelUnknown
from service.models import model_selection as choices
from service.models.model_selection import BadChoice, Choice
from service.models.shadow_metrics import Image, ModelMetrics, Shadow
from service.storage.database import storage_error

log = logging.getLogger("crnn_ocr.models")

PUBLISHED, CANDIDATE = "published", "candidate"


@dataclass(frozen=True)
class Fleet:
    """What is loaded, and what was chosen of it."""

    choice: Choice
    readers: Mapping[str, Reader]


@dataclass(frozen=True)
class WeightsFolders:
    """Where weights lie: those published, which nothing here writes, and candidates."""

    published: Path
    candidates: Path

    def entries(self) -> dict[str, tuple[str, Path, dict[str, Any]]]:
        """Kind, folder and manifest entry by name; a candidate never hides a published one."""
        results: dict[str, tuple[str, Path, dict[str, Any]]] = {}
        for kind, folder in ((CANDIDATE, self.candidates), (PUBLISHED, self.published)):
            try:
                entries = weights.manifest(folder)
            except WeightsError as exc:
                if (folder / weights.MANIFEST).exists():
                    log.error("%s weights are not listed: %s", kind, exc)
                continue
            results |= {name: (kind, folder, entry) for name, entry in entries.items()}
        return results


class Models:
    """Loads models, chooses among them, and tells who reads. Safe from any thread."""

    def __init__(
        self,
        reader: Reader,
        folders: WeightsFolders,
        folder: Path,
        *,
        by_request: bool = False,
        max_loaded: int = 4,
    ) -> None:
        self._first, self.folders, self._folder = reader, folders, folder
        self._by_request, self._max_loaded = by_request, max_loaded
        self.model_metrics = ModelMetrics()
        self._shadow = Shadow(self.model_metrics)
        self._changing = threading.Lock()
        self.on_change: Callable[[], None] = lambda: None
        name = reader.spec.name
        self._fleet = Fleet(Choice(name, name), {name: reader})
        self._restore()

    @property
    def fleet(self) -> Fleet:
        """What is loaded and chosen now."""
        return self._fleet

    @property
    def default(self) -> Reader:
        """What reads where nothing else is said."""
        fleet = self._fleet
        return fleet.readers[fleet.choice.default]

    def pick(self, request_id: str, name: str | None = None) -> Reader:
        """What reads a request; the same for one id as long as nothing is changed.

        Raises: UnknownOption.
        """
        fleet = self._fleet
        chosen = fleet.choice.default
        if name is not None:
            chosen = self._named(fleet, name)
        elif fleet.choice.split and drawn(request_id) < fleet.choice.split[1]:
            chosen = fleet.choice.split[0]
        self.model_metrics.add(chosen, "requests")
        return fleet.readers[chosen]

    def _named(self, fleet: Fleet, name: str) -> str:
        if name == fleet.choice.default:
            return name
        if not self._by_request:
            raise UnknownOption("model: requests may not name one (OCR_MODELS_BY_REQUEST)")
        if name not in fleet.readers:
            known = ", ".join(sorted(fleet.readers))
            raise UnknownOption(f"model: {name[:80]!r} is not loaded; these are: {known}")
        return name

    def was_read(self, reader: Reader, image: Image, options: ReadOptions, page: Page) -> None:
        """Let the shadow read what the default read, behind its answer."""
        fleet = self._fleet
        shadow = fleet.choice.shadow
        if shadow and reader is fleet.readers[fleet.choice.default]:
            self._shadow.read(fleet.readers[shadow], image, options, page)

    def was_corrected(self, model: str | None, is_correction: bool) -> None:
        """Count feedback about a model that is known here."""
        if model in self._fleet.readers:
            self.model_metrics.add(str(model), "corrections" if is_correction else "confirmations")

    def load(self, name: str) -> None:
        """Take a model into memory, verified. Raises: ModelUnknown, ModelRefused."""
        self._change(lambda choice: choice.with_loaded(name), name)

    def unload(self, name: str) -> None:
        """Let go of a model that reads nothing. Raises: ModelUnknown, ModelRefused."""

        def without(choice: Choice) -> Choice:
            if name == choice.default:
                raise ModelRefused(f"{name!r} is the default; promote another first")
            kept = tuple(one for one in choice.loaded if one != name)
            return replace(choice.without(name), loaded=kept)

        if name not in self._fleet.readers:
            raise ModelUnknown(f"no model {name[:80]!r} is loaded")
        self._change(without)

    def promote(self, name: str) -> None:
        """Make a model the default. Raises: ModelUnknown, ModelRefused."""
        if name != self._fleet.choice.default:
            self._change(lambda choice: choice.with_default(name), name)

    def shadow(self, name: str) -> None:
        """Let a model read beside the default. Raises: ModelUnknown, ModelRefused."""
        self._change(lambda choice: replace(_not_default(choice, name), shadow=name), name)

    def split(self, name: str, share: float) -> None:
        """Let a model read that share of the requests. Raises: ModelUnknown, ModelRefused."""
        self._change(lambda choice: replace(_not_default(choice, name), split=(name, share)), name)

    def withdraw(self, name: str) -> None:
        """End a model's split and shadow; it stays loaded. Raises: ModelUnknown."""
        if name not in self._fleet.readers:
            raise ModelUnknown(f"no model {name[:80]!r} is loaded")
        self._change(lambda choice: choice.without(name))

    def roll_back(self) -> str:
        """Make the default before this one the default again; its name. Raises: ModelRefused."""

        def back(choice: Choice) -> Choice:
            if not choice.before:
                raise ModelRefused("there is no default to roll back to")
            return choice.rolled_back()

        self._change(back)
        return self._fleet.choice.default

    def _change(self, change: Callable[[Choice], Choice], wanted: str | None = None) -> None:
        """Load what a choice needs, write it down, then put it in force, one change at a time."""
        with self._changing:
            fleet = self._fleet
            if wanted and wanted not in fleet.readers and wanted not in self.folders.entries():
                raise ModelUnknown(f"no model {wanted[:80]!r} is published or a candidate")
            chosen = change(fleet.choice)
            if len(chosen.names) > self._max_loaded:
                message = f"{self._max_loaded} models are loaded (OCR_MODELS_MAX_LOADED)"
                raise ModelRefused(f"{message}; unload one first")
            try:
                made = Fleet(chosen, {one: self._loaded(one, fleet) for one in chosen.names})
            except WeightsError as exc:
                raise ModelRefused(f"not loaded: {exc}") from exc
            try:
                digests = {name: reader.sha256 for name, reader in made.readers.items()}
                choices.save(self._folder, chosen, digests)
            except OSError as exc:
                raise storage_error(exc) from exc
            self._fleet = made
        log.warning("models: %s", describe(chosen))
        self.on_change()

    def _loaded(self, name: str, fleet: Fleet) -> Reader:
        """A reader that is there, or one of weights that are verified now. Raises: WeightsError."""
        if name in fleet.readers:
            return fleet.readers[name]
        if name not in (entries := self.folders.entries()):
            raise WeightsMismatch(f"{name!r} is gone from the manifests")
        _, folder, entry = entries[name]
        reader = self._first.with_weights(weights.load(name, folder))
        if reader.spec.name != name:
            raise WeightsMismatch(f"the file of {name!r} says that it is {reader.spec.name!r}")
        if reader.spec.facts() != entry.get("spec"):
            raise WeightsMismatch(f"the spec in the file of {name!r} is not that of the manifest")
        return reader

    def _restore(self) -> None:
        """The choice of before the restart, or the configured weights where that cannot be."""
        first = self._fleet
        try:
            kept = choices.read(self._folder)
            if kept is None:
                return
            if kept.configured != first.choice.configured:
                log.warning("OCR_WEIGHTS is another one now: models chosen before are passed over")
                return
            readers = {name: self._loaded(name, first) for name in kept.names}
            for name, digest in kept.digests:
                if name in readers and readers[name].sha256 != digest:
                    log.warning("the file of model %s is another one than at the last change", name)
            self._fleet = Fleet(kept, readers)
            log.warning("models as before: %s", describe(kept))
        except (BadChoice, OcrError) as exc:
            log.error(
                "the models chosen before cannot be used, %s reads: %s", first.choice.default, exc
            )

    def close(self) -> None:
        """Let the shadow end."""
        self._shadow.close()


def drawn(request_id: str) -> float:
    """A number from 0 to 1 that a request's id decides."""
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:8], "big") / 2.0**64


def describe(choice: Choice) -> str:
    """A choice in a line of the log."""
    message = [f"{choice.default} reads"]
    if choice.split:
        message.append(f"{choice.split[0]} a share of {choice.split[1]:g}")
    if choice.shadow:
        message.append(f"{choice.shadow} in the shadow")
    return ", ".join([*message, f"loaded {' '.join(choice.names)}"])


def _not_default(choice: Choice, name: str) -> Choice:
    if name == choice.default:
        raise ModelRefused(f"{name!r} is the default already")
    return choice.with_loaded(name)
