"""Hosts that fail or need a rest."""

from scrapy import Request
from scrapy.crawler import Crawler

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.session import CrawlSession
from scraper.crawl.frontier.store import HostTrouble, Store
from scraper.stories.urls import host

__all__ = ["HostHealth"]


class HostHealth:
    """Failures of hosts, pauses between their requests, and the hosts that were given up."""

    def __init__(self, crawler: Crawler, session: CrawlSession) -> None:
        self._crawler, self._session = crawler, session
        self._paces: dict[str, tuple[float, int]] = {}
        self.barred: set[str] = set()
        """Hosts that receive no more requests in this run."""
        self.resting: dict[str, float] = {}
        """Hosts that receive no requests before a time (seconds since the epoch)."""

    def trouble(self, name: str) -> HostTrouble:
        """Return the recent failures of a host."""
        return self._session.call(lambda store: store.trouble(name), HostTrouble())

    def set_trouble(self, name: str, trouble: HostTrouble) -> None:
        """Record the recent failures of a host."""
        self._session.call(lambda store: store.set_trouble(name, trouble), None)

    def rest(self, name: str, until: float) -> None:
        """Send no requests to a host before a time (seconds since the epoch)."""
        self.resting[name] = until
        self._session.call(lambda store: store.rest(name, until), None)

    def bar(self, name: str) -> None:
        """Send no more requests to a host in this run."""
        self.barred.add(name)
        self._session.call(lambda store: store.bar(name), None)

    def has_given_up(self) -> bool:
        """Return whether URLs are left of hosts that were given up."""
        return self._session.call(lambda store: bool(self.barred or store.given_up()) and store.left() > 0, False)

    def excluded(self) -> set[str]:
        """Return the hosts that receive no requests now."""
        now = steady()
        self.resting = {name: until for name, until in self.resting.items() if until > now}
        return self.barred | self.resting.keys()

    def share_pace(self, store: Store, request: Request) -> None:
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

    def forget_paces(self) -> None:
        """Share all paces again: the store may have lost them."""
        self._paces.clear()
