"""How requests enter the queue: new ones, later attempts, and redirects."""

import logging
import time

from scrapy import Request
from scrapy.crawler import Crawler

from scraper.crawl.frontier.flights import BROKE, Flight, Flights
from scraper.crawl.frontier.request_codec import DUE, META, NEWEST, SINCE, dump
from scraper.crawl.frontier.session import CrawlSession
from scraper.crawl.frontier.store import Position, RequestQueue
from scraper.crawl.stats import add
from scraper.stories.urls import canonical, host

__all__ = ["Enqueuer"]

_NOT_STORED = "cannot be stored"

logger = logging.getLogger(__name__)


class Enqueuer:
    """Queues requests, and counts those that are new."""

    def __init__(self, crawler: Crawler, session: CrawlSession, flights: Flights) -> None:
        self._crawler, self._session, self._flights = crawler, session, flights

    def enqueue(self, queue: RequestQueue, request: Request) -> bool:
        """Queue a request; return False if its key is known, unless it has `dont_filter`.

        Raise `TypeError`, `ValueError`, `OverflowError` or `RecursionError` for a request that cannot be stored.
        """
        parent = self._flights.by_key(_parent_key(request))
        if parent is not None and _is_later(request, parent.request, "retry_times"):
            tries, due = request.meta.pop("retry_times"), request.meta.pop(DUE, 0.0)
            queue.requeue(parent.key, dump(request), tries=tries, due=due)
            self._flights.remove(parent)
            return True
        if parent is None and META in request.meta and request.meta.get("retry_times"):
            return False  # a later attempt of a request that has been queued again
        is_queued, is_fresh = self._put(queue, request)
        if parent is not None and _is_later(request, parent.request, "redirect_times"):
            _note_redirect(parent, request, is_fresh=is_fresh)
        elif is_fresh:
            add(self._crawler, "found")
        return is_queued

    def _put(self, queue: RequestQueue, request: Request) -> tuple[bool, bool]:
        """Queue a request; return whether it is queued, and whether it was not in the queue before."""
        fingerprinter = self._crawler.request_fingerprinter
        assert fingerprinter is not None
        key, data = fingerprinter.fingerprint(request), dump(request)
        position = Position(request.priority, float(request.meta.get(NEWEST) or 0.0), request.dont_filter)
        first_url = request.meta.get("redirect_urls", [request.url])[0]
        if queue.add(key, first_url, host(request.url), position, data):
            return True, True
        if self._session.has_joined and request.meta.get("is_start_request"):
            return False, False  # the first worker has started from it
        if request.dont_filter:
            self._flights.supersede(key)
            return True, queue.requeue(key, data)
        since = request.meta.get(SINCE)
        if self._session.is_new_round and request.meta.get("is_start_request"):
            since = time.time()  # a round starts with the first pages, whatever came of them in the last one
        is_refreshed = since is not None and queue.refresh(key, since)
        return is_refreshed, is_refreshed

    def reject(self, request: Request, error: Exception) -> None:
        """Count a request that cannot be stored as an error of the page that it came from."""
        logger.error("%s cannot be requested: %s", request.url, error)
        self._crawler.stats.inc_value("spider_exceptions/count")
        add(self._crawler, "found")
        add(self._crawler, f"failed/{_NOT_STORED}")
        referer = (request.headers.get("Referer") or b"").decode("latin-1")
        for flight in self._flights.from_page(referer):
            flight.reason, flight.failed = BROKE, True


def _parent_key(request: Request) -> bytes:
    """Return the key of the request that this one came from, or an empty key."""
    try:
        return bytes.fromhex(request.meta.get(META, ""))
    except (TypeError, ValueError):  # a spider may use that key for something else
        return b""


def _is_later(request: Request, parent: Request, count: str) -> bool:
    """Return whether a request is a later attempt or redirect than its parent, by a count in their meta."""
    is_later: bool = request.meta.get(count, 0) > parent.meta.get(count, 0)
    return is_later


def _note_redirect(parent: Flight, request: Request, *, is_fresh: bool) -> None:
    """Record how a redirected request ended: its target is counted instead, unless that was queued before."""
    redirect_urls = [canonical(url) for url in request.meta.get("redirect_urls", ())]
    parent.failed = False
    if is_fresh:
        parent.reason = "redirected"
    elif canonical(request.url) in redirect_urls:
        parent.reason, parent.failed = "redirect loop", True
    else:
        parent.reason = "repeated"
