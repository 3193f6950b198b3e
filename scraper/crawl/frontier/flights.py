"""Requests in flight and their outcomes.

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
"""The prefix of the category of a page without a story."""
BROKE, _ITEM_FAILED, _UNKNOWN = "broke the spider", "item failed", "given up"
_NO_ITEM = "no item"
"""The reason why a page is skipped, unless its spider sets another category."""

logger = logging.getLogger(__name__)

Source = Response | Failure | None
"""The origin of an item or an error in Scrapy's signals."""


@dataclasses.dataclass(slots=True)
class Flight:
    """A request in flight, and its outcome as far as it is known."""

    request: Request
    key: bytes
    reason: str = _UNKNOWN
    failed: bool = True
    validators: tuple[str | None, str | None] | None = None
    """ETag and Last-Modified of the page, once it has arrived."""
    sent: bool = False
    """Whether the request has reached the downloader: no middleware has refused it."""
    seconds: float | None = None
    """From the request to the response."""
    items: int = 0
    """The number of items it yielded."""
    category: str | None = None
    """The category of its page, if the spider has set it."""
    superseded: bool = False
    """Whether the store no longer counts it as in flight: its key was queued again, or belongs to another worker."""

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
    """The record pipeline does not write an item, for a reason that it has counted."""

    def __init__(self, reason: str, *, story: str | None = None, original: str | None = None, **options: Any) -> None:
        """Create the error with the id of the item's story, and of the one that it repeats."""
        super().__init__(reason, **options)
        self.story, self.original = story, original


class Flights:
    """All requests in flight.

    `on_item` is called with the key of the request, the id of the story, and whether it is new or changed.
    """

    def __init__(self, crawler: Crawler, on_item: Callable[[bytes, str, bool], None]) -> None:
        self._crawler, self._on_item = crawler, on_item
        self._by_request: dict[Request, Flight] = {}
        self._by_key: dict[bytes, Flight] = {}

    def connect(self) -> None:
        """Connect to the signals that report the outcomes of requests, items and callbacks."""
        connect = self._crawler.signals.connect
        connect(self._request_sent, signals.request_reached_downloader)
        connect(self._item_scraped, signals.item_scraped)
        connect(self._item_dropped, signals.item_dropped)
        connect(self._item_failed, signals.item_error)
        connect(self._spider_failed, signals.spider_error)

    def get(self, request: Request | None) -> Flight | None:
        """Return the flight of a request; None for a request that the scheduler did not send."""
        return self._by_request.get(request) if request is not None else None

    def by_key(self, key: bytes) -> Flight | None:
        """Return the flight with a key; None for an unknown key."""
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
        """Detach the flight with a key, if there is one, from its row in the store."""
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
        """Record why a request failed, unless the reason is known already.

        The outcome middleware does not see what other middlewares raise on the way back.
        """
        flight = self.get(request)
        if flight is not None and flight.reason == _UNKNOWN:
            flight.reason = reason(error)

    def classify(self, request: Request | None, category: str) -> None:
        """Set the category under which the page of a request is counted; the default depends on its items."""
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

    def _request_sent(self, request: Request) -> None:
        if (flight := self.get(request)) is not None:
            flight.sent = True

    def _item_scraped(self, item: Any, response: Source) -> None:
        self._add_item(response, identify(item), is_new=True)

    def _item_dropped(self, response: Source, exception: Exception) -> None:
        if isinstance(exception, OmittedItem):
            self._add_item(response, exception.story, is_new=False)
        else:
            add(self._crawler, "dropped")
            self._add_item(response, None, is_new=False)

    def _item_failed(self, response: Source) -> None:
        """Count an item that made a pipeline fail; its page counts as failed, and is requested again."""
        add(self._crawler, "records")
        add(self._crawler, "item_errors")
        if (flight := self._flight_of(response)) is not None:
            flight.reason, flight.failed = _ITEM_FAILED, True

    def _spider_failed(self, response: Source) -> None:
        if (flight := self._flight_of(response)) is not None:
            flight.reason, flight.failed = BROKE, True

    def _add_item(self, response: Source, story: str | None, *, is_new: bool) -> None:
        add(self._crawler, "records")
        flight = self._flight_of(response)
        if flight is None:
            return
        flight.items += 1
        if story is not None:
            self._on_item(flight.key, story, is_new)

    def _flight_of(self, response: Source) -> Flight | None:
        return self.get(getattr(response, "request", None))
