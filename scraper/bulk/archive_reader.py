"""The process that reads an archive, page by page: a page that ends it costs itself only.

A new process goes on at the place of what was told last, and behind the page if that took too long, or ended two: one
death may have come from outside.
"""

from collections.abc import Generator, Iterator
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection
from typing import IO, NamedTuple, Self

from scraper.bulk.sources import opened, pages
from scraper.errors import ArchiveError, ScraperError
from scraper.io.warc import Page
from scraper.io.workers import DIED, MEMORY, Process, allow, confine
from scraper.stories.replay import Look, look

__all__ = ["Reader", "Seen"]

_SEARCH = 120.0  # seconds of a core in which the next page of an archive must be found


class Seen(NamedTuple):
    """A page that was read."""

    page: Page
    """Without its body."""
    look: Look
    read: int
    """Bytes of the archive that were read so far."""


Told = Seen | ArchiveError
"""A page, or what could not be read as one."""


class _Place(NamedTuple):
    """Where to begin."""

    address: str
    start: int = 0
    """The offset of what was told last."""
    told: int = 0
    """How much of what has that offset was told."""
    lost: str | None = None
    """Why the page behind it must not be read again."""


class _Failed(NamedTuple):
    """The archive cannot be read."""

    error: Exception


class Reader:
    """Reads archives one after another in a process of its own.

    Each page may take `limit` seconds of a core, and `search` what it takes to find the next one in the archive.
    """

    def __init__(self, limit: float, search: float = _SEARCH) -> None:
        self._limit, self._search = limit, search
        self._process: Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, address: str) -> Generator[Told]:
        """Return the pages of an archive, and what could not be read, in order; raise `ScraperError` or `OSError`."""
        place, failure, whole, died = _Place(address), None, False, None
        try:
            while not whole:
                self._process = self._process or Process(partial(_serve, self._limit, self._search))
                begun = place
                try:
                    self._process.pipe.send(place)
                    while isinstance(told := self._process.pipe.recv(), Told):
                        place = _behind(place, told)
                        yield told
                    failure, whole = told, True
                except (EOFError, OSError):
                    why = self._end()
                    if begun.lost and place == begun:
                        raise ScraperError("no process can be had that reads on in it") from None
                    if why != DIED or place == died:
                        place = place._replace(lost=why.format(self._limit))
                    else:
                        died = place
        finally:
            if not whole:  # the process is in the middle of an archive that nobody wants any more
                self._end()
        if failure is not None:
            raise failure.error

    def _end(self) -> str:
        process, self._process = self._process, None
        return process.end() if process else ""


def _behind(place: _Place, told: Told) -> _Place:
    offset = (told.page.offset if isinstance(told, Seen) else told.offset) or 0
    return _Place(place.address, offset, place.told + 1 if offset == place.start else 1)


def _serve(limit: float, search: float, pipe: Connection) -> None:
    confine(2 * MEMORY)  # a table is read by groups of rows
    while True:
        place, failure = pipe.recv(), None
        try:
            with opened(place.address) as raw:
                for told in _told(raw, place, limit, search):
                    pipe.send(told)
        except (OSError, ScraperError) as error:
            failure = _Failed(error)
        pipe.send(failure)


def _told(raw: IO[bytes], place: _Place, limit: float, search: float) -> Iterator[Told]:
    lost, items = place.lost, islice(_found(raw, place), place.told, None)
    while found := _next(items, search):
        if isinstance(found, ArchiveError):
            yield found
            continue
        allow(limit)
        seen = _looked(found) if lost is None else Look(error=ScraperError(lost))
        allow(0)
        lost = None
        yield Seen(found._replace(body=b""), seen, raw.tell())


def _next(items: Iterator[Page | ArchiveError], search: float) -> Page | ArchiveError | None:
    allow(search)
    found = next(items, None)
    allow(0)
    return found


def _found(raw: IO[bytes], place: _Place) -> Iterator[Page | ArchiveError]:
    errors: list[ArchiveError] = []
    for page in pages(raw, place.address, errors.append, place.start):
        yield from errors
        errors.clear()
        yield page
    yield from errors


def _looked(page: Page) -> Look:
    try:
        return look(page)
    except MemoryError:
        raise
    except Exception as error:
        return Look(error=ScraperError(f"a bug: {error!r}"))
