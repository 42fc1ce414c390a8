"""The model card says what weights learned from."""

import dataclasses
from pathlib import Path

from crnn.train.recipe import load
from export.model_card import card

FACTS = {
    "training": {"lines": 1200, "batches": 30, "hours": 0.5},
    "parity": {
        "lines": 1600,
        "cer_int8": 0.1012,
        "cer_fp32": 0.1,
        "int8_step_agreement": 0.99,
        "int8_text_agreement": 0.9,
        "fp32_log_prob_difference": 1e-4,
    },
    "spec": {
        "classes": 8685,
        "charset": "zh",
        "height": 32,
        "stride": 4,
        "preprocessing": "grey-1",
    },
    "checkpoint": "zh/zh.half.pt",
    "file": "zh/zh.int8.onnx",
    "bytes": 8_000_000,
    "fp32_bytes": 32_000_000,
}


def test_what_was_learned_from_is_named_with_its_licence():
    recipe = load(Path("zh"))
    assert recipe.data.text["common_en"] > 0
    told = card("zh", FACTS, recipe)
    assert "wordfreq (CC BY-SA 4.0)" in told and "MNIST" in told
    assert "1,200 lines in 30 batches, 0.5 hours" in told
    assert "On 1600 held-out rendered lines: CER 10.12% against 10.00%" in told


def test_what_was_not_is_not_named():
    recipe = load(Path("zh"))
    data = dataclasses.replace(
        recipe.data, text=recipe.data.text | {"common_en": 0}, writers={"type": 1.0, "digits": 0.0}
    )
    told = card("zh", FACTS, dataclasses.replace(recipe, data=data))
    assert "wordfreq" not in told and "MNIST" not in told
