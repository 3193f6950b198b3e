"""The named values of a crawl with several workers."""

from scraper.crawl.frontier.redis.connection import RedisConnection

__all__ = ["FORGOTTEN", "RedisMarks"]

FORGOTTEN = "forgot:"
"""The mark, with the name of a worker, that is set while requests of forgotten stories are not queued again."""


class RedisMarks:
    """Named values of a crawl, of all workers."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._key = connection.key("marks")

    def get(self, name: str) -> str | None:
        """Return a value; None if it was never set."""
        value = self._connection.call(self._connection.client.hget, self._key, name)
        return None if value is None else value.decode()

    def set(self, name: str, value: str | int) -> None:
        """Set a value."""
        self._connection.call(self._connection.client.hset, self._key, name, value)

    def delete(self, name: str) -> None:
        """Delete a value."""
        self._connection.call(self._connection.client.hdel, self._key, name)
