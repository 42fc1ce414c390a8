"""A trie in three flat arrays: a million entries in tens of megabytes, decoded as fast as ten.

Nodes are numbered level by level, so that the children of a node are neighbours and the k-th child
of node n is simply node first[n] + k.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crnn.decode.constraints import DEAD, Classes, States

NO_ENTRY = -1


@dataclass(frozen=True)
class Trie:
    """The texts of a list, as a constraint (`steer.Branching`); the root is node 0.

    label: (M,) class on the way into each node; first: (M + 1,) first child of each node, children
    ascending by class; entry: (M,) the text that ends in each node, or NO_ENTRY.
    """

    label: NDArray[np.uint16]
    first: NDArray[np.int32]
    entry: NDArray[np.int32]

    start = 0

    @classmethod
    def of(cls, keys: list[str]) -> Trie:
        """From distinct texts, none empty, as strings whose code points are their classes."""
        order = sorted(range(len(keys)), key=keys.__getitem__)
        sizes = np.fromiter((len(keys[i]) for i in order), np.int64, len(order))
        joined = "".join([keys[i] for i in order]).encode("utf-16-le")
        return cls._build(np.frombuffer(joined, np.uint16), sizes, np.array(order, np.int32))

    @classmethod
    def _build(
        cls, labels: NDArray[np.uint16], sizes: NDArray[np.int64], order: NDArray[np.int32]
    ) -> Trie:
        """From sorted texts. labels: of all texts, one after another; sizes, order: (N,)."""
        offsets = np.cumsum(sizes) - sizes
        node = np.zeros(len(sizes), np.int64)  # where each text stands at this depth
        inside = np.arange(len(sizes))
        label, parent, count = [np.zeros(1, np.uint16)], [np.zeros(0, np.int64)], 1
        for depth in range(int(sizes.max(initial=0))):
            inside = inside[sizes[inside] > depth]
            above, here = node[inside], labels[offsets[inside] + depth]
            is_new = np.ones(len(inside), bool)
            is_new[1:] = (above[1:] != above[:-1]) | (here[1:] != here[:-1])
            node[inside] = count + np.cumsum(is_new) - 1
            label.append(here[is_new])
            parent.append(above[is_new])
            count += int(is_new.sum())
        children = np.bincount(np.concatenate(parent), minlength=count)
        first = np.concatenate([[1], 1 + np.cumsum(children)]).astype(np.int32)
        entry = np.full(count, NO_ENTRY, np.int32)
        entry[node] = order
        return cls(np.concatenate(label), first, entry)

    def find(self, key: str) -> int:
        """The text of those classes, or NO_ENTRY."""
        state = self.start
        for label in map(ord, key):
            classes, nexts = self.arcs(state)
            place = int(np.searchsorted(classes, label))
            if place == len(classes) or classes[place] != label:
                return NO_ENTRY
            state = int(nexts[place])
        return int(self.entry[state])

    def arcs(self, state: int) -> tuple[Classes, States]:
        """The classes that go on from a node, ascending, and the nodes behind them."""
        first, last = int(self.first[state]), int(self.first[state + 1])
        return self.label[first:last].astype(np.int32), np.arange(first, last, dtype=np.int32)

    def advance(self, states: States, classes: Classes) -> States:
        """The nodes (B, K) behind each of K classes from B nodes, DEAD where there is none."""
        wanted = (states.astype(np.int64)[:, None] << 16) | classes[None, :]
        place = np.searchsorted(self._edges, wanted)
        result = self._edges[np.minimum(place, len(self._edges) - 1)] == wanted
        return np.where(result & (states[:, None] != DEAD), place + 1, DEAD).astype(np.int32)

    def accepts(self, states: States) -> NDArray[np.bool_]:
        """Whether a text ends in each node. (B,) -> (B,)."""
        ends: NDArray[np.bool_] = (states != DEAD) & (self.entry[states] != NO_ENTRY)
        return ends

    @cached_property
    def _edges(self) -> NDArray[np.int64]:
        """Parent and class of every node but the root in one number, ascending. (M - 1,)."""
        parents = np.repeat(np.arange(len(self.label), dtype=np.int64), np.diff(self.first))
        edges: NDArray[np.int64] = (parents << 16) | self.label[1:]
        return edges
