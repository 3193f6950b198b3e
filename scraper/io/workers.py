"""A pool of worker processes with results in the order of the items; a crash costs only the item that caused it."""

import os
import resource
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection, Pipe, wait
from typing import Generic, NamedTuple, Self, TypeVar

__all__ = ["DIED", "LIMIT", "MEMORY", "Pool", "Process", "Work", "allow", "bounded", "confine", "cores", "run"]

LIMIT = 10.0
"""The default time limit of an item in CPU seconds; a large page takes 0.1."""
MEMORY = 2 * 2**30
"""The memory limit of a worker in bytes; a page of 10 MB takes a tenth of that."""
DIED = "its reader died over it"
_OUT_OF_MEMORY = f"it takes more than {MEMORY >> 20} MB of memory"
_NO_MEMORY = 12  # the exit status of a process that ran out of memory: ENOMEM
_OUT_OF_TIME = "it takes more than {:g} seconds"
_WALL_TIME_FACTOR = 10  # times as many seconds of wall-clock time: on a busy machine a process waits for its turn
_MAX_PER_CORE = 4  # processes per core
_LOOKAHEAD = 32  # items per process that may wait for a slow one
_BATCH = 8  # items sent to a process at once, so that it does not wait for this one
_MAIN = "import scraper.io.workers as w; w._main({})"

Item = TypeVar("Item")
Result = TypeVar("Result")


class Work(NamedTuple, Generic[Item, Result]):
    """The work on an item; both functions must be importable, as other processes call them."""

    do: Callable[[Item], Result]
    lost: Callable[[str], Result]
    """Returns the result of an item that crashed its process or exceeded a limit, from the reason."""
    limit: float = LIMIT
    """CPU seconds per item; the limit of wall-clock time is ten times as long."""

    def attempt(self, item: Item) -> Result:
        """Return the result of an item, also if the work raises; raise `MemoryError`, which ends the process."""
        try:
            return self.do(item)
        except MemoryError:
            raise
        except Exception as error:
            return self.lost(f"a bug: {error!r}")


def cores() -> int:
    """Return the number of CPU cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bounded(jobs: int) -> int:
    """Return the number of processes for a requested number, 0 for one per core; at most 4 per core."""
    return min(jobs or cores(), _MAX_PER_CORE * cores())


def run(work: Work[Item, Result], items: Iterable[Item], jobs: int) -> Iterator[tuple[Item, Result]]:
    """Yield each item with its result, in order; the work is done in at least one other process."""
    with Pool(work, max(jobs, 1)) as pool:
        yield from pool.run(items)


class Process:
    """A process that runs a function of a module with one end of a pipe; it ends when the other end is closed."""

    def __init__(self, run: Callable[[Connection], None]) -> None:
        self.pipe, child_end = Pipe()
        # The processes share the cores already.
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            "OMP_NUM_THREADS": "1",
        }
        with child_end:
            # A session of its own, as ^C is for the command, which ends its processes.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _MAIN.format(child_end.fileno())],
                pass_fds=[child_end.fileno()],
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        self.pipe.send(run)

    def end(self) -> str:
        """Kill the process, and return the reason of its death if it was dead already."""
        self._process.kill()
        self.pipe.close()
        status = self._process.wait()
        if status == _NO_MEMORY:
            return _OUT_OF_MEMORY
        return _OUT_OF_TIME if -status in (signal.SIGPROF, signal.SIGALRM) else DIED


def _main(descriptor: int) -> None:
    with Connection(descriptor) as pipe, suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the other is gone
        try:
            pipe.recv()(pipe)
        except MemoryError:
            os._exit(_NO_MEMORY)


def _serve(work: Work[Item, Result], pipe: Connection) -> None:
    """Process incoming items; the system ends this process if an item takes too long."""
    confine()
    while True:
        for item in pipe.recv():
            allow(work.limit)
            result = work.attempt(item)
            allow(0)
            pipe.send(result)


def confine(memory: int = MEMORY) -> None:
    """Limit the memory of this process; exceeding it raises `MemoryError`."""
    with suppress(OSError, ValueError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))


def allow(seconds: float) -> None:
    """Terminate this process after so many CPU seconds; 0 removes the limit."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _WALL_TIME_FACTOR * seconds)


class _Worker(Process, Generic[Item, Result]):
    """A process and its assigned items."""

    def __init__(self, work: Work[Item, Result]) -> None:
        super().__init__(partial(_serve, work))
        self.items: deque[Item] = deque()
        """The items that are not done yet."""
        self.number = 0
        """The number of the first item."""

    def assign(self, number: int, items: Iterable[Item]) -> None:
        self.items, self.number = deque(items), number
        with suppress(OSError):  # it is dead: `_collect` notices
            self.pipe.send(self.items)


class Pool(Generic[Item, Result]):
    """At most `jobs` processes that do the same work, until the end of a `with`."""

    def __init__(self, work: Work[Item, Result], jobs: int) -> None:
        self._work, self._jobs = work, jobs
        self._free: list[_Worker[Item, Result]] = []
        self._busy: list[_Worker[Item, Result]] = []
        self._done: dict[int, Result] = {}
        # A single process has one item at a time, so that its result is reported before the next item is read.
        self._ahead, self._batch = (_LOOKAHEAD * jobs, _BATCH) if jobs > 1 else (0, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in (*self._free, *self._busy):
            worker.end()

    def run(self, items: Iterable[Item]) -> Generator[tuple[Item, Result]]:
        """Yield each item with its result, in order; may be called again after it has ended or was closed."""
        try:
            yield from self._run(items)
        finally:  # their results are not wanted any more
            for worker in self._busy:
                worker.end()
            self._busy.clear()
            self._done.clear()

    def _run(self, items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        pending: deque[Item] = deque()
        first = 0  # the number of the first pending item
        rest = iter(items)
        while batch := list(islice(rest, self._batch)):
            self._assign(first + len(pending), batch)
            pending.extend(batch)
            while pending and (first in self._done or len(pending) > self._ahead):
                yield pending.popleft(), self._result(first)
                first += 1
        while pending:
            yield pending.popleft(), self._result(first)
            first += 1

    def _assign(self, number: int, items: Iterable[Item]) -> None:
        while not self._free and len(self._busy) == self._jobs:
            self._collect()
        worker = self._free.pop() if self._free else _Worker(self._work)
        self._busy.append(worker)
        worker.assign(number, items)

    def _result(self, number: int) -> Result:
        while number not in self._done:
            self._collect()
        return self._done.pop(number)

    def _collect(self) -> None:
        """Wait for at least one result."""
        ready = wait([worker.pipe for worker in self._busy])
        for worker in [worker for worker in self._busy if worker.pipe in ready]:
            try:
                self._store(worker, worker.pipe.recv())
            except (EOFError, OSError):
                self._replace(worker)
            else:
                if not worker.items:
                    self._busy.remove(worker)
                    self._free.append(worker)

    def _replace(self, worker: _Worker[Item, Result]) -> None:
        """Replace a dead worker and continue after the item that it was processing."""
        self._store(worker, self._work.lost(worker.end().format(self._work.limit)))
        self._busy.remove(worker)
        if worker.items:
            self._assign(worker.number, worker.items)

    def _store(self, worker: _Worker[Item, Result], result: Result) -> None:
        self._done[worker.number] = result
        worker.items.popleft()
        worker.number += 1
