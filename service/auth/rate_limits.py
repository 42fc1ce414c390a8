"""How often each key asked lately: counted in this process, or in a Redis for several of them."""

from __future__ import annotations

import logging
import math
import time
from typing import cast

from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from service.auth.api_keys import Key
from service.errors import StoreUnavailable, TooOften

log = logging.getLogger("crnn_ocr.keys")

SCHEMES = ("redis://", "rediss://", "redis+sentinel://", "redis+cluster://")
PATIENCE_S, PAUSE_S = 0.5, 10.0
"""How long a Redis may take, and for how long one that did not answer is not asked again."""


class Rates:
    """The requests of each key. Safe from any thread; `spend` waits where a Redis counts."""

    def __init__(self, url: str = "") -> None:
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_storage(url)) if url else None
        self._unreachable_until = 0.0

    @property
    def is_shared(self) -> bool:
        """Whether counting asks another machine: then off the event loop."""
        return self._shared is not None

    def spend(self, key: Key, cost: int = 1) -> None:
        """Count requests of a key, or images of one. Raises: TooOften.

        While the Redis does not answer each process counts its own: requests go before limits.
        """
        if key.rate is None or cost < 1:
            return
        if self._shared and time.monotonic() >= self._unreachable_until:
            try:
                _spend(self._shared, key, cost)
                return
            except StorageError as exc:
                self._unreachable_until = time.monotonic() + PAUSE_S
                message = type(exc.storage_error).__name__
                log.warning("OCR_RATES_URL: %s; this process counts its own rates", message)
        _spend(self._own, key, cost)


def _spend(window: MovingWindowRateLimiter, key: Key, cost: int) -> None:
    assert key.rate
    if window.hit(key.rate, key.name, cost=cost):
        return
    left_s = window.get_window_stats(key.rate, key.name).reset_time - time.time()
    raise TooOften(
        f"the API key {key.name!r} may ask {key.rate} and this asks for {cost} more",
        math.ceil(max(1.0, left_s)),
    )


def _storage(url: str) -> Storage:
    """Raises: StoreUnavailable, without the URL, for there may be a password in it."""
    if not url.startswith(SCHEMES):
        raise StoreUnavailable("OCR_RATES_URL must begin with redis:// or rediss://")
    patience = {"socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S}
    try:
        return cast(Storage, storage_from_string(url, wrap_exceptions=True, **patience))
    except (ConfigurationError, ValueError) as exc:
        message = "OCR_RATES_URL is no address of a Redis"
        if "prerequisite" in str(exc):
            message = "OCR_RATES_URL needs redis: pip install 'crnn-ocr[redis]'"
        raise StoreUnavailable(message) from exc
