"""Scrapy's scheduler over a persistent store: a crawl that dies at any moment loses nothing."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.enqueuer import Enqueuer
from scraper.crawl.frontier.flights import Flights
from scraper.crawl.frontier.host_health import HostHealth
from scraper.crawl.frontier.request_codec import META, StoredError, dump, load, load_arguments
from scraper.crawl.frontier.session import CrawlSession
from scraper.crawl.frontier.store import (
    FailedRequest,
    RequestEnd,
    RequestQueue,
    SkippedPage,
    Store,
    TakenRequest,
    Workers,
)
from scraper.crawl.stats import add

__all__ = ["KNOWN", "STORE_ROLLED_BACK", "Scheduler"]

STORE_ROLLED_BACK = object()
"""The signal that the store may have lost its last changes: recent requests may have to be made again."""
KNOWN = "known"
"""The stat that is set if the folder had records already."""

_INVALID = "stored request not valid"
"""How a request ended that the spider cannot have made."""
_SPARED = "spared"
"""How a request ended that was not sent because too many like it had no story."""
_EXCERPT_SIZE = 300  # bytes of a dropped row that are logged
_ALARM_MARGIN = 0.01  # seconds
_MAX_SKIPPED = 100  # requests that may be postponed or skipped at once
_MIN_DROP = 500  # by which a priority must have fallen before its request is postponed

logger = logging.getLogger(__name__)


class _Alarm:
    """Wakes the engine when a request becomes due."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._timer: asyncio.TimerHandle | None = None

    def set(self, due: float) -> None:
        """Wake the engine shortly after a time (seconds since the epoch), unless the alarm is set already."""
        if self._timer is None:
            seconds = max(due - steady(), 0.0) + _ALARM_MARGIN
            self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def cancel(self) -> None:
        """Cancel the alarm."""
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        slot = self._crawler.engine._slot if self._crawler.engine else None
        if slot is not None:
            slot.nextcall.schedule()


