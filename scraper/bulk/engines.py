"""Where the units are done: by processes of this machine, or by Ray on many."""

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from scraper.bulk.unit import Done, Progress, Unit, process
from scraper.errors import ScraperError
from scraper.workers import Process

__all__ = ["ENGINES", "Event"]

Event = Progress | Done


def _local(units: Sequence[Unit], jobs: int) -> Iterator[Event]:
    """Have so many processes of this machine do the units; one that dies costs its unit, which is told."""
    waiting, busy = deque(units), dict[Connection, tuple[Process, Unit]]()

    def give(worker: Process) -> None:
        if waiting:
            busy[worker.pipe] = worker, waiting.popleft()
            worker.pipe.send(busy[worker.pipe][1])
        else:
            worker.end()

    try:
        for _ in range(min(jobs, len(units))):
            give(Process(_serve))
        while busy:
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                worker, unit = busy[pipe]
                try:
                    event: Event = pipe.recv()
                except (EOFError, OSError):
                    worker.end()
                    worker, event = Process(_serve), Done(unit.source, fault="the process that had it died")
                if isinstance(event, Done):
                    del busy[pipe]
                    give(worker)
                yield event
    finally:
        for worker, _ in busy.values():
            worker.end()


def _serve(pipe: Connection) -> None:
    while True:
        pipe.send(process(pipe.recv(), pipe.send))


def _ray(units: Sequence[Unit], jobs: int) -> Iterator[Event]:
    """Have Ray do them, on the cluster that RAY_ADDRESS names or else on this machine; what a lost machine had is redone.

    All machines must see the sources, and the folder of the output, under the same names.
    """
    ray = _library()
    begun = not ray.is_initialized()
    if begun:
        ray.init(log_to_driver=False, logging_level="ERROR")
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        rows = ray.data.from_items([{"unit": pickle.dumps(unit)} for unit in units], override_num_blocks=len(units))
        for row in rows.map(_task, concurrency=jobs or None).iter_rows():
            yield pickle.loads(row["done"])
    finally:
        if begun:
            ray.shutdown()


def _library() -> Any:
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise ScraperError("this engine needs Ray: pip install 'scraper[ray]'") from error
    return ray


def _task(row: Mapping[str, bytes]) -> dict[str, bytes]:
    unit: Unit = pickle.loads(row["unit"])
    done = Done(unit.source) if unit.target.exists() else process(unit, lambda progress: None)
    return {"done": pickle.dumps(done)}


ENGINES: Mapping[str, Callable[[Sequence[Unit], int], Iterator[Event]]] = {"local": _local, "ray": _ray}
"""By name, what does units with so many jobs at a time, and tells how far they are."""
