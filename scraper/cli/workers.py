"""Work done by processes side by side, its results in the order of the items; one that dies costs its item only."""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Work", "cores", "each"]

_LIMIT = 60.0  # seconds for one item; a large page takes a tenth of one
_AHEAD = 32  # items for each process that may wait for one that takes long
_BATCH = 8  # items that a process is given at once, so that it need not wait for us

Item = TypeVar("Item")
Result = TypeVar("Result")


class Work(NamedTuple, Generic[Item, Result]):
    """What is done to an item; both are functions of a module, as other processes must find them."""

    do: Callable[[Item], Result]
    lost: Callable[[str], Result]
    """Gives the result for an item that killed its process, or took too long."""


def cores() -> int:
    """Give how many processes can work at the same time here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Work[Item, Result], items: Iterable[Item], jobs: int) -> Iterator[tuple[Item, Result]]:
    """Give each item with its result, in order. One job is done here, more are done by so many processes."""
    if jobs <= 1:
        for item in items:
            yield item, work.do(item)
        return
    pool = _Pool(work, jobs)
    try:
        yield from pool.each(items)
    finally:
        pool.close()


class _Worker(Generic[Item, Result]):
    """A process, and the item that it has."""

    def __init__(self, do: Callable[[Item], Result]) -> None:
        context = get_context("spawn")  # a fork would copy the threads of the bar
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, do), daemon=True)
        # ^C is for the command, which ends its processes.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        theirs.close()
        self.items: deque[Item] = deque()
        """Those that it has not done yet."""
        self.number = 0
        """That of the first of them."""
        self.since = 0.0

    def give(self, number: int, items: Iterable[Item]) -> None:
        self.items, self.number, self.since = deque(items), number, time.monotonic()
        with suppress(OSError):  # it died in the meantime, which is found out later
            self.pipe.send(self.items)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: Connection, do: Callable[[Item], Result]) -> None:
    try:
        while True:
            for item in pipe.recv():
                pipe.send(do(item))
    except (EOFError, OSError):  # the command is gone
        return


class _Pool(Generic[Item, Result]):
    def __init__(self, work: Work[Item, Result], jobs: int) -> None:
        self._work = work
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes share the cores already
        self._free = [_Worker(work.do) for _ in range(jobs)]
        self._busy: list[_Worker[Item, Result]] = []
        self._done: dict[int, Result] = {}
        self._ahead = _AHEAD * jobs

    def close(self) -> None:
        for worker in (*self._free, *self._busy):
            worker.end()

    def each(self, items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        pending: deque[Item] = deque()
        first = 0  # the number of what is pending longest
        rest = iter(items)
        while batch := list(islice(rest, _BATCH)):
            self._give(first + len(pending), batch)
            pending.extend(batch)
            while pending and (first in self._done or len(pending) > self._ahead):
                yield pending.popleft(), self._result(first)
                first += 1
        while pending:
            yield pending.popleft(), self._result(first)
            first += 1

    def _give(self, number: int, items: Iterable[Item]) -> None:
        while not self._free:
            self._collect()
        worker = self._free.pop()
        self._busy.append(worker)
        worker.give(number, items)

    def _result(self, number: int) -> Result:
        while number not in self._done:
            self._collect()
        return self._done.pop(number)

    def _collect(self) -> None:
        """Wait for a result at least."""
        oldest = min(worker.since for worker in self._busy)
        ready = wait([worker.pipe for worker in self._busy], max(oldest + _LIMIT - time.monotonic(), 0))
        for worker in tuple(self._busy):
            if worker.pipe in ready:
                self._take(worker)
            elif time.monotonic() - worker.since > _LIMIT:
                self._lose(worker, f"it takes more than {_LIMIT:g} seconds")

    def _take(self, worker: _Worker[Item, Result]) -> None:
        try:
            self._note(worker, worker.pipe.recv())
        except (EOFError, OSError):
            self._lose(worker, "its reader died over it")
        else:
            if not worker.items:
                self._busy.remove(worker)
                self._free.append(worker)

    def _lose(self, worker: _Worker[Item, Result], why: str) -> None:
        """Put another in its place, which goes on behind the item that it had."""
        self._note(worker, self._work.lost(why))
        self._busy.remove(worker)
        worker.end()
        self._free.append(_Worker(self._work.do))
        if worker.items:
            self._give(worker.number, worker.items)

    def _note(self, worker: _Worker[Item, Result], result: Result) -> None:
        self._done[worker.number] = result
        worker.items.popleft()
        worker.number, worker.since = worker.number + 1, time.monotonic()