class Scheduler(BaseScheduler):
    """Scheduler and duplicate filter; `session`, `flights` and `hosts` are for the other components of the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit: int = crawler.settings.getint("PAGES")
        self._alarm = _Alarm(crawler)
        self._connections = 1
        self.session = CrawlSession(crawler)
        self.flights = Flights(crawler, self._add_story)
        self.hosts = HostHealth(crawler, self.session)
        self._enqueuer = Enqueuer(crawler, self.session, self.flights)
        self.rank: Callable[[Request], int | None] | None = None
        """Set by a spider: return the current priority of a request taken from the queue, or None to skip it."""
        self.validate: Callable[[Request], object] | None = None
        """Set by a spider: raise `StoredError` for a stored request that the spider cannot have made."""
        self.failures: tuple[FailedRequest, ...] = ()
        """Failed requests of this run and earlier ones; known when the crawl is over."""
        self.skipped: tuple[SkippedPage, ...] = ()
        """Pages without a story, of this run and earlier ones; known when the crawl is over."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Return the scheduler of a running crawl; raise `TypeError` if it is of another class."""
        scheduler = crawler.engine.scheduler if crawler.engine else None
        if not isinstance(scheduler, cls):
            raise TypeError(f"SCHEDULER must be {cls.__module__}.{cls.__name__}")
        return scheduler

    def open(self, spider: Spider) -> None:
        """Open the folder of the crawl and resume its last run; an unusable folder ends the crawl."""
        if self.session.open(spider):
            self.flights.connect()
            if self.session.store is not None and self.session.store.workers is not None:
                self.session.send_heartbeats(self.session.store.workers, self._reconcile)

    def has_pending_requests(self) -> bool:
        """Return whether requests are left for this run, now or later."""
        return self.session.call(self._next_due, None) is not None

    def enqueue_request(self, request: Request) -> bool:
        """Queue a request; return False if its key is known, unless it has `dont_filter`.

        A request that cannot be stored is an error of the spider: the page that it came from is not done.
        """
        try:
            return self.session.call(lambda store: self._enqueuer.enqueue(store.requests, request), False)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            self._enqueuer.reject(request, error)
            return False

    def next_request(self) -> Request | None:
        """Finish the flights that the engine has released, and return the next due request; None if there is none."""
        return self.session.call(self._next, None)

    def close(self, reason: str) -> None:
        """Finish the flights that the engine has released, and close the store and the folder."""
        self._alarm.cancel()
        self.session.close(self._close_store)

    def _close_store(self, store: Store) -> None:
        self._finish_flights(store)
        if store.workers is not None and (damaged := store.workers.pop_damaged_count()):
            logger.error("%d damaged rows of the store were dropped", damaged)
            add(self._crawler, f"failed/{_INVALID}", damaged)
        self.failures = tuple(store.requests.failures())
        self.skipped = tuple(store.requests.skipped())

    def callback_arguments(self, key: str) -> dict[str, Any]:
        """Return the keyword arguments of a request's callback, by the key in its meta; empty for an unknown key."""
        data = self.session.call(lambda store: store.requests.data(bytes.fromhex(key)), None)
        try:
            return load_arguments(data) if data is not None else {}
        except StoredError:
            return {}

    def _is_limit_reached(self, queue: RequestQueue) -> bool:
        """Return whether the request limit is reached; stories in progress are still finished."""
        return 0 < self._limit <= queue.sent_count()

    def _is_limited(self, request: Request) -> bool:
        """Return whether a request counts against the request limit."""
        return self._limit > 0 and not request.dont_filter and "redirect_times" not in request.meta

    def _next_due(self, store: Store) -> float | None:
        return store.requests.next_due(mandatory=self._is_limit_reached(store.requests))

    def _next(self, store: Store) -> Request | None:
        self._finish_flights(store)
        if store.workers is not None and store.workers.connections > self._connections:
            self._reconcile(store.workers)
        queue = store.requests
        for _ in range(_MAX_SKIPPED):
            taken = queue.take(mandatory=self._is_limit_reached(queue))
            self.session.commit_soon()
            if taken is None:
                if (due := self._next_due(store)) is not None:
                    self._alarm.set(due)
                return None
            request = self._load(taken, queue)
            if request is not None:
                self._start_flight(request, taken, queue)
                return request
        self._alarm.set(steady())  # let other work run in between
        return None

    def _load(self, taken: TakenRequest, queue: RequestQueue) -> Request | None:
        """Return a request that was taken; None if it is dropped, released or postponed."""
        spider = self._crawler.spider
        assert spider is not None
        try:
            request = load(taken.data, spider)
            if self.validate is not None:
                self.validate(request)
        except StoredError as error:
            excerpt = taken.data[:_EXCERPT_SIZE].decode("utf-8", "replace")
            logger.error("a stored request is dropped: %s (%s)", error, excerpt)
            add(self._crawler, f"failed/{_INVALID}")
            queue.finish(taken.key, RequestEnd(_INVALID, failed=True, final=True))
            return None
        if self.rank is None or request.dont_filter:
            return request
        priority = self.rank(request)
        if priority is None:
            add(self._crawler, _SPARED)
            queue.release(taken.key, _SPARED)
        elif priority < request.priority - _MIN_DROP:
            queue.postpone(taken.key, priority, dump(request.replace(priority=priority)))
        else:
            return request
        return None

    def _start_flight(self, request: Request, taken: TakenRequest, queue: RequestQueue) -> None:
        request.meta[META] = taken.key.hex()
        if taken.tries:
            request.meta["retry_times"] = taken.tries
        if taken.etag:
            request.headers["If-None-Match"] = taken.etag
        if taken.modified:
            request.headers["If-Modified-Since"] = taken.modified
        if self._is_limited(request):
            queue.count_sent(1)
        self.flights.add(request, taken.key)

    def _add_story(self, key: bytes, story: str, is_new: bool) -> None:
        self.session.call(lambda store: store.requests.record_story(key, story, is_new=is_new), None)

    def _finish_flights(self, store: Store) -> None:
        """Finish the requests that the engine has released."""
        slot = self._crawler.engine._slot if self._crawler.engine else None
        for flight in self.flights.finish(slot.inprogress if slot is not None else ()):
            if not (flight.superseded or self.session.is_stopping):
                if store.workers is not None:
                    self.hosts.share_pace(store.workers, flight.request)  # before the host may be contacted again
                store.requests.finish(flight.key, flight.end)
                if not flight.sent and self._is_limited(flight.request):  # as robots.txt forbids it
                    store.requests.count_sent(-1)

    def _reconcile(self, workers: Workers) -> None:
        """Reconcile the flights with the store; requests that belong to another worker by now are detached."""
        if workers.connections > self._connections:
            self._connections = workers.connections
            self.hosts.forget_paces()
            self._crawler.signals.send_catch_log(STORE_ROLLED_BACK)
        for key in workers.reconcile(self.flights.keys()):
            self.flights.supersede(key)
