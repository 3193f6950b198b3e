"""The frontier: Scrapy's scheduler, kept in the ledger, so that a crawl can die at any moment and lose nothing.

The ledger is a file, or with REDIS_URL what many workers share.

A request is closed when the engine has let go of it: its callback is exhausted, and every item that it gave has left
the pipelines. Until then it is in flight, and is made again after a death.
"""

import asyncio
import dataclasses
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DropItem
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.crawl.crawl_dir import LEDGER, Locked, clear, crawl_dir, lock, worker
from scraper.crawl.failures import final, reason
from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.request_codec import StoredError, dump, kept, load
from scraper.crawl.frontier.sqlite_store import SqliteStore
from scraper.crawl.frontier.store import (
    FailedRequest,
    HostTrouble,
    RequestEnd,
    SkippedPage,
    Store,
    StoreError,
    TakenRequest,
)
from scraper.crawl.items import identify
from scraper.crawl.stats import CrawlStats, add
from scraper.stories.urls import canonical, host

if TYPE_CHECKING:
    from scraper.crawl.frontier.redis.store import RedisStore

__all__ = ["DISK_FULL", "DUE", "LOCKED", "META", "NEWEST", "NO_FRONTIER", "NO_OUTPUT", "SINCE"]
__all__ += [
    "BROKE",
    "FETCHED",
    "JOINED",
    "KNOWN",
    "OTHER_SITE",
    "STORE_ROLLED_BACK",
    "UNUSABLE",
    "Flight",
    "OmittedItem",
    "Scheduler",
]

DISK_FULL = "disk_full"
"""The reason with which a crawl ends that could not write."""
NO_FRONTIER = "no_frontier"
"""The reason with which a crawl ends whose shared frontier is of no use any more."""
NO_OUTPUT = "no_output"
"""The reason with which a crawl ends whose folder cannot be used."""
OTHER_SITE = "other_site"
"""The reason with which a crawl ends whose folder belongs to the crawl of another site."""
LOCKED = "locked"
"""The reason with which a crawl ends in whose folder another one works."""

STORE_ROLLED_BACK = object()
"""The signal that the ledger may have lost what it was told last: what was requested may have to be requested again."""

KNOWN = "known"
"""The key of the stats that is set where the folder had records already."""
JOINED = "joined"
"""The key of the stats that is set where other workers were at the crawl already."""

META = "frontier"
"""The key of `Request.meta` under which a request in progress, and those it leads to, carry its key in the store."""
DUE = "due"
"""The key of `Request.meta` for the time (seconds of the epoch) before which the next try is not made."""
NEWEST = "newest"
"""The key of `Request.meta` for the date of a page (seconds of the epoch): of equal priority the newest goes first."""
SINCE = "since"
"""The key of `Request.meta` for the time when a page changed (seconds of the epoch): seen before, it is seen again."""

UNUSABLE = (sqlite3.OperationalError, StoreError)
"""What a ledger raises that takes nothing more."""

BROKE, ITEM_FAILED, NOT_STORED, _UNSEEN = "broke the spider", "item failed", "cannot be stored", "given up"
NOT_TRUSTED = "stored request not valid"
"""Why a stored request was dropped that the spider cannot have made."""
NO_ITEM = "no item"
"""Why a page counts as skipped of which its spider says nothing else."""

SITE, FETCHED = "site", "fetched"
SPARED = "spared"
"""How a request ended that was not made, as too many like it gave nothing."""
SKIPPED = "skipped/"
"""Before the reason for which a page counts as one without a story."""

_ARGUMENTS = {"fresh": "FRESH", "pages": "PAGES"}  # of a portal's spider, with the settings that mean the same

_SHOWN = 300  # bytes of a row that is dropped
_STEPS = 100  # requests that may be put off or spared at once
_LOWER = 500  # by which a priority must have fallen before its request is put off

_COMMIT = 0.1  # seconds from a change to its commit: what a death takes back is done again

logger = logging.getLogger(__name__)
_Told = TypeVar("_Told")


