"""Which URLs of a portal are requested, and in which order, by what the crawl has learned."""

from collections.abc import Iterable
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.crawl.discovery.priority import UrlPriority
from scraper.crawl.discovery.traps import TrapDetector
from scraper.crawl.frontier.flights import OmittedItem

__all__ = ["UrlPolicy"]

_MAX_RECENT = 10_000  # URLs
_MAX_BARREN_FEEDS = 10  # consecutive feeds without a new URL
_ALL_FEEDS = "/"  # one pattern for all feeds


class UrlPolicy:
    """Learns about the URLs of a portal; uses bounded memory."""

    def __init__(self) -> None:
        self._recent: dict[str, None] = {}
        self._traps, self._feeds = TrapDetector(), TrapDetector(_MAX_BARREN_FEEDS)
        self._priority = UrlPriority()

    def is_new(self, url: str) -> bool:
        """Return whether a URL was not seen recently, and remember it; this spares the frontier most links."""
        if url in self._recent:
            return False
        self._recent[url] = None
        if len(self._recent) > _MAX_RECENT:
            del self._recent[next(iter(self._recent))]
        return True

    def forget(self) -> None:
        """Forget the recent URLs: the frontier has lost some of them."""
        self._recent.clear()

    def is_spent(self, url: str) -> bool:
        """Return whether too many similar URLs had no story."""
        return self._traps.is_abandoned(url)

    def level(self, url: str) -> int:
        """Return the level of a URL, as `UrlPriority.level` does."""
        return self._priority.level(url)

    def page_read(self, url: str, links: Iterable[str], *, story: bool) -> None:
        """Record a page, its links, and whether it had a story."""
        self._traps.record_page(url, links, story=story)
        self._priority.learn(url, story=story)

    def feed_read(self, *, fresh: bool) -> None:
        """Record a feed, and whether it had a new URL."""
        (self._feeds.reset if fresh else self._feeds.count_barren)(_ALL_FEEDS)

    def are_feeds_spent(self) -> bool:
        """Return whether too many consecutive feeds had no new URL."""
        return self._feeds.is_abandoned(_ALL_FEEDS)

    def item_scraped(self, item: Any, response: Response | Failure | None) -> None:
        """Record the page of a written story; a handler of Scrapy's signal."""
        if isinstance(response, Response) and isinstance(item, dict):
            original = item.get("duplicate_of")
            if original is None:
                self._traps.record_story(response.url)
            else:
                self._traps.record_copy(response.url, original)

    def item_dropped(self, response: Response | Failure | None, exception: Exception) -> None:
        """Record the page of a story that is known; a handler of Scrapy's signal."""
        if isinstance(response, Response) and isinstance(exception, OmittedItem) and exception.original is not None:
            self._traps.record_copy(response.url, exception.original)
