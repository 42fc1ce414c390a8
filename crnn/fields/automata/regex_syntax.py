"""What an expression is made of, and how many places of a text it speaks about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from crnn.fields.automata.alphabet import ANY, Chars


@dataclass(frozen=True)
class Chain:
    """One after the other; the empty chain is the empty text."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """One of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """Between `least` and `most` times; any number more where `most` is None."""

    body: Node
    least: int
    most: int | None


Node: TypeAlias = Chars | Chain | Either | Repeat


def literal(text: str) -> Node:
    """Exactly this text."""
    return Chain(tuple(Chars.of(char) for char in text))


def repeated(chars: Chars, least: int, most: int | None) -> Node:
    """Some number of characters of one set."""
    return Repeat(chars, least, most)


def size(node: Node) -> int:
    """The number of characters written out, every repetition counted: known before it is built."""
    if isinstance(node, Chars):
        return 1
    if isinstance(node, Chain):
        return sum(map(size, node.items))
    if isinstance(node, Either):
        return sum(map(size, node.options))
    copies = max(node.least, 1) if node.most is None else node.most
    return size(node.body) * copies + (node.most is None)


__all__ = ["ANY", "Chain", "Chars", "Either", "Node", "Repeat", "literal", "repeated", "size"]
