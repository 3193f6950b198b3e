"""The hosts that fail, as seen by all workers of a crawl."""

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.redis.connection import RedisConnection
from scraper.crawl.frontier.store import HostFailures

__all__ = ["RedisHosts"]

_FAILURES_KEY = "troubles"  # `host_failures` in commands.lua


class RedisHosts:
    """The hosts that fail in this run, until the crawl has no worker left."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    def failures(self, host: str) -> HostFailures:
        """Return the recent failures of a host, seen by any worker."""
        row = self._connection.run("host_failures", host)
        return HostFailures(int(row[0]), steady() + float(row[1])) if row else HostFailures()

    def set_failures(self, host: str, failures: HostFailures) -> None:
        """Set the recent failures of a host."""
        if failures.number:
            self._connection.run("set_host_failures", host, failures.number, failures.until - steady())
        else:
            self._connection.call(self._connection.client.hdel, self._connection.key(_FAILURES_KEY), host)

    def pause(self, host: str, until: float) -> None:
        """Pause requests to a host from all workers until a time (seconds since the epoch)."""
        self._connection.run("pause_host", host, until - steady())

    def block(self, host: str) -> bool:
        """Stop requests to a host from all workers; return False if it was blocked already."""
        return bool(self._connection.run("block_host", host))

    def any_blocked(self) -> bool:
        """Return whether any worker has blocked a host."""
        return bool(self._connection.run("any_blocked"))
