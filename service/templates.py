"""Templates of forms that came over HTTP: a zip each in OCR_DATA_DIR, a folder for every tenant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

from crnn.errors import BadTemplate, ImageTooLarge, UnknownOption
from crnn.forms import Template
from service.database import storage_error
from service.errors import TemplateUnknown, TooMany
from service.shelf import EVERYONE, NAME, replaced_whole

SUFFIX = ".zip"
KEPT = 24
"""Templates that stay in memory, with all that is known of their print."""

Version = tuple[int, int, int]


@dataclass(frozen=True)
class TemplateLimits:
    """What one tenant may keep."""

    max_bytes: int
    max_pixels: int
    max_count: int


@dataclass(frozen=True)
class KeptTemplate:
    """A template that is kept."""

    name: str
    bytes: int
    updated_at: float


class Templates:
    """The templates of all tenants. Safe from any thread; one is replaced whole or not at all."""

    def __init__(self, folder: Path, limits: TemplateLimits) -> None:
        self._folder, self._limits, self._lock = folder, limits, threading.Lock()
        self._known: OrderedDict[str, tuple[Version, Template]] = OrderedDict()

    def path(self, tenant: str, name: str) -> Path:
        """Where a template lies, or would. Raises: UnknownOption for a name that cannot be."""
        if not NAME.fullmatch(name):
            raise UnknownOption(
                "a template's name has 1 to 60 letters, digits and _ . - and begins with no . or -"
            )
        return self._of(tenant) / (name + SUFFIX)

    def put(self, tenant: str, template: Template) -> bool:
        """Keep a template, in place of one of its name; whether there was none.

        Raises: BadTemplate, TooMany, ImageTooLarge, UnknownOption, StoreUnavailable, StorageFull.
        """
        path, data = self.path(tenant, template.name), self._checked(template)
        with self._lock:
            is_new = not path.is_file()
            if is_new and len(self.listing(tenant)) >= self._limits.max_count:
                raise TooMany(
                    f"{self._limits.max_count} templates are kept (OCR_TEMPLATE_MAX_COUNT)"
                )
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                replaced_whole(path, data)
            except OSError as exc:
                raise storage_error(exc) from exc
        return is_new

    def _checked(self, template: Template) -> bytes:
        """A template's zip within the limits."""
        width, height = template.size
        if width * height > self._limits.max_pixels:
            raise ImageTooLarge(
                f"a blank of {width}x{height} pixels; the limit is {self._limits.max_pixels} "
                "(OCR_TEMPLATE_MAX_PIXELS)"
            )
        data = template.to_zip()
        if len(data) > self._limits.max_bytes:
            raise TooMany(
                f"a template of {len(data)} bytes; the limit is {self._limits.max_bytes} "
                "(OCR_TEMPLATE_MAX_BYTES)"
            )
        return data

    def one(self, tenant: str, name: str) -> Template:
        """A template. Raises: TemplateUnknown, UnknownOption, StoreUnavailable."""
        path = self.path(tenant, name)
        try:
            stat = path.stat()
            version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            found = self._kept(str(path), version)
            return found or self._keep(str(path), version, Template.from_zip(path.read_bytes()))
        except FileNotFoundError as exc:
            raise TemplateUnknown(f"no template {name!r}") from exc
        except OSError as exc:
            raise storage_error(exc) from exc

    def all_of(self, tenant: str) -> list[Template]:
        """Every template of a tenant. Raises: TemplateUnknown where there is none."""
        names = [kept.name for kept in self.listing(tenant)]
        if not names:
            raise TemplateUnknown("no template is kept; POST /v1/templates")
        return [self.one(tenant, name) for name in names]

    def remove(self, tenant: str, name: str) -> None:
        """Forget a template. Raises: TemplateUnknown, UnknownOption."""
        try:
            self.path(tenant, name).unlink()
        except FileNotFoundError as exc:
            raise TemplateUnknown(f"no template {name!r}") from exc
        except OSError as exc:
            raise storage_error(exc) from exc

    def listing(self, tenant: str) -> list[KeptTemplate]:
        """What a tenant keeps, by name."""
        found = []
        for path in sorted(self._of(tenant).glob(f"*{SUFFIX}")):
            stat = path.stat()
            found.append(KeptTemplate(path.stem, stat.st_size, stat.st_mtime))
        return found

    def _of(self, tenant: str) -> Path:
        return self._folder / (tenant or EVERYONE)

    def _kept(self, key: str, version: Version) -> Template | None:
        with self._lock:
            known, template = self._known.get(key, (None, None))
            if known != version:
                return None
            self._known.move_to_end(key)
            return template

    def _keep(self, key: str, version: Version, template: Template) -> Template:
        with self._lock:
            self._known[key] = (version, template)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return template


def renamed(template: Template, name: str) -> Template:
    """A template under the name of its address. Raises: BadTemplate where it has another."""
    if template.name not in ("", name):
        raise BadTemplate(f"the template is named {template.name!r} and sent to {name!r}")
    return replace(template, name=name)
