"""ModelSpec: the contract that travels inside the file.

Weights, alphabet and preprocessing are written together into checkpoint, ONNX metadata and
manifest, so that they cannot drift apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from charset import BLANK, Charset
from crnn.calibration import Calibration
from crnn.errors import WeightsMismatch

PREPROCESSINGS = {"grey-1": 1, "flat-1": 1, "binary-1": 1, "both-1": 2, "signed-1": 1}
"""Name and version of a preprocessing -> its input channels K; see crnn.preprocess.normalize."""


@dataclass(frozen=True)
class ModelSpec:
    """Facts of a model: what it reads, and the shape of what it takes and gives."""

    name: str
    charset: str
    classes: tuple[str, ...]
    height: int = 32
    stride: int = 4
    preprocessing: str = "grey-1"
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if self.preprocessing not in PREPROCESSINGS:
            known = ", ".join(PREPROCESSINGS)
            raise WeightsMismatch(
                f"preprocessing {self.preprocessing!r} is unknown; this program has {known}"
            )
        if not self.classes or self.classes[0] != BLANK:
            raise WeightsMismatch("class 0 of a spec must be the CTC blank")

    @property
    def channels(self) -> int:
        """Input channels K."""
        return PREPROCESSINGS[self.preprocessing]

    def steps(self, width: int) -> int:
        """The number of steps T that a tensor of that width W gives; W is a multiple of 32."""
        return width // self.stride

    def alphabet(self) -> Charset:
        """The classes as a charset."""
        return Charset(self.charset, self.classes)

    def to_json(self) -> str:
        """The spec as JSON; classes as one string, the blank left out."""
        fields = self.facts() | {"classes": "".join(self.classes[1:])}
        return json.dumps(fields, ensure_ascii=True, sort_keys=True)

    def facts(self) -> dict[str, Any]:
        """The spec as plain values; classes counted, calibration left out where there is none."""
        fields = self.__dict__ | {"classes": len(self.classes)}
        if self.calibration is None:
            del fields["calibration"]
        else:
            fields["calibration"] = self.calibration.to_dict()
        return fields

    @classmethod
    def from_json(cls, text: str) -> ModelSpec:
        """Read back what `to_json` wrote.

        Raises: WeightsMismatch where the text is no spec of this program's kind.
        """
        try:
            fields = json.loads(text)
            fields["classes"] = (BLANK, *fields["classes"])
            if fields.get("calibration") is not None:
                fields["calibration"] = Calibration.from_dict(fields["calibration"])
            return cls(**fields)
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise WeightsMismatch(
                f"the file carries no spec that this program reads: {exc}"
            ) from exc
