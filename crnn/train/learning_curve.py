"""The picture of a run: loss and CER over minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def draw_curve(history: list[dict[str, Any]], path: Path) -> None:
    """Write curve.png from the rows of log.jsonl."""
    figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(8, 6), layout="constrained")
    minutes = [row["minutes"] for row in history]
    top.plot(minutes, [row["loss"] for row in history], marker=".")
    top.set(ylabel="loss per character", yscale="log")
    for name in history[-1]["cer"] if history else ():
        bottom.plot(
            minutes,
            [100 * row["cer"].get(name, float("nan")) for row in history],
            marker=".",
            label=name,
        )
    bottom.set(ylabel="CER %", xlabel="minutes", yscale="log")
    bottom.legend()
    figure.savefig(path, dpi=90)
    plt.close(figure)
