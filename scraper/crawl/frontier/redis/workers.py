"""The workers of a shared crawl.

A worker renews its lease with heartbeats. When the lease of a dead worker expires, its requests are queued again.
"""

from collections.abc import Collection

from scraper.crawl.frontier.redis.connection import RedisConnection

__all__ = ["RedisWorkers"]


class RedisWorkers:
    """The coordination of a worker with the others."""

    def __init__(self, connection: RedisConnection, *, has_joined: bool) -> None:
        self._connection = connection
        self.has_joined = has_joined

    @property
    def connections(self) -> int:
        """How often this worker connected to Redis; after a reconnection the last changes may be lost."""
        return self._connection.count

    def heartbeat(self) -> None:
        """Renew the lease of this worker; to be called three times per lease."""
        self._connection.heartbeat()

    def reconcile(self, in_flight: Collection[bytes]) -> list[bytes]:
        """Report the requests in flight; return those that no longer belong to this worker."""
        foreign: list[bytes] = self._connection.run("reconcile", *in_flight, when_full=True)
        return foreign

    def share_pace(self, host: str, delay: float, concurrent: int) -> None:
        """Set the delay (seconds) between requests to a host, and their number in flight, for all workers together."""
        self._connection.run("set_pace", host, delay, concurrent)

    def pop_damaged_count(self) -> int:
        """Return the number of damaged rows that were dropped since the last call by any worker."""
        return int(self._connection.run("pop_damaged_count"))

    def stop_waiting(self) -> None:
        """Fail at once from now on if Redis is unreachable: this worker ends."""
        self._connection.stop_waiting()
