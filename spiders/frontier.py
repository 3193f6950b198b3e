"""The frontier: Scrapy's scheduler, kept in the ledger, so that a crawl can die at any moment and lose nothing.

A request is closed when the engine has let go of it: its callback is exhausted, and every item that it gave has left
the pipelines. Until then it is in flight, and is made again after a death.
"""

import asyncio
import dataclasses
import logging
import sqlite3
import time
from typing import IO, Any, Self

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.addresses import canonical, host
from spiders.account import add
from spiders.failures import final, reason
from spiders.folder import LEDGER, Locked, clear, crawl_dir, lock
from spiders.ledger import End, Failed, Ledger, Taken
from spiders.stored import dump, item_id, load, plain

__all__ = ["BROKE", "DISK_FULL", "DUE", "LOCKED", "META", "NEWEST", "NO_OUTPUT", "OTHER_SITE", "SINCE"]
__all__ += ["Flight", "Frontier"]

DISK_FULL = "disk_full"
"""The reason with which a crawl ends that could not write."""
NO_OUTPUT = "no_output"
"""The reason with which a crawl ends whose folder cannot be used."""
OTHER_SITE = "other_site"
"""The reason with which a crawl ends whose folder belongs to the crawl of another site."""
LOCKED = "locked"
"""The reason with which a crawl ends in whose folder another one works."""

META = "frontier"
"""The key of `Request.meta` under which a request under way, and those that come of it, carry its key in the ledger."""
DUE = "due"
"""The key of `Request.meta` for the time (seconds of the epoch) before which the next try is not made."""
NEWEST = "newest"
"""The key of `Request.meta` for the date of a page (seconds of the epoch): of equal priority the newest goes first."""
SINCE = "since"
"""The key of `Request.meta` for the time when a page changed (seconds of the epoch): seen before, it is seen again."""

BROKE, _UNSEEN = "broke the spider", "given up"

SITE = "site"

_COMMIT = 0.1  # seconds from a change to its commit: what a death takes back is done again

logger = logging.getLogger(__name__)


@dataclasses.dataclass(slots=True)
class Flight:
    """A request under way, and what is known of how it went."""

    request: Request
    key: bytes
    reason: str = _UNSEEN
    failed: bool = True
    validators: tuple[str | None, str | None] | None = None
    """ETag and Last-Modified of the page that came."""
    seconds: float | None = None
    """From asking to the answer."""
    superseded: bool = False
    """Its row was queued again meanwhile, for another request of the same key."""


class _OtherSite(Exception):
    """The folder belongs to the crawl of another site."""


