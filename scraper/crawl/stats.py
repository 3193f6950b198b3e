"""The account of a crawl: what became of every URL found, of every page, of every record.

All counts are kept in Scrapy's stats under `crawl/`, where any component adds to them, and must add up:

    found   = fetched + unchanged + failed + repeated + spared + left
    fetched = articles + skipped + unfinished
    records = written + duplicates + already_there + dropped + item_errors + unwritten

`left`, `unfinished` and `unwritten` are what remains, 0 after a crawl that ran to its end. Of many workers, each counts
what it did itself, and `left` is what is left for all; one may end what another began, so `unfinished` tells nothing.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from scrapy.crawler import Crawler

from scraper.io.wording import count

__all__ = ["FAMILIARITY", "UNFINISHED", "CrawlStats", "add"]

UNFINISHED = "waits"
"""What a spider tells of a page whose record waits for another page; it counts as no part of the account."""
FAMILIARITY = "site/familiarity"
"""The stat for the mean share, 0 to 1, of the words of this run's stories at element paths that were known before."""

_PREFIX = "crawl/"


def add(crawler: Crawler, what: str, count: int = 1) -> None:
    """Add to a count of the account: a field's name, or the name and a reason ("skipped/listing")."""
    crawler.stats.inc_value(_PREFIX + what, count)


@dataclasses.dataclass(frozen=True, slots=True)
class CrawlStats:
    """What came of a crawl."""

    found: int = 0
    """URLs to request, those that the last run left among them; retries and redirects are not counted again."""
    fetched: int = 0
    """Pages that came."""
    unchanged: int = 0
    """Pages that have not changed since the last run."""
    repeated: int = 0
    """URLs that only led to a page known by its own."""
    spared: int = 0
    """URLs that were not requested, as too many like them gave nothing."""
    articles: int = 0
    """Pages that went into records: a story may be split over several."""
    records: int = 0
    """Items that the spider has made, of any kind."""
    written: int = 0
    updated: int = 0
    """Records among those written that replace an earlier one."""
    copies: int = 0
    """Records among those written that are near copies of another."""
    duplicates: int = 0
    """Records left out: the file has the same story under another URL."""
    already_there: int = 0
    """Records left out: an earlier run wrote them."""
    dropped: int = 0
    """Records that a pipeline of the project has dropped."""
    item_errors: int = 0
    """Records that a pipeline could not take; their pages are requested again by the next run."""
    failed: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """URLs that could not be had or must not be requested, by reason."""
    skipped: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Pages that hold no story, by reason."""

    @classmethod
    def of(cls, stats: Mapping[str, Any]) -> Self:
        """Build it from the stats of a crawl."""
        counts = {key.removeprefix(_PREFIX): value for key, value in stats.items() if key.startswith(_PREFIX)}
        plain = {field.name: counts[field.name] for field in dataclasses.fields(cls) if field.name in counts}
        return cls(**plain, failed=_by_reason(counts, "failed/"), skipped=_by_reason(counts, "skipped/"))

    @property
    def left(self) -> int:
        """URLs that were still waiting when the crawl ended."""
        done = self.fetched + self.unchanged + self.repeated + self.spared + sum(self.failed.values())
        return self.found - done

    @property
    def unfinished(self) -> int:
        """Pages of stories whose later parts were still to come."""
        return self.fetched - self.articles - sum(self.skipped.values())

    @property
    def unwritten(self) -> int:
        """Records for which there was no room; their pages are requested again by the next run."""
        left_out = self.duplicates + self.already_there + self.dropped + self.item_errors
        return self.records - self.written - left_out

    def to_dict(self) -> dict[str, Any]:
        """Return all counts, the remainders among them."""
        remainders = {"left": self.left, "unfinished": self.unfinished, "unwritten": self.unwritten}
        return dataclasses.asdict(self) | remainders

    def sentences(self) -> list[str]:
        """Yield the statistics as sentences; zero counts are left out."""
        lines = [
            (self.found, f"{count(self.found, 'URL')} found, {count(self.fetched, 'page')} fetched."),
            (self.written, f"{count(self.written, 'record')} written from {count(self.articles, 'page')}."),
            (self.updated, f"{self.updated} of these marked `replaces`: the story has changed."),
            (self.copies, f"{self.copies} of these marked `duplicate_of` another."),
            (self.duplicates, f"{count(self.duplicates, 'record')} left out: the same story at another URL."),
            (self.already_there, f"{count(self.already_there, 'record')} already there."),
            (self.dropped, f"{count(self.dropped, 'record')} dropped by an item pipeline."),
            (
                self.item_errors,
                f"{count(self.item_errors, 'record')} lost to an error in an item pipeline; see the log.",
            ),
            (self.unwritten, f"{count(self.unwritten, 'record')} not written: no space left."),
            (self.skipped, f"{count(sum(self.skipped.values()), 'page')} without a story: {_list(self.skipped)}."),
            (self.unfinished > 0, f"{count(self.unfinished, 'page')} of stories not read to their end."),
            (self.unchanged, f"{count(self.unchanged, 'page')} unchanged since the last run."),
            (self.failed, f"{count(sum(self.failed.values()), 'URL')} not fetched: {_list(self.failed)}."),
            (self.repeated, f"{count(self.repeated, 'URL')} redirected to a page already fetched."),
            (self.spared, f"{count(self.spared, 'URL')} skipped: too many similar pages had no story."),
            (self.left, f"{count(self.left, 'URL')} left; run the same command again to continue."),
        ]
        return [line for happened, line in lines if happened] if self.found else ["Nothing to request."]


def _by_reason(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    found = {key.removeprefix(prefix): value for key, value in counts.items() if key.startswith(prefix)}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())
