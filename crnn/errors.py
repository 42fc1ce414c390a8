"""Every error a caller can plan for, sorted by whose fault it is.

    OcrError
    ├── ReadError                the caller's bytes or wishes
    │   ├── NotAnImage           the bytes are no image this reader knows, or a damaged one
    │   ├── ImageTooLarge        more bytes or pixels than the limit
    │   ├── ImageTooSmall        fewer pixels than a line of text needs
    │   ├── NotADocument         a PDF, TIFF or zip that is damaged, or holds nothing to read
    │   ├── DocumentLocked       it is encrypted, and only its owner knows the password
    │   ├── DocumentTooLarge     more pages, files or bytes than the limit
    │   ├── UnknownOption        a wish that does not exist, or a value out of range
    │   ├── BadTemplate          a form's template that cannot be; says which value is wrong
    │   ├── UnknownForm          a picture that is none of the forms it may be
    │   ├── BadLexicon           a list of entries of which none can be read, or no list at all
    │   └── GrammarError         a field's grammar that cannot be compiled
    │       ├── BadExpression    not a regular expression that is taken; says where and why
    │       ├── GrammarTooLarge  more states or repetitions than the limits
    │       └── NothingMatches   no text that the charset can spell is allowed
    ├── Cancelled                work that was given up because nobody waits for its end
    └── WeightsError             the operator's set-up, at start-up only
        ├── WeightsMissing       no such name in the manifest, or the file is not there
        ├── WeightsCorrupt       the file is not the one the manifest describes (sha256)
        └── WeightsMismatch      the file's spec cannot be read by this program

Anything else is our bug. Messages say what was found, what was expected and what to do.
"""

from __future__ import annotations


class OcrError(Exception):
    """The root of every error raised on purpose."""


class ReadError(OcrError):
    """The caller's bytes or wishes."""


class NotAnImage(ReadError):
    """The bytes are no image this reader knows, or a damaged one."""


class ImageTooLarge(ReadError):
    """More bytes or pixels than the limit."""


class ImageTooSmall(ReadError):
    """Fewer pixels than a line of text needs."""


class NotADocument(ReadError):
    """A PDF, TIFF or zip that is damaged, or holds nothing to read."""


class DocumentLocked(ReadError):
    """A document that is encrypted, and only its owner knows the password."""


class DocumentTooLarge(ReadError):
    """More pages, files or bytes than the limit."""


class UnknownOption(ReadError):
    """A wish that does not exist, or a value out of range."""


class BadTemplate(ReadError):
    """A form's template that cannot be; the message says which value is wrong."""


class UnknownForm(ReadError):
    """A picture that is none of the forms it may be."""


class BadLexicon(ReadError):
    """A list of entries of which none can be read, or no list at all."""


class GrammarError(ReadError):
    """A field's grammar that cannot be compiled."""


class BadExpression(GrammarError):
    """Not a regular expression that is taken; the message says where and why."""


class GrammarTooLarge(GrammarError):
    """More states or repetitions than the limits."""


class NothingMatches(GrammarError):
    """No text that the charset can spell is allowed."""


class Cancelled(OcrError):
    """Work that was given up because nobody waits for its end."""


class WeightsError(OcrError):
    """The operator's set-up, at start-up only."""


class WeightsMissing(WeightsError):
    """No such name in the manifest, or the file is not there."""


class WeightsCorrupt(WeightsError):
    """The file is not the one the manifest describes."""


class WeightsMismatch(WeightsError):
    """The file's spec cannot be read by this program."""
