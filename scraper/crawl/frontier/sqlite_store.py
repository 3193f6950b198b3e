"""The store of a crawl with one worker: one SQLite file.

All changes between two `commit`s are written together or not at all.
"""

import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.store import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    FailedRequest,
    HostTrouble,
    RequestEnd,
    SkippedPage,
    TakenRequest,
)
from scraper.stories.identity import Story

__all__ = ["SqliteStore"]

_QUEUED, _IN_FLIGHT, _CLOSED = 0, 1, 2

_TABLES = """
create table if not exists request (
    id integer primary key, key blob unique, url text, host text, state int, priority int, newest real,
    due real default 0, must int, data blob, tries int default 0, reason text, failed int default 0,
    final int default 0, story text,
    etag text, modified text, checked real, changed real, seconds real, skipped text
);
create index if not exists queue on request (priority desc, newest desc, id) where state = 0;
create index if not exists waiting on request (due) where state = 0;
create index if not exists story_request on request (story) where story is not null;
create table if not exists story (id text primary key, digest text, signature blob) without rowid;
create table if not exists story_key (key text primary key, id text) without rowid;
create table if not exists band (key int, id text, primary key (key, id)) without rowid;
create table if not exists mark (name text primary key, value) without rowid;
"""


class SqliteStore:
    """The file; raises `sqlite3.Error` when it cannot be used, and `sqlite3.OperationalError` when the disk is full.

    It has one worker. What `RedisStore` tells to others, it need not keep.
    """

    owner = ""
    joined = False
    stale = False
    connections = 0

    def __init__(self, path: Path, longest: float = 300.0) -> None:
        """Open or begin it; what was in flight is queued again, and nothing waits for longer than `longest` seconds."""
        self._made = 0
        self._troubles: dict[str, HostTrouble] = {}
        self._db = sqlite3.connect(path)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_TABLES)
        if "skipped" not in {row[1] for row in self._db.execute("pragma table_info(request)")}:  # an earlier release's
            self._db.execute("alter table request add column skipped text")
        again = "update request set state = ?, tries = 0, due = min(due, ?) where state <> ?"
        self._db.execute(again, (_QUEUED, steady() + longest, _CLOSED))
        self._db.commit()

    def commit(self) -> None:
        """Commit pending changes to disk."""
        self._db.commit()

    def close(self) -> None:
        """Commit and let go of the file."""
        self._db.commit()
        self._db.close()

    def mark(self, name: str) -> str | int | None:
        """Return a value that was set, or None."""
        row = self._db.execute("select value from mark where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_mark(self, name: str, value: str | int) -> None:
        """Set a value."""
        self._db.execute("insert or replace into mark values (?, ?)", (name, value))

    # Requests

    def add(self, key: bytes, url: str, host: str, place: tuple[int, float, bool], data: bytes) -> bool:
        """Queue a request unless its key is known; `place` is its priority, its date, and whether it must be made.

        `url` is the URL that was requested first, before its redirects.
        """
        row = (key, url, host, _QUEUED, *place, data)
        statement = (
            "insert or ignore into request (key, url, host, state, priority, newest, must, data)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        return self._db.execute(statement, row).rowcount > 0

    def requeue(self, key: bytes, data: bytes, *, tries: int = 0, due: float = 0.0) -> bool:
        """Queue a known request again, to be made not before `due` (seconds of the epoch); False where it was queued.

        Without `tries` it is made afresh: what the last answer said of itself is forgotten.
        """
        was = self._db.execute("select state from request where key = ?", (key,)).fetchone()
        forget = ", etag = null, modified = null, must = 1" if not tries else ""
        self._db.execute(
            f"update request set state = ?, data = ?, due = ?, tries = ?{forget} where key = ?",
            (_QUEUED, data, due, tries, key),
        )
        return bool(was[0] != _QUEUED)

    def data(self, key: bytes) -> bytes | None:
        """Return a request as it was stored; None for one that is not known."""
        row = self._db.execute("select data from request where key = ?", (key,)).fetchone()
        return row[0] if row else None

    def renew(self, key: bytes, since: float) -> bool:
        """Queue a closed request again if its page was last looked at before `since`; True if so."""
        statement = "update request set state = ?, due = 0, tries = 0 where key = ? and state = ? and checked < ?"
        return bool(self._db.execute(statement, (_QUEUED, key, _CLOSED, since)).rowcount)

    def take(self, barred: Collection[str] = (), *, must: bool = False) -> TakenRequest | None:
        """Pop the next due request of a host that is not excluded; with `must`, only a mandatory one."""
        holes = ", ".join("?" * len(barred))
        statement = (
            "update request set state = ? where id = (select id from request where state = 0 and due <= ?"
            f" and host not in ({holes}) and must >= ? order by priority desc, newest desc, id limit 1)"
            " returning key, data, tries, etag, modified"
        )
        rows = self._db.execute(statement, (_IN_FLIGHT, steady(), *barred, must)).fetchall()
        return TakenRequest(*rows[0]) if rows else None

    def next_due(self, barred: Collection[str] = (), *, must: bool = False) -> float | None:
        """Return the earliest time at which `take` will have something to give; None for never."""
        holes = ", ".join("?" * len(barred))
        statement = (
            f"select due from request where state = 0 and host not in ({holes}) and must >= ? order by due limit 1"
        )
        row: tuple[float] | None = self._db.execute(statement, (*barred, must)).fetchone()
        return row[0] if row else None

    def finish(self, key: bytes, end: RequestEnd) -> None:
        """Close a request that is in flight."""
        now = time.time()
        self._db.execute(
            "update request set state = ?, reason = ?, failed = ?, final = ?, checked = ?, seconds = ? where key = ?",
            (_CLOSED, end.reason, end.failed, end.final, now, end.seconds, key),
        )
        if end.whole:
            statement = (
                "update request set etag = ?, modified = ?, changed = coalesce(changed, ?), skipped = ? where key = ?"
            )
            self._db.execute(statement, (end.etag, end.modified, now, end.skipped, key))

    def spare(self, key: bytes, reason: str) -> None:
        """Close a request that was taken and is not made; the next round may make it."""
        self.finish(key, RequestEnd(reason, failed=False, final=False))

    def postpone(self, key: bytes, priority: int, data: bytes) -> None:
        """Queue a request that was taken and is not made yet, with a lower priority."""
        self._db.execute(
            "update request set state = ?, priority = ?, data = ? where key = ?", (_QUEUED, priority, data, key)
        )

    def gave(self, key: bytes, story: str, *, news: bool) -> None:
        """Record that a request gave a story, and whether it was new or changed."""
        changed = ", changed = ?" if news else ""
        values = (story, time.time(), key) if news else (story, key)
        self._db.execute(f"update request set story = ?{changed} where key = ?", values)

    def renew_all(self) -> int:
        """Start the next round after a finished crawl; return the number of requests that are queued again.

        Pages without a story and failures are requested again; a story when it has been unchanged as long as it had
        when it was last looked at, or when that is far ahead, as the clock was set back.
        """
        now = time.time()
        statement = (
            "update request set state = ?, due = 0, tries = 0 where state = ? and not must and not final and"
            " (failed or story is null or checked > ? or ? - checked >= min(max(checked - changed, ?), ?))"
        )
        wait = (SHORTEST_WAIT, LONGEST_WAIT)
        return self._db.execute(statement, (_QUEUED, _CLOSED, now + SHORTEST_WAIT, now, *wait)).rowcount

    def left(self) -> int:
        """Return the number of requests that are queued or in flight."""
        count: int = self._db.execute("select count(*) from request where state <> ?", (_CLOSED,)).fetchone()[0]
        return count

    def failures(self) -> Iterator[FailedRequest]:
        """Return the requests that came to nothing."""
        statement = "select url, reason, tries + 1 from request where state = ? and failed order by id"
        for row in self._db.execute(statement, (_CLOSED,)):
            yield FailedRequest(*row)

    def skipped(self) -> Iterator[SkippedPage]:
        """Return the pages that held no story when they came last."""
        statement = (
            "select url, skipped from request where state = ? and not failed and skipped is not null order by id"
        )
        for row in self._db.execute(statement, (_CLOSED,)):
            yield SkippedPage(*row)

    # Manners, of which the only worker knows

    def beat(self) -> None:
        """Do nothing."""

    def agree(self, under_way: Collection[bytes]) -> list[bytes]:
        """Return none: all that is in progress is this worker's."""
        return []

    def give_up(self) -> None:
        """Do nothing."""

    def damaged(self) -> int:
        """Return 0: a damaged row is noticed when its request is loaded."""
        return 0

    def given_up(self) -> bool:
        """Return that no other worker has given up a host."""
        return False

    def rest(self, host: str, until: float) -> None:
        """Do nothing."""

    def bar(self, host: str) -> None:
        """Do nothing."""

    def trouble(self, host: str) -> HostTrouble:
        """Return the recent failures of a host."""
        return self._troubles.get(host, HostTrouble())

    def set_trouble(self, host: str, trouble: HostTrouble) -> None:
        """Record the recent failures of a host."""
        if trouble.failures:
            self._troubles[host] = trouble
        else:
            self._troubles.pop(host, None)

    def pace(self, host: str, seconds: float, concurrent: int) -> None:
        """Do nothing."""

    def made(self, count: int = 0) -> int:
        """Count requests that were made; give how many."""
        self._made += count
        return self._made

    # Stories

    def write_lock(self) -> AbstractContextManager[None]:
        """Hold the lock for deciding on and writing a record."""
        return nullcontext()

    def elsewhere(self, story: str) -> bool:
        """Return that a story is in no other file."""
        return False

    def remember(self, story: Story, mark: tuple[str, int] | None = None) -> None:
        """Store a new or changed story, and set a mark."""
        self._db.execute("insert or replace into story values (?, ?, ?)", (story.id, story.digest, story.signature))
        pairs = [(key, story.id) for key in story.keys]
        self._db.executemany("insert or ignore into story_key values (?, ?)", pairs)
        self._db.executemany("insert or ignore into band values (?, ?)", [(key, story.id) for key in story.bands])
        if mark is not None:
            self.set_mark(*mark)

    def digest(self, story: str) -> str | None:
        """Return the digest of a story's text; None for a story that is not known."""
        row = self._db.execute("select digest from story where id = ?", (story,)).fetchone()
        return row[0] if row else None

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""
        for key in keys:
            row: tuple[str] | None = self._db.execute("select id from story_key where key = ?", (key,)).fetchone()
            if row:
                return row[0]
        return None

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band, each once."""
        holes = ", ".join("?" * len(bands))
        statement = (
            "select id, signature from story where id in"
            f" (select id from band where key in ({holes})) and signature is not null"
        )
        yield from self._db.execute(statement, tuple(bands))

    def forget_stories(self) -> None:
        """Delete all stories because their records are gone; their requests stay closed until `lose`."""
        for table in ("story", "story_key", "band"):
            self._db.execute(f"delete from {table}")

    def lose(self) -> int:
        """Queue the requests again whose stories are not known any more; give their number."""
        statement = (
            "update request set state = ?, story = null, etag = null, modified = null, due = 0, tries = 0"
            " where state = ? and story is not null and story not in (select id from story)"
        )
        return self._db.execute(statement, (_QUEUED, _CLOSED)).rowcount
