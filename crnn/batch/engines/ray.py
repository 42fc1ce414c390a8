"""The engine of many machines: the same tasks over Ray Data, on a pool of actors.

Each actor keeps one worker process with a warm session, so a page that ends or hangs its process is
quarantined there as it is on one machine, and what Ray itself must survive is the loss of a node:
its actors are started anew elsewhere and their pages read again.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from crnn.batch.engines.tasks import Outcome, Task
from crnn.batch.engines.worker_pool import WorkerPool
from crnn.batch.page_task import Plan
from crnn.errors import OcrError

T = TypeVar("T")
Step = tuple[T, Task | None]

WAVE = 20_000
"""Pages handed to Ray at a time. The next ones are gathered meanwhile; their results wait in Ray's
object store until it is their turn."""
BLOCK = 8
"""Pages that one call of an actor reads, and that are read again where its node is lost."""


class NoRay(OcrError):
    """Ray is not installed, or no cluster answers."""


class Reading:
    """An actor: a worker process that opened the plan, for one batch of tasks after another."""

    def __init__(self, plan: Plan, timeout_s: float) -> None:
        self._pool = WorkerPool(plan, 1, timeout_s)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Outcomes, pickled, in the order of the pickled tasks."""
        tickets = [self._pool.submit(pickle.loads(task)) for task in batch["task"]]
        return {"outcome": [pickle.dumps(self._pool.outcome(ticket)) for ticket in tickets]}


class Cluster:
    """Reads pages on the actors of a Ray cluster; `close` takes leave of it.

    address: of a running cluster, "" for one of this machine alone; actors: 0 for one a core.
    Raises: NoRay.
    """

    def __init__(self, plan: Plan, address: str, actors: int, timeout_s: float) -> None:
        self._plan, self._timeout_s = plan, timeout_s
        keep_to_itself()
        try:
            import ray
            import ray.data
        except ImportError as exc:
            raise NoRay("--engine ray needs Ray: pip install 'crnn-ocr[ray]'") from exc
        try:
            ray.init(
                address=address or "local",
                include_dashboard=None if address else False,
                logging_level=logging.ERROR,
                log_to_driver=False,
                ignore_reinit_error=True,
            )
        except (ConnectionError, ValueError, RuntimeError) as exc:
            raise NoRay(f"no Ray cluster at {address or 'this machine'}: {exc}") from exc
        self._ray: Any = ray
        self._actors = actors or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        context.print_on_execution_start = False

    def outcomes(self, wanted: Iterator[Step[T]]) -> Iterator[tuple[T, Outcome | None]]:
        """What became of each task, in order."""
        wave = list(islice(wanted, self._first_wave()))
        while wave:
            following: list[Step[T]] = []
            tasks = [task for _, task in wave if task]
            result = self._outcomes(tasks) if tasks else iter(())
            for beside, task in wave:
                yield beside, next(result) if task else None
                following += islice(wanted, min(2, WAVE - len(following)))
            next(result, None)  # lets Ray end what it runs
            wave = following

    def _first_wave(self) -> int:
        """Fewer, so that the actors need not wait for the gathering of many."""
        return min(WAVE, 4 * BLOCK * self._actors)

    def _outcomes(self, tasks: list[Task]) -> Iterator[Outcome]:
        block = max(1, min(BLOCK, len(tasks) // (2 * self._actors)))
        rows = [{"task": pickle.dumps(task)} for task in tasks]
        read = self._ray.data.from_items(
            rows, override_num_blocks=-(-len(rows) // block)
        ).map_batches(
            Reading,
            fn_constructor_args=(self._plan, self._timeout_s),
            compute=self._ray.data.ActorPoolStrategy(size=self._actors),
            batch_size=None,
            num_cpus=1,
        )
        for row in read.iter_rows():
            yield pickle.loads(row["outcome"])

    def close(self) -> None:
        """Leave the cluster; one of this machine alone ends."""
        self._ray.shutdown()


def keep_to_itself() -> None:
    """No usage reports, no word about versions: nothing leaves the cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_TQDM", "0")
