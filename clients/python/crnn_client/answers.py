"""What is asked and answered, as typed dictionaries: the JSON of docs/api.md, nothing renamed."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Format = Literal["json", "txt", "csv", "xlsx", "hocr", "alto", "pdf"]
Strokes = list[list[list[float]]]
"""Each stroke a list of [x, y] or [x, y, pressure], y downwards."""


Effort = Literal["quick", "thorough"]
"""How often doubtful lines are looked at."""


class Wishes(TypedDict, total=False):
    """How an image is to be read."""

    mode: Literal["auto", "line", "page"]
    detail: Literal["lines", "chars"]
    width: Literal["as_read", "half", "full"]
    effort: Effort
    decode: Literal["greedy", "beam", "lm", "auto", "lexicon", "grammar"]
    n_best: int
    lexicon: list[str] | str
    lexicon_mode: Literal["only", "prefer"]
    max_margin: float
    grammar: str | dict[str, Any]


class Char(TypedDict):
    """A character of a line."""

    text: str
    confidence: float
    start: float
    end: float
    alternatives: list[tuple[str, float]]


class Alternative(TypedDict):
    """A text that a line may say."""

    text: str
    log_prob: float


FieldStatus = Literal["read", "corrected", "conflict", "unreadable", "empty", "struck"]
"""Whether the paper says a value; only fields that are read or corrected have one."""


class Proposal(TypedDict):
    """What a constraint would make of a line or a field that does not say it by itself."""

    text: str
    value: Any
    margin: float
    against: float | None


class Field(TypedDict):
    """What a line means as a field."""

    type: str
    valid: bool
    value: dict[str, Any] | None
    reasons: list[str]
    status: FieldStatus
    read: str
    proposal: Proposal | None


class Line(TypedDict):
    """A line of an image; what was not asked for is not there."""

    text: str
    confidence: float
    box: tuple[int, int, int, int]
    chars: NotRequired[list[Char]]
    raw_text: NotRequired[str]
    n_best: NotRequired[list[Alternative]]
    free_text: NotRequired[str]
    margin: NotRequired[float]
    rejected: NotRequired[bool]
    field: NotRequired[Field]


class Reading(TypedDict):
    """What an image says."""

    success: Literal[True]
    text: str
    confidence: float
    time_used_ms: float
    lines: list[Line]
    mode: Literal["line", "page"]
    model: str
    request_id: str
    skipped: NotRequired[list[str]]
    skipped_count: NotRequired[int]


class Drawing(Reading):
    """What a drawing says."""

    picture: NotRequired[str]


class Problem(TypedDict):
    """Why there is no reading, in the place of one."""

    success: Literal[False]
    type: str
    title: str
    status: int
    detail: str
    request_id: str


class Pages(TypedDict):
    """What a document of more than one page says."""

    success: Literal[True]
    pages: list[Reading | Problem]
    time_used_ms: float
    model: str
    request_id: str


class Batch(TypedDict):
    """What the images of a batch say."""

    success: Literal[True]
    answers: list[Reading | Problem]
    failed: int
    time_used_ms: float
    model: str
    request_id: str


class Digit(TypedDict):
    """A digit of a drawing."""

    digit: int
    confidence: float


class Digits(TypedDict):
    """The digits of a drawing."""

    success: Literal[True]
    digit: int | None
    confidence: float
    text: str
    digits: list[Digit]
    model: str
    request_id: str


class Job(TypedDict):
    """Documents that are read in the background; page_states only where one job is asked for."""

    success: Literal[True]
    id: str
    state: Literal["queued", "running", "done", "done_with_errors", "cancelled"]
    created_at: str
    ended_at: str | None
    pages: dict[str, int]
    files: list[dict[str, Any]]
    webhook: dict[str, Any] | None
    page_states: NotRequired[list[dict[str, Any]]]


class JobList(TypedDict):
    """Jobs, the newest first."""

    success: Literal[True]
    jobs: list[Job]
    next: str | None


class LexiconKept(TypedDict):
    """A lexicon that was kept."""

    success: Literal[True]
    name: str
    entries: int
    skipped: list[str]
    skipped_count: int


class Lexicon(TypedDict):
    """A lexicon and its entries."""

    success: Literal[True]
    name: str
    entries: list[str]


class LexiconList(TypedDict):
    """The lexicons of a caller."""

    success: Literal[True]
    lexicons: list[dict[str, Any]]


class FormField(TypedDict):
    """A field of a filled form; docs/forms.md. chars: only of a comb."""

    name: str
    kind: str
    value: Any
    status: FieldStatus
    valid: bool
    read: str
    proposal: Proposal | None
    text: str
    raw_text: str
    confidence: float
    needs_review: bool
    reasons: list[str]
    box: list[int]
    corners: list[list[int]]
    details: NotRequired[dict[str, Any]]
    rows: NotRequired[list[FormField]]
    chars: NotRequired[list[tuple[str, float]]]
    crop_base64: NotRequired[str]


class Outside(TypedDict):
    """Writing on a form that is in no zone."""

    kind: Literal["writing", "strike"]
    text: str
    confidence: float
    box: list[int]
    corners: list[list[int]]


class Form(TypedDict):
    """A filled form: its fields as values, and what a person must look at."""

    success: Literal[True]
    template: str
    fit: float
    corners: list[list[float]]
    status: Literal["read", "empty"]
    needs_review: bool
    reasons: list[str]
    outside: list[Outside]
    fields: list[FormField]
    checks: list[dict[str, Any]]
    time_used_ms: float
    model: str
    request_id: str


class TemplateList(TypedDict):
    """The templates of forms that a caller keeps."""

    success: Literal[True]
    templates: list[dict[str, Any]]


class Correction(TypedDict):
    """What was read wrongly, and what it says. image: base64, kept only with keep_image."""

    text: str
    corrected: str
    request_id: NotRequired[str | None]
    source: NotRequired[Literal["desk", "board", "api", "form"]]
    model: NotRequired[str | None]
    line: NotRequired[int | None]
    image: NotRequired[str]
    keep_image: NotRequired[bool]


class Feedback(TypedDict):
    """A correction that was taken."""

    id: str
    created_at: str
    kept_image: bool


class Corrections(TypedDict):
    """Corrections that this caller sent."""

    feedback: list[dict[str, Any]]
    next: str | None
