"""The front of a beam search: the hypotheses alive after a step, and how one step moves them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charset import BLANK_ID
from crnn.decode.constraints import DecodingConstraints, States
from crnn.decode.expansion import Expansion

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = -np.inf


class Completed(NamedTuple):
    """A text at the end of the line; state: where the constraint stands."""

    labels: tuple[int, ...]
    log_prob: float
    score: float
    state: int


class PrefixTree:
    """Every text a search ever held: a node is a text, its parent the text less its last label."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, int], int] = {}
        self._steps: list[tuple[int, int]] = [(-1, BLANK_ID)]

    def child(self, node: int, label: int) -> int:
        """The node of a text with one more label; always the same for the same text."""
        step = (node, label)
        result = self._nodes.setdefault(step, len(self._steps))
        if result == len(self._steps):
            self._steps.append(step)
        return result

    def labels(self, node: int) -> tuple[int, ...]:
        """The text of a node."""
        results = []
        while node:
            node, label = self._steps[node]
            results.append(label)
        return tuple(reversed(results))


@dataclass(frozen=True)
class Extensions:
    """The M texts that are one label longer, each field an array (M,); row: of which hypothesis."""

    row: Ints
    label: Ints
    log_prob: Floats
    prior: Floats
    state: States
    lm_state: States


@dataclass(frozen=True)
class Beam:
    """The B hypotheses alive after a step, each field an array (B,).

    blank, label: ln P of the alignments that end in the blank, in the last label. prior: what
    language and length add to the score. state, lm_state: where constraint and language stand.
    """

    node: Ints
    parent: Ints
    last: Ints
    blank: Floats
    label: Floats
    prior: Floats
    state: States
    lm_state: States

    @classmethod
    def start(cls, state: int, constraints: DecodingConstraints) -> Beam:
        """The empty text."""
        return cls(
            node=np.zeros(1, np.int64),
            parent=np.full(1, -1),
            last=np.full(1, BLANK_ID),
            blank=np.zeros(1),
            label=np.full(1, NEVER),
            prior=np.zeros(1),
            state=np.full(1, state, np.int32),
            lm_state=np.full(
                1, constraints.language.start if constraints.language else 0, np.int32
            ),
        )

    @cached_property
    def log_prob(self) -> Floats:
        """Each text's ln P so far. (B,)."""
        return np.logaddexp(self.blank, self.label)

    def advance_blank(self, log_prob: float) -> Beam:
        """The front after steps that are blank, whose ln P is given."""
        blank = self.log_prob + log_prob
        return replace(self, blank=blank, label=np.full_like(blank, NEVER))

    def after(
        self, log_probs: Floats, width: int, expansion: Expansion, constraints: DecodingConstraints
    ) -> tuple[Beam, Extensions, Ints]:
        """One step: what stays, what grows, and which of both are the `width` best.

        log_probs: (C,). The third value counts what stays first, then what grows.
        """
        extensions = self._extended(log_probs, expansion, constraints)
        unchanged = replace(
            self, blank=self.log_prob + log_probs[BLANK_ID], label=self.label + log_probs[self.last]
        )
        unchanged._merge(extensions, len(log_probs))
        ranks = np.concatenate(
            [unchanged.log_prob + self.prior, extensions.log_prob + extensions.prior]
        )
        return unchanged, extensions, _best(ranks, width)

    def _extended(
        self, log_probs: Floats, expansion: Expansion, constraints: DecodingConstraints
    ) -> Extensions:
        row, label, state = expansion.after(self.state, log_probs)
        doubled = label == self.last[row]  # only alignments that end in the blank write it again
        before = np.where(doubled, self.blank[row], self.log_prob[row])
        prior, lm_state = self.prior[row] + constraints.length_bonus, self.lm_state[row]
        if constraints.language and len(row):
            classes, column = np.unique(label, return_inverse=True)
            ahead, likely = constraints.language.advance(self.lm_state, classes.astype(np.int32))
            prior = prior + constraints.language_weight * likely[row, column]
            lm_state = ahead[row, column]
        return Extensions(row, label, before + log_probs[label], prior, state, lm_state)

    def _merge(self, extensions: Extensions, class_count: int) -> None:
        """Move what grew into a text that is in the beam already over to that text."""
        if not len(extensions.row):
            return
        child, row = np.nonzero(self.parent[:, None] == self.node[None, :])
        wanted = row * class_count + self.last[child]
        keys = (
            extensions.row * class_count + extensions.label
        )  # ascending: by hypothesis, then class
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        known = keys[place] == wanted
        child, place = child[known], place[known]
        self.label[child] = np.logaddexp(self.label[child], extensions.log_prob[place])
        extensions.log_prob[place] = NEVER

    def select(self, extensions: Extensions, selected: Ints, tree: PrefixTree) -> Beam:
        """The front of what was kept: hypotheses that stay, and some that grew."""
        size = len(self.node)
        stay, grow = selected[selected < size], selected[selected >= size] - size
        row, label = extensions.row[grow], extensions.label[grow]
        parent = self.node[row]
        node = [tree.child(p, c) for p, c in zip(parent.tolist(), label.tolist(), strict=True)]
        return Beam(
            node=np.concatenate([self.node[stay], np.array(node, np.int64)]),
            parent=np.concatenate([self.parent[stay], parent]),
            last=np.concatenate([self.last[stay], label]),
            blank=np.concatenate([self.blank[stay], np.full(len(grow), NEVER)]),
            label=np.concatenate([self.label[stay], extensions.log_prob[grow]]),
            prior=np.concatenate([self.prior[stay], extensions.prior[grow]]),
            state=np.concatenate([self.state[stay], extensions.state[grow]]),
            lm_state=np.concatenate([self.lm_state[stay], extensions.lm_state[grow]]),
        )

    def finished(
        self, expansion: Expansion, constraints: DecodingConstraints, tree: PrefixTree
    ) -> list[Completed]:
        """The texts that may end here, best first."""
        ends = np.flatnonzero(expansion.may_end(self.state) & (self.log_prob > NEVER))
        score = self.log_prob + self.prior
        if constraints.language:
            score = score + constraints.language_weight * constraints.language.ends(self.lm_state)
        results = [
            Completed(
                tree.labels(int(self.node[i])), float(self.log_prob[i]), float(score[i]), state
            )
            for i, state in zip(ends.tolist(), self.state[ends].tolist(), strict=True)
        ]
        return sorted(results, key=lambda text: (-text.score, text.labels))


def _best(ranks: Floats, width: int) -> Ints:
    """Where the `width` highest ranks are, less those that cannot be. (M,) -> (B,)."""
    possible = np.flatnonzero(ranks > NEVER)
    if len(possible) <= width:
        return possible
    return possible[np.argpartition(ranks[possible], len(possible) - width)[-width:]]
