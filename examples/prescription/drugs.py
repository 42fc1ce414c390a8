"""Common generic names, with doses they are written in, and a table of pairs to warn of.

Written for this example from what every pharmacy's shelf has; it is no medical reference.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

TABLE = Path(__file__).parent / "interactions.tsv"


@dataclass(frozen=True)
class Drug:
    """A drug. doses: how one dose of it is written."""

    doses: tuple[str, ...]


_LIST = """
阿莫西林胶囊 0.5g 0.25g 2粒|头孢克肟胶囊 0.1g 100mg|头孢呋辛酯片 0.25g 0.5g|阿奇霉素片 0.5g 0.25g
克拉霉素片 0.25g 0.5g|左氧氟沙星片 0.5g 0.2g|甲硝唑片 0.4g 0.2g|布洛芬缓释胶囊 0.3g 1粒
对乙酰氨基酚片 0.5g 1片|阿司匹林肠溶片 100mg 1片|氯吡格雷片 75mg|华法林钠片 2.5mg 3mg
硝苯地平控释片 30mg 1片|氨氯地平片 5mg|缬沙坦胶囊 80mg|厄贝沙坦片 150mg 0.15g
卡托普利片 25mg 12.5mg|螺内酯片 20mg|氢氯噻嗪片 25mg|呋塞米片 20mg
美托洛尔缓释片 47.5mg 1片|地高辛片 0.25mg 0.125mg|胺碘酮片 0.2g|辛伐他汀片 20mg
阿托伐他汀钙片 20mg 10mg|二甲双胍片 0.5g 0.25g|格列齐特缓释片 30mg 60mg|阿卡波糖片 50mg
奥美拉唑肠溶胶囊 20mg 1粒|铝碳酸镁咀嚼片 1g 2片|多潘立酮片 10mg|蒙脱石散 3g 1袋
氯雷他定片 10mg 1片|西替利嗪片 10mg|孟鲁司特钠片 10mg|泼尼松片 5mg 10mg
氨溴索片 30mg|右美沙芬片 15mg|甘草片 3片|维生素C片 0.1g 0.2g
叶酸片 5mg 0.4mg|碳酸钙片 0.6g 1片|左甲状腺素钠片 50ug 25ug|布地奈德喷雾剂 64ug 128ug
硝酸甘油片 0.5mg|单硝酸异山梨酯片 20mg|艾司唑仑片 1mg 2mg|卡马西平片 0.1g 0.2g
"""
DRUGS = {
    row.split()[0]: Drug(tuple(row.split()[1:]))
    for line in _LIST.strip().splitlines()
    for row in line.split("|")
}


@dataclass(frozen=True)
class Warning:
    """Two drugs that should not be given together without thought."""

    drugs: tuple[str, str]
    severity: str
    note: str


Interactions = Callable[[Sequence[str]], list[Warning]]
"""The hook: the drugs of one prescription -> what to warn of. A hospital puts its own here."""


def from_table(path: Path = TABLE) -> Interactions:
    """Warnings from a table of pairs: two names without their dosage form, severity, note."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))

    def found(drugs: Sequence[str]) -> list[Warning]:
        return [
            Warning((a, b), row["severity"], row["note"])
            for a, b in combinations(drugs, 2)
            for row in rows
            if _names((a, b), row["a"], row["b"])
        ]

    return found


def _names(pair: Iterable[str], a: str, b: str) -> bool:
    first, second = pair
    return (a in first and b in second) or (a in second and b in first)
