"""The stories of a crawl with several workers.

Records are decided on and written by one worker at a time, so that no story is written twice.
"""

import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress

import msgspec

from scraper.crawl.frontier.redis.connection import RedisConnection
from scraper.crawl.frontier.redis.marks import FORGOTTEN, RedisMarks
from scraper.crawl.frontier.store import StoreError, WriteLockLost
from scraper.stories.identity import Story

__all__ = ["RedisStories"]

_LOCK_KEY = "turn"  # `write_lock` in commands.lua
_LOCK_TIMEOUT = 10_000  # milliseconds after which the write lock expires; a write takes one or two
_LOCK_INTERVAL = 0.002  # seconds between two attempts to get it


class _StoredStory(msgspec.Struct, frozen=True, array_like=True):
    """A story in Redis."""

    digest: str
    signature: bytes | None
    worker: str
    """The worker whose records file has the story."""


class RedisStories:
    """The stories of the records files of all workers."""

    def __init__(self, connection: RedisConnection, worker: str, marks: RedisMarks) -> None:
        """Open the index for the worker with a name."""
        self._connection, self._worker, self._marks = connection, worker, marks
        self._file_size = f"records_size{worker}"  # the mark
        self._lock_token = ""
        self.is_stale = False
        connection.on_reconnect(self._mark_stale)

    def _mark_stale(self) -> None:
        self.is_stale = True

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Hold the lock for deciding on and writing a record; other workers wait."""
        token = secrets.token_hex(8)
        while not self._connection.call(self._acquire, token):
            time.sleep(_LOCK_INTERVAL)
        self._lock_token = token
        try:
            yield
        finally:
            self._lock_token = ""
            with suppress(StoreError):  # the lock expires
                self._connection.run("release_lock", token, when_full=True)

    def _acquire(self, token: str) -> bool:
        """Return whether the lock is held; a reply that was lost may have acquired it."""
        client, key = self._connection.client, self._connection.key(_LOCK_KEY)
        return bool(client.set(key, token, nx=True, px=_LOCK_TIMEOUT)) or client.get(key) == token.encode()

    def remember(self, story: Story, file_size: int | None = None) -> None:
        """Store a new or changed story, and the size of the records file (bytes) with its record.

        Raise `WriteLockLost` if another worker holds the lock now.
        """
        value = msgspec.msgpack.encode(_StoredStory(story.digest, story.signature, self._worker))
        mark = ("", 0) if file_size is None else (self._file_size, file_size)
        keys = [*story.keys, *map(str, story.bands)]
        if not self._connection.run("remember", self._lock_token, story.id, value, *mark, len(story.keys), *keys):
            raise WriteLockLost

    def forget(self) -> None:
        """Delete the stories of this worker's records file."""
        self._marks.set(f"{FORGOTTEN}{self._worker}", 1)
        prefix = self._connection.key("story:")
        for keys in self._connection.scan("story:"):
            stories = self._stories([key.decode().removeprefix(prefix) for key in keys])
            own = [key for key, story in zip(keys, stories, strict=True) if story and story.worker == self._worker]
            if own:
                self._connection.call(self._connection.client.unlink, *own)

    def file_size(self) -> int:
        """Return the size (bytes) up to which the records file is indexed."""
        return int(self._marks.get(self._file_size) or 0)

    def set_file_size(self, size: int) -> None:
        """Set the size (bytes) up to which the records file is indexed."""
        self._marks.set(self._file_size, size)

    def is_written_elsewhere(self, story: Story) -> bool:
        """Return whether the records file of another worker has a story with the same text, be it at another URL."""
        ids = {story.id, self.sharing(story.keys[:1]) or story.id}
        stored = filter(None, self._stories(list(ids)))
        return any(other.worker != self._worker and other.digest == story.digest for other in stored)

    def digest(self, story: str) -> str | None:
        """Return the digest of a story's text; None for an unknown story."""
        stored = self._stories([story])[0]
        return stored.digest if stored else None

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""
        names = list(keys)
        if not names:
            return None
        values = self._connection.call(self._connection.client.hmget, self._connection.key("keys"), names)
        ids = [value.decode() for value in values if value is not None]
        return next((id for id, story in zip(ids, self._stories(ids), strict=True) if story is not None), None)

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Yield id and signature of the stories that share a band, each once."""
        values = self._connection.call(self._band_values, bands)
        ids = sorted({id.decode() for value in values if value for id in value.split()})
        for id, story in zip(ids, self._stories(ids), strict=True):
            if story is not None and story.signature is not None:
                yield id, story.signature

    def _band_values(self, bands: Collection[int]) -> list[bytes | None]:
        """Return the ids under each band, separated by spaces."""
        pipeline = self._connection.client.pipeline(transaction=False)
        for band in map(str, bands):
            pipeline.hget(self._connection.key(f"band:{band[-5:]}"), band)
        return pipeline.execute()

    def _stories(self, ids: list[str]) -> list[_StoredStory | None]:
        if not ids:
            return []
        keys = [self._connection.key(f"story:{id}") for id in ids]
        values = self._connection.call(self._connection.client.mget, keys)
        return [value and msgspec.msgpack.decode(value, type=_StoredStory) for value in values]
