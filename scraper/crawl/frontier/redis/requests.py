"""The requests of a crawl with several workers."""

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.redis.connection import BATCH, RedisConnection, Worker
from scraper.crawl.frontier.redis.marks import FORGOTTEN, RedisMarks
from scraper.crawl.frontier.store import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    FailedRequest,
    Position,
    RequestEnd,
    SkippedPage,
    TakenRequest,
)

__all__ = ["RedisRequests"]

_POLL = 0.25  # seconds between two checks for requests that other workers may have added
_MAX_DATE, _MAX_PRIORITY = 10**11, 2**31


class _Request(msgspec.Struct, frozen=True):
    """The fields of a stored request that are read outside of `commands.lua`."""

    url: str
    reason: str = ""
    tries: int = 0
    data: str = ""
    skipped: str | None = None


class RedisRequests:
    """The requests of a crawl, each under its key; all workers take from one queue.

    Redis keeps the time at which each host may be contacted again: all workers together contact it as slowly as one.
    """

    def __init__(self, connection: RedisConnection, worker: Worker, marks: RedisMarks) -> None:
        self._connection, self._worker, self._marks = connection, worker, marks
        self._prefix = connection.key("request:").encode()
        self._forgotten = f"{FORGOTTEN}{worker.name}"
        self._take_number = 0

    def add(self, key: bytes, url: str, host: str, position: Position, data: bytes) -> bool:
        """Queue a request unless its key is known; return whether it was queued.

        `url` is the URL that was requested first, before its redirects.
        """
        priority, date, mandatory = position
        order = f"{_priority_rank(priority)}{_date_rank(date)}"
        return bool(self._connection.run("add", key, url, host, order, int(mandatory), data))

    def requeue(self, key: bytes, data: bytes, *, tries: int = 0, due: float = 0.0) -> bool:
        """Queue a known request again, not to be sent before `due` (seconds since the epoch).

        Return False if it was queued already. Without `tries` it starts over: the validators of its page are deleted.
        """
        return bool(self._connection.run("requeue", key, data, tries, due - steady() if due else 0))

    def refresh(self, key: bytes, since: float) -> bool:
        """Queue a closed request again if its page was last checked before `since`; return whether it was queued."""
        return bool(self._connection.run("refresh", key, since))

    def data(self, key: bytes) -> bytes | None:
        """Return a request as it was stored; None for an unknown key."""
        request = _decode(self._connection.call(self._connection.client.get, self._prefix + key))
        return None if request is None else request.data.encode()

    def take(self, *, mandatory: bool = False) -> TakenRequest | None:
        """Remove and return the next due request of a host that may be contacted now; None if there is none."""
        self._take_number += 1  # a reply that is lost is sent again under the same number
        pace = self._worker.concurrent, self._worker.delay
        row = self._connection.run("take", int(mandatory), *pace, self._take_number)
        if row is None:
            return None
        key, data, tries, etag, modified = row
        return TakenRequest(key, data, tries, etag and etag.decode(), modified and modified.decode())

    def next_due(self, *, mandatory: bool = False) -> float | None:
        """Return the earliest time (seconds since the epoch) at which `take` may return a request; None for never."""
        wait = self._connection.run("next_due", int(mandatory), self._worker.concurrent, _POLL)
        return None if wait is None else steady() + float(wait)

    def finish(self, key: bytes, end: RequestEnd) -> None:
        """Close a request that is in flight; do nothing if it belongs to another worker by now."""
        flags = int(end.failed), int(end.final), int(end.complete)
        latency = "" if end.seconds is None else end.seconds
        rest = end.etag or "", end.modified or "", latency, self._worker.delay, end.skipped or ""
        self._connection.run("finish", key, end.reason, *flags, *rest)

    def release(self, key: bytes, reason: str) -> None:
        """Close a request that was taken but not sent; the next round may send it."""
        self._connection.run("release", key, reason)

    def postpone(self, key: bytes, priority: int, data: bytes) -> None:
        """Queue a request that was taken but not sent, with a lower priority."""
        self._connection.run("postpone", key, _priority_rank(priority), data)

    def record_story(self, key: bytes, story: str, *, is_new: bool) -> None:
        """Record which story a request yielded, and whether it was new or changed."""
        self._connection.run("record_story", key, story, int(is_new))

    def start_round(self) -> int:
        """Start the next round after a finished crawl; return the number of requests that are queued again.

        The same requests as in `RequestQueue.start_round`.
        """
        return self._run_on_all("start_round", SHORTEST_WAIT, LONGEST_WAIT)

    def requeue_lost(self) -> int:
        """Queue the requests again whose stories are no longer in the index; return their number."""
        if self._marks.get(self._forgotten) is None:
            return 0
        count = self._run_on_all("requeue_lost")
        self._marks.delete(self._forgotten)
        return count

    def pending_count(self) -> int:
        """Return the number of requests that are queued or in flight."""
        return int(self._connection.run("pending_count"))

    def failures(self) -> Iterator[FailedRequest]:
        """Yield the requests that failed, of all workers."""
        for request in self._members("failed"):
            yield FailedRequest(request.url, request.reason, request.tries + 1)

    def skipped(self) -> Iterator[SkippedPage]:
        """Yield the pages that had no story when they were last fetched, of all workers."""
        for request in self._members("skipped"):
            yield SkippedPage(request.url, request.skipped or "")

    def count_sent(self, number: int) -> None:
        """Add a number, maybe negative, to the requests that count against the request limit of all workers."""
        self._connection.run("add_sent", number)

    def sent_count(self) -> int:
        """Return the number of requests that all workers have counted since the first of them started."""
        return int(self._connection.run("add_sent", 0))

    def _members(self, name: str) -> Iterator[_Request]:
        """Yield the requests whose keys are in a set."""
        keys = self._connection.call(self._connection.client.smembers, self._connection.key(name))
        for batch in _batched(sorted(keys)):
            values = self._connection.call(self._connection.client.mget, [self._prefix + key for key in batch])
            yield from filter(None, map(_decode, values))

    def _run_on_all(self, command: str, *arguments: int) -> int:
        """Run a command on all requests, a batch at a time; the heartbeat continues."""
        count = 0
        for keys in self._connection.scan("request:"):
            count += self._connection.run(command, *arguments, *(key.removeprefix(self._prefix) for key in keys))
            self._connection.heartbeat()
        return count


def _decode(value: bytes | None) -> _Request | None:
    """Return a stored request; None for a missing or damaged one."""
    try:
        return None if value is None else msgspec.msgpack.decode(value, type=_Request, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _priority_rank(priority: int) -> str:
    """Return a priority as text that sorts in the order of the queue: the highest comes first."""
    return f"{min(max(_MAX_PRIORITY - priority, 0), 2 * _MAX_PRIORITY):010d}"


def _date_rank(date: float) -> str:
    """Return a date as text that sorts in the order of the queue: the newest comes first."""
    return f"{int(min(max(_MAX_DATE - date, 0), 2 * _MAX_DATE)):012d}"


def _batched(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, BATCH)):
        yield batch
