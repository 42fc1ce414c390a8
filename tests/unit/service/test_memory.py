"""Memory that was freed goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

STORY = """
import sys
import numpy as np
from service.observe.memory import give_back_holes, give_back_memory

def resident_mb():
    rows = open("/proc/self/status").read().splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith("VmRSS"))

if sys.argv[1] == "yes" and not give_back_memory():
    print("skip")
    sys.exit()
np.ones(30_000_000, np.uint8)  # freed at once: glibc takes such sizes from the heap from now on
before, kept = resident_mb(), []
for _ in range(30):
    large = np.ones(20_000_000, np.uint8)
    kept.append(bytearray(5_000))  # what stays, between what goes
    del large
held = [np.ones(20_000_000, np.uint8) for _ in range(5)]
kept.append(bytearray(50_000))
del held
print(resident_mb() - before)
"""


HOLES = (
    STORY.partition("if sys.argv")[0]
    + """
blocks = [bytearray(20_000) for _ in range(5000)]
full = resident_mb()
kept = blocks[::100]
del blocks
holes = resident_mb()
again = give_back_holes()
print(full - holes, holes - resident_mb(), again)
"""
)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_holes_between_blocks_in_use_are_given_back():
    command = [sys.executable, "-c", HOLES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    by_itself_mb, given_back_mb, again_s = map(float, done.stdout.split())
    if again_s > 1000:
        pytest.skip("no glibc here")
    assert by_itself_mb < 20
    assert given_back_mb > 60


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_large_blocks_are_given_back_when_they_are_freed():
    def story(wish: str) -> str:
        command = [sys.executable, "-c", STORY, wish]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    told = story("yes")
    if told == "skip":
        pytest.skip("no glibc here")
    assert float(told) < 10
