"""The model card of published weights: what they are, what they learned from, what was measured."""

from __future__ import annotations

from typing import Any

from crnn.train.recipe import Recipe

INK = {
    "type": "Print is rendered from fonts.",
    "scripts": "Handwriting is set in pen and brush fonts, each line bent and leaning its own way.",
    "strokes": "Handwriting is drawn from the strokes of hanzi-writer-data "
    "(makemeahanzi; Arphic Public License) and a table of ours.",
    "digits": "Digits and signs are real ink set side by side: the training part of MNIST "
    "(CC BY-SA 3.0) and BHMSDS (MIT).",
    "words": "Latin words are real ink of 25 of the 30 writers of DHSD (CC BY 4.0).",
}
"""What the lines of each pen of a recipe are made of, and the licence of what is not ours."""

COUNTS = "; how often English words are used: wordfreq (CC BY-SA 4.0)"


def card(name: str, facts: dict[str, Any], recipe: Recipe) -> str:
    """The model card: what it is, what it learned from, what it measured."""
    training, ladder, spec = facts["training"], facts["parity"], facts["spec"]
    half, share = facts["checkpoint"], facts["bytes"] / facts["fp32_bytes"]
    counts = COUNTS if recipe.data.text.get("common_en") else ""
    text = ", ".join(f"{source} {weight:g}" for source, weight in recipe.data.text.items())
    kinds = ", ".join(f"{kind} {share:g}" for kind, share in recipe.data.kinds.items())
    pens = [pen for pen, share in recipe.data.writers.items() if share > 0]
    shares = ", ".join(f"{pen} {recipe.data.writers[pen]:g}" for pen in pens)
    ink = "\n".join(INK[pen] for pen in pens)
    return f"""# Weights `{name}`

A CNN + BiLSTM + CTC line recogniser: {spec["classes"]} classes (charset `{spec["charset"]}`), \
input height
{spec["height"]}, one step per {spec["stride"]} pixels, preprocessing `{spec["preprocessing"]}`.

| file | bytes |
|---|---|
| `{facts["file"]}` | {facts["bytes"]:,} ({share:.1%} of the single-precision file) |
| `{half}` | half precision, to go on training from or to rebuild the single-precision model |

`crnn-ocr export weights/{half} --fp32 {name}.fp32.onnx` rebuilds the single-precision \
ONNX file;
`crnn-ocr export weights/{half} --name {name}` makes everything here again
(it needs the sources of docs/training.md).

## Training

{_trained(training, recipe)}\
Text sources by weight, in the recipe kept with it: {text}.
Where they come from, and their licences: docs/training.md{counts}.
Kinds of font by share: {kinds}. Fonts and where they come from: `crnn/train/data/fonts.toml`.
Lines by who writes them: {shares}.
{ink}
No other scanned or photographed line was trained on; the damage of scans is drawn.
{_pretrained(training)}
## INT8 against single precision

On {ladder["lines"]} held-out rendered lines: CER {ladder["cer_int8"]:.2%} \
against {ladder["cer_fp32"]:.2%};
{ladder["int8_step_agreement"]:.2%} of steps and {ladder["int8_text_agreement"]:.2%} of texts agree.
Single-precision ONNX and torch differ by at most {ladder["fp32_log_prob_difference"]:.2g} \
in log-probability.

How it reads real lines: RESULTS.md.
"""


def _pretrained(training: dict[str, Any]) -> str:
    """What network the training began from; nothing where it began from none."""
    if not (facts := training.get("pretrained")):
        return ""
    return f"""
## Origin

Derived from {facts["origin"]}; licence {facts["licence"]}; sha256 of the file
{facts["sha256"]}.
Changes: {facts["changes"]}.
It was the teacher as well: on rendered lines, its vectors and scores were learned.
What it was trained on is not published: it may have seen the sources of public test sets.
Its authors do not endorse these weights. NOTICE says the same.
"""


def _trained(training: dict[str, Any], recipe: Recipe) -> str:
    """How long a network was trained."""
    lines, batches, hours = (training.get(key, 0) for key in ("lines", "batches", "hours"))
    text = f"{lines:,} lines in {batches:,} batches, {hours} hours.\n"
    return text + _validated(training, recipe) + _blended(training)


def _validated(training: dict[str, Any], recipe: Recipe) -> str:
    """What the log's last row says of it; nothing where the last step was to average."""
    cer = ", ".join(f"{result} {value:.2%}" for result, value in training.get("cer", {}).items())
    return cer and (
        "Greedy CER of the averaged weights in single precision at the end of it, "
        f"on at most {recipe.train.validation_lines} lines of each set: {cer}.\n"
    )


def _blended(training: dict[str, Any]) -> str:
    """A card's line on weights between two checkpoints; nothing for those at the end of a run."""
    if "mean_of" in training:
        return f"These weights are the mean of {training['mean_of']} checkpoints of it.\n"
    if "way" not in training:
        return ""
    return (
        f"These weights are {training['way']:.0%} of the way from the weights before to those at "
        "that end (Wortsman 2022, arXiv:2109.01903).\n"
    )
