"""The session of a crawl in its folder: lock, store, commits, heartbeats, and the end if nothing can be stored."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from scraper.crawl.crawl_dir import LEDGER, Locked, clear, crawl_dir, lock, worker
from scraper.crawl.frontier.sqlite.store import SqliteStore
from scraper.crawl.frontier.store import Store, StoreError, Workers
from scraper.crawl.stats import CrawlStats, add

__all__ = [
    "DISK_FULL",
    "JOINED",
    "LOCKED",
    "NO_FRONTIER",
    "NO_OUTPUT",
    "OTHER_SITE",
    "SITE",
    "UNUSABLE",
    "CrawlSession",
]

DISK_FULL = "disk_full"
"""The reason with which a crawl ends that cannot write."""
NO_FRONTIER = "no_frontier"
"""The reason with which a crawl ends whose shared frontier became unusable."""
NO_OUTPUT = "no_output"
"""The reason with which a crawl ends whose folder cannot be used."""
OTHER_SITE = "other_site"
"""The reason with which a crawl ends whose folder belongs to the crawl of another site."""
LOCKED = "locked"
"""The reason with which a crawl ends whose folder another crawl is using."""
JOINED = "joined"
"""The stat that is set if other workers were running the crawl already."""
SITE = "site"
"""The mark for the site of the crawl."""
UNUSABLE = (sqlite3.OperationalError, StoreError)
"""The errors of a store that can store nothing more."""

_ARGUMENTS = {"fresh": "FRESH", "pages": "PAGES"}  # of a portal's spider, with the equivalent settings
_COMMIT_DELAY = 0.1  # seconds from a change to its commit: what is lost if the process dies is done again

logger = logging.getLogger(__name__)
Result = TypeVar("Result")


class _OtherSite(Exception):
    """The folder belongs to the crawl of another site."""


class CrawlSession:
    """Opens the folder of a crawl and its store, and closes both."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._fresh: bool = crawler.settings.getbool("FRESH")
        self._lock: IO[str] | None = None
        self._refusal = ""
        self._stopping: asyncio.Task[None] | None = None
        self._committing: asyncio.TimerHandle | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self.is_new_round = False
        """Whether this run starts a new round, rather than continuing the last one."""
        self.has_joined = False
        """Whether this worker joined a crawl that others were running."""
        self.store: Store | None = None
        """None before the folder is opened, and if it cannot be opened."""

    def open(self, spider: Spider) -> bool:
        """Open the folder and resume its last run; return whether it can be used. If not, the crawl ends."""
        directory = crawl_dir(self._crawler)
        self._apply_arguments(spider)
        try:
            self._lock = lock(directory)
            site = self._crawler.settings.get("START_URL")
            is_shared = self._crawler.settings.get("REDIS_URL")
            store = self._join_redis(directory, site) if is_shared else self._open_sqlite(directory)
            self._resume(store, site)
        except Locked as error:
            self._refuse(LOCKED, error)
        except _OtherSite as error:
            self._refuse(OTHER_SITE, error)
        except (OSError, StoreError) as error:
            self._refuse(NO_OUTPUT, error)
        except sqlite3.Error as error:
            self._refuse(
                NO_OUTPUT, f"{LEDGER}: {error}; without that file all pages are fetched again, and the records stay"
            )
        else:
            self.store = store
        return self.store is not None

    def _apply_arguments(self, spider: Spider) -> None:
        """Apply `-a fresh=true` of any spider, and warn about arguments that only a portal's spider applies."""
        for name, setting in _ARGUMENTS.items():
            value, is_own = vars(spider).get(name), name in self._crawler.spidercls.__dict__
            if not isinstance(value, str) or is_own or self._crawler.settings.get(setting):
                continue
            if name != "fresh":
                logger.warning("-a %s=%s is left to the spider: -s %s=%s is for the crawl", name, value, setting, value)
            elif value in ("true", "false"):
                self._fresh = value == "true"
            else:
                logger.warning("fresh=%s is neither true nor false; it is left to the spider", value)

    def _open_sqlite(self, directory: Path) -> Store:
        if self._fresh:
            clear(directory)
        return SqliteStore(directory / LEDGER, self._crawler.settings.getfloat("BACKOFF_LONGEST"))

    def _join_redis(self, directory: Path, site: str | None) -> Store:
        """Join the crawl of this spider and site; raise `StoreError`, `Locked` or `_OtherSite`."""
        try:
            from scraper.crawl.frontier.redis.store import join  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise StoreError(f'REDIS_URL needs an extra: pip install "newsportal-scraper[redis]" ({error})') from error
        crawl = f"{self._crawler.spidercls.name}:{site or ''}"
        name = worker(directory, crawl)
        if name is None:
            raise _OtherSite("it belongs to another crawl: use another CRAWL_DIR")
        store = join(self._crawler.settings, f"scraper:{crawl}:", name)
        if self._fresh:
            if store.workers.has_joined:
                store.close()
                raise Locked("other workers are running this crawl: stop them before using -a fresh=true")
            store.clear()
            clear(directory)
        return store

    def _resume(self, store: Store, site: str | None) -> None:
        stored_site = store.marks.get(SITE)
        if site is not None and stored_site not in (None, site):
            store.close()
            raise _OtherSite(f"it belongs to the crawl of {stored_site}: use another CRAWL_DIR, or -a fresh=true")
        if site is not None:
            store.marks.set(SITE, site)
        self.has_joined = store.workers is not None and store.workers.has_joined
        pending = store.requests.pending_count()
        if self.has_joined:
            self._crawler.stats.set_value(JOINED, True)
            logger.info("Joined a running crawl: %d URLs are left", pending)
        elif pending:
            logger.info("%d URLs are left from the last run", pending)
            add(self._crawler, "found", pending)
        else:
            self.is_new_round = True
            add(self._crawler, "found", store.requests.start_round())
        store.commit()

    def _refuse(self, reason: str, error: Exception | str) -> None:
        """End the crawl once the spider is open: Scrapy cannot end it earlier."""
        message = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
        logger.error(
            "Cannot crawl: %s" if isinstance(error, StoreError) else "Cannot crawl into this folder: %s", message
        )
        self._refusal = reason
        self._crawler.signals.connect(self._end, signals.spider_opened)

    def _end(self) -> None:
        raise CloseSpider(self._refusal)

    def call(self, function: Callable[[Store], Result], otherwise: Result) -> Result:
        """Call a function with the store, and return its result; a store that fails ends the crawl.

        Return `otherwise` if the store fails, is not open, or the crawl is ending.
        """
        if self.store is None or self._stopping is not None:
            return otherwise
        try:
            return function(self.store)
        except UNUSABLE as error:
            self.stop(error)
            return otherwise

    def stop(self, error: Exception) -> None:
        """End the crawl because nothing more can be stored; the next run sends the requests in flight again."""
        if self._stopping is None:
            logger.error("%s: the crawl ends", error)
            if self.store is not None and self.store.workers is not None:
                self.store.workers.stop_waiting()
            reason = NO_FRONTIER if isinstance(error, StoreError) else DISK_FULL
            engine = self._crawler.engine
            self._stopping = asyncio.get_running_loop().create_task(engine.close_spider_async(reason=reason))

    @property
    def is_stopping(self) -> bool:
        """Whether the crawl is ending because nothing more can be stored."""
        return self._stopping is not None

    def mark(self, name: str) -> str | int | None:
        """Return a named value of the crawl; None if it was never set."""
        return self.call(lambda store: store.marks.get(name), None)

    def set_mark(self, name: str, value: str | int) -> None:
        """Set a named value of the crawl."""
        self.call(lambda store: store.marks.set(name, value), None)

    def commit_soon(self) -> None:
        """Commit pending changes soon, together with those that follow: one per page costs a third of the speed."""
        if self._committing is None:
            self._committing = asyncio.get_running_loop().call_later(_COMMIT_DELAY, self._commit)

    def _commit(self) -> None:
        self._committing = None
        self.call(lambda store: store.commit(), None)

    def send_heartbeats(self, workers: Workers, after: Callable[[Workers], None]) -> None:
        """Renew the lease of this worker three times per lease, and call `after` each time."""

        def send(_: Store) -> None:
            workers.heartbeat()
            after(workers)

        self.call(send, None)
        seconds = self._crawler.settings.getfloat("REDIS_LEASE") / 3
        self._heartbeat = asyncio.get_running_loop().call_later(seconds, self.send_heartbeats, workers, after)

    def close(self, before: Callable[[Store], None]) -> None:
        """Call `before` with the store, then close store and folder."""
        for timer in (self._committing, self._heartbeat):
            if timer is not None:
                timer.cancel()
        if self.store is not None:
            try:
                before(self.store)
                self._balance(self.store)
                self.store.close()
            except UNUSABLE as error:
                logger.error("%s: the last changes will be repeated", error)
        if self._lock is not None:
            self._lock.close()

    def _balance(self, store: Store) -> None:
        """Correct the number of found URLs of one of several workers: its own work, and what is left for all."""
        if store.workers is not None:
            stats = CrawlStats.of(self._crawler.stats.get_stats())
            add(self._crawler, "found", store.requests.pending_count() - stats.left)
