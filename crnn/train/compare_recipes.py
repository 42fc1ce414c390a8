"""Short runs of one recipe, one choice changed: `python -m crnn.train.compare_recipes --minutes 3`.

Each variant trains for the same wall-clock time on the same machine, annealed over it, on the
commonest hanzi plus ASCII; then it reads held-out synthetic lines. Writes one JSON line a variant.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import torch

from crnn.train import recipe, validate
from crnn.train.data.samples import Renderer
from crnn.train.loop import Trainer
from crnn.train.synth.text.text_sources import hanzi_counts

VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "height-40": {"height": 40},
    "height-48": {"height": 48},
    "illumination-divided-out": {"preprocessing": "flat-1"},
    "binarised": {"preprocessing": "binary-1"},
    "both": {"preprocessing": "both-1"},
    "rows-mean": {"net": {"rows": "mean"}},
    "lstm-stride-8": {"net": {"pair": True}},
    "small": {"net": {"channels": (24, 48, 96, 192), "bottleneck": 96}},
}


def main(argv: list[str] | None = None) -> int:
    """Run the variants named, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m crnn.train.compare_recipes", description=__doc__
    )
    parser.add_argument("variants", nargs="*", default=list(VARIANTS))
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument(
        "--batches", type=int, help="train this many instead: fair on a busy machine"
    )
    parser.add_argument("--chars", type=int, default=500, help="how many of the commonest hanzi")
    parser.add_argument("--out", type=Path, default=Path("runs/compare"))
    parser.add_argument(
        "--real", type=Path, nargs="*", default=[], help="labels.tsv folders to read too"
    )
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    base = recipe.load(Path("compare"))
    common_chars(base, args.chars, Path(base.chars))
    for name in args.variants:
        chosen = changed(base, VARIANTS[name])
        if args.batches:
            chosen = brief(chosen, args.batches)
        row = run(name, chosen, args)
        with (args.out / "results.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)
    return 0


def changed(base: recipe.Recipe, change: dict[str, Any]) -> recipe.Recipe:
    """The recipe with some values replaced; "net" holds changes of the network's shape."""
    net = dataclasses.replace(base.net, **change.get("net", {}))
    rest = {key: value for key, value in change.items() if key != "net"}
    return dataclasses.replace(base, net=net, **rest)


def brief(chosen: recipe.Recipe, batches: int) -> recipe.Recipe:
    """The recipe with its rate falling over the second half of that many batches."""
    train = dataclasses.replace(chosen.train, total_batches=batches, decay_share=0.5)
    return dataclasses.replace(chosen, train=train)


def run(name: str, chosen: recipe.Recipe, args: argparse.Namespace) -> dict[str, Any]:
    """Train one variant, then read held-out lines and real ones."""
    trainer = Trainer(chosen, args.out / name)
    if args.batches:
        trainer.run(until=args.batches)
    else:
        trainer.run(args.minutes, anneal=True)
    state, spec = trainer.state, trainer.spec
    state.model.load_state_dict(state.ema)
    sets = [validate.from_renderer(Renderer(chosen, spec), 600)]
    sets += [validate.from_folder(folder, spec, 300) for folder in args.real]
    device = torch.device(trainer.device)
    cer = {s.name: round(validate.validate(state.model, spec, s, device).cer, 4) for s in sets}
    return {
        "variant": name,
        "minutes": round(state.seconds / 60, 2),
        "lines": state.lines,
        "batches": state.batches,
        "cer": cer,
    }


def common_chars(base: recipe.Recipe, count: int, path: Path) -> None:
    """Write the commonest hanzi and all of ASCII, for the recipe's `chars`."""
    counts = hanzi_counts(Path(base.data.sources))
    hanzi = [char for char, _ in counts.most_common() if "\u4e00" <= char <= "\u9fff"][:count]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(hanzi) + "".join(map(chr, range(0x20, 0x7F))) + "，。、（）：", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
