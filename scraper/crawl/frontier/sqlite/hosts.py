"""The hosts that fail in the run of a single worker."""

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.store import HostFailures

__all__ = ["LocalHosts"]


class LocalHosts:
    """The hosts that fail in this run, in memory: the next run starts without them."""

    def __init__(self) -> None:
        self._failures: dict[str, HostFailures] = {}
        self.paused: dict[str, float] = {}
        """Hosts that receive no requests before a time (seconds since the epoch)."""
        self.blocked: set[str] = set()
        """Hosts that receive no more requests in this run."""

    def failures(self, host: str) -> HostFailures:
        """Return the recent failures of a host."""
        return self._failures.get(host, HostFailures())

    def set_failures(self, host: str, failures: HostFailures) -> None:
        """Set the recent failures of a host."""
        if failures.number:
            self._failures[host] = failures
        else:
            self._failures.pop(host, None)

    def pause(self, host: str, until: float) -> None:
        """Send no requests to a host before a time (seconds since the epoch)."""
        self.paused[host] = until

    def block(self, host: str) -> bool:
        """Send no more requests to a host in this run; return False if it was blocked already."""
        is_new = host not in self.blocked
        self.blocked.add(host)
        return is_new

    def any_blocked(self) -> bool:
        """Return whether a host is blocked."""
        return bool(self.blocked)

    def excluded(self) -> set[str]:
        """Return the hosts that receive no requests now."""
        now = steady()
        self.paused = {host: until for host, until in self.paused.items() if until > now}
        return self.blocked | self.paused.keys()
