"""The ledger that many workers share: what `ledger.py` keeps in a file, kept in Redis, with the same meaning.

A worker that dies is known by its heart, which no longer beats: what it had under way is queued again. A host is asked
by all workers together as slowly as by one: Redis keeps the time at which it may be asked again. A record is judged
and written in turn, one worker after the other, so that no story is written twice.
"""

import logging
import secrets
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, OutOfMemoryError, RedisError
from redis.retry import Retry
from scrapy.settings import BaseSettings
from scrapy_redis.connection import get_redis_from_settings

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.store import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    FailedRequest,
    HostTrouble,
    RequestEnd,
    SkippedPage,
    StoreError,
    TakenRequest,
    WriteLockLost,
)
from scraper.stories.identity import Story

__all__ = ["RedisStore", "Worker", "join"]

_COMMANDS = Path(__file__).with_name("commands.lua").read_text("utf-8")
_OLDEST = 7  # of Redis: earlier ones run a script halfway when they are full
_POLL = 0.25  # seconds between two looks for what others may have found
_PAUSE = 0.2  # seconds between two tries to reach Redis
_TURN = 10_000  # milliseconds that a worker may have the turn to write, which takes it one or two
_WAIT = 0.002  # seconds between two tries to have it
_BATCH = 500  # keys in one step through all of them
_NO_NEWEST, _NO_PRIORITY = 10**11, 2**31
_ENDING = (signal.SIGINT, signal.SIGTERM)
_AWAY = (redis.ConnectionError, redis.TimeoutError, BusyLoadingError)

logger = logging.getLogger(__name__)


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """What Redis holds of a story."""

    digest: str
    signature: bytes | None
    by: str
    """The worker whose file has it."""


class _Request(msgspec.Struct, frozen=True):
    """What is read of a request outside of the commands."""

    url: str
    reason: str = ""
    tries: int = 0
    data: str = ""
    skipped: str | None = None


class Worker(NamedTuple):
    """One of those who share a ledger."""

    name: str
    """The same as long as its folder is: the stories in the folder's file are known by it."""
    delay: float
    """Seconds between two requests to a host of which nothing else is known."""
    concurrent: int
    """Requests to one host that may be under way at the same time, of all workers together."""
    lease: float
    """Seconds without a beat of its heart after which a worker is taken for dead."""
    patience: float
    """Seconds for which Redis may be away in the middle of a crawl."""


def join(settings: BaseSettings, prefix: str, name: str) -> "RedisStore":
    """Join the crawl whose keys have a prefix, as the worker of a name; raise `StoreError`."""
    try:
        lease, patience = settings.getfloat("REDIS_LEASE"), settings.getfloat("REDIS_PATIENCE")
    except ValueError as error:
        raise StoreError(f"REDIS_LEASE and REDIS_PATIENCE must be numbers of seconds: {error}") from error
    if lease <= 0:
        raise StoreError("REDIS_LEASE must be more than 0 seconds")
    concurrent = settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
    worker = Worker(name, settings.getfloat("DOWNLOAD_DELAY"), concurrent, lease, patience)
    try:
        client = _client(settings)
    except (ValueError, RedisError) as error:
        # Not what the error says: that may be a part of the password.
        raise StoreError("REDIS_URL is not a URL such as redis://:password@127.0.0.1:6379/0") from error
    return RedisStore(client, prefix, worker)


def _client(settings: BaseSettings) -> "redis.Redis":
    """Return the client that REDIS_URL names; REDIS_PARAMS and the like mean what they mean to scrapy-redis."""
    parameters: dict[str, Any] = {"socket_timeout": 10, "socket_connect_timeout": 5, "retry_on_timeout": False}
    parameters["retry"] = Retry(NoBackoff(), 0)  # REDIS_PATIENCE decides how long to wait
    theirs = {name: value for name, value in settings.items() if name.startswith("REDIS_")}
    settings = BaseSettings(
        theirs | {"REDIS_DECODE_RESPONSES": False, "REDIS_PARAMS": parameters | settings.getdict("REDIS_PARAMS")}
    )
    client: redis.Redis = get_redis_from_settings(settings)
    return client


