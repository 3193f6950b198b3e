"""What a crawl leaves beside its records: run.json, failures.jsonl, and a summary in words on stderr."""

import importlib.metadata
import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from spiders.account import Account
from spiders.folder import crawl_dir, replace
from spiders.frontier import LOCKED, NO_OUTPUT, OTHER_SITE, Frontier

__all__ = ["Report"]

logger = logging.getLogger(__name__)


class Report:
    """Extension that closes the account: run.json, failures.jsonl, and a summary in words."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._started = datetime.now(UTC)
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for a crawl."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Note the time."""
        self._started = datetime.now(UTC)

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write the files and print the summary to stderr; nothing in a folder that is not this crawl's."""
        if reason in (LOCKED, NO_OUTPUT, OTHER_SITE):
            return
        account = Account.of(self._crawler.stats.get_stats())
        ended = datetime.now(UTC)
        site = self._crawler.stats.get_value("site")
        run = {
            "spider": spider.name,
            "site": site,
            "started": self._started.isoformat(),
            "ended": ended.isoformat(),
            "seconds": round((ended - self._started).total_seconds(), 3),
            "reason": reason,
            "errors": self._crawler.stats.get_value("spider_exceptions/count", 0),
            "counts": account.to_dict(),
            "versions": {name: _version(name) for name in ("scraper", "scrapy", "selectolax")},
        }
        directory = crawl_dir(self._crawler)
        _write(directory / "run.json", json.dumps(run, indent=1, ensure_ascii=False) + "\n")
        failures = Frontier.of(self._crawler).failures
        _write(directory / "failures.jsonl", "".join(json.dumps(each._asdict()) + "\n" for each in failures))
        seconds = (ended - self._started).total_seconds()
        head = f"{spider.name}: {site or 'crawl'} in {seconds:.1f} s ({reason})"
        lines = [head, *account.sentences(), f"Records and account: {directory}{os.sep}"]
        print(*lines, sep="\n  ", file=sys.stderr, flush=True)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Replace a file; a failure is said, for there is nothing else to be done at the end of a crawl."""
    try:
        replace(path, text)
    except OSError as error:
        logger.error("%s could not be written: %s", path, error)
