"""A typed client of the crnn-ocr service: `Client` for threads, `AsyncClient` for asyncio."""

from crnn_client.answers import (
    Batch,
    Correction,
    Corrections,
    Digits,
    Drawing,
    Feedback,
    Form,
    Job,
    JobList,
    Lexicon,
    LexiconKept,
    LexiconList,
    Line,
    Pages,
    Problem,
    Reading,
    TemplateList,
    Wishes,
)
from crnn_client.asking import AsyncClient
from crnn_client.client import Client
from crnn_client.errors import OcrError, ServiceProblem, Unreachable
from crnn_client.stream import Stream

__all__ = [
    "AsyncClient",
    "Batch",
    "Client",
    "Correction",
    "Corrections",
    "Digits",
    "Drawing",
    "Feedback",
    "Form",
    "Job",
    "JobList",
    "Lexicon",
    "LexiconKept",
    "LexiconList",
    "Line",
    "OcrError",
    "Pages",
    "Problem",
    "Reading",
    "ServiceProblem",
    "Stream",
    "TemplateList",
    "Unreachable",
    "Wishes",
]
