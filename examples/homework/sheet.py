"""A pupil's sheet is read: names by the general weights, sums by those trained on digits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from crnn.forms import FormReading, Template, read_form
from crnn.reader import Reader

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sheets:
    """Both forms and both readers: `Sheets.load().read(data)`."""

    general: Reader
    digits: Reader
    sums: Template
    answers: Template

    @classmethod
    def load(cls) -> Sheets:
        """The published weights, the templates beside this file."""
        forms = [Template.load(FOLDER / name) for name in ("sums", "answers")]
        return cls(Reader.load("zh"), Reader.load("digits"), *forms)

    def read(self, image: bytes) -> FormReading:
        """A page of sums or an answer sheet, with pictures of what is written.

        Raises: UnknownForm where it is neither, ReadError.
        """
        head = tuple(zone for zone in self.sums.zones if not zone.name.startswith("sum_"))
        forms = [replace(self.sums, zones=head), self.answers]
        reading = read_form(self.general, image, forms, crops=True)
        if reading.template.name != self.sums.name:
            return reading
        lines = tuple(zone for zone in self.sums.zones if zone not in head)
        sums = read_form(self.digits, image, replace(self.sums, zones=lines), crops=True)
        return replace(sums, fields=reading.fields | sums.fields)
