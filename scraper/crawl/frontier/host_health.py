"""Hosts that fail, and the pauses between their requests."""

from scrapy import Request
from scrapy.crawler import Crawler

from scraper.crawl.frontier.session import CrawlSession
from scraper.crawl.frontier.store import HostFailures, Workers
from scraper.stories.urls import host

__all__ = ["HostHealth"]


class HostHealth:
    """Failures of hosts, their pauses, and the hosts that are blocked; without effect once the crawl is ending."""

    def __init__(self, crawler: Crawler, session: CrawlSession) -> None:
        self._crawler, self._session = crawler, session
        self._paces: dict[str, tuple[float, int]] = {}

    def failures(self, name: str) -> HostFailures:
        """Return the recent failures of a host."""
        return self._session.call(lambda store: store.hosts.failures(name), HostFailures())

    def set_failures(self, name: str, failures: HostFailures) -> None:
        """Set the recent failures of a host."""
        self._session.call(lambda store: store.hosts.set_failures(name, failures), None)

    def pause(self, name: str, until: float) -> None:
        """Send no requests to a host before a time (seconds since the epoch)."""
        self._session.call(lambda store: store.hosts.pause(name, until), None)

    def block(self, name: str) -> bool:
        """Send no more requests to a host in this run; return False if it was blocked already."""
        return self._session.call(lambda store: store.hosts.block(name), False)

    def has_blocked_requests(self) -> bool:
        """Return whether requests are left in a crawl that blocked a host."""
        return self._session.call(
            lambda store: store.hosts.any_blocked() and store.requests.pending_count() > 0, otherwise=False
        )

    def share_pace(self, workers: Workers, request: Request) -> None:
        """Share the delay and concurrency of a request's host with other workers when they have changed."""
        engine = self._crawler.engine
        if engine is None:
            return
        name, slot = host(request.url), engine.downloader.slots.get(engine.downloader.get_slot_key(request))
        if slot is None:
            return
        pace = slot.delay, slot.concurrency
        if self._paces.get(name) != pace:
            self._paces[name] = pace
            workers.share_pace(name, *pace)

    def forget_paces(self) -> None:
        """Share all paces again: the store may have lost them."""
        self._paces.clear()
