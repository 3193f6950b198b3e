"""The statistics of a crawl: what became of every URL, every page and every record.

Any component adds to the counts, which are in Scrapy's stats under `crawl/`. They must add up:

    found   = fetched + unchanged + failed + repeated + spared + left
    fetched = articles + skipped + unfinished
    records = written + duplicates + already_there + dropped + item_errors + unwritten

`left`, `unfinished` and `unwritten` are the remainders; they are 0 after a crawl that ran to its end. Each of several
workers counts its own work, but `left` is what is left for all of them. As one may finish the stories of another,
`unfinished` means nothing then.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from scrapy.crawler import Crawler

from scraper.io.wording import count

__all__ = ["FAMILIARITY", "UNFINISHED", "CrawlStats", "add"]

UNFINISHED = "waits"
"""The category of a page whose story continues on another page; it is counted once the story is complete."""
FAMILIARITY = "site/familiarity"
"""The stat for the mean share, 0 to 1, of the words of this run's stories at element paths that were known before."""

_PREFIX = "crawl/"


def add(crawler: Crawler, name: str, count: int = 1) -> None:
    """Add to a count: `name` is a field of `CrawlStats`, or a field and a reason ("skipped/listing")."""
    crawler.stats.inc_value(_PREFIX + name, count)


@dataclasses.dataclass(frozen=True, slots=True)
class CrawlStats:
    """The counts of a crawl."""

    found: int = 0
    """URLs to request, including those that the last run left; retries and redirects are not counted again."""
    fetched: int = 0
    """Pages that were received."""
    unchanged: int = 0
    """Pages that have not changed since the last run."""
    repeated: int = 0
    """URLs that redirected to a page with a known URL."""
    spared: int = 0
    """URLs that were not requested because too many similar ones had no story."""
    articles: int = 0
    """Pages that became part of a record; a story may have several pages."""
    records: int = 0
    """Items of any kind that the spider yielded."""
    written: int = 0
    updated: int = 0
    """Written records that replace an earlier one."""
    copies: int = 0
    """Written records that are near copies of another."""
    duplicates: int = 0
    """Records that were left out because the file has the same story under another URL."""
    already_there: int = 0
    """Records that were left out because an earlier run wrote them."""
    dropped: int = 0
    """Records that an item pipeline of the project dropped."""
    item_errors: int = 0
    """Records that were lost to an error in an item pipeline; the next run requests their pages again."""
    failed: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """The number of URLs that could not or must not be requested, by reason."""
    skipped: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """The number of pages without a story, by reason."""

    @classmethod
    def of(cls, stats: Mapping[str, Any]) -> Self:
        """Return the counts among the stats of a crawl."""
        counts = {key.removeprefix(_PREFIX): value for key, value in stats.items() if key.startswith(_PREFIX)}
        plain = {field.name: counts[field.name] for field in dataclasses.fields(cls) if field.name in counts}
        return cls(**plain, failed=_by_reason(counts, "failed/"), skipped=_by_reason(counts, "skipped/"))

    @property
    def left(self) -> int:
        """URLs that were still queued when the crawl ended."""
        done = self.fetched + self.unchanged + self.repeated + self.spared + sum(self.failed.values())
        return self.found - done

    @property
    def unfinished(self) -> int:
        """Pages of stories whose later parts were not fetched yet."""
        return self.fetched - self.articles - sum(self.skipped.values())

    @property
    def unwritten(self) -> int:
        """Records for which there was no space; the next run requests their pages again."""
        left_out = self.duplicates + self.already_there + self.dropped + self.item_errors
        return self.records - self.written - left_out

    def to_dict(self) -> dict[str, Any]:
        """Return all counts, including the remainders."""
        remainders = {"left": self.left, "unfinished": self.unfinished, "unwritten": self.unwritten}
        return dataclasses.asdict(self) | remainders

    def sentences(self) -> list[str]:
        """Return the statistics as sentences; zero counts are left out."""
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
        return [line for is_relevant, line in lines if is_relevant] if self.found else ["Nothing to request."]


def _by_reason(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    reasons = {key.removeprefix(prefix): value for key, value in counts.items() if key.startswith(prefix)}
    return dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in counts.items())
