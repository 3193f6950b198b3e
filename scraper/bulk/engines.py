"""The engines that run jobs: local processes, or a Ray cluster."""

import logging
import os
import pickle
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Self

from scraper.bulk.archive_reader import ArchiveReader
from scraper.bulk.job import Done, Event, Job, Task, run_job
from scraper.errors import ScraperError
from scraper.io.workers import Process, bounded

__all__ = ["ENGINES"]


def _local(jobs: Sequence[Job], task: Task, parallel: int) -> Generator[Event]:
    """Run jobs in local processes; a process that dies fails its job only."""
    with _Processes(jobs, task) as processes:
        for _ in range(min(bounded(parallel), len(jobs))):
            processes.assign(None)
        while processes.busy:
            for pipe in wait(list(processes.busy)):
                assert isinstance(pipe, Connection)
                yield processes.receive(pipe)


class _Processes:
    """The busy processes with their jobs, and the queue of waiting jobs."""

    def __init__(self, jobs: Sequence[Job], task: Task) -> None:
        self._waiting, self._task = deque(jobs), task
        self.busy: dict[Connection, tuple[Process, Job]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker, _job in self.busy.values():
            worker.end()

    def assign(self, worker: Process | None) -> None:
        """Assign the next job to a process, or to a new one for None; end the process if no job is waiting."""
        if not self._waiting:
            if worker:
                worker.end()
            return
        worker = worker or Process(partial(_serve, self._task))
        job = self._waiting.popleft()
        self.busy[worker.pipe] = worker, job
        with suppress(OSError):  # the process has died: `receive` finds out
            worker.pipe.send(job)

    def receive(self, pipe: Connection) -> Event:
        """Receive the event of a process, and assign the next job to a process that is done."""
        worker: Process | None
        worker, job = self.busy[pipe]
        try:
            event: Event = pipe.recv()
        except (EOFError, OSError):
            worker.end()
            worker, event = None, Done(job.source, error="its process died")
        if isinstance(event, Done):
            del self.busy[pipe]
            self.assign(worker)
        return event


def _serve(task: Task, pipe: Connection) -> None:
    with ArchiveReader(task.work) as reader:
        while True:
            pipe.send(run_job(task, pipe.recv(), reader, pipe.send))


def _ray(jobs: Sequence[Job], task: Task, parallel: int) -> Generator[Event]:
    """Run jobs with Ray, on the cluster of RAY_ADDRESS or else on this machine; Ray repeats lost jobs.

    All machines must see the sources and the output folder under the same paths.
    """
    ray = _import_ray()
    started = not ray.is_initialized()
    if started:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
        ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False  # the command draws its own
    try:
        rows = ray.data.from_items([{"job": pickle.dumps(job)} for job in jobs], override_num_blocks=len(jobs))
        for row in rows.map(_run_row, fn_kwargs={"task": pickle.dumps(task)}, concurrency=parallel or None).iter_rows():
            yield pickle.loads(row["done"])
    finally:
        if started:
            ray.shutdown()


def _import_ray() -> Any:
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise ScraperError('this engine needs Ray: pip install "newsportal-scraper[ray]"') from error
    return ray


def _run_row(row: Mapping[str, bytes], task: bytes) -> dict[str, bytes]:
    job: Job = pickle.loads(row["job"])
    work: Task = pickle.loads(task)
    with ArchiveReader(work.work) as reader:
        return {"done": pickle.dumps(run_job(work, job, reader, lambda progress: None))}


ENGINES: Mapping[str, Callable[[Sequence[Job], Task, int], Generator[Event]]] = {"local": _local, "ray": _ray}
"""The engines by name: each takes jobs, what is done with each, and the parallelism, and yields events."""
