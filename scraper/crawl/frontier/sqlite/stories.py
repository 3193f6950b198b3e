"""The stories of a crawl with one worker."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from scraper.crawl.frontier.sqlite.database import SqliteMarks
from scraper.stories.identity import Story

__all__ = ["SqliteStories"]

_FILE_SIZE = "records_size"  # the mark


class SqliteStories:
    """The stories of the records file."""

    def __init__(self, database: sqlite3.Connection, marks: SqliteMarks) -> None:
        self._database, self._marks = database, marks
        self.is_stale = False

    def write_lock(self) -> AbstractContextManager[None]:
        """Return a lock that is always free: there is one worker."""
        return nullcontext()

    def remember(self, story: Story, file_size: int | None = None) -> None:
        """Store a new or changed story, and the size of the records file (bytes) with its record."""
        execute_many = self._database.executemany
        self._database.execute(
            "insert or replace into story values (?, ?, ?)", (story.id, story.digest, story.signature)
        )
        execute_many("insert or ignore into story_key values (?, ?)", [(key, story.id) for key in story.keys])
        execute_many("insert or ignore into band values (?, ?)", [(band, story.id) for band in story.bands])
        if file_size is not None:
            self.set_file_size(file_size)

    def forget(self) -> None:
        """Delete all stories; their requests stay closed until `SqliteRequests.requeue_lost`."""
        for table in ("story", "story_key", "band"):
            self._database.execute(f"delete from {table}")

    def file_size(self) -> int:
        """Return the size (bytes) up to which the records file is indexed."""
        return int(self._marks.get(_FILE_SIZE) or 0)

    def set_file_size(self, size: int) -> None:
        """Set the size (bytes) up to which the records file is indexed."""
        self._marks.set(_FILE_SIZE, size)

    def is_written_elsewhere(self, story: Story) -> bool:
        """Return False: there is one records file."""
        return False

    def digest(self, story: str) -> str | None:
        """Return the digest of a story's text; None for an unknown story."""
        row = self._database.execute("select digest from story where id = ?", (story,)).fetchone()
        return row[0] if row else None

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""
        for key in keys:
            row: tuple[str] | None = self._database.execute("select id from story_key where key = ?", (key,)).fetchone()
            if row:
                return row[0]
        return None

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Yield id and signature of the stories that share a band, each once."""
        placeholders = ", ".join("?" * len(bands))
        statement = (
            "select id, signature from story where id in"
            f" (select id from band where key in ({placeholders})) and signature is not null"
        )
        yield from self._database.execute(statement, tuple(bands))
