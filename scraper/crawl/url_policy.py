"""Which of the URLs that are met are requested, and how soon, by what the crawl has learnt."""

from collections.abc import Iterable
from typing import Any

from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.crawl.discovery.priority import UrlPriority
from scraper.crawl.discovery.traps import TrapDetector
from scraper.crawl.frontier.flights import OmittedItem

__all__ = ["UrlPolicy"]

_RECENT = 10_000  # URLs that are remembered
_FEEDS, _ALL = 10, "/"  # feeds in a row that may name nothing new; one pattern for all of them


class UrlPolicy:
    """What a crawl knows of the URLs of its portal, in bounded memory."""

    def __init__(self) -> None:
        self._recent: dict[str, None] = {}
        self._traps, self._feeds = TrapDetector(), TrapDetector(_FEEDS)
        self._priority = UrlPriority()

    def is_new(self, url: str) -> bool:
        """Return whether a URL was not met lately, and remember it; the frontier knows all of them, but at a price."""
        if url in self._recent:
            return False
        self._recent[url] = None
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        return True

    def forget(self) -> None:
        """Forget the URLs met lately: the frontier has lost some of them."""
        self._recent.clear()

    def is_spent(self, url: str) -> bool:
        """Return whether too many URLs like this one gave nothing."""
        return self._traps.spent(url)

    def level(self, url: str) -> int:
        """Return the level of a URL, as `UrlPriority.level` does."""
        return self._priority.level(url)

    def page_read(self, url: str, links: Iterable[str], *, story: bool) -> None:
        """Record a page, its links, and whether it had a story."""
        self._traps.read(url, links, story=story)
        self._priority.learn(url, story=story)

    def feed_read(self, *, fresh: bool) -> None:
        """Record a feed, and whether it named a new URL."""
        (self._feeds.fruitful if fresh else self._feeds.barren)(_ALL)

    def are_feeds_spent(self) -> bool:
        """Return whether too many feeds in a row named nothing new."""
        return self._feeds.spent(_ALL)

    def item_scraped(self, item: Any, response: Response | Failure | None) -> None:
        """Record the page of a written story; a handler of Scrapy's signal."""
        if isinstance(response, Response) and isinstance(item, dict):
            original = item.get("duplicate_of")
            if original is None:
                self._traps.wrote(response.url)
            else:
                self._traps.copied(response.url, original)

    def item_dropped(self, response: Response | Failure | None, exception: Exception) -> None:
        """Record the page of a story that is known; a handler of Scrapy's signal."""
        if isinstance(response, Response) and isinstance(exception, OmittedItem) and exception.original is not None:
            self._traps.copied(response.url, exception.original)
