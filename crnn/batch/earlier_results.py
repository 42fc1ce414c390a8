"""Results of an earlier run over other inputs, found by the key of their page."""

from __future__ import annotations

import json
from array import array
from pathlib import Path

import numpy as np

from crnn.batch.page_task import Result

KEY_START, KEY_BYTES, INDEX_BYTES = len(b'{"key": "'), 32, 16
"""A row begins with its key, of which half is kept to find it by: sixteen bytes a page in all."""


class EarlierResults:
    """An index of rows: where each stands, sorted by key."""

    def __init__(self, path: Path) -> None:
        self._path = path
        keys, places = array("Q"), array("Q")
        if path.exists():
            with path.open("rb") as file:
                place = 0
                for raw in file:
                    if raw.endswith(b"}\n"):
                        keys.append(_short(raw[KEY_START : KEY_START + KEY_BYTES].decode("ascii")))
                        places.append(place)
                    place += len(raw)
        result = np.frombuffer(keys, np.uint64) if keys else np.zeros(0, np.uint64)  # (N,)
        order = np.argsort(result, kind="stable")
        self._keys = result[order]
        self._places = np.frombuffer(places, np.uint64)[order] if places else result

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key: str, *, retry: bool) -> Result | None:
        """The row of a page, None where it was not read; retry: nor where it failed."""
        at = int(np.searchsorted(self._keys, np.uint64(_short(key))))
        while at < len(self._keys) and int(self._keys[at]) == _short(key):
            with self._path.open("rb") as file:
                file.seek(int(self._places[at]))
                row: Result = json.loads(file.readline())
            if row["key"] == key and not (retry and "error" in row):
                return row
            at += 1
        return None


def _short(key: str) -> int:
    return int(key[:INDEX_BYTES], 16)
