"""What reading one image may cost."""

from __future__ import annotations

import threading
import time
from contextvars import copy_context

import numpy as np
import pytest

from crnn import budget
from crnn.errors import Cancelled, ImageTooLarge
from crnn.layout.line_crops import LineCrop
from crnn.recognize.tta import AUGMENTATIONS


def crops(*shapes: tuple[int, int]) -> list[LineCrop]:
    return [LineCrop(np.zeros(shape, np.uint8), (0, 0, 1, 1)) for shape in shapes]


def test_lines_longer_than_a_line_may_be_are_left_out():
    kept = budget.lines_within(crops((10, 100), (10, 2100), (300, 10)), 200)
    assert [crop.grey.shape for crop in kept] == [(10, 100), (300, 10)]


def test_a_page_whose_lines_are_too_long_together_is_refused_before_any_is_read():
    assert len(budget.lines_within(crops(*[(10, 1000)] * 125), 200)) == 125
    with pytest.raises(ImageTooLarge, match="12600 times as long as high"):
        budget.lines_within(crops(*[(10, 1000)] * 126), 200)


def test_what_is_longer_once_its_paper_is_gone_is_squeezed():
    shown = np.zeros((10, 4000), np.uint8)
    small, stretch = budget.narrowed(shown)
    assert (small.shape, stretch) == ((10, 2000), 0.5)
    assert budget.narrowed(small) == (small, 1.0)


def test_a_long_line_is_looked_at_less_often():
    assert budget.looks_at(300) >= len(AUGMENTATIONS)
    assert budget.looks_at(1600) == 0
    assert budget.looks_at(5000) == 0


def test_work_that_is_given_up_is_not_begun():
    context, given_up, done = copy_context(), threading.Event(), []
    budget.begin(context, given_up)
    work = budget.checked(done.append)
    context.run(work, 1)
    given_up.set()
    with pytest.raises(Cancelled):
        context.run(work, 2)
    work(3)  # outside of what was given up
    assert done == [1, 3]


def test_pictures_wait_for_room_and_stop_waiting_where_nobody_waits_for_them():
    context, given_up = copy_context(), threading.Event()
    budget.begin(context, given_up)
    refused = []

    def wait() -> None:
        try:
            with budget.room_for(30_000_000):
                pass
        except Cancelled:
            refused.append(True)

    with budget.room_for(30_000_000):
        waiting = threading.Thread(target=context.run, args=(wait,))
        waiting.start()
        time.sleep(0.1)
        assert waiting.is_alive()
        given_up.set()
        waiting.join(2)
    assert refused == [True]
    with budget.room_for(10**9):  # alone it may be larger than all together
        pass
