"""The report of a crawl: its statistics as files beside the records, and a summary on stderr."""

import importlib.metadata
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self, cast

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from scraper.article import Article
from scraper.coverage import coverage
from scraper.crawl.crawl_dir import RECORDS, crawl_dir
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.frontier.session import LOCKED, NO_OUTPUT, OTHER_SITE
from scraper.crawl.reporting.drift import site_drift
from scraper.crawl.stats import FAMILIARITY, CrawlStats
from scraper.errors import RecordError
from scraper.io.files import atomic_write
from scraper.io.network_policy import UNSAFE
from scraper.io.terminal import Lenient
from scraper.version import __version__

__all__ = ["Report"]

_RUN, _PAGE = "run.json", "report.html"

logger = logging.getLogger(__name__)


class Report:
    """Extension that writes run.json, failures.jsonl, skipped.jsonl and report.html, and prints a summary."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._started = datetime.now(UTC)
        self._start_offset = 0
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Note the time and the size of the records file: the records after it are those of this run."""
        self._started = datetime.now(UTC)
        records = crawl_dir(self._crawler) / RECORDS
        self._start_offset = records.stat().st_size if records.exists() else 0

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write the files and print the summary to stderr, unless the folder belongs to another crawl."""
        if reason in (LOCKED, NO_OUTPUT, OTHER_SITE):
            return
        stats = CrawlStats.of(self._crawler.stats.get_stats())
        run = self._run(spider, reason, stats)
        directory = crawl_dir(self._crawler)
        _write(directory / _RUN, json.dumps(run, indent=1, ensure_ascii=False) + "\n")
        frontier = Scheduler.of(self._crawler)
        for name, rows in (("failures.jsonl", frontier.failures), ("skipped.jsonl", frontier.skipped)):
            _write(directory / name, "".join(json.dumps(row._asdict()) + "\n" for row in rows))
        if self._crawler.settings.getbool("CRAWL_REPORT"):
            _write_report(directory)
        lines = [
            f"{spider.name}: {run['site'] or 'crawl'} in {run['seconds']:.1f} s ({reason})",
            *stats.sentences(),
            site_drift(run["site_familiarity"]),
            f"Records and statistics: {directory}{os.sep}",
        ]
        if UNSAFE in stats.failed and not stats.fetched:
            lines.append("The site is not on the public internet; -s TRUSTED_HOSTS=host:port allows requests to it.")
        print(*filter(None, lines), sep="\n  ", file=cast(IO[str], Lenient(sys.stderr)), flush=True)

    def _run(self, spider: Spider, reason: str, stats: CrawlStats) -> dict[str, Any]:
        """Return the content of run.json; the earlier run.json must still be there."""
        ended, directory, get = datetime.now(UTC), crawl_dir(self._crawler), self._crawler.stats.get_value
        return {
            "spider": spider.name,
            "site": get("site"),
            "started": self._started.isoformat(),
            "ended": ended.isoformat(),
            "seconds": round((ended - self._started).total_seconds(), 3),
            "reason": reason,
            "errors": get("spider_exceptions/count", 0) + stats.item_errors,
            "counts": stats.to_dict(),
            "versions": _versions(),
            "coverage": coverage(_records(directory / RECORDS, self._start_offset)),
            "previous": _previous_coverage(directory / _RUN),
            "site_familiarity": get(FAMILIARITY),
            "summary": stats.sentences(),
        }


def _records(path: Path, start: int) -> Iterator[Article]:
    """Yield the records after an offset; skip other lines, and log a file that cannot be read."""
    try:
        with path.open("rb") as lines:
            lines.seek(start)
            for line in lines:
                with suppress(RecordError):
                    yield Article.from_json(line)
    except OSError as error:
        logger.error("%s could not be read: %s", path, error)


def _previous_coverage(path: Path) -> dict[str, float]:
    """Return the coverage of the last run that wrote records, from the run.json of the last run."""
    try:
        last = json.loads(path.read_bytes())
        shares = last.get("coverage") or last.get("previous") or {}
        return {str(name): float(share) for name, share in shares.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_report(directory: Path) -> None:
    """Write the report page; log any error, as a crawl must not fail because of its report."""
    try:
        from scraper.crawl.reporting.page import report  # noqa: PLC0415 - its libraries take 0.2 s

        page = report(directory)
    except Exception:
        logger.exception("%s could not be created", _PAGE)
    else:
        _write(directory / _PAGE, page)


def _versions() -> dict[str, str]:
    return {"scraper": __version__, **{name: importlib.metadata.version(name) for name in ("scrapy", "selectolax")}}


def _write(path: Path, text: str) -> None:
    """Replace a file; log a failure, as nothing else can be done at the end of a crawl."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        logger.error("%s could not be written: %s", path, error)
