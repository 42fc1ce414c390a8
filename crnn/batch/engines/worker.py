"""A worker's process.

`python -m crnn.batch.engines.worker FD`; takes tasks from a pipe, one at a time.

It opens the plan once. It ends with whoever started it, and leaves Ctrl-C to that process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from crnn.batch.engines.tasks import Outcome, Task
from crnn.batch.page_task import Strategy, said
from crnn.errors import OcrError, ReadError

WATCH_S = 1.0
READY, REFUSED = "ready", "refused"


def main(descriptor: int) -> None:
    """Open the plan, then do task after task until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    pipe: Connection[Any, Any] = Connection(descriptor)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        plan = pipe.recv()
        try:
            strategy = plan.open() if plan else None
        except OcrError as exc:
            pipe.send((REFUSED, str(exc)))
            return
        pipe.send((READY, ""))
        while True:
            pipe.send(done(pipe.recv(), strategy))


def _end_with(parent: int) -> None:
    """End this process, whatever it reads, once the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    os._exit(1)


def done(task: Task, strategy: Strategy | None) -> Outcome:
    """What becomes of a task; no error of it ends the worker."""
    try:
        return Outcome(task.do(strategy))
    except (ReadError, OSError) as exc:
        return Outcome(error=said(exc))
    except Exception as exc:
        traceback.print_exc()
        return Outcome(error=f"one of the program's errors: {type(exc).__name__}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
