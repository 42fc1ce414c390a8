"""Rates of keys: in one process, and in a Redis that several share."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from limits import parse

from service.auth.api_keys import Key
from service.auth.rate_limits import Rates
from service.errors import StoreUnavailable, TooOften

KEY = Key("office", "0" * 64, parse("3/minute"))


class Redis:
    """A Redis on a free port that can be ended and begun again."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.begin()

    def begin(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("no Redis")

    def end(self) -> None:
        self._process.kill()
        self._process.wait(20)


@pytest.fixture
def redis() -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on this machine: shared rates are not tested")
    made = Redis()
    yield made
    made.end()


def spent(rates: Rates, key: Key = KEY) -> int:
    """How many requests a key has left."""
    for count in range(10):
        try:
            rates.spend(key)
        except TooOften as exc:
            assert 1 <= exc.retry_after_s <= 60
            return count
    raise AssertionError("no limit")


def test_each_process_counts_its_own_where_nothing_is_shared():
    assert [spent(Rates()), spent(Rates())] == [3, 3]
    assert not Rates().is_shared


def test_processes_that_share_a_redis_count_together(redis):
    one, other = Rates(redis.url), Rates(redis.url)
    one.spend(KEY, 2)
    assert spent(other) == 1
    assert spent(one) == 0
    assert spent(one, Key("archive", "1" * 64, parse("2/minute"))) == 2


def test_requests_go_before_limits_while_the_redis_is_gone(redis, monkeypatch, caplog):
    rates = Rates(redis.url)
    assert spent(rates) == 3
    redis.end()
    since = time.monotonic()
    assert spent(rates) == 3
    assert time.monotonic() - since < 5
    assert caplog.text.count("counts its own rates") == 1
    redis.begin()
    monkeypatch.setattr("service.auth.rate_limits.time.monotonic", lambda: since + 60)
    assert spent(rates) == 3
    assert spent(Rates(redis.url)) == 0


@pytest.mark.parametrize("url", ["memory://", "http://a", "redis://:secret@a:b"])
def test_what_is_no_redis_stops_the_start_without_telling_the_password(url):
    with pytest.raises(StoreUnavailable, match="OCR_RATES_URL") as told:
        Rates(url)
    assert "secret" not in str(told.value)
