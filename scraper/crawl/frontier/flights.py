"""Requests in flight, and how they end.

A request is finished when the engine has released it: its callback is exhausted, and every item it yielded has left the
item pipelines. Until then it is in flight, and is sent again if the process dies.
"""

import dataclasses
import logging
from collections.abc import Callable, Collection, Iterator, KeysView
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.crawl.failures import final, reason
from scraper.crawl.frontier.store import RequestEnd
from scraper.crawl.items import identify
from scraper.crawl.stats import add

__all__ = ["BROKE", "FETCHED", "SKIPPED", "Flight", "Flights", "OmittedItem"]

FETCHED = "fetched"
SKIPPED = "skipped/"
"""The prefix of the reason for which a page counts as one without a story."""
BROKE, _ITEM_FAILED, _UNSEEN = "broke the spider", "item failed", "given up"
_NO_ITEM = "no item"
"""Why a page counts as skipped if its spider says nothing else."""

logger = logging.getLogger(__name__)

Source = Response | Failure | None
"""What an item or an error came from, as Scrapy's signals give it."""


@dataclasses.dataclass(slots=True)
class Flight:
    """A request in flight, and what is known of how it went."""

    request: Request
    key: bytes
    reason: str = _UNSEEN
    failed: bool = True
    validators: tuple[str | None, str | None] | None = None
    """ETag and Last-Modified of the page, once it has arrived."""
    seconds: float | None = None
    """From the request to the response."""
    items: int = 0
    """The number of items it yielded."""
    category: str | None = None
    """The category of its page, if the spider has set it."""
    superseded: bool = False
    """Whether its row was queued again meanwhile, for another request with the same key."""

    @property
    def counted_as(self) -> str:
        """The category under which a fetched page is counted."""
        return self.category or ("articles" if self.items else f"{SKIPPED}{_NO_ITEM}")

    @property
    def end(self) -> RequestEnd:
        """How the request ended."""
        arrived = self.validators is not None and not self.failed
        is_skipped = arrived and self.counted_as.startswith(SKIPPED)
        skipped = self.counted_as.removeprefix(SKIPPED) if is_skipped else None
        etag, modified = self.validators or (None, None)
        return RequestEnd(self.reason, self.failed, final(self.reason), arrived, etag, modified, self.seconds, skipped)


class OmittedItem(DropItem):
    """An item that the record pipeline does not write, for a reason that it has counted."""

    def __init__(self, why: str, *, story: str | None = None, original: str | None = None, **named: Any) -> None:
        """Name the story of the item, and the one that it repeats."""
        super().__init__(why, **named)
        self.story, self.original = story, original


class Flights:
    """All requests in flight. `on_item` is called with the key of the request and the story of each item, if known."""

    def __init__(self, crawler: Crawler, on_item: Callable[[bytes, str, bool], None]) -> None:
        self._crawler, self._on_item = crawler, on_item
        self._by_request: dict[Request, Flight] = {}
        self._by_key: dict[bytes, Flight] = {}

    def connect(self) -> None:
        """Start to listen to what becomes of items and callbacks."""
        connect = self._crawler.signals.connect
        connect(self._item_scraped, signals.item_scraped)
        connect(self._item_dropped, signals.item_dropped)
        connect(self._item_failed, signals.item_error)
        connect(self._spider_failed, signals.spider_error)

    def get(self, request: Request | None) -> Flight | None:
        """Return the flight of a request; None for one that the scheduler did not send."""
        return self._by_request.get(request) if request is not None else None

    def by_key(self, key: bytes) -> Flight | None:
        """Return the flight with a key."""
        return self._by_key.get(key)

    def keys(self) -> KeysView[bytes]:
        """Return the keys of all requests in flight."""
        return self._by_key.keys()

    def from_page(self, url: str) -> Iterator[Flight]:
        """Yield the flights with a URL."""
        return (flight for flight in self._by_request.values() if flight.request.url == url)

    def add(self, request: Request, key: bytes) -> None:
        """Add a request that is about to be sent."""
        self.supersede(key)
        self._by_request[request] = self._by_key[key] = Flight(request, key)

    def supersede(self, key: bytes) -> None:
        """Detach the flight with a key, if there is one: its row was queued again."""
        if key in self._by_key:
            self._by_key.pop(key).superseded = True

    def remove(self, flight: Flight) -> None:
        """Remove a flight."""
        del self._by_request[flight.request]
        if not flight.superseded:
            del self._by_key[flight.key]

    def finish(self, in_progress: Collection[Request]) -> Iterator[Flight]:
        """Remove, count and yield the flights that the engine has released."""
        for flight in [flight for request, flight in self._by_request.items() if request not in in_progress]:
            self.remove(flight)
            self._count(flight)
            yield flight

    def note_failure(self, request: Request, error: BaseException | None) -> None:
        """Record why a request failed, unless it is known: what a middleware raises on the way back is not seen."""
        flight = self.get(request)
        if flight is not None and flight.reason == _UNSEEN:
            flight.reason = reason(error)

    def classify(self, request: Request | None, category: str) -> None:
        """Set the category under which the page of a request is counted; by default it depends on its items."""
        flight = self.get(request)
        if flight is not None:
            flight.category = category

    def _count(self, flight: Flight) -> None:
        if flight.failed:
            add(self._crawler, f"failed/{flight.reason}")
            urls = " -> ".join((*flight.request.meta.get("redirect_urls", ()), flight.request.url))
            logger.info("not fetched: %s (%s)", urls, flight.reason)
        elif flight.reason != "redirected":
            add(self._crawler, flight.reason)
        if flight.reason == FETCHED:
            add(self._crawler, flight.counted_as)

    def _item_scraped(self, item: Any, response: Source) -> None:
        self._add_item(response, identify(item), is_new=True)

    def _item_dropped(self, response: Source, exception: Exception) -> None:
        is_omitted = isinstance(exception, OmittedItem)
        if not is_omitted:
            add(self._crawler, "dropped")
        self._add_item(response, exception.story if isinstance(exception, OmittedItem) else None, is_new=False)

    def _item_failed(self, response: Source) -> None:
        """Count an item that a pipeline failed on; its page is not done, and is requested again."""
        add(self._crawler, "records")
        add(self._crawler, "item_errors")
        if (flight := self._of(response)) is not None:
            flight.reason, flight.failed = _ITEM_FAILED, True

    def _spider_failed(self, response: Source) -> None:
        if (flight := self._of(response)) is not None:
            flight.reason, flight.failed = BROKE, True

    def _add_item(self, response: Source, story: str | None, *, is_new: bool) -> None:
        add(self._crawler, "records")
        flight = self._of(response)
        if flight is None:
            return
        flight.items += 1
        if story is not None:
            self._on_item(flight.key, story, is_new)

    def _of(self, response: Source) -> Flight | None:
        return self.get(getattr(response, "request", None))