@dataclasses.dataclass(slots=True)
class Flight:
    """A request in progress, and what is known of how it went."""

    request: Request
    key: bytes
    reason: str = _UNSEEN
    failed: bool = True
    validators: tuple[str | None, str | None] | None = None
    """ETag and Last-Modified of the page that came."""
    seconds: float | None = None
    """From asking to the answer."""
    items: int = 0
    """How many items came of it."""
    told: str | None = None
    """As what its page is counted, where the spider has said so."""
    superseded: bool = False
    """Its row was queued again meanwhile, for another request of the same key."""

    @property
    def account(self) -> str:
        """As what a page that came is counted."""
        return self.told or ("articles" if self.items else f"{SKIPPED}{NO_ITEM}")

    @property
    def end(self) -> RequestEnd:
        """How the request ended."""
        came = self.validators is not None and not self.failed
        skipped = self.account.removeprefix(SKIPPED) if came and self.account.startswith(SKIPPED) else None
        etag, modified = self.validators or (None, None)
        return RequestEnd(self.reason, self.failed, final(self.reason), came, etag, modified, self.seconds, skipped)


class OmittedItem(DropItem):
    """An item that the sink does not write, for a reason that it has counted."""

    def __init__(self, why: str, *, story: str | None = None, original: str | None = None, **named: Any) -> None:
        """Name the item's own story, and the one that it repeats."""
        super().__init__(why, **named)
        self.story, self.original = story, original


class _OtherSite(Exception):
    """The folder belongs to the crawl of another site."""


