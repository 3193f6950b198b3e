"""The connection of a worker to Redis: its commands, retries while Redis is unreachable, and the meaning of errors."""

import logging
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, OutOfMemoryError, RedisError
from redis.retry import Retry
from scrapy.settings import BaseSettings
from scrapy_redis.connection import get_redis_from_settings

from scraper.crawl.frontier.store import StoreError

__all__ = ["BATCH", "RedisConnection", "Worker", "create_client"]

BATCH = 500
"""Keys in one step through all of them."""

_COMMANDS = Path(__file__).with_name("commands.lua").read_text("utf-8")
_OLDEST_VERSION = 7  # of Redis: earlier ones run a script halfway when they are full
_RETRY_INTERVAL = 0.2  # seconds
_STOP_SIGNALS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
_UNREACHABLE = (redis.ConnectionError, redis.TimeoutError, BusyLoadingError)

logger = logging.getLogger(__name__)


class Worker(NamedTuple):
    """One of the workers that share a store."""

    name: str
    """Kept in the crawl's folder: the stories of its records file are stored under it."""
    delay: float
    """Seconds between two requests to a host of which nothing else is known."""
    concurrent: int
    """Largest number of requests to one host in flight, of all workers together."""
    lease: float
    """Seconds without a heartbeat after which a worker counts as dead."""
    patience: float
    """Seconds for which Redis may be unreachable during a crawl."""


def create_client(settings: BaseSettings) -> "redis.Redis":
    """Return a client for REDIS_URL; REDIS_PARAMS and the like mean what they mean to scrapy-redis.

    Raise `ValueError` or `RedisError` for an invalid URL.
    """
    parameters: dict[str, Any] = {"socket_timeout": 10, "socket_connect_timeout": 5, "retry_on_timeout": False}
    parameters["retry"] = Retry(NoBackoff(), 0)  # REDIS_PATIENCE decides how long to wait
    redis_settings = {name: value for name, value in settings.items() if name.startswith("REDIS_")}
    overrides = {"REDIS_DECODE_RESPONSES": False, "REDIS_PARAMS": parameters | settings.getdict("REDIS_PARAMS")}
    client: redis.Redis = get_redis_from_settings(BaseSettings(redis_settings | overrides))
    return client


