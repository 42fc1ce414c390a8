"""What a network begins with that stands on an open recogniser: its CNN, its class matrix."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from charset import Charset
from crnn.spec import ModelSpec
from crnn.train.data.feature_cache import Cache
from crnn.train.data.lookalikes import lookalikes
from crnn.train.models import pretrained
from crnn.train.models.crnn import Crnn, Standardize
from crnn.train.models.lcnet import LCNet
from crnn.train.recipe import Recipe
from crnn.train.synth.fonts.glyphs import load_faces


def first_head(recipe: Recipe, spec: ModelSpec, file: Path) -> pretrained.Head:
    """The class matrix to begin with: the teacher's rows, look-alikes' for what it lacks."""
    known = pretrained.head(file)
    lacking = [char for char in spec.classes[1:] if char not in set(known.classes)]
    data = recipe.data
    charset = Charset.load(recipe.charset)
    faces = load_faces(Path(data.sources) / "fonts", Path(data.glyph_cache), charset)
    printed = [face for face in faces if face.kind == "zh"]
    known_here = [char for char in known.classes[1:] if char in charset]
    alike = lookalikes(lacking, known_here, printed, pretrained.LOOKALIKES)
    return pretrained.class_rows(known, spec.classes, alike)


@torch.no_grad()
def begin(model: Crnn, file: Path, head: pretrained.Head, cache: Cache) -> None:
    """The teacher's CNN and class matrix; columns standardised by lines of the cache."""
    assert isinstance(model.cnn, LCNet)
    assert isinstance(model.standardize, Standardize)
    pretrained.load_cnn(model.cnn, file)
    model.classes.weight.copy_(torch.from_numpy(head.weight))
    model.classes.bias.copy_(torch.from_numpy(head.bias))
    columns = torch.from_numpy(cache.some_columns()).float()  # (M, D)
    model.standardize.mean.copy_(columns.mean(0))
    model.standardize.scale.copy_(1 / (columns.std(0) + 1e-3))
    nn.init.xavier_uniform_(model.bottleneck.weight)
