"""A job: one archive in, one file of records out, written atomically.

The file's existence marks the archive as done. Unreadable pages are written to the quarantine first.
"""

import errno
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from scraper.article import Article
from scraper.bulk.archive_reader import ArchiveReader
from scraper.errors import ArchiveError, NotAnArticle, ScraperError
from scraper.io.export import write
from scraper.io.files import atomic_write
from scraper.io.warc import Page
from scraper.io.workers import Work
from scraper.site import Sites
from scraper.stories.replay import PageResult, Replay, read_page

__all__ = [
    "INTERVAL",
    "OUTPUTS",
    "Done",
    "Event",
    "Job",
    "Learning",
    "Progress",
    "Report",
    "Task",
    "extraction",
    "run_job",
]

OUTPUTS = ("jsonl.gz", "jsonl.zst", "parquet")
"""The output formats, by file extension."""

INTERVAL = 0.5  # seconds between two events of progress
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Job(NamedTuple):
    """An archive to extract, or to learn its sites from."""

    source: str
    """The path or URL of the archive."""
    target: Path
    quarantine: Path
    """The file that lists unreadable pages; absent if there are none."""
    sites: Path
    """The file of its sites that the first pass writes."""
    form: str
    """One of `OUTPUTS`."""


class Progress(NamedTuple):
    """The progress of a job."""

    source: str
    read: int = 0
    """The number of bytes read."""
    pages: int = 0
    records: int = 0


class Learning(NamedTuple):
    """The progress of the first pass over an archive, in which its sites are learned."""

    source: str
    read: int
    """The number of bytes read."""
    pages: int


class Done(NamedTuple):
    """The result of a job."""

    source: str
    pages: int = 0
    records: int = 0
    skipped: Mapping[str, int] = {}
    """The number of pages without an article, by reason."""
    quarantined: int = 0
    error: str | None = None
    """Why the job failed; nothing was written then."""
    no_room: bool = False
    """The disk is full or read-only, so that all other jobs would fail, too."""


Event = Progress | Learning | Done
Report = Callable[[Event], None]


class Task(NamedTuple):
    """What is done with each archive; both parts must be importable, as other processes call them."""

    work: Work[Page, Any]
    """The work on a page."""
    run: Callable[[Job, ArchiveReader[Any], Report], Done]
    """Runs a job with a reader that does this work; may raise."""


def extraction(limit: float, sites: Sites | None) -> Task:
    """Return the task of writing the records of an archive; `limit` is the time limit of a page in seconds."""
    return Task(Work(partial(read_page, sites=sites), _lost, limit), _extract)


def _lost(reason: str) -> PageResult:
    return PageResult(error=ScraperError(reason))


def _extract(job: Job, reader: ArchiveReader[PageResult], report: Report) -> Done:
    return _Extraction(job, report).run(reader)


def run_job(task: Task, job: Job, reader: ArchiveReader[Any], report: Report) -> Done:
    """Run a job; return errors in the result instead of raising them."""
    try:
        return task.run(job, reader, report)
    except ScraperError as error:
        return Done(job.source, error=str(error))
    except OSError as error:
        return Done(job.source, error=error.strerror or str(error), no_room=error.errno in _NO_ROOM)
    except Exception as error:
        return Done(job.source, error=f"a bug: {error!r}")


class _Extraction:
    """A running job with its counts so far."""

    def __init__(self, job: Job, report: Report) -> None:
        self._job, self._report = job, report
        self._pages = self._records = 0
        self._skipped: Counter[str] = Counter()
        self._quarantined: list[str] = []
        self._first_error = ""

    def run(self, reader: ArchiveReader[PageResult]) -> Done:
        target = self._job.target
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as temporary:
            write(self._articles(reader), temporary, self._job.form)
            if self._quarantined and not self._pages:
                raise ScraperError(f"no page can be read: {self._first_error}")
            self._write_quarantine()
        return Done(self._job.source, self._pages, self._records, dict(self._skipped), len(self._quarantined))

    def _write_quarantine(self) -> None:
        path = self._job.quarantine
        if self._quarantined:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as temporary:
                temporary.write_text("".join(self._quarantined), "utf-8")
        else:
            path.unlink(missing_ok=True)

    def _articles(self, reader: ArchiveReader[PageResult]) -> Iterator[Article]:
        """Yield the records that a crawl of the archived pages would have produced."""
        replay, reported = Replay(self._skip), time.monotonic()
        with closing(reader.read(self._job.source)) as events:
            for event in events:
                if isinstance(event, ArchiveError):
                    self._quarantine(event.offset, None, event.why)
                    continue
                self._pages += 1
                yield from self._counted(replay.page(event.page, event.result))
                if time.monotonic() - reported > INTERVAL:
                    reported = time.monotonic()
                    self._report(Progress(self._job.source, event.read, self._pages, self._records))
        yield from self._counted(replay.rest())

    def _counted(self, records: Iterable[Article]) -> Iterator[Article]:
        for record in records:
            self._records += 1
            yield record

    def _skip(self, page: Page, error: ScraperError) -> None:
        if isinstance(error, NotAnArticle):
            self._skipped[error.reason] += 1
        else:
            self._quarantine(page.offset, page.url, str(error))

    def _quarantine(self, offset: int | None, url: str | None, why: str) -> None:
        self._first_error = self._first_error or why
        entry = {"source": self._job.source, "offset": offset, "url": url, "why": why}
        self._quarantined.append(json.dumps(entry, ensure_ascii=False) + "\n")
