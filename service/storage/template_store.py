"""Templates of forms that came over HTTP: a zip each in OCR_DATA_DIR, a folder for every tenant."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from crnn.errors import BadTemplate, ImageTooLarge
from crnn.forms import Template
from service.errors import TemplateUnknown, TooMany
from service.storage.file_store import Kind, NamedFiles
from service.storage.limits import TemplateLimits

KEPT = 24
"""Templates that stay in memory, with all that is known of their print."""

Version = tuple[int, int, int]


class Templates(NamedFiles):
    """The templates of all tenants."""

    def __init__(self, folder: Path, limits: TemplateLimits) -> None:
        count, setting = limits.max_count, "OCR_TEMPLATE_MAX_COUNT"
        super().__init__(folder, Kind("template", ".zip", count, setting, TemplateUnknown))
        self._limits = limits
        self._known: OrderedDict[str, tuple[Version, Template]] = OrderedDict()

    def put(self, tenant: str, template: Template) -> bool:
        """Keep a template, in place of one of its name; whether there was none.

        Raises: BadTemplate, TooMany, ImageTooLarge, UnknownOption, StoreUnavailable, StorageFull.
        """
        return self.keep(tenant, template.name, self._checked(template))

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
            result = self._kept(str(path), version)
            return result or self._keep(str(path), version, Template.from_zip(path.read_bytes()))
        except OSError as exc:
            raise self.fault(exc, name) from exc

    def all_of(self, tenant: str) -> list[Template]:
        """Every template of a tenant. Raises: TemplateUnknown where there is none."""
        names = [kept.name for kept in self.listing(tenant)]
        if not names:
            raise TemplateUnknown("no template is kept; POST /v1/templates")
        return [self.one(tenant, name) for name in names]

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
