"""The worker process that reads an archive page by page; a crash costs only the page that caused it.

A new process continues after the last event. The page that follows is skipped if it ran into the time or memory limit,
or if it crashed two processes: a single crash may have an external cause.
"""

from collections.abc import Generator, Iterator
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from typing import IO, Generic, NamedTuple, Self, TypeVar

from scraper.bulk.sources import opened, pages
from scraper.errors import ArchiveError, ScraperError
from scraper.io.warc import Page
from scraper.io.workers import DIED, MEMORY, Process, Work, allow, confine

__all__ = ["ArchiveReader", "PageRead"]

_SEARCH = 120.0  # CPU seconds within which the next page of an archive must be found

Result = TypeVar("Result")


class PageRead(NamedTuple, Generic[Result]):
    """A page of an archive and the result of the work on it."""

    page: Page
    """Without its body."""
    result: Result
    read: int
    """The number of bytes of the archive read so far."""


class _Position(NamedTuple):
    """The point at which to start reading."""

    address: str
    start: int = 0
    """The offset of the last event."""
    skip: int = 0
    """The number of events at that offset that were already yielded."""
    error: str | None = None
    """Why the next page must not be read again."""


class _Failed(NamedTuple):
    """A message: the archive cannot be read."""

    error: Exception


class ArchiveReader(Generic[Result]):
    """A reader of archives, one after another, that does the same work on each page, in a process of its own.

    `search` is the time limit of finding the next page in CPU seconds.
    """

    def __init__(self, work: Work[Page, Result], search: float = _SEARCH) -> None:
        self._work, self._search = work, search
        self._process: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, address: str) -> Generator[PageRead[Result] | ArchiveError]:
        """Yield the pages and errors of an archive in order; raise `ScraperError` or `OSError` if it cannot be read."""
        position, failure, complete, crashed_at = _Position(address), None, False, None
        try:
            while not complete:
                self._process = self._process or Process(partial(_serve, self._work, self._search))
                start = position
                try:
                    self._process.pipe.send(position)
                    while isinstance(event := self._process.pipe.recv(), PageRead | ArchiveError):
                        position = _after(position, event)
                        yield event
                    failure, complete = event, True
                except (EOFError, OSError):
                    reason = self._end()
                    if start.error and position == start:
                        raise ScraperError("reading could not be resumed after a crash") from None
                    if reason != DIED or position == crashed_at:
                        position = position._replace(error=reason.format(self._work.limit))
                    else:
                        crashed_at = position
        finally:
            if not complete:  # the caller stopped in the middle of an archive
                self._end()
        if failure is not None:
            raise failure.error

    def _end(self) -> str:
        process, self._process = self._process, None
        return process.end() if process else ""


def _after(position: _Position, event: PageRead[Result] | ArchiveError) -> _Position:
    offset = (event.page.offset if isinstance(event, PageRead) else event.offset) or 0
    return _Position(position.address, offset, position.skip + 1 if offset == position.start else 1)


def _serve(work: Work[Page, Result], search: float, pipe: Connection) -> None:
    confine(2 * MEMORY)  # a Parquet table is read by row groups
    while True:
        position, failure = pipe.recv(), None
        try:
            with opened(position.address) as raw:
                for event in _events(raw, position, work, search):
                    pipe.send(event)
        except (OSError, ScraperError) as error:
            failure = _Failed(error)
        pipe.send(failure)


def _events(
    raw: IO[bytes], position: _Position, work: Work[Page, Result], search: float
) -> Iterator[PageRead[Result] | ArchiveError]:
    error, items = position.error, islice(_items(raw, position), position.skip, None)
    while item := _next(items, search):
        if isinstance(item, ArchiveError):
            yield item
            continue
        allow(work.limit)
        result = work.attempt(item) if error is None else work.lost(error)
        allow(0)
        error = None
        yield PageRead(item._replace(body=b""), result, raw.tell())


def _next(items: Iterator[Page | ArchiveError], search: float) -> Page | ArchiveError | None:
    allow(search)
    item = next(items, None)
    allow(0)
    return item


def _items(raw: IO[bytes], position: _Position) -> Iterator[Page | ArchiveError]:
    errors: list[ArchiveError] = []
    for page in pages(raw, position.address, errors.append, position.start):
        yield from errors
        errors.clear()
        yield page
    yield from errors
