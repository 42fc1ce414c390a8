"""The options of a request, as JSON and as form fields."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crnn.decode.factory import MAX_N_BEST, DecodeOptions
from crnn.decode.lexicon.lexicon_search import MAX_MARGIN
from crnn.fields import Grammar
from crnn.options import ReadOptions
from service.schemas.fail_fast import FastList, value_of
from service.storage.lexicons import Lexicons


class ReadRequestOptions(BaseModel):
    """How an image is to be read."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["auto", "line", "page"] = Field(
        "auto", description="read as one line, as a page of lines, or decide by the image"
    )
    detail: Literal["lines", "chars"] = Field(
        "lines", description="chars: every character with its place and what else it may be"
    )
    width: Literal["as_read", "half", "full"] = Field(
        "as_read", description="signs of one width, (12) or （12）; the raw text is told beside it"
    )
    effort: Literal["quick", "thorough"] = Field(
        "quick",
        description="thorough: doubtful lines are looked at several times, which takes longer",
    )
    decode: Literal["greedy", "beam", "lm", "auto", "lexicon", "grammar"] | None = Field(
        None, description="how scores become text; as lexicon or grammar ask for, else greedy"
    )
    n_best: int = Field(1, ge=1, le=MAX_N_BEST, description="how many texts to tell of each line")
    lexicon: FastList[str] | str | None = Field(
        None, description="the texts that a line may say, or the name of a list in OCR_LEXICON_DIR"
    )
    lexicon_mode: Literal["only", "prefer"] = Field(
        "only", description="answer with the best entry, or with the free text where it is none"
    )
    max_margin: float = Field(
        MAX_MARGIN, ge=0, le=1000, description="the margin over which a line says no entry"
    )
    grammar: str | dict[str, Any] = Field(
        "", description='a field type, or a wish such as {"regex": ...}; see docs/grammar.md'
    )

    model: str | None = Field(
        None, max_length=80, description="a loaded model, where OCR_MODELS_BY_REQUEST allows it"
    )

    @field_validator("grammar", mode="before")
    @classmethod
    def _from_form(cls, option: object) -> object:
        """A wish in a form field is JSON text."""
        return value_of(option) if isinstance(option, str) and option.startswith("{") else option

    def options(self, lexicons: Lexicons, tenant: str = "") -> ReadOptions:
        """The wishes of a tenant in the reader's words.

        Raises: UnknownOption, BadLexicon.
        """
        method = self.decode or (
            "lexicon" if self.lexicon is not None else "grammar" if self.grammar else "greedy"
        )
        lexicon = None if self.lexicon is None else lexicons.of(self.lexicon, tenant)
        request_options = DecodeOptions(
            method=method,
            n_best=self.n_best,
            lexicon=lexicon,
            prefer=self.lexicon_mode == "prefer",
            max_margin=self.max_margin,
            grammar=Grammar(self.grammar) if self.grammar else None,
        )
        return ReadOptions(self.mode, self.detail, request_options, self.width, self.effort)


class OcrRequest(ReadRequestOptions):
    """One image to read."""

    image_base64: str = Field(
        min_length=1,
        description="the image file in base64: bare, URL-safe, or a data URL; "
        "line breaks and missing padding are fine",
    )


class BatchReadOptions(ReadRequestOptions):
    """How the images of a batch are to be read, all alike: as lines where nothing else is said."""

    mode: Literal["auto", "line", "page"] = Field(
        "line", description="read each as one line, as a page of lines, or decide by the image"
    )


class BatchRequest(BatchReadOptions):
    """Images to read."""

    images: FastList[str] = Field(
        min_length=1, description="image files in base64, as of POST /ocr"
    )
