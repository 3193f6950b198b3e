"""The requests of a crawl with one worker."""

import sqlite3
import time
from collections.abc import Collection, Iterator

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.sqlite.database import CLOSED, IN_FLIGHT, QUEUED
from scraper.crawl.frontier.sqlite.hosts import LocalHosts
from scraper.crawl.frontier.store import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    FailedRequest,
    Position,
    RequestEnd,
    SkippedPage,
    TakenRequest,
)

__all__ = ["SqliteRequests"]


class SqliteRequests:
    """The requests of a crawl, each under its key."""

    def __init__(self, database: sqlite3.Connection, hosts: LocalHosts) -> None:
        self._database, self._hosts = database, hosts
        self._sent = 0

    def add(self, key: bytes, url: str, host: str, position: Position, data: bytes) -> bool:
        """Queue a request unless its key is known; return whether it was queued.

        `url` is the URL that was requested first, before its redirects.
        """
        statement = (
            "insert or ignore into request (key, url, host, state, priority, newest, must, data)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        return self._database.execute(statement, (key, url, host, QUEUED, *position, data)).rowcount > 0

    def requeue(self, key: bytes, data: bytes, *, tries: int = 0, due: float = 0.0) -> bool:
        """Queue a known request again, not to be sent before `due` (seconds since the epoch).

        Return False if it was queued already. Without `tries` it starts over: the validators of its page are deleted.
        """
        state = self._database.execute("select state from request where key = ?", (key,)).fetchone()[0]
        start_over = ", etag = null, modified = null, must = 1" if not tries else ""
        self._database.execute(
            f"update request set state = ?, data = ?, due = ?, tries = ?{start_over} where key = ?",
            (QUEUED, data, due, tries, key),
        )
        return bool(state != QUEUED)

    def refresh(self, key: bytes, since: float) -> bool:
        """Queue a closed request again if its page was last checked before `since`; return whether it was queued."""
        statement = "update request set state = ?, due = 0, tries = 0 where key = ? and state = ? and checked < ?"
        return bool(self._database.execute(statement, (QUEUED, key, CLOSED, since)).rowcount)

    def data(self, key: bytes) -> bytes | None:
        """Return a request as it was stored; None for an unknown key."""
        row = self._database.execute("select data from request where key = ?", (key,)).fetchone()
        return row[0] if row else None

    def take(self, *, mandatory: bool = False) -> TakenRequest | None:
        """Remove and return the next due request of a host that may be contacted now; None if there is none."""
        excluded = self._hosts.excluded()
        statement = (
            "update request set state = ? where id = (select id from request where state = 0 and due <= ?"
            f" and host not in ({_placeholders(excluded)}) and must >= ?"
            " order by priority desc, newest desc, id limit 1) returning key, data, tries, etag, modified"
        )
        rows = self._database.execute(statement, (IN_FLIGHT, steady(), *excluded, mandatory)).fetchall()
        return TakenRequest(*rows[0]) if rows else None

    def next_due(self, *, mandatory: bool = False) -> float | None:
        """Return the earliest time (seconds since the epoch) at which `take` may return a request; None for never."""
        excluded, blocked = self._hosts.excluded(), self._hosts.blocked
        due = self._first_due(excluded, mandatory)
        if excluded == blocked or self._first_due(blocked, mandatory) is None:
            return due
        return min([*self._hosts.paused.values(), *([] if due is None else [due])])

    def _first_due(self, excluded: Collection[str], mandatory: bool) -> float | None:
        statement = (
            f"select due from request where state = 0 and host not in ({_placeholders(excluded)}) and must >= ?"
            " order by due limit 1"
        )
        row: tuple[float] | None = self._database.execute(statement, (*excluded, mandatory)).fetchone()
        return row[0] if row else None

    def finish(self, key: bytes, end: RequestEnd) -> None:
        """Close a request that is in flight."""
        now = time.time()
        self._database.execute(
            "update request set state = ?, reason = ?, failed = ?, final = ?, checked = ?, seconds = ? where key = ?",
            (CLOSED, end.reason, end.failed, end.final, now, end.seconds, key),
        )
        if end.complete:
            statement = (
                "update request set etag = ?, modified = ?, changed = coalesce(changed, ?), skipped = ? where key = ?"
            )
            self._database.execute(statement, (end.etag, end.modified, now, end.skipped, key))

    def release(self, key: bytes, reason: str) -> None:
        """Close a request that was taken but not sent; the next round may send it."""
        self.finish(key, RequestEnd(reason, failed=False, final=False))

    def postpone(self, key: bytes, priority: int, data: bytes) -> None:
        """Queue a request that was taken but not sent, with a lower priority."""
        statement = "update request set state = ?, priority = ?, data = ? where key = ?"
        self._database.execute(statement, (QUEUED, priority, data, key))

    def record_story(self, key: bytes, story: str, *, is_new: bool) -> None:
        """Record which story a request yielded, and whether it was new or changed."""
        changed = ", changed = ?" if is_new else ""
        values = (story, time.time(), key) if is_new else (story, key)
        self._database.execute(f"update request set story = ?{changed} where key = ?", values)

    def start_round(self) -> int:
        """Start the next round after a finished crawl; return the number of requests that are queued again.

        Pages without a story and failures are requested again. A story is requested again once the time since its last
        check reaches the time for which it had then been unchanged, or if that check lies far in the future because
        the clock was set back.
        """
        now = time.time()
        statement = (
            "update request set state = ?, due = 0, tries = 0 where state = ? and not must and not final and"
            " (failed or story is null or checked > ? or ? - checked >= min(max(checked - changed, ?), ?))"
        )
        values = (QUEUED, CLOSED, now + SHORTEST_WAIT, now, SHORTEST_WAIT, LONGEST_WAIT)
        return self._database.execute(statement, values).rowcount

    def requeue_lost(self) -> int:
        """Queue the requests again whose stories are no longer in the index; return their number."""
        statement = (
            "update request set state = ?, story = null, etag = null, modified = null, due = 0, tries = 0"
            " where state = ? and story is not null and story not in (select id from story)"
        )
        return self._database.execute(statement, (QUEUED, CLOSED)).rowcount

    def pending_count(self) -> int:
        """Return the number of requests that are queued or in flight."""
        row: tuple[int] = self._database.execute("select count(*) from request where state <> ?", (CLOSED,)).fetchone()
        return row[0]

    def failures(self) -> Iterator[FailedRequest]:
        """Yield the requests that failed."""
        statement = "select url, reason, tries + 1 from request where state = ? and failed order by id"
        for row in self._database.execute(statement, (CLOSED,)):
            yield FailedRequest(*row)

    def skipped(self) -> Iterator[SkippedPage]:
        """Yield the pages that had no story when they were last fetched."""
        statement = (
            "select url, skipped from request where state = ? and not failed and skipped is not null order by id"
        )
        for row in self._database.execute(statement, (CLOSED,)):
            yield SkippedPage(*row)

    def count_sent(self, number: int) -> None:
        """Add a number, maybe negative, to the requests that count against the request limit of this run."""
        self._sent += number

    def sent_count(self) -> int:
        """Return the number of requests that were counted in this run."""
        return self._sent


def _placeholders(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
