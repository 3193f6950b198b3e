"""The SQLite file of a crawl: its tables, and its named values."""

import sqlite3
from pathlib import Path

from scraper.crawl.fetch_time import steady

__all__ = ["CLOSED", "IN_FLIGHT", "QUEUED", "SqliteMarks", "open_database"]

QUEUED, IN_FLIGHT, CLOSED = 0, 1, 2
"""The states of a request."""

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


def open_database(path: Path, longest_wait: float) -> sqlite3.Connection:
    """Open or create the file and queue again what was in flight; no request waits longer than `longest_wait` seconds.

    Raise `sqlite3.Error` if the file cannot be used.
    """
    database = sqlite3.connect(path)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = normal")
    database.executescript(_TABLES)
    if "skipped" not in {row[1] for row in database.execute("pragma table_info(request)")}:  # of an earlier release
        database.execute("alter table request add column skipped text")
    statement = "update request set state = ?, tries = 0, due = min(due, ?) where state <> ?"
    database.execute(statement, (QUEUED, steady() + longest_wait, CLOSED))
    database.commit()
    return database


class SqliteMarks:
    """Named values of a crawl."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def get(self, name: str) -> str | int | None:
        """Return a value; None if it was never set."""
        row = self._database.execute("select value from mark where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set(self, name: str, value: str | int) -> None:
        """Set a value."""
        self._database.execute("insert or replace into mark values (?, ?)", (name, value))
