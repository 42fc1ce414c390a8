"""What reading one image may cost, known before the work, and how work ends that nobody waits for.

Memory: a line's scores are (T, C) float32, 75 kB a step for the classes of `zh`. So lines are no
longer than MAX_ASPECT, a long line is looked at less often, and large pictures are decoded one
after another. Time: the lines of a page are no longer together than MAX_PAGE_ASPECT; and whoever
gives up a piece of work says so with an event that the work itself looks at (`check`): before each
pass of the network, each step of a beam search, and while a page of a PDF is rendered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from crnn.errors import Cancelled, ImageTooLarge

A = TypeVar("A")
T = TypeVar("T")
Grey = NDArray[np.uint8]

MAX_ASPECT = 200
"""A line is at most so many times as long as high: 1,200 steps, 90 MB of scores. A line of print
over A4 has 100 characters."""

MAX_PAGE_ASPECT = 12_500
"""So much all lines of a page have together: characters of a hand's width, about. 600 lines of 20;
A4 of small print has 5,000. On one core it takes half a minute to read them once."""

HELD_STEPS = 2000
"""Steps whose scores a line that is looked at several times may hold at once: 150 MB."""

PIXELS_AT_ONCE = 40_000_000
"""Pixels of the pictures that are decoded at once, or of one larger picture: what a pixel takes
meanwhile is several times what its grey level takes then."""

_given_up: ContextVar[threading.Event | None] = ContextVar("given_up", default=None)
_room = threading.Condition()
_decoded_now: list[int] = []


def begin(context: Context, given_up: threading.Event) -> None:
    """Let what runs in a context end once the event is set."""
    context.run(_given_up.set, given_up)


def check() -> None:
    """Nothing, while somebody waits for this work. Raises: Cancelled."""
    given_up = _given_up.get()
    if given_up is not None and given_up.is_set():
        raise Cancelled("nobody waits for this any more")


def checked(work: Callable[[A], T]) -> Callable[[A], T]:
    """The same work, which is not begun where nobody waits for it."""

    def asked(of: A) -> T:
        check()
        return work(of)

    return asked


@contextmanager
def room_for(pixels: int) -> Iterator[None]:
    """While a picture of so many pixels is decoded; others wait where they are too many together.

    Raises: Cancelled while it waits.
    """
    with _room:
        while _decoded_now and sum(_decoded_now) + pixels > PIXELS_AT_ONCE:
            _room.wait(0.05)
            check()
        _decoded_now.append(pixels)
    try:
        yield
    finally:
        with _room:
            _decoded_now.remove(pixels)
            _room.notify_all()


class Crop(Protocol):
    """A line that was cut out of a page."""

    @property
    def grey(self) -> Grey:
        """Its pixels (H, W)."""


C = TypeVar("C", bound=Crop)


def lines_within(crops: Sequence[C], max_aspect: int) -> list[C]:
    """The lines of a page that are no longer than a line may be.

    Raises: ImageTooLarge where they are too long together.
    """
    aspects = [max(crop.grey.shape) / max(1, min(crop.grey.shape)) for crop in crops]
    kept = [crop for crop, aspect in zip(crops, aspects, strict=True) if aspect <= max_aspect]
    total = round(sum(min(aspect, MAX_ASPECT) for aspect in aspects))
    if total > MAX_PAGE_ASPECT:
        raise ImageTooLarge(
            f"{len(crops)} lines, together {total} times as long as high; a page may have "
            f"{MAX_PAGE_ASPECT}: send parts of it"
        )
    return kept


def narrowed(shown: Grey) -> tuple[Grey, float]:
    """A crop (H, W) no longer than a line may be, and how many columns it has for each of its own.

    What is longer once its paper is gone is a rule, not text, and may be squeezed.
    """
    height, width = shown.shape
    if width <= MAX_ASPECT * height:
        return shown, 1.0
    size = (MAX_ASPECT * height, height)
    small = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), size[0] / width


def looks_at(steps: int) -> int:
    """How often a line of so many steps may be looked at again, all its scores held meanwhile."""
    return max(0, HELD_STEPS // max(1, steps) - 1)
