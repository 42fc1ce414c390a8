"""Pages -> forms that can be stored, one after another: what batches and the command line share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crnn.errors import OcrError, ReadError
from crnn.forms import Template, read_form
from crnn.forms.field_reader import NameToLexicon
from crnn.inputs import documents
from crnn.inputs.documents import DocumentLimits
from crnn.output.form_tables import FiledForm, forms_csv, forms_json, forms_xlsx
from crnn.reader import Reader

FORMATS: dict[str, Callable[[Sequence[FiledForm]], bytes]] = {
    "json": forms_json,
    "csv": forms_csv,
    "xlsx": forms_xlsx,
}


def filed_form(
    reader: Reader,
    image: bytes | NDArray[np.uint8],
    templates: Sequence[Template],
    *,
    file: str = "",
    page: int = 1,
    lexicon: NameToLexicon | None = None,
) -> FiledForm:
    """One page as a form; what cannot be read, or is no form of these, says so in its error.

    image: an encoded file, or pixels (H, W).
    """
    try:
        result = read_form(reader, image, templates, lexicon=lexicon)
    except ReadError as exc:
        return FiledForm(file, page, error=str(exc))
    return FiledForm(file, page, result.to_dict())


def filed_document(
    reader: Reader, path: Path, templates: Sequence[Template], limits: DocumentLimits | None = None
) -> Iterator[FiledForm]:
    """Every page of an image, PDF, TIFF or zip as a form."""
    limits = limits or DocumentLimits()
    try:
        refs = documents.outline(path, limits)
    except (OcrError, OSError) as exc:
        yield FiledForm(path.name, 1, error=str(exc))
        return
    for number, ref in enumerate(refs, 1):
        try:
            grey = documents.page(path, ref, limits).grey
        except ReadError as exc:
            yield FiledForm(path.name, number, error=str(exc))
            continue
        yield filed_form(reader, grey, templates, file=path.name, page=number)
