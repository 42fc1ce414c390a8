"""The plan that reads whole pages: a model, its wishes and a language model, as bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import cv2

from crnn.batch.page_task import Strategy, about_effort, whole_page
from crnn.decode.ngram_lm import NgramLanguage
from crnn.inputs.image import ImageLimits
from crnn.options import ReadOptions
from crnn.reader import Reader
from crnn.recognize.session import Session


@dataclass(frozen=True)
class Reading:
    """Reads every line of a page, with one thread."""

    model: bytes = field(repr=False)
    options: ReadOptions = field(default_factory=ReadOptions)
    language: bytes = field(default=b"", repr=False)
    limits: ImageLimits = field(default_factory=ImageLimits)

    @property
    def about(self) -> dict[str, Any]:
        """Digests of the model and of all lists, and every wish."""
        how = self.options.decoding
        lexicon = how.lexicon
        entries = [lexicon.texts.tobytes(), lexicon.ends.tobytes()] if lexicon else []
        return {
            "model": hashlib.sha256(self.model).hexdigest(),
            "language": hashlib.sha256(self.language).hexdigest() if self.language else None,
            "mode": self.options.mode,
            "width": self.options.width,
            "decode": how.method,
            "n_best": how.n_best,
            "lexicon": hashlib.sha256(b"\n".join(entries)).hexdigest() if lexicon else None,
            "prefer": how.prefer,
            "max_margin": how.max_margin,
            "grammar": how.grammar.description if how.grammar else "",
            **about_effort(self.options.effort),
        }

    def open(self) -> Strategy:
        """The reader of this process; OpenCV, too, keeps to one core."""
        cv2.setNumThreads(1)
        session = Session(self.model, threads=1)
        spoken = NgramLanguage(self.language, session.spec.classes) if self.language else None
        return whole_page(Reader(session, limits=self.limits, language=spoken), self.options)
