"""A registered blank -> typed fields: `read_form(reader, scan, [Template.load(folder)])`."""

from crnn.forms.form_reader import read_form
from crnn.forms.form_results import Candidate, CheckResult, FieldResult, FormReading
from crnn.forms.template import Template
from crnn.forms.zone import Check, Zone

__all__ = [
    "Candidate",
    "Check",
    "CheckResult",
    "FieldResult",
    "FormReading",
    "Template",
    "Zone",
    "read_form",
]
