"""The unit of the work: one archive in, one file of records out, whole or not at all.

That the file is there means that its archive is done. What could not be read is noted beside it, before.
"""

import errno
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from scraper.article import Article
from scraper.bulk.archive_reader import Reader
from scraper.errors import ArchiveError, NotAnArticle, ScraperError
from scraper.io.export import write
from scraper.io.files import whole
from scraper.io.warc import Page
from scraper.stories.replay import Replay

__all__ = ["OUTPUTS", "Done", "Progress", "Unit", "process"]

OUTPUTS = ("jsonl.gz", "jsonl.zst", "parquet")
"""Forms in which records can be written, by ending."""

_EVERY = 0.5  # seconds between two words on how far it is
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Unit(NamedTuple):
    """What is to be done."""

    source: str
    """The archive's URL."""
    target: Path
    quarantine: Path
    """Where what cannot be read is noted; no file where all could be read."""
    form: str
    """One of `OUTPUTS`."""


class Progress(NamedTuple):
    """How far a unit is."""

    source: str
    read: int = 0
    """Bytes of the archive."""
    pages: int = 0
    records: int = 0


class Done(NamedTuple):
    """How a unit ended."""

    source: str
    pages: int = 0
    records: int = 0
    skipped: Mapping[str, int] = {}
    """Pages that hold no story, by reason."""
    quarantined: int = 0
    fault: str | None = None
    """Why the archive could not be done, nothing being written then."""
    no_room: bool = False
    """The output cannot be written: no other archive's can."""


def process(unit: Unit, reader: Reader, tell: Callable[[Progress], None]) -> Done:
    """Do a unit; what goes wrong is told, and nothing is raised."""
    try:
        return _Account(unit, tell).process(reader)
    except ScraperError as error:
        return Done(unit.source, fault=str(error))
    except OSError as error:
        return Done(unit.source, fault=error.strerror or str(error), no_room=error.errno in _NO_ROOM)
    except Exception as error:
        return Done(unit.source, fault=f"a bug: {error!r}")


class _Account:
    """A unit at work: what came of its pages so far."""

    def __init__(self, unit: Unit, tell: Callable[[Progress], None]) -> None:
        self._unit, self._tell = unit, tell
        self._pages = self._records = 0
        self._skipped: Counter[str] = Counter()
        self._bad: list[str] = []
        self._why = ""

    def process(self, reader: Reader) -> Done:
        target = self._unit.target
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as fresh:
            write(self._made(reader), fresh, self._unit.form)
            if self._bad and not self._pages:
                raise ScraperError(f"nothing of it can be read: {self._why}")
            self._note()
        return Done(self._unit.source, self._pages, self._records, dict(self._skipped), len(self._bad))

    def _note(self) -> None:
        path = self._unit.quarantine
        if self._bad:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as fresh:
                fresh.write_text("".join(self._bad), "utf-8")
        else:
            path.unlink(missing_ok=True)

    def _made(self, reader: Reader) -> Iterator[Article]:
        """Return the records of the archive, as a crawl would have made them of its pages."""
        replay, said = Replay(self._passed_over), time.monotonic()
        with closing(reader.read(self._unit.source)) as found:
            for told in found:
                if isinstance(told, ArchiveError):
                    self._quarantine(told.offset, None, told.why)
                    continue
                self._pages += 1
                yield from self._counted(replay.page(told.page, told.look))
                if time.monotonic() - said > _EVERY:
                    said = time.monotonic()
                    self._tell(Progress(self._unit.source, told.read, self._pages, self._records))
        yield from self._counted(replay.rest())

    def _counted(self, records: Iterable[Article]) -> Iterator[Article]:
        for record in records:
            self._records += 1
            yield record

    def _passed_over(self, page: Page, error: ScraperError) -> None:
        if isinstance(error, NotAnArticle):
            self._skipped[error.reason] += 1
        else:
            self._quarantine(page.offset, page.url, str(error))

    def _quarantine(self, offset: int | None, url: str | None, why: str) -> None:
        self._why = self._why or why
        told = {"source": self._unit.source, "offset": offset, "url": url, "why": why}
        self._bad.append(json.dumps(told, ensure_ascii=False) + "\n")
