"""Where the units are done: by processes of this machine, or by Ray on many."""

import logging
import os
import pickle
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Self

from scraper.bulk.archive_reader import Reader
from scraper.bulk.job import Done, Progress, Unit, process
from scraper.errors import ScraperError
from scraper.io.workers import Process, bounded

__all__ = ["ENGINES", "Event"]

Event = Progress | Done


def _local(units: Sequence[Unit], limit: float, jobs: int) -> Generator[Event]:
    """Run the jobs in local processes; if one dies, its job fails and is reported."""
    with _Processes(units, limit) as processes:
        for _ in range(min(bounded(jobs), len(units))):
            processes.give(None)
        while processes.busy:
            for pipe in wait(list(processes.busy)):
                assert isinstance(pipe, Connection)
                yield processes.event(pipe)


class _Processes:
    """The processes that are at work, each with its unit, and the units that wait for one."""

    def __init__(self, units: Sequence[Unit], limit: float) -> None:
        self._waiting, self._limit = deque(units), limit
        self.busy: dict[Connection, tuple[Process, Unit]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker, _unit in self.busy.values():
            worker.end()

    def give(self, worker: Process | None) -> None:
        """Return the next unit to a process, or to a new one; end it where none waits."""
        if not self._waiting:
            if worker:
                worker.end()
            return
        worker = worker or Process(partial(_serve, self._limit))
        unit = self._waiting.popleft()
        self.busy[worker.pipe] = worker, unit
        with suppress(OSError):  # it died in the meantime, which is found out later
            worker.pipe.send(unit)

    def event(self, pipe: Connection) -> Event:
        """Return what a process says; one that has done its unit has the next."""
        worker: Process | None
        worker, unit = self.busy[pipe]
        try:
            event: Event = pipe.recv()
        except (EOFError, OSError):
            worker.end()
            worker, event = None, Done(unit.source, fault="the process that had it died")
        if isinstance(event, Done):
            del self.busy[pipe]
            self.give(worker)
        return event


def _serve(limit: float, pipe: Connection) -> None:
    with Reader(limit) as reader:
        while True:
            pipe.send(process(pipe.recv(), reader, pipe.send))


def _ray(units: Sequence[Unit], limit: float, jobs: int) -> Generator[Event]:
    """Run the jobs with Ray, on the cluster at RAY_ADDRESS or on this machine; lost jobs are retried.

    All machines must see the sources, and the folder of the output, under the same names.
    """
    ray = _library()
    begun = not ray.is_initialized()
    if begun:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody else is told
        ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False  # ours is drawn
    try:
        rows = ray.data.from_items([{"unit": pickle.dumps(unit)} for unit in units], override_num_blocks=len(units))
        for row in rows.map(_task, fn_kwargs={"limit": limit}, concurrency=jobs or None).iter_rows():
            yield pickle.loads(row["done"])
    finally:
        if begun:
            ray.shutdown()


def _library() -> Any:
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise ScraperError('this engine needs Ray: pip install -e ".[ray]"') from error
    return ray


def _task(row: Mapping[str, bytes], limit: float) -> dict[str, bytes]:
    unit: Unit = pickle.loads(row["unit"])
    with Reader(limit) as reader:
        return {"done": pickle.dumps(process(unit, reader, lambda progress: None))}


ENGINES: Mapping[str, Callable[[Sequence[Unit], float, int], Generator[Event]]] = {"local": _local, "ray": _ray}
"""By name, what does units, each page in so many seconds at most, with so many jobs; it tells how far they are."""
