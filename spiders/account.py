"""The account of a crawl: what became of every address asked for, of every page, of every record.

All counts are kept in Scrapy's stats under `crawl/`, where any component adds to them, and must add up:

    asked   = fetched + failed + repeated + left
    fetched = record_pages + duplicates + skipped + unfinished
    records = written + already_there + unwritten

`left`, `unfinished` and `unwritten` are what remains, 0 after a crawl that ran to its end.
"""

import dataclasses
import importlib.metadata
import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler

from scraper.addresses import canonical

__all__ = ["Account", "Report", "add", "crawl_dir"]

_PREFIX = "crawl/"

logger = logging.getLogger(__name__)


def add(crawler: Crawler, what: str, count: int = 1) -> None:
    """Add to a count of the account: a field's name, or the name and a reason ("skipped/listing")."""
    crawler.stats.inc_value(_PREFIX + what, count)


def crawl_dir(crawler: Crawler) -> Path:
    """Give the directory of this crawl: the setting CRAWL_DIR, or crawls/<spider>/."""
    return Path(crawler.settings.get("CRAWL_DIR") or Path("crawls", crawler.spidercls.name))


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """What came of a crawl."""

    asked: int = 0
    """Addresses asked for; retries and redirects are not counted again."""
    fetched: int = 0
    """Pages that came."""
    repeated: int = 0
    """Addresses that only led to a page asked for before."""
    records: int = 0
    record_pages: int = 0
    """Pages that went into records: a story may be split over several."""
    duplicates: int = 0
    """Pages whose story was met before under another address."""
    written: int = 0
    already_there: int = 0
    """Records that an earlier crawl wrote to the same file."""
    failed: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Addresses that could not be had or must not be asked for, by reason."""
    skipped: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Pages that hold no story, by reason."""

    @classmethod
    def of(cls, stats: Mapping[str, Any]) -> Self:
        """Read it from a crawl's stats."""
        counts = {key.removeprefix(_PREFIX): value for key, value in stats.items() if key.startswith(_PREFIX)}
        plain = {key: value for key, value in counts.items() if "/" not in key}
        return cls(**plain, failed=_by_reason(counts, "failed/"), skipped=_by_reason(counts, "skipped/"))

    @property
    def left(self) -> int:
        """Addresses that were still waiting when the crawl ended."""
        return self.asked - self.fetched - self.repeated - sum(self.failed.values())

    @property
    def unfinished(self) -> int:
        """Pages of stories whose later parts were still to come, or that broke the spider."""
        return self.fetched - self.record_pages - self.duplicates - sum(self.skipped.values())

    @property
    def unwritten(self) -> int:
        """Records for which there was no room."""
        return self.records - self.written - self.already_there

    def to_dict(self) -> dict[str, Any]:
        """Give all counts, the remainders among them."""
        remainders = {"left": self.left, "unfinished": self.unfinished, "unwritten": self.unwritten}
        return dataclasses.asdict(self) | remainders

    def sentences(self) -> list[str]:
        """Say it in words; what did not happen is not said."""
        lines = [
            (self.written, f"{_count(self.written, 'record')} written, from {_count(self.record_pages, 'page')}."),
            (self.already_there, f"{_count(self.already_there, 'record')} already there."),
            (self.unwritten, f"{_count(self.unwritten, 'record')} LOST: there was no room to write."),
            (self.duplicates, f"{_count(self.duplicates, 'page')} left out: the same story under another address."),
            (self.skipped, f"{_count(sum(self.skipped.values()), 'page')} without a story: {_list(self.skipped)}."),
            (self.unfinished, f"{_count(self.unfinished, 'page')} of stories that were not read to their end."),
            (self.failed, f"{_count(sum(self.failed.values()), 'address')} not fetched: {_list(self.failed)}."),
            (self.repeated, f"{_count(self.repeated, 'address')} only led to pages already asked for."),
            (self.left, f"{_count(self.left, 'address')} still to be asked for."),
        ]
        return [line for happened, line in lines if happened] if self.asked else ["Nothing was asked for."]


def _by_reason(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    found = {key.removeprefix(prefix): value for key, value in counts.items() if key.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _count(number: int, noun: str) -> str:
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending}"


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())


class Report:
    """Extension that follows each address to its end, and closes the account: run.json and a summary in words."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._started = datetime.now(UTC)
        connect = crawler.signals.connect
        connect(self.spider_opened, signals.spider_opened)
        connect(self.request_scheduled, signals.request_scheduled)
        connect(self.request_dropped, signals.request_dropped)
        connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for a crawl."""
        return cls(crawler)

    def spider_opened(self) -> None:
        """Note the time."""
        self._started = datetime.now(UTC)

    def request_scheduled(self, request: Request) -> None:
        """Count an address, but not its retries and redirects."""
        if not _derived(request):
            add(self._crawler, "asked")

    def request_dropped(self, request: Request) -> None:
        """Take back an address that is a repetition; a redirect to one has no callback and is accounted for here."""
        earlier = [canonical(url) for url in request.meta.get("redirect_urls", ())]
        if not _derived(request):
            add(self._crawler, "asked", -1)
        elif canonical(request.url) in earlier:
            add(self._crawler, "failed/redirect loop")
        else:
            add(self._crawler, "repeated")

    def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write run.json and print the summary to stderr."""
        account = Account.of(self._crawler.stats.get_stats())
        ended = datetime.now(UTC)
        site = self._crawler.stats.get_value("site")
        run = {
            "spider": spider.name,
            "site": site,
            "started": self._started.isoformat(),
            "ended": ended.isoformat(),
            "reason": reason,
            "errors": self._crawler.stats.get_value("spider_exceptions/count", 0),
            "counts": account.to_dict(),
            "versions": {name: _version(name) for name in ("scraper", "scrapy", "selectolax")},
        }
        directory = crawl_dir(self._crawler)
        _write(directory / "run.json", json.dumps(run, indent=1, ensure_ascii=False) + "\n")
        seconds = (ended - self._started).total_seconds()
        head = f"{spider.name}: {_count(account.fetched, 'page')} of {site} in {seconds:.1f} s ({reason})"
        lines = [head, *account.sentences(), f"Records and account: {directory}{os.sep}"]
        print(*lines, sep="\n  ", file=sys.stderr, flush=True)


def _derived(request: Request) -> bool:
    return "redirect_times" in request.meta or "retry_times" in request.meta


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    """Replace a file whole; a failure is said, for there is nothing else to be done at the end of a crawl."""
    fresh = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    except OSError as error:
        logger.error("%s could not be written: %s", path, error)