class RedisStore:
    """A ledger in Redis, under keys that begin with `prefix`; raises `StoreError` when Redis is of no use."""

    def __init__(self, client: "redis.Redis", prefix: str, worker: Worker) -> None:
        """Join or start a crawl; requests that this worker had in flight in an earlier run are queued again."""
        self._redis, self._prefix, self._worker = client, prefix, worker
        self._where = _where(client)
        self._run = client.register_script(f"#!lua\n{_COMMANDS}")
        self._run_when_full = client.register_script(f"#!lua flags=allow-oom\n{_COMMANDS}")
        self._life = secrets.token_hex(8)
        self._born: bytes | str = ""
        self._number = 0
        self._turn = ""
        self.connections = 0
        """Connections that were made: at each after the first, Redis may have lost the last second of its life."""
        self.stale = False
        """Whether there was another one since the file of records was held against the ledger."""
        client.connection_pool.connection_kwargs["redis_connect_func"] = self._met
        self._patience = 0.0  # nobody waits for a Redis that is not there at the start
        self._check()
        self._born, others, self._open = self._call("open", secrets.token_hex(8), worker.lease)
        self.joined = bool(others)
        """Whether other workers are at work already."""
        self._patience = worker.patience

    @property
    def owner(self) -> str:
        """The name of this worker, for marks of its own."""
        return self._worker.name

    def commit(self) -> None:
        """Do nothing: changes are written to Redis at once."""

    def close(self) -> None:
        """Return back what is under way, so that others need not wait for it."""
        with suppress(StoreError):  # its lease ends soon
            self._patience = 0.0
            self._call("leave", full=True)
        self._redis.close()

    def beat(self) -> None:
        """Renew the worker's lease; call this three times per lease."""
        self._call("beat", self._worker.lease, full=True)

    def clear(self) -> None:
        """Delete everything; only to be called by the only worker."""
        for names in self._scan(""):
            self._do(self._redis.unlink, *names)
        self._born, _, self._open = self._call("open", secrets.token_hex(8), self._worker.lease)

    def agree(self, under_way: Collection[bytes]) -> list[bytes]:
        """Report the requests in flight; return those that no longer belong to this worker."""
        others: list[bytes] = self._call("agree", *under_way, full=True)
        return others

    def give_up(self) -> None:
        """Wait for Redis no longer: this worker ends."""
        self._patience = 0.0

    def mark(self, name: str) -> str | int | None:
        """Return a value that was set, or None."""
        value = self._do(self._redis.hget, f"{self._prefix}marks", name)
        return None if value is None else value.decode()

    def set_mark(self, name: str, value: str | int) -> None:
        """Set a value."""
        self._do(self._redis.hset, f"{self._prefix}marks", name, value)

    # Requests

    def add(self, key: bytes, url: str, host: str, place: tuple[int, float, bool], data: bytes) -> bool:
        """Queue a request unless its key is known; `place` is its priority, its date, and whether it must be made."""
        priority, newest, must = place
        order = f"{_late(priority)}{int(min(max(_NO_NEWEST - newest, 0), 2 * _NO_NEWEST)):012d}"
        return bool(self._call("add", key, url, host, order, int(must), data))

    def requeue(self, key: bytes, data: bytes, *, tries: int = 0, due: float = 0.0) -> bool:
        """Queue a known request again, to be made not before `due` (seconds of the epoch); False if it was queued."""
        return bool(self._call("requeue", key, data, tries, due - steady() if due else 0))

    def data(self, key: bytes) -> bytes | None:
        """Return a request as it was stored; None for one that is not known."""
        packed = self._do(self._redis.get, f"{self._prefix}request:".encode() + key)
        request = _read(packed)
        return None if request is None else request.data.encode()

    def renew(self, key: bytes, since: float) -> bool:
        """Queue a closed request again if its page was last looked at before `since`; True if so."""
        return bool(self._call("renew", key, since))

    def take(self, barred: Collection[str] = (), *, must: bool = False) -> TakenRequest | None:
        """Pop the next due request of a host that may be contacted now; with `must`, only a mandatory one.

        `barred` is what this worker knows; it has told the others by `bar` and `rest`.
        """
        self._number += 1  # an answer that is lost on its way is given again under the same number
        pace = self._worker.concurrent, self._worker.delay
        found = self._call("take", int(must), *pace, self._number)
        if found is None:
            return None
        key, data, tries, etag, modified = found
        return TakenRequest(key, data, tries, etag and etag.decode(), modified and modified.decode())

    def next_due(self, barred: Collection[str] = (), *, must: bool = False) -> float | None:
        """Return the earliest time at which `take` may have something to give; None for never."""
        wait = self._call("due", int(must), self._worker.concurrent, _POLL)
        return None if wait is None else steady() + float(wait)

    def finish(self, key: bytes, end: RequestEnd) -> None:
        """Close a request that is this worker's; nothing happens where it was given to another meanwhile."""
        flags = int(end.failed), int(end.final), int(end.whole)
        latency = "" if end.seconds is None else end.seconds
        validators = end.etag or "", end.modified or "", latency, self._worker.delay, end.skipped or ""
        self._call("finish", key, end.reason, *flags, *validators)

    def spare(self, key: bytes, reason: str) -> None:
        """Close a request that was taken and is not made; the next round may make it."""
        self._call("spare", key, reason)

    def postpone(self, key: bytes, priority: int, data: bytes) -> None:
        """Queue a request that was taken and is not made yet, with a lower priority."""
        self._call("postpone", key, _late(priority), data)

    def gave(self, key: bytes, story: str, *, news: bool) -> None:
        """Record that a request gave a story, and whether it was new or changed."""
        self._call("gave", key, story, int(news))

    def renew_all(self) -> int:
        """Start the next round after a finished crawl; return the number of requests that are queued again."""
        return self._over_requests("again", SHORTEST_WAIT, LONGEST_WAIT)

    def left(self) -> int:
        """Return the number of requests that are queued or in flight."""
        return int(self._call("left"))

    def failures(self) -> Iterator[FailedRequest]:
        """Return the requests that came to nothing, of all workers."""
        for request in self._listed("failed"):
            yield FailedRequest(request.url, request.reason, request.tries + 1)

    def skipped(self) -> Iterator[SkippedPage]:
        """Return the pages that held no story when they came last, of all workers."""
        for request in self._listed("skipped"):
            yield SkippedPage(request.url, request.skipped or "")

    def _listed(self, name: str) -> Iterator[_Request]:
        keys = self._do(self._redis.smembers, f"{self._prefix}{name}")
        for names in _batched(sorted(keys)):
            requests = [f"{self._prefix}request:".encode() + key for key in names]
            for packed in self._do(self._redis.mget, requests):
                if (request := _read(packed)) is not None:
                    yield request

    # Manners

    def rest(self, host: str, until: float) -> None:
        """Pause requests to a host from all workers until a time (seconds since the epoch)."""
        self._call("rest", host, until - steady())

    def bar(self, host: str) -> None:
        """Stop requests to a host from all workers until the crawl has no worker left."""
        self._call("bar", host)

    def damaged(self) -> int:
        """Return how many damaged rows any worker has dropped since the last call."""
        return int(self._call("damaged"))

    def given_up(self) -> bool:
        """Return whether any worker has barred a host."""
        return bool(self._call("given_up"))

    def trouble(self, host: str) -> HostTrouble:
        """Return the recent failures of a host, seen by any worker."""
        row = self._call("trouble", host)
        return HostTrouble(int(row[0]), steady() + float(row[1])) if row else HostTrouble()

    def set_trouble(self, host: str, trouble: HostTrouble) -> None:
        """Share the failures of a host with the other workers."""
        if trouble.failures:
            self._call("set_trouble", host, trouble.failures, trouble.until - steady())
        else:
            self._do(self._redis.hdel, f"{self._prefix}troubles", host)

    def pace(self, host: str, seconds: float, concurrent: int) -> None:
        """Set the delay between requests to a host, and their number in flight, for all workers together."""
        self._call("pace", host, seconds, concurrent)

    def made(self, count: int = 0) -> int:
        """Count requests that were made; give how many all workers have made since the first of them began."""
        return int(self._call("made", count))

    # Stories

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Hold the lock for deciding on and writing a record; other workers wait."""
        token = secrets.token_hex(8)
        name = f"{self._prefix}turn"
        while not self._do(
            lambda: self._redis.set(name, token, nx=True, px=_TURN) or self._redis.get(name) == token.encode()
        ):
            time.sleep(_WAIT)
        self._turn = token
        try:
            yield
        finally:
            self._turn = ""
            with suppress(StoreError):  # it ends by itself
                self._call("yield", token, full=True)

    def remember(self, story: Story, mark: tuple[str, int] | None = None) -> None:
        """Store a story and set a mark; raise `WriteLockLost` if another worker holds the lock now."""
        packed = msgspec.msgpack.encode(_Known(story.digest, story.signature, self._worker.name))
        name, size = mark or ("", 0)
        rest = [*story.keys, *map(str, story.bands)]
        if not self._call("remember", self._turn, story.id, packed, name, size, len(story.keys), *rest):
            raise WriteLockLost

    def digest(self, story: str) -> str | None:
        """Return the digest of a story's text; None for a story that is not known."""
        known = self._known([story])[0]
        return known.digest if known else None

    def elsewhere(self, story: str) -> bool:
        """Return whether a story is known, and is in the file of another worker."""
        known = self._known([story])[0]
        return known is not None and known.by != self._worker.name

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""
        wanted = list(keys)
        if not wanted:
            return None
        found = self._do(self._redis.hmget, f"{self._prefix}keys", wanted)
        names = [name.decode() for name in found if name is not None]
        known = zip(names, self._known(names), strict=True)
        return next((name for name, story in known if story is not None), None)

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band, each once."""
        filed = self._do(lambda: self._filed(bands))
        names = sorted({name.decode() for each in filed if each for name in each.split()})
        for name, story in zip(names, self._known(names), strict=True):
            if story is not None and story.signature is not None:
                yield name, story.signature

    def forget_stories(self) -> None:
        """Delete the stories of this worker's file because their records are gone."""
        self.set_mark(f"forgot:{self.owner}", 1)
        start = f"{self._prefix}story:"
        for names in self._scan("story:"):
            known = self._known([name.decode().removeprefix(start) for name in names])
            gone = [name for name, story in zip(names, known, strict=True) if story and story.by == self.owner]
            if gone:
                self._do(self._redis.unlink, *gone)

    def lose(self) -> int:
        """Queue the requests again whose stories were forgotten; give their number."""
        name = f"forgot:{self.owner}"
        if self.mark(name) is None:
            return 0
        count = self._over_requests("lose")
        self._do(self._redis.hdel, f"{self._prefix}marks", name)
        return count

    # Redis

    def _met(self, connection: Any) -> None:
        connection.on_connect()
        self.connections += 1
        self.stale = self.connections > 1

    def _check(self) -> None:
        """Refuse a Redis that would lose what it is given; say where it may."""
        info = self._do(
            lambda: self._redis.info("server") | self._redis.info("memory") | self._redis.info("persistence")
        )
        if int(str(info["redis_version"]).split(".")[0]) < _OLDEST:
            raise StoreError(f"{self._where} is of version {info['redis_version']}: {_OLDEST} or newer is needed")
        if info["maxmemory"] and info["maxmemory_policy"] != "noeviction":
            why = f"throws keys away when it is full (maxmemory-policy {info['maxmemory_policy']})"
            raise StoreError(f"{self._where} {why}: noeviction is needed")
        if not info["aof_enabled"]:
            logger.warning("%s keeps no log (appendonly no): if it dies, the crawl starts over", self._where)

    def _call(self, command: str, *arguments: Any, full: bool = False) -> Any:
        """Run a command of `shared.lua`, `full` where it must work in a Redis that is full."""
        script = self._run_when_full if full else self._run
        return self._do(script, keys=[self._prefix], args=[command, self.owner, self._life, self._born, *arguments])

    def _do(self, what: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call Redis; while it is unreachable, retry until REDIS_PATIENCE is used up or the worker must stop."""
        try:
            return what(*arguments, **named)
        except RedisError as error:
            if not _away(error) or not self._patience:
                raise StoreError(f"{self._where} {_why(error)}") from error
        logger.warning("%s is unreachable: the crawl waits", self._where)
        end = time.monotonic() + self._patience
        with _signals() as heard:
            while True:
                time.sleep(_PAUSE)
                try:
                    return what(*arguments, **named)
                except RedisError as error:
                    if not _away(error) or heard or time.monotonic() >= end:
                        raise StoreError(f"{self._where} {_why(error)}") from error

    def _known(self, stories: list[str]) -> list[_Known | None]:
        if not stories:
            return []
        names = [f"{self._prefix}story:{story}" for story in stories]
        packed = self._do(self._redis.mget, names)
        return [each and msgspec.msgpack.decode(each, type=_Known) for each in packed]

    def _filed(self, bands: Collection[int]) -> list[bytes | None]:
        pipe = self._redis.pipeline(transaction=False)
        for band in map(str, bands):
            pipe.hget(f"{self._prefix}band:{band[-5:]}", band)
        return pipe.execute()

    def _scan(self, kind: str) -> Iterator[list[bytes]]:
        """Return the keys of a kind, some of them maybe twice."""
        cursor = 0
        while True:
            at = cursor
            cursor, names = self._do(self._redis.scan, at, f"{_literal(self._prefix)}{kind}*", _BATCH)
            if names:
                yield names
            if not cursor:
                return

    def _over_requests(self, command: str, *arguments: Any) -> int:
        """Run a command over all requests, a batch at a time; the heart beats on."""
        start = f"{self._prefix}request:".encode()
        count = 0
        for names in self._scan("request:"):
            count += self._call(command, *arguments, *(name.removeprefix(start) for name in names))
            self.beat()
        return count


def _read(packed: bytes | None) -> _Request | None:
    """Read a request; None where there is none, or somebody else's."""
    try:
        return None if packed is None else msgspec.msgpack.decode(packed, type=_Request, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _late(priority: int) -> str:
    """Return a priority as text: the higher it is, the earlier this comes in order."""
    return f"{min(max(_NO_PRIORITY - priority, 0), 2 * _NO_PRIORITY):010d}"


def _batched(names: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(names)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _literal(text: str) -> str:
    """Return the pattern that means a text: an address may hold `?`, `*` and brackets."""
    return "".join(f"\\{char}" if char in "\\*?[]" else char for char in text)


def _away(error: RedisError) -> bool:
    return isinstance(error, _AWAY) and not isinstance(error, AuthenticationError)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Gather the signals that would have the process end, and hand them on afterwards: nobody heeds them meanwhile."""
    heard: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # where no signal comes
        yield heard
        return
    before = {each: signal.signal(each, lambda number, _: heard.append(number)) for each in _ENDING}
    try:
        yield heard
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in heard:
            signal.raise_signal(number)


def _why(error: RedisError) -> str:
    """Return what an error means for the crawl."""
    if isinstance(error, AuthenticationError):
        return "refuses the name or the password, or wants one"
    if isinstance(error, _AWAY):
        return f"cannot be reached: {str(error).rstrip('.')}"
    if isinstance(error, OutOfMemoryError):
        return "is full (maxmemory); the same command goes on when it has room"
    if str(error) == "FORGOTTEN":
        return "has forgotten this crawl; the same command begins it anew, and writes no record twice"
    if str(error) == "REPLACED":
        return "knows a newer worker of this one's name: each needs a folder of its own, not a copy"
    return f"takes nothing: {error}"


def _where(client: "redis.Redis") -> str:
    """Return the server's address without its password."""
    options = client.connection_pool.connection_kwargs
    return f"Redis at {options.get('path') or '{host}:{port}'.format(**options)}"