class RedisConnection:
    """The connection of one worker to the crawl whose keys begin with `prefix`.

    All methods raise `StoreError` if Redis cannot be used.
    """

    def __init__(self, client: "redis.Redis", prefix: str, worker: Worker) -> None:
        """Connect, and refuse a Redis that may lose what it stores."""
        self.client = client
        self.count = 0
        """Connections that were made; at each after the first, Redis may have lost its last second."""
        self._prefix, self._worker = prefix, worker
        self._address = _address(client)
        self._script = client.register_script(f"#!lua\n{_COMMANDS}")
        self._script_when_full = client.register_script(f"#!lua flags=allow-oom\n{_COMMANDS}")
        self._session = secrets.token_hex(8)
        self._crawl: bytes | str = ""
        self._on_reconnect: Callable[[], None] | None = None
        client.connection_pool.connection_kwargs["redis_connect_func"] = self._connected
        self._patience = 0.0  # a Redis that is unreachable at the start is not waited for
        self._check_server()

    def join(self) -> int:
        """Join or start the crawl; return the number of other workers.

        Requests that this worker had in flight in an earlier run are queued again.
        """
        others: int
        self._crawl, others = self.run("join", secrets.token_hex(8), self._worker.lease)
        self._patience = self._worker.patience
        return others

    def heartbeat(self) -> None:
        """Renew the lease of the worker."""
        self.run("heartbeat", self._worker.lease, when_full=True)

    def on_reconnect(self, function: Callable[[], None]) -> None:
        """Call a function at each reconnection; it must not use the connection."""
        self._on_reconnect = function

    def stop_waiting(self) -> None:
        """Fail at once from now on if Redis is unreachable."""
        self._patience = 0.0

    def close(self) -> None:
        """Queue again what is in flight, so that other workers need not wait for it, and close the connection."""
        self.stop_waiting()
        with suppress(StoreError):  # the lease expires soon
            self.run("leave", when_full=True)
        self.client.close()

    def key(self, name: str) -> str:
        """Return a key of the crawl by its name."""
        return f"{self._prefix}{name}"

    def scan(self, kind: str) -> Iterator[list[bytes]]:
        """Yield the keys whose names begin with `kind`, in batches, some of them maybe twice."""
        cursor = 0
        while True:
            cursor, keys = self.call(self.client.scan, cursor, f"{_escape(self._prefix)}{kind}*", BATCH)
            if keys:
                yield keys
            if not cursor:
                return

    def run(self, command: str, *arguments: Any, when_full: bool = False) -> Any:
        """Run a command of `commands.lua`; `when_full` if it must work in a Redis that is full."""
        script = self._script_when_full if when_full else self._script
        sender = self._worker.name, self._session, self._crawl
        return self.call(script, keys=[self._prefix], args=[command, *sender, *arguments])

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call a function of the client; while Redis is unreachable, retry until REDIS_PATIENCE or a signal ends it."""
        try:
            return function(*arguments, **named)
        except RedisError as error:
            if not _is_unreachable(error) or not self._patience:
                raise self._store_error(error) from error
        logger.warning("%s is unreachable: the crawl waits", self._address)
        end = time.monotonic() + self._patience
        with _deferred_signals() as received:
            while True:
                time.sleep(_RETRY_INTERVAL)
                try:
                    return function(*arguments, **named)
                except RedisError as error:
                    if not _is_unreachable(error) or received or time.monotonic() >= end:
                        raise self._store_error(error) from error

    def _connected(self, connection: Any) -> None:
        connection.on_connect()
        self.count += 1
        if self.count > 1 and self._on_reconnect is not None:
            self._on_reconnect()

    def _store_error(self, error: RedisError) -> StoreError:
        return StoreError(f"{self._address} {_explanation(error)}")

    def _check_server(self) -> None:
        """Raise `StoreError` for a Redis that may delete what it stores; warn of one that loses it at a restart."""
        sections = ("server", "memory", "persistence")
        info = {name: value for section in sections for name, value in self.call(self.client.info, section).items()}
        if int(str(info["redis_version"]).split(".")[0]) < _OLDEST_VERSION:
            version = info["redis_version"]
            raise StoreError(f"{self._address} is of version {version}: {_OLDEST_VERSION} or newer is needed")
        if info["maxmemory"] and info["maxmemory_policy"] != "noeviction":
            problem = f"evicts keys when it is full (maxmemory-policy {info['maxmemory_policy']})"
            raise StoreError(f"{self._address} {problem}: noeviction is needed")
        if not info["aof_enabled"]:
            logger.warning("%s keeps no log (appendonly no): if it dies, the crawl starts over", self._address)


def _address(client: "redis.Redis") -> str:
    """Return the server's address without its password."""
    options = client.connection_pool.connection_kwargs
    return f"Redis at {options.get('path') or '{host}:{port}'.format(**options)}"


def _escape(text: str) -> str:
    """Return the pattern that matches a text literally: a URL may contain `?`, `*` and brackets."""
    return "".join(f"\\{char}" if char in "\\*?[]" else char for char in text)


def _is_unreachable(error: RedisError) -> bool:
    return isinstance(error, _UNREACHABLE) and not isinstance(error, AuthenticationError)


def _explanation(error: RedisError) -> str:
    """Return what an error means for the crawl."""
    if isinstance(error, AuthenticationError):
        return "rejects the name or the password, or requires one"
    if isinstance(error, _UNREACHABLE):
        return f"cannot be reached: {str(error).rstrip('.')}"
    if isinstance(error, OutOfMemoryError):
        return "is full (maxmemory); the same command continues when it has room"
    if str(error) == "FORGOTTEN":
        return "has forgotten this crawl; the same command starts it again, and writes no record twice"
    if str(error) == "REPLACED":
        return "has a newer worker with the same name: each needs a folder of its own, not a copy"
    return f"rejects a command: {error}"


@contextmanager
def _deferred_signals() -> Iterator[list[int]]:
    """Collect the signals that would stop the process, and raise them afterwards."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # where no signal arrives
        yield received
        return
    handlers = {number: signal.signal(number, lambda number, _: received.append(number)) for number in _STOP_SIGNALS}
    try:
        yield received
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in received:
            signal.raise_signal(number)
