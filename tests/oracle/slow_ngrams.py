"""Interpolated modified Kneser-Ney as the book has it: dictionaries, recursion, one by one.

Chen and Goodman 1998, section 3. The readable twin of crnn.lm.ngram_counts and crnn.lm.kneser_ney.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

EDGE = 0
Gram = tuple[int, ...]


class SlowKneserNey:
    def __init__(self, lines: Sequence[Sequence[int]], order: int, symbols: Sequence[int]) -> None:
        self.order, self.symbols = order, list(symbols)
        raw: Counter[Gram] = Counter()
        for line in lines:
            row = (EDGE, *line, EDGE)
            for end in range(1, len(row)):
                for n in range(1, order + 1):
                    if end - n + 1 >= 0:
                        raw[row[end - n + 1 : end + 1]] += 1
        before: dict[Gram, set[int]] = defaultdict(set)
        for gram in raw:
            before[gram[1:]].add(gram[0])
        self.counts: dict[Gram, int] = {}
        for gram, times in raw.items():
            as_it_is = len(gram) == order or (gram[0] == EDGE and len(gram) > 1)
            self.counts[gram] = times if as_it_is else len(before[gram])
        self.behind: dict[Gram, list[int]] = defaultdict(list)
        for gram in self.counts:
            self.behind[gram[:-1]].append(gram[-1])
        self.discounts = [self._discounts(n) for n in range(1, order + 1)]

    def _discounts(self, n: int) -> tuple[float, float, float]:
        times = Counter(count for gram, count in self.counts.items() if len(gram) == n)
        n1, n2, n3, n4 = (times[k] for k in (1, 2, 3, 4))
        if not (n1 and n2 and n3):
            return 0.5, 1.0, 1.5
        y = n1 / (n1 + 2 * n2)
        found = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
        return found if all(0 <= d <= k + 1 for k, d in enumerate(found)) else (0.5, 1.0, 1.5)

    def p(self, symbol: int, context: Gram) -> float:
        """P(symbol | context), the context as long as it may be."""
        context = context[len(context) - min(len(context), self.order - 1) :]
        below = self.p(symbol, context[1:]) if context else 1 / len(self.symbols)
        seen = self.behind.get(context)
        if not seen:
            return below
        discount = self.discounts[len(context)]
        total = sum(self.counts[(*context, other)] for other in seen)
        taken = sum(discount[min(self.counts[(*context, other)], 3) - 1] for other in seen)
        count = self.counts.get((*context, symbol), 0)
        own = count - discount[min(count, 3) - 1] if count else 0.0
        return own / total + taken / total * below
