"""What a run needs to go on exactly where it stopped, and its way to disk and back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from crnn.spec import ModelSpec
from crnn.train import checkpoint
from crnn.train.models.crnn import Crnn
from crnn.train.recipe import Recipe, to_dict

COUNTERS = (
    "batches", "lines", "seconds", "bf16", "best_cer", "stale", "judged_by", "history"
)  # fmt: skip


@dataclass
class State:
    """Network, its moving average, optimiser, random state, counters.

    best_cer holds for the validation sets named in judged_by, and is forgotten with them.
    """

    model: Crnn
    ema: dict[str, Tensor]
    optimizer: torch.optim.AdamW
    generator: torch.Generator
    batches: int = 0
    lines: int = 0
    seconds: float = 0.0
    bf16: bool | None = None
    best_cer: float = math.inf
    stale: int = 0
    judged_by: list[str] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def new(
        cls, recipe: Recipe, spec: ModelSpec, device: torch.device, start: Path | None
    ) -> State:
        """A fresh state; with the weights and the place of checkpoint `start` where it is given."""
        torch.manual_seed(recipe.seed)
        model = checkpoint.build(recipe, spec)
        facts = checkpoint.take_over(model, spec, start) if start else {}
        model = model.to(device, memory_format=torch.channels_last)
        train = recipe.train
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(not name.startswith(train.frozen))
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(
            learning, train.lr, (0.9, 0.98), weight_decay=train.weight_decay, fused=True
        )
        ema = {name: value.detach().clone() for name, value in model.state_dict().items()}
        made = cls(model, ema, optimizer, torch.Generator().manual_seed(recipe.seed))
        made.batches, made.lines = facts.get("batches", 0), facts.get("lines", 0)
        made.seconds = 3600 * facts.get("hours", 0.0)
        return made

    def save(self, path: Path, recipe: Recipe, spec: ModelSpec) -> None:
        """Write everything."""
        content = {
            "spec": spec.to_json(),
            "recipe": to_dict(recipe),
            "weights": self.model.state_dict(),
            "ema": self.ema,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "torch_random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "counters": {name: getattr(self, name) for name in COUNTERS},
            "facts": self.facts(),
        }
        checkpoint.save(path, content)

    def restore(self, content: dict[str, Any], device: torch.device) -> None:
        """Become what `save` wrote. Raises: RecipeError where that was several networks."""
        checkpoint.recipe_of(content)
        self.model.load_state_dict(content["weights"])
        self.ema = {name: value.to(device) for name, value in content["ema"].items()}
        self.optimizer.load_state_dict(content["optimizer"])
        self.generator.set_state(content["generator"])
        torch.set_rng_state(content["torch_random"])
        if content.get("cuda_random") and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(content["cuda_random"])
        for name, value in content["counters"].items():
            setattr(self, name, value)

    def judge(self, sets: list[str]) -> None:
        """Forget the best score where it was made on other sets."""
        if sets != self.judged_by:
            self.judged_by, self.best_cer, self.stale = sets, math.inf, 0

    def facts(self) -> dict[str, Any]:
        """How far the training is, for model cards."""
        return {
            "batches": self.batches,
            "lines": self.lines,
            "hours": round(self.seconds / 3600, 3),
            "cer": self.history[-1]["cer"] if self.history else {},
        }


@torch.no_grad()
def average_into(ema: dict[str, Tensor], model: torch.nn.Module, decay: float) -> None:
    """Bring the moving average of weights and batch statistics forward by one batch."""
    for name, now in model.state_dict().items():
        mean = ema[name]
        if mean.is_floating_point():
            mean.lerp_(now, 1 - decay)
        else:
            mean.copy_(now)
