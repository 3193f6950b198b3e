"""What a crawl leaves beside its records: the files of its account, and a summary in words on stderr."""

import importlib.metadata
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self, cast

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from scraper.article import Article
from scraper.coverage import coverage
from scraper.crawl.crawl_dir import RECORDS, crawl_dir
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.frontier.session import LOCKED, NO_OUTPUT, OTHER_SITE
from scraper.crawl.stats import CrawlStats
from scraper.errors import RecordError
from scraper.io.files import atomic_write
from scraper.io.network_policy import UNSAFE
from scraper.io.terminal import Lenient
from scraper.version import __version__

__all__ = ["Report"]

_RUN, _PAGE = "run.json", "report.html"

logger = logging.getLogger(__name__)


class Report:
    """Extension that closes the account: run.json, failures.jsonl, skipped.jsonl, report.html, a summary."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._started = datetime.now(UTC)
        self._known = 0
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Record the time and the size of the records file: what follows is from this run."""
        self._started = datetime.now(UTC)
        records = crawl_dir(self._crawler) / RECORDS
        self._known = records.stat().st_size if records.exists() else 0

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write the files and print the summary to stderr; nothing in a folder that is not this crawl's."""
        if reason in (LOCKED, NO_OUTPUT, OTHER_SITE):
            return
        account, ended = CrawlStats.of(self._crawler.stats.get_stats()), datetime.now(UTC)
        seconds = (ended - self._started).total_seconds()
        site = self._crawler.stats.get_value("site")
        directory = crawl_dir(self._crawler)
        run = {
            "spider": spider.name,
            "site": site,
            "started": self._started.isoformat(),
            "ended": ended.isoformat(),
            "seconds": round(seconds, 3),
            "reason": reason,
            "errors": self._crawler.stats.get_value("spider_exceptions/count", 0) + account.item_errors,
            "counts": account.to_dict(),
            "versions": _versions(),
            "coverage": coverage(_records(directory / RECORDS, self._known)),
            "previous": _last_coverage(directory / _RUN),
            "summary": account.sentences(),
        }
        _write(directory / _RUN, json.dumps(run, indent=1, ensure_ascii=False) + "\n")
        frontier = Scheduler.of(self._crawler)
        for name, rows in (("failures.jsonl", frontier.failures), ("skipped.jsonl", frontier.skipped)):
            _write(directory / name, "".join(json.dumps(each._asdict()) + "\n" for each in rows))
        if self._crawler.settings.getbool("CRAWL_REPORT"):
            _write_report(directory)
        head = f"{spider.name}: {site or 'crawl'} in {seconds:.1f} s ({reason})"
        lines = [head, *account.sentences(), f"Records and statistics: {directory}{os.sep}"]
        if UNSAFE in account.failed and not account.fetched:
            lines.append("It is not on the public internet; -s TRUSTED_HOSTS=host:port lets it be reached.")
        print(*lines, sep="\n  ", file=cast(IO[str], Lenient(sys.stderr)), flush=True)


def _records(path: Path, start: int) -> Iterator[Article]:
    """Return the records behind an offset; other lines, and a file that cannot be read, have none."""
    try:
        with path.open("rb") as lines:
            lines.seek(start)
            for line in lines:
                with suppress(RecordError):
                    yield Article.from_json(line)
    except OSError as error:
        logger.error("%s could not be read: %s", path, error)


def _last_coverage(path: Path) -> dict[str, float]:
    """Return what the last run that wrote records had; a run without any is no measure."""
    try:
        last = json.loads(path.read_bytes())
        found = last.get("coverage") or last.get("previous") or {}
        return {str(name): float(share) for name, share in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_report(directory: Path) -> None:
    """Write the page; it is for reading, and no fault of it may cost a crawl anything."""
    try:
        from scraper.crawl.reporting.page import report  # noqa: PLC0415 - its libraries take 0.2 s

        page = report(directory)
    except Exception:
        logger.exception("%s could not be made", _PAGE)
    else:
        _write(directory / _PAGE, page)


def _versions() -> dict[str, str]:
    return {"scraper": __version__, **{name: importlib.metadata.version(name) for name in ("scrapy", "selectolax")}}


def _write(path: Path, text: str) -> None:
    """Replace a file; a failure is said, for there is nothing else to be done at the end of a crawl."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        logger.error("%s could not be written: %s", path, error)
