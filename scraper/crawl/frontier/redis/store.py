"""The store of a crawl with several workers, in Redis; it means the same as `SqliteStore`."""

import redis
from redis.exceptions import RedisError
from scrapy.settings import BaseSettings

from scraper.crawl.frontier.redis.connection import RedisConnection, Worker, create_client
from scraper.crawl.frontier.redis.hosts import RedisHosts
from scraper.crawl.frontier.redis.marks import RedisMarks
from scraper.crawl.frontier.redis.requests import RedisRequests
from scraper.crawl.frontier.redis.stories import RedisStories
from scraper.crawl.frontier.redis.workers import RedisWorkers
from scraper.crawl.frontier.store import StoreError

__all__ = ["RedisStore", "join"]


def join(settings: BaseSettings, prefix: str, name: str) -> "RedisStore":
    """Join the crawl whose keys begin with `prefix`, as the worker with a name; raise `StoreError`."""
    try:
        lease, patience = settings.getfloat("REDIS_LEASE"), settings.getfloat("REDIS_PATIENCE")
    except ValueError as error:
        raise StoreError(f"REDIS_LEASE and REDIS_PATIENCE must be numbers of seconds: {error}") from error
    if lease <= 0:
        raise StoreError("REDIS_LEASE must be more than 0 seconds")
    concurrent = settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
    worker = Worker(name, settings.getfloat("DOWNLOAD_DELAY"), concurrent, lease, patience)
    try:
        client = create_client(settings)
    except (ValueError, RedisError) as error:
        # The message of the error is left out: it may contain a part of the password.
        raise StoreError("REDIS_URL is not a URL such as redis://:password@127.0.0.1:6379/0") from error
    return RedisStore(client, prefix, worker)


class RedisStore:
    """A `Store` in Redis, under keys that begin with `prefix`; raises `StoreError` if Redis cannot be used."""

    def __init__(self, client: "redis.Redis", prefix: str, worker: Worker) -> None:
        """Join or start a crawl; requests that this worker had in flight in an earlier run are queued again."""
        self._connection = RedisConnection(client, prefix, worker)
        self.workers = RedisWorkers(self._connection, has_joined=self._connection.join() > 0)
        self.hosts = RedisHosts(self._connection)
        self.marks = RedisMarks(self._connection)
        self.requests = RedisRequests(self._connection, worker, self.marks)
        self.stories = RedisStories(self._connection, worker.name, self.marks)

    def commit(self) -> None:
        """Do nothing: changes are written to Redis at once."""

    def close(self) -> None:
        """Queue again what is in flight, and leave the crawl."""
        self._connection.close()

    def clear(self) -> None:
        """Delete the whole crawl and start it again; to be called by its only worker."""
        for keys in self._connection.scan(""):
            self._connection.call(self._connection.client.unlink, *keys)
        self._connection.join()
