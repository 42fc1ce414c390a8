"""The parity ladder: the same lines through torch, fp32 and INT8 ONNX, compared at every rung."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from crnn.decode import log_softmax, text_of
from crnn.evaluate.metrics import Score, score
from crnn.recognize.session import Session
from crnn.train.models.crnn import Crnn

Input = NDArray[np.float32]
Run = Callable[[Input], NDArray[np.float32]]

MAX_FP32_DIFFERENCE = 2e-3
MIN_FP32_AGREEMENT = 0.999
MAX_CER_LOSS = 0.003
MAX_RELATIVE_LOSS = 0.05
"""What INT8 may lose: so much of all characters or, where many are wrong anyhow, that share of
them. Rendered lines of full severity are hardly legible: one in seven characters is
wrong there, and a small change of the scores tips many of them."""


class ParityError(RuntimeError):
    """An exported model does not read as its checkpoint does."""


@dataclass(frozen=True)
class Ladder:
    """How far apart the three are on the same lines."""

    lines: int
    fp32_log_prob_difference: float
    fp32_step_agreement: float
    int8_step_agreement: float
    int8_text_agreement: float
    cer_fp32: float
    cer_int8: float

    def check(self, max_cer_loss: float = MAX_CER_LOSS) -> None:
        """Raises: ParityError where a rung is broken."""
        if self.fp32_log_prob_difference > MAX_FP32_DIFFERENCE:
            raise ParityError(
                f"fp32 log-probabilities differ by {self.fp32_log_prob_difference:.2g}; "
                f"the limit is {MAX_FP32_DIFFERENCE}"
            )
        if self.fp32_step_agreement < MIN_FP32_AGREEMENT:
            raise ParityError(
                f"fp32 names {self.fp32_step_agreement:.2%} of steps as torch does; "
                f"{MIN_FP32_AGREEMENT:.1%} is the least"
            )
        max_cer_loss = max(max_cer_loss, MAX_RELATIVE_LOSS * self.cer_fp32)
        if self.cer_int8 > self.cer_fp32 + max_cer_loss:
            raise ParityError(
                f"INT8 reads at CER {self.cer_int8:.4f}, fp32 at {self.cer_fp32:.4f}; "
                f"{max_cer_loss:.4f} more is the limit"
            )

    def facts(self) -> dict[str, float]:
        """The rungs, rounded, for manifest and card."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


def climb(
    model: Crnn, fp32: Session, int8: Session, inputs: Sequence[Input], truths: Sequence[str]
) -> Ladder:
    """Run every line through all three. inputs: arrays (1, K, H, W)."""
    spec = fp32.spec
    difference, agree = 0.0, [[], []]
    same, scores_of = 0, [Score(), Score()]
    for array, truth in zip(inputs, truths, strict=True):
        with torch.inference_mode():
            truth_scores = log_softmax(model(torch.from_numpy(array))[0].numpy())  # (T, C)
        single, quantised = log_softmax(fp32.run(array)), int8.run(array)
        difference = max(difference, float(np.abs(truth_scores - single)[truth_scores > -12].max()))
        agree[0].append(np.mean(truth_scores.argmax(1) == single.argmax(1)))
        agree[1].append(np.mean(single.argmax(1) == quantised.argmax(1)))
        texts = [text_of(result, spec.classes) for result in (single, quantised)]
        same += texts[0] == texts[1]
        scores_of = [
            total + score(text, truth) for total, text in zip(scores_of, texts, strict=True)
        ]
    return Ladder(
        len(inputs),
        difference,
        float(np.mean(agree[0])),
        float(np.mean(agree[1])),
        same / max(1, len(inputs)),
        scores_of[0].cer,
        scores_of[1].cer,
    )