class Frontier(BaseScheduler):
    """Scheduler, duplicate filter and ledger in one; `open` takes the folder, `close` lets go of it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit: int = crawler.settings.getint("PAGES")
        self._made = 0
        self._flights: dict[Request, Flight] = {}
        self._by_key: dict[bytes, Flight] = {}
        self._lock: IO[str] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._refusal = ""
        self._waking: asyncio.TimerHandle | None = None
        self._committing: asyncio.TimerHandle | None = None
        self.ledger: Ledger | None = None
        """None before the folder is opened, and where it could not be."""
        self.barred: set[str] = set()
        """Hosts that are asked for nothing more in this run."""
        self.failures: tuple[Failed, ...] = ()
        """What could not be had, in this run or before; known when the crawl is over."""
        self.resting: dict[str, float] = {}
        """Hosts that are left in peace, and until when (seconds of the epoch)."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make it for a crawl."""
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Give the frontier of a running crawl; raises `TypeError` where another scheduler is at work."""
        scheduler = crawler.engine.scheduler if crawler.engine else None
        if not isinstance(scheduler, cls):
            raise TypeError(f"SCHEDULER must be {cls.__module__}.{cls.__name__}")
        return scheduler

    # The interface of a scheduler

    def open(self, spider: Spider) -> None:
        """Take the folder, and go on where the last run in it stopped; a folder that is no use ends the crawl."""
        directory = crawl_dir(self._crawler)
        try:
            self._lock = lock(directory)
            if self._crawler.settings.getbool("FRESH"):
                clear(directory)
            ledger = Ledger(directory / LEDGER)
            self._go_on(ledger, self._crawler.settings.get("SITE"))
        except Locked as error:
            self._refuse(LOCKED, error)
        except _OtherSite as error:
            self._refuse(OTHER_SITE, error)
        except OSError as error:
            self._refuse(NO_OUTPUT, error)
        except sqlite3.Error as error:
            self._refuse(
                NO_OUTPUT, f"{LEDGER}: {error}; without that file all pages are read again, and the records stay"
            )
        else:
            self.ledger = ledger
            connect = self._crawler.signals.connect
            connect(self._item_scraped, signals.item_scraped)
            connect(self._item_dropped, signals.item_dropped)
            connect(self._spider_broke, signals.spider_error)

    def _refuse(self, reason: str, error: Exception | str) -> None:
        """End the crawl as soon as Scrapy can end one: when the spider is open."""
        logger.error("No crawl in this folder: %s", error)
        self._refusal = reason
        self._crawler.signals.connect(self._end, signals.spider_opened)

    def _end(self) -> None:
        raise CloseSpider(self._refusal)

    def has_pending_requests(self) -> bool:
        """Tell whether something is still to be made in this run, at once or later."""
        if self.ledger is None or self._stopping is not None:
            return False
        return self.ledger.next_due(self.barred, must=self._spent) is not None

    def enqueue_request(self, request: Request) -> bool:
        """Queue a request; False for one whose key is known, unless it must be made (`dont_filter`)."""
        if self.ledger is None or self._stopping is not None:
            return False
        try:
            return self._enqueue(self.ledger, request)
        except sqlite3.OperationalError as error:
            self.stop(error)
            return False

    def next_request(self) -> Request | None:
        """Give the next request that is due; what the engine has let go of is closed first."""
        ledger = self.ledger
        if ledger is None or self._stopping is not None:
            return None
        try:
            self._settle()
            taken = ledger.take(self._avoided(), must=self._spent)
            self._commit_soon()
        except sqlite3.OperationalError as error:
            self.stop(error)
            return None
        if taken is None:
            self._wait(ledger)
            return None
        return self._off(taken)

    def close(self, reason: str) -> None:
        """Close what has been done, and let go of the folder."""
        for timer in (self._waking, self._committing):
            if timer is not None:
                timer.cancel()
        if self.ledger is not None:
            try:
                self._settle()
                self.failures = tuple(self.ledger.failures())
                self.ledger.close()
            except sqlite3.OperationalError as error:
                logger.error("%s: what was done last will be done again", error)
        if self._lock is not None:
            self._lock.close()

    # For the components of the crawl

    def flight(self, request: Request) -> Flight | None:
        """Give what is known of a request under way; None for one that did not come out of the frontier."""
        return self._flights.get(request)

    def note(self, request: Request, error: BaseException | None) -> None:
        """Note why a request failed, where that was not seen: what a middleware raises on the way back is not."""
        flight = self._flights.get(request)
        if flight is not None and flight.reason == _UNSEEN:
            flight.reason = reason(error)

    def stop(self, error: Exception) -> None:
        """End the crawl, as nothing more can be written; what is in flight is made again by the next run."""
        if self._stopping is None:
            logger.error("%s: the crawl ends", error)
            engine = self._crawler.engine
            self._stopping = asyncio.get_running_loop().create_task(engine.close_spider_async(reason=DISK_FULL))

    @property
    def stopping(self) -> bool:
        """Whether the crawl is ending because nothing more can be written."""
        return self._stopping is not None

    def _commit_soon(self) -> None:
        """Bring what was done to the disk, together with what follows: a commit for each page would cost a third."""
        if self._committing is None:
            self._committing = asyncio.get_running_loop().call_later(_COMMIT, self._commit)

    def _commit(self) -> None:
        self._committing = None
        if self.ledger is not None and not self.stopping:
            try:
                self.ledger.commit()
            except sqlite3.OperationalError as error:
                self.stop(error)

    # What goes in

    def _go_on(self, ledger: Ledger, site: str | None) -> None:
        begun = ledger.mark(SITE)
        if site is not None and begun not in (None, site):
            ledger.close()
            raise _OtherSite(f"it belongs to the crawl of {begun}: name another CRAWL_DIR, or give -a fresh=true")
        if site is not None:
            ledger.set_mark(SITE, site)
        left = ledger.left()
        if left:
            logger.info("%d addresses are left from the last run", left)
        else:
            left = ledger.renew_all()
        ledger.commit()
        add(self._crawler, "found", left)

    def _enqueue(self, ledger: Ledger, request: Request) -> bool:
        parent = self._by_key.get(bytes.fromhex(request.meta.get(META, "")))
        if parent is not None and _later(request, parent.request, "retry_times"):
            tries, due = request.meta.pop("retry_times"), request.meta.pop(DUE, 0.0)
            ledger.requeue(parent.key, dump(request), tries=tries, due=due)
            self._land(parent)
            return True
        queued, fresh = self._put(ledger, request)
        if parent is not None and _later(request, parent.request, "redirect_times"):
            self._moved(parent, request, queued=queued)
        elif fresh:
            add(self._crawler, "found")
        return queued

    def _put(self, ledger: Ledger, request: Request) -> tuple[bool, bool]:
        """Queue a request; tell whether it was queued, and whether it was not waiting there already."""
        fingerprinter = self._crawler.request_fingerprinter
        assert fingerprinter is not None
        key, data = fingerprinter.fingerprint(request), dump(request)
        place = (request.priority, float(request.meta.get(NEWEST) or 0.0), request.dont_filter)
        first = request.meta.get("redirect_urls", [request.url])[0]
        if ledger.add(key, first, host(request.url), place, data):
            return True, True
        if request.dont_filter:
            if key in self._by_key:
                self._by_key.pop(key).superseded = True
            return True, ledger.requeue(key, data)
        since = request.meta.get(SINCE)
        renewed = since is not None and ledger.renew(key, since)
        return renewed, renewed

    def _moved(self, parent: Flight, request: Request, *, queued: bool) -> None:
        """Note how a redirected request ended: its count goes over to the one it led to, unless that was known."""
        earlier = [canonical(url) for url in request.meta.get("redirect_urls", ())]
        parent.failed = False
        if queued:
            parent.reason = "redirected"
        elif canonical(request.url) in earlier:
            parent.reason, parent.failed = "redirect loop", True
        else:
            parent.reason = "repeated"

    # What comes out

    @property
    def _spent(self) -> bool:
        """Whether the number of addresses that may be asked for is used up; what has been begun is still finished."""
        return 0 < self._limit <= self._made

    def _avoided(self) -> set[str]:
        now = time.time()
        self.resting = {name: until for name, until in self.resting.items() if until > now}
        return self.barred | self.resting.keys()

    def _off(self, taken: Taken) -> Request:
        spider = self._crawler.spider
        assert spider is not None
        request = load(taken.data, spider)
        request.meta[META] = taken.key.hex()
        if taken.tries:
            request.meta["retry_times"] = taken.tries
        if taken.etag:
            request.headers["If-None-Match"] = taken.etag
        if taken.modified:
            request.headers["If-Modified-Since"] = taken.modified
        self._made += not request.dont_filter and "redirect_times" not in request.meta
        self._flights[request] = self._by_key[taken.key] = Flight(request, taken.key)
        return request

    def _wait(self, ledger: Ledger) -> None:
        """Have the engine come again when the next request is due."""
        due = ledger.next_due(self._avoided(), must=self._spent)
        times = [*self.resting.values(), *([] if due is None else [due])]
        if times and self._waking is None:
            seconds = max(min(times) - time.time(), 0.0) + 0.01
            self._waking = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._waking = None
        slot = self._crawler.engine._slot if self._crawler.engine else None
        if slot is not None:
            slot.nextcall.schedule()

    # How it ended

    def _item_scraped(self, item: Any, response: Response | Failure | None) -> None:
        self._gave(item, response, news=True)

    def _item_dropped(self, item: Any, response: Response | Failure | None) -> None:
        self._gave(item, response, news=False)

    def _gave(self, item: Any, response: Response | Failure | None, *, news: bool) -> None:
        flight = self._flights.get(getattr(response, "request", None))  # type: ignore[arg-type]
        if flight is not None and self.ledger is not None and not self.stopping:
            self.ledger.gave(flight.key, item_id(plain(item)), news=news)

    def _spider_broke(self, response: Response | Failure | None) -> None:
        flight = self._flights.get(getattr(response, "request", None))  # type: ignore[arg-type]
        if flight is not None:
            flight.reason, flight.failed = BROKE, True

    def _settle(self) -> None:
        """Close the requests that the engine has let go of."""
        slot = self._crawler.engine._slot if self._crawler.engine else None
        under_way = slot.inprogress if slot is not None else ()
        for flight in [each for request, each in self._flights.items() if request not in under_way]:
            self._land(flight)
            self._count(flight)
            if self.ledger is not None and not (flight.superseded or self.stopping):
                came = flight.validators is not None and not flight.failed
                end = End(flight.reason, flight.failed, final(flight.reason), came, *(flight.validators or ()))
                self.ledger.finish(flight.key, end._replace(seconds=flight.seconds))

    def _land(self, flight: Flight) -> None:
        del self._flights[flight.request]
        if not flight.superseded:
            del self._by_key[flight.key]

    def _count(self, flight: Flight) -> None:
        if flight.failed:
            add(self._crawler, f"failed/{flight.reason}")
            logger.info("not fetched: %s (%s)", flight.request.url, flight.reason)
        elif flight.reason != "redirected":
            add(self._crawler, flight.reason)


def _later(request: Request, parent: Request, count: str) -> bool:
    """Tell whether a request is one more try, or one more redirect, of another."""
    later: bool = request.meta.get(count, 0) > parent.meta.get(count, 0)
    return later
