"""The store of a crawl with one worker; all changes between two commits are written together or not at all."""

from pathlib import Path

from scraper.crawl.frontier.sqlite.database import SqliteMarks, open_database
from scraper.crawl.frontier.sqlite.hosts import LocalHosts
from scraper.crawl.frontier.sqlite.requests import SqliteRequests
from scraper.crawl.frontier.sqlite.stories import SqliteStories

__all__ = ["SqliteStore"]


class SqliteStore:
    """A `Store` in one file.

    Opening raises `sqlite3.Error` if the file cannot be used, and `sqlite3.OperationalError` if the disk is full.
    """

    workers = None

    def __init__(self, path: Path, longest_wait: float = 300.0) -> None:
        """Open or create the file; no request waits longer than `longest_wait` seconds for its next attempt."""
        self._database = open_database(path, longest_wait)
        self.hosts = LocalHosts()
        self.marks = SqliteMarks(self._database)
        self.requests = SqliteRequests(self._database, self.hosts)
        self.stories = SqliteStories(self._database, self.marks)

    def commit(self) -> None:
        """Write pending changes to disk, all or none."""
        self._database.commit()

    def close(self) -> None:
        """Commit and close the file."""
        self._database.commit()
        self._database.close()
