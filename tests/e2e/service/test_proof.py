"""The short forms of the benches that prove how the service holds: memory, damage, arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.service import fuzz, load, soak

SOAK_S = 20
GROWTH_MB = 60
"""Between the thirds of a soak that begins cold: caches still fill, a leak of pages is far more."""


def test_memory_stays_under_its_limit_and_settles_under_mixed_traffic():
    memory, output = soak.soak(SOAK_S, callers=3, OCR_TIMEOUT_S="120")
    assert "Traceback" not in output, output[-3000:]
    assert memory.statuses[200] > 5
    assert not [status for status in memory.statuses if status == 0 or status >= 500]
    assert max(memory.worker_mb) < soak.LIMIT_MB
    _, middle, end = (np.median(part) for part in np.array_split(memory.worker_mb, 3))
    assert end - middle < GROWTH_MB


@pytest.mark.parametrize("run", [fuzz.in_process, fuzz.through_service])
def test_damaged_files_give_pages_or_refusals_and_nothing_else(request, run):
    found = run(20_000 if request.config.getoption("--long") else 180, seed=2)
    assert found.judge() == []
    assert len(found.outcomes) > 4, "the damage is too dull or too deep"


@pytest.mark.parametrize("bursts", [0, 150])
def test_a_leak_is_seen_and_noise_is_none(bursts):
    """The soak's own arithmetic: 40 MB an hour under noise of 5 MB, and the noise alone.

    bursts: MB of pages and children that come and go, more of them in the last third.
    """
    dice = np.random.default_rng(5)
    for slope, expected in ((40.0, 1), (0.0, 0)):
        memory = soak.Memory()
        memory.times_s = list(np.arange(1800.0))
        noise = dice.normal(0, 5, 1800)
        busy = dice.random(1800) < np.where(np.arange(1800) < 1200, 0.3, 0.6)
        noise += bursts * busy * dice.random(1800)
        memory.tree_mb = list(250 + slope * np.arange(1800) / 3600 + noise)
        found, error = memory.slope_mb_per_h(600)
        assert abs(found - slope) < 4 * error
        assert soak.verdict(found, error, 15, 300) == expected
    assert soak.verdict(0, 1, 15, 401) == 1
    assert soak.verdict(0, 100, 15, 300) == 2


def test_latency_counts_from_when_a_request_was_due():
    """A server that stalls: the requests due meanwhile waited, though they were sent later."""
    import asyncio
    import time

    stalled, opened, closed = [], [], []

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(True)
        while await reader.readline():
            await reader.readline()
            if not stalled:
                stalled.append(True)
                time.sleep(0.5)  # the one event loop stands still, the caller's too
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        closed.append(True)

    async def story() -> load.Run:
        server = await asyncio.start_server(stall, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        run = await load.offered(port, [b"GET / HTTP/1.1\r\n\r\n"], 40, 1.0, is_even=True)
        server.close()
        while len(closed) < len(opened):  # no writer outlives its loop
            await asyncio.sleep(0.01)
        return run

    run = asyncio.run(story())
    assert len(run.latencies_ms) == len(run.statuses) == pytest.approx(39, abs=1)
    assert run.quantile_ms(95) > 300
    assert sum(found > 100 for found in run.latencies_ms) > 10


def test_a_connection_that_was_closed_while_idle_fails_no_request():
    """The server answers one request a connection and hangs up: only the next asker notices."""
    import asyncio

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()
        await writer.wait_closed()

    async def story() -> load.Run:
        server = await asyncio.start_server(once, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        run = await load.used(port, [b"GET / HTTP/1.1\r\n\r\n"], 5, 0.05, 1.0)
        server.close()
        return run

    run = asyncio.run(story())
    assert len(run.statuses) > 20
    assert set(run.statuses) == {200}
    assert run.faults == []


def test_users_who_wait_ask_less_where_answers_are_slow():
    import asyncio

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            await reader.readline()
            await asyncio.sleep(0.2)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def story() -> load.Run:
        server = await asyncio.start_server(slow, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        run = await load.used(port, [b"GET / HTTP/1.1\r\n\r\n"], 4, 0.05, 2.0)
        server.close()
        await asyncio.sleep(0.1)
        return run

    run = asyncio.run(story())
    assert run.offered == 80
    assert run.answered < 4 / 0.2
    assert run.quantile_ms(50) >= 199