class Scheduler(BaseScheduler):
    """Scheduler, duplicate filter and ledger in one; `open` takes the folder, `close` lets go of it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._limit: int = crawler.settings.getint("PAGES")
        self._fresh: bool = crawler.settings.getbool("FRESH")
        self._flights: dict[Request, Flight] = {}
        self._by_key: dict[bytes, Flight] = {}
        self._lock: IO[str] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._refusal = ""
        self._waking: asyncio.TimerHandle | None = None
        self._committing: asyncio.TimerHandle | None = None
        self._beating: asyncio.TimerHandle | None = None
        self._paces: dict[str, tuple[float, int]] = {}
        self._connections = 1
        self._round = False  # whether this run begins one
        self.ranked: Callable[[Request], int | None] | None = None
        """Set by a spider: the priority that a request has by now, when its turn has come; None to spare it."""
        self.vouched: Callable[[Request], object] | None = None
        """Set by a spider: raises `StoredError` for a stored request that it cannot have made."""
        self.store: Store | None = None
        """None before the folder is opened, and where it could not be."""
        self.barred: set[str] = set()
        """Hosts that are requested nothing more in this run."""
        self.failures: tuple[FailedRequest, ...] = ()
        """What could not be had, in this run or before; known when the crawl is over."""
        self.skipped: tuple[SkippedPage, ...] = ()
        """The pages that hold no story, in the same way."""
        self.resting: dict[str, float] = {}
        """Hosts that are left in peace, and until when (seconds of the epoch)."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """Return the frontier of a running crawl; raises `TypeError` where another scheduler is at work."""
        scheduler = crawler.engine.scheduler if crawler.engine else None
        if not isinstance(scheduler, cls):
            raise TypeError(f"SCHEDULER must be {cls.__module__}.{cls.__name__}")
        return scheduler

    # The interface of a scheduler

    def open(self, spider: Spider) -> None:
        """Open the folder and resume its last run; an unusable folder ends the crawl."""
        directory = crawl_dir(self._crawler)
        self._heed(spider)
        try:
            self._lock = lock(directory)
            site = self._crawler.settings.get("SITE")
            shared = self._crawler.settings.get("REDIS_URL")
            store = self._joined(directory, site) if shared else self._alone(directory)
            self._go_on(store, site)
        except Locked as error:
            self._refuse(LOCKED, error)
        except _OtherSite as error:
            self._refuse(OTHER_SITE, error)
        except (OSError, StoreError) as error:
            self._refuse(NO_OUTPUT, error)
        except sqlite3.Error as error:
            self._refuse(
                NO_OUTPUT, f"{LEDGER}: {error}; without that file all pages are read again, and the records stay"
            )
        else:
            self.store = store
            connect = self._crawler.signals.connect
            connect(self._item_scraped, signals.item_scraped)
            connect(self._item_dropped, signals.item_dropped)
            connect(self._item_failed, signals.item_error)
            connect(self._spider_broke, signals.spider_error)
            if store.owner:
                self._beat()

    def _heed(self, spider: Spider) -> None:
        """Apply `-a fresh=true` for any spider, and warn about other arguments that are left to the spider."""
        for name, setting in _ARGUMENTS.items():
            value, own = vars(spider).get(name), name in self._crawler.spidercls.__dict__
            if not isinstance(value, str) or own or self._crawler.settings.get(setting):
                continue
            if name != "fresh":
                logger.warning("-a %s=%s is left to the spider: -s %s=%s is for the crawl", name, value, setting, value)
            elif value in ("true", "false"):
                self._fresh = value == "true"
            else:
                logger.warning("fresh=%s is neither true nor false: it is left to the spider", value)

    def _alone(self, directory: Path) -> SqliteStore:
        if self._fresh:
            clear(directory)
        return SqliteStore(directory / LEDGER, self._crawler.settings.getfloat("BACKOFF_LONGEST"))

    def _joined(self, directory: Path, site: str | None) -> "RedisStore":
        """Join the crawl of this spider and site; raise `StoreError`, `Locked` or `_OtherSite`."""
        try:
            from scraper.crawl.frontier.redis.store import join  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise StoreError(f'REDIS_URL needs more: pip install -e ".[redis]" ({error})') from error
        crawl = f"{self._crawler.spidercls.name}:{site or ''}"
        name = worker(directory, crawl)
        if name is None:
            raise _OtherSite("it takes part in another crawl: name another CRAWL_DIR")
        store = join(self._crawler.settings, f"scraper:{crawl}:", name)
        if self._fresh:
            if store.joined:
                store.close()
                raise Locked("other workers are at this crawl, and would lose it: stop them, then give -a fresh=true")
            store.clear()
            clear(directory)
        return store

    def _refuse(self, reason: str, error: Exception | str) -> None:
        """End the crawl as soon as Scrapy can end one: when the spider is open."""
        told = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
        logger.error("No crawl: %s" if isinstance(error, StoreError) else "No crawl in this folder: %s", told)
        self._refusal = reason
        self._crawler.signals.connect(self._end, signals.spider_opened)

    def _end(self) -> None:
        raise CloseSpider(self._refusal)

    def has_pending_requests(self) -> bool:
        """Return whether something is still to be made in this run, at once or later."""
        return self._ask(lambda store: store.next_due(self.barred, must=self._spent(store)), None) is not None

    def enqueue_request(self, request: Request) -> bool:
        """Queue a request; False for one whose key is known, unless it must be made (`dont_filter`).

        One that cannot be stored is an error of the spider: the page that it came of is not done.
        """
        try:
            return self._ask(lambda store: self._enqueue(store, request), False)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            self._not_stored(request, error)
            return False

    def next_request(self) -> Request | None:
        """Return the next request that is due; what the engine has let go of is closed first."""
        return self._ask(self._next, None)

    def close(self, reason: str) -> None:
        """Close what has been done, and let go of the folder."""
        for timer in (self._waking, self._committing, self._beating):
            if timer is not None:
                timer.cancel()
        if self.store is not None:
            try:
                self._settle()
                self.failures = tuple(self.store.failures())
                self.skipped = tuple(self.store.skipped())
                self._balance(self.store)
                self.store.close()
            except UNUSABLE as error:
                logger.error("%s: what was done last will be done again", error)
        if self._lock is not None:
            self._lock.close()

    def _balance(self, store: Store) -> None:
        """Correct the statistics of a worker: its own work, and what is left for all workers."""
        if store.owner:
            account = CrawlStats.of(self._crawler.stats.get_stats())
            add(self._crawler, "found", store.left() - account.left)

    # For the components of the crawl

    def flight(self, request: Request) -> Flight | None:
        """Return what is known of a request in progress; None for one that did not come out of the frontier."""
        return self._flights.get(request)

    def note(self, request: Request, error: BaseException | None) -> None:
        """Note why a request failed, where that was not seen: what a middleware raises on the way back is not."""
        flight = self._flights.get(request)
        if flight is not None and flight.reason == _UNSEEN:
            flight.reason = reason(error)

    def tell(self, request: Request | None, what: str) -> None:
        """Set the category under which the page of a request is counted, by default whether it yielded items."""
        flight = self._flights.get(request) if request is not None else None
        if flight is not None:
            flight.told = what

    def kept(self, key: str) -> dict[str, Any]:
        """Return what a request keeps for its callback, by the key in its meta; nothing if it is not known."""
        data = self._ask(lambda store: store.data(bytes.fromhex(key)), None)
        try:
            return kept(data) if data is not None else {}
        except StoredError:
            return {}

    def mark(self, name: str) -> str | int | None:
        """Return a value that was set for the crawl, or None."""
        return self._ask(lambda store: store.mark(name), None)

    def set_mark(self, name: str, value: str | int) -> None:
        """Remember a value for the crawl."""
        self._ask(lambda store: store.set_mark(name, value), None)

    def limited(self) -> bool:
        """Return whether something is left, of hosts that were given up."""
        return self._ask(lambda store: bool(self.barred or store.given_up()) and store.left() > 0, False)

    def trouble(self, name: str) -> HostTrouble:
        """Return the recent failures of a host."""
        return self._ask(lambda store: store.trouble(name), HostTrouble())

    def set_trouble(self, name: str, trouble: HostTrouble) -> None:
        """Note how a host is doing."""
        self._ask(lambda store: store.set_trouble(name, trouble), None)

    def rest(self, name: str, until: float) -> None:
        """Leave a host in peace until then (seconds of the epoch)."""
        self.resting[name] = until
        self._ask(lambda store: store.rest(name, until), None)

    def bar(self, name: str) -> None:
        """Send no more requests to a host in this run."""
        self.barred.add(name)
        self._ask(lambda store: store.bar(name), None)

    def stop(self, error: Exception) -> None:
        """End the crawl, as nothing more can be written; what is in flight is made again by the next run."""
        if self._stopping is None:
            logger.error("%s: the crawl ends", error)
            if self.store is not None:
                self.store.give_up()
            reason = NO_FRONTIER if isinstance(error, StoreError) else DISK_FULL
            engine = self._crawler.engine
            self._stopping = asyncio.get_running_loop().create_task(engine.close_spider_async(reason=reason))

    def _ask(self, what: Callable[[Store], _Told], otherwise: _Told) -> _Told:
        """Call the store unless the crawl is ending; a store that fails ends the crawl."""
        if self.store is None or self._stopping is not None:
            return otherwise
        try:
            return what(self.store)
        except UNUSABLE as error:
            self.stop(error)
            return otherwise

    @property
    def stopping(self) -> bool:
        """Return whether the crawl is ending because nothing more can be written."""
        return self._stopping is not None

    def _commit_soon(self) -> None:
        """Commit pending changes soon, together with those that follow: a commit per page would cost a third."""
        if self._committing is None:
            self._committing = asyncio.get_running_loop().call_later(_COMMIT, self._commit)

    def _commit(self) -> None:
        self._committing = None
        self._ask(lambda store: store.commit(), None)

    def _beat(self) -> None:
        """Send the heartbeat, and schedule the next one."""
        self._ask(self._alive, None)
        every = self._crawler.settings.getfloat("REDIS_LEASE") / 3
        self._beating = asyncio.get_running_loop().call_later(every, self._beat)

    def _alive(self, store: Store) -> None:
        store.beat()
        self._agree(store)

    def _agree(self, store: Store) -> None:
        """Agree with the store on what is in flight; requests that belong to another worker now are dropped."""
        if store.connections > self._connections:
            self._connections = store.connections
            self._paces.clear()  # to be told again
            self._crawler.signals.send_catch_log(STORE_ROLLED_BACK)
        for key in store.agree(self._by_key.keys()):
            self._by_key.pop(key).superseded = True

    # What goes in

    def _go_on(self, store: Store, site: str | None) -> None:
        begun = store.mark(SITE)
        if site is not None and begun not in (None, site):
            store.close()
            raise _OtherSite(f"it belongs to the crawl of {begun}: name another CRAWL_DIR, or give -a fresh=true")
        if site is not None:
            store.set_mark(SITE, site)
        left = 0 if store.joined else store.left()
        if store.joined:
            self._crawler.stats.set_value(JOINED, True)
            logger.info("Other workers are at this crawl: %d addresses are left", store.left())
        elif left:
            logger.info("%d addresses are left from the last run", left)
        else:
            left = store.renew_all()
            self._round = True
        store.commit()
        add(self._crawler, "found", left)

    def _enqueue(self, store: Store, request: Request) -> bool:
        parent = self._by_key.get(_key_of(request))
        if parent is not None and _later(request, parent.request, "retry_times"):
            tries, due = request.meta.pop("retry_times"), request.meta.pop(DUE, 0.0)
            store.requeue(parent.key, dump(request), tries=tries, due=due)
            self._land(parent)
            return True
        if parent is None and META in request.meta and request.meta.get("retry_times"):
            return False  # the next try of what was queued again meanwhile
        queued, fresh = self._put(store, request)
        if parent is not None and _later(request, parent.request, "redirect_times"):
            self._moved(parent, request, fresh=fresh)
        elif fresh:
            add(self._crawler, "found")
        return queued

    def _not_stored(self, request: Request, error: Exception) -> None:
        logger.error("%s cannot be asked for: %s", request.url, error)
        self._crawler.stats.inc_value("spider_exceptions/count")
        add(self._crawler, "found")
        add(self._crawler, f"failed/{NOT_STORED}")
        referer = (request.headers.get("Referer") or b"").decode("latin-1")
        for flight in self._flights.values():
            if flight.request.url == referer:  # its page is not done
                flight.reason, flight.failed = BROKE, True

    def _put(self, store: Store, request: Request) -> tuple[bool, bool]:
        """Queue a request; tell whether it was queued, and whether it was not waiting there already."""
        fingerprinter = self._crawler.request_fingerprinter
        assert fingerprinter is not None
        key, data = fingerprinter.fingerprint(request), dump(request)
        place = (request.priority, float(request.meta.get(NEWEST) or 0.0), request.dont_filter)
        first = request.meta.get("redirect_urls", [request.url])[0]
        if store.add(key, first, host(request.url), place, data):
            return True, True
        if store.joined and request.meta.get("is_start_request"):
            return False, False  # whichever caller was first has begun with it
        if request.dont_filter:
            if key in self._by_key:
                self._by_key.pop(key).superseded = True
            return True, store.requeue(key, data)
        since = request.meta.get(SINCE)
        if self._round and request.meta.get("is_start_request"):
            since = time.time()  # a round begins with the first pages, whatever they gave at the last
        renewed = since is not None and store.renew(key, since)
        return renewed, renewed

    def _moved(self, parent: Flight, request: Request, *, fresh: bool) -> None:
        """Note how a redirected request ended: its count goes over to the one it led to, unless that was known."""
        earlier = [canonical(url) for url in request.meta.get("redirect_urls", ())]
        parent.failed = False
        if fresh:
            parent.reason = "redirected"
        elif canonical(request.url) in earlier:
            parent.reason, parent.failed = "redirect loop", True
        else:
            parent.reason = "repeated"

    # What comes out

    def _spent(self, store: Store) -> bool:
        """Return whether the request limit is reached; stories in progress are still finished."""
        return 0 < self._limit <= store.made()

    def _avoided(self) -> set[str]:
        now = steady()
        self.resting = {name: until for name, until in self.resting.items() if until > now}
        return self.barred | self.resting.keys()

    def _next(self, store: Store) -> Request | None:
        self._settle()
        if store.connections > self._connections:
            self._agree(store)
        for _ in range(_STEPS):
            taken = store.take(self._avoided(), must=self._spent(store))
            self._commit_soon()
            if taken is None:
                self._wait(store)
                return None
            request = self._loaded(taken, store)
            if request is not None:
                return self._off(taken, request, store)
        self._wake_after(0.0)  # other work comes between
        return None

    def _loaded(self, taken: TakenRequest, store: Store) -> Request | None:
        """Return a request that was taken; None for one that is not made, or not yet."""
        spider = self._crawler.spider
        assert spider is not None
        try:
            request = load(taken.data, spider)
            if self.vouched is not None:
                self.vouched(request)
        except StoredError as error:
            self._distrust(taken, store, error)
            return None
        if self.ranked is None or request.dont_filter:
            return request
        priority = self.ranked(request)
        if priority is None:
            add(self._crawler, SPARED)
            store.spare(taken.key, SPARED)
        elif priority < request.priority - _LOWER:
            data = dump(request.replace(priority=priority))
            store.postpone(taken.key, priority, data)
        else:
            return request
        return None

    def _distrust(self, taken: TakenRequest, store: Store, error: StoredError) -> None:
        """Drop a row that somebody else has made, or damaged."""
        logger.error("a stored request is dropped: %s (%s)", error, taken.data[:_SHOWN].decode("utf-8", "replace"))
        add(self._crawler, f"failed/{NOT_TRUSTED}")
        store.finish(taken.key, RequestEnd(NOT_TRUSTED, failed=True, final=True))

    def _off(self, taken: TakenRequest, request: Request, store: Store) -> Request:
        request.meta[META] = taken.key.hex()
        if taken.tries:
            request.meta["retry_times"] = taken.tries
        if taken.etag:
            request.headers["If-None-Match"] = taken.etag
        if taken.modified:
            request.headers["If-Modified-Since"] = taken.modified
        if self._limit and not request.dont_filter and "redirect_times" not in request.meta:
            store.made(1)
        if taken.key in self._by_key:  # another worker had it queued again meanwhile
            self._by_key.pop(taken.key).superseded = True
        self._flights[request] = self._by_key[taken.key] = Flight(request, taken.key)
        return request

    def _wait(self, store: Store) -> None:
        """Wake the engine when the next request is due."""
        due = store.next_due(self._avoided(), must=self._spent(store))
        times = [*self.resting.values(), *([] if due is None else [due])]
        if times:
            self._wake_after(max(min(times) - steady(), 0.0) + 0.01)

    def _wake_after(self, seconds: float) -> None:
        if self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._waking = None
        slot = self._crawler.engine._slot if self._crawler.engine else None
        if slot is not None:
            slot.nextcall.schedule()

    # How it ended

    def _item_scraped(self, item: Any, response: Response | Failure | None) -> None:
        self._gave(response, identify(item), news=True)

    def _item_dropped(self, response: Response | Failure | None, exception: Exception) -> None:
        left_out = isinstance(exception, OmittedItem)
        if not left_out:
            add(self._crawler, "dropped")
        self._gave(response, exception.story if isinstance(exception, OmittedItem) else None, news=False)

    def _item_failed(self, response: Response | Failure | None) -> None:
        """Count an item that a pipeline could not take; its page is not done, and is requested again."""
        add(self._crawler, "records")
        add(self._crawler, "item_errors")
        if (flight := self._flight_of(response)) is not None:
            flight.reason, flight.failed = ITEM_FAILED, True

    def _gave(self, response: Response | Failure | None, story: str | None, *, news: bool) -> None:
        add(self._crawler, "records")
        flight = self._flight_of(response)
        if flight is None:
            return
        flight.items += 1
        key = flight.key
        if story is not None:
            self._ask(lambda store: store.gave(key, story, news=news), None)

    def _flight_of(self, response: Response | Failure | None) -> Flight | None:
        return self._flights.get(getattr(response, "request", None))  # type: ignore[arg-type]

    def _spider_broke(self, response: Response | Failure | None) -> None:
        if (flight := self._flight_of(response)) is not None:
            flight.reason, flight.failed = BROKE, True

    def _settle(self) -> None:
        """Close the requests that the engine has let go of."""
        slot = self._crawler.engine._slot if self._crawler.engine else None
        under_way = slot.inprogress if slot is not None else ()
        for flight in [each for request, each in self._flights.items() if request not in under_way]:
            self._land(flight)
            self._count(flight)
            if self.store is not None and not (flight.superseded or self.stopping):
                self._pace(self.store, flight.request)  # before the host may be asked again
                self.store.finish(flight.key, flight.end)

    def _pace(self, store: Store, request: Request) -> None:
        """Share the delay and concurrency of a host with other workers when they have changed."""
        engine = self._crawler.engine
        if not store.owner or engine is None:
            return
        name, slot = host(request.url), engine.downloader.slots.get(engine.downloader.get_slot_key(request))
        if slot is None:
            return
        pace = slot.delay, slot.concurrency
        if self._paces.get(name) != pace:
            self._paces[name] = pace
            store.pace(name, *pace)

    def _land(self, flight: Flight) -> None:
        del self._flights[flight.request]
        if not flight.superseded:
            del self._by_key[flight.key]

    def _count(self, flight: Flight) -> None:
        if flight.failed:
            add(self._crawler, f"failed/{flight.reason}")
            asked = " -> ".join((*flight.request.meta.get("redirect_urls", ()), flight.request.url))
            logger.info("not fetched: %s (%s)", asked, flight.reason)
        elif flight.reason != "redirected":
            add(self._crawler, flight.reason)
        if flight.reason == FETCHED:
            add(self._crawler, flight.account)


def _key_of(request: Request) -> bytes:
    """Return the key of the request of which this one comes; nothing where it comes of none."""
    try:
        return bytes.fromhex(request.meta.get(META, ""))
    except (TypeError, ValueError):  # a spider may call its own things as it likes
        return b""


def _later(request: Request, parent: Request, count: str) -> bool:
    """Return whether a request is one more try, or one more redirect, of another."""
    later: bool = request.meta.get(count, 0) > parent.meta.get(count, 0)
    return later
