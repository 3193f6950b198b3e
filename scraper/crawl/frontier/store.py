"""The persistent state of a crawl, by what it holds: requests, stories, hosts, marks, and the workers that share it.

A request is queued, then in flight, then closed with a reason. Requests in flight when a process dies are queued again.
A story is known by its id, by the keys it shares with its copies, and by the bands of its signature. `SqliteStore`
serves one worker, `RedisStore` several. All methods raise `StoreError` or `sqlite3.OperationalError` if nothing more
can be stored.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from scraper.stories.identity import Story

__all__ = [
    "LONGEST_WAIT",
    "SHORTEST_WAIT",
    "FailedRequest",
    "HostFailures",
    "Hosts",
    "Marks",
    "Position",
    "RequestEnd",
    "RequestQueue",
    "SkippedPage",
    "Store",
    "StoreError",
    "StoryIndex",
    "TakenRequest",
    "Workers",
    "WriteLockLost",
]

SHORTEST_WAIT, LONGEST_WAIT = 90 * 60, 90 * 24 * 3600
"""Seconds between two visits to a story that did not change."""


class StoreError(Exception):
    """The store cannot be used."""


class WriteLockLost(Exception):
    """Another worker holds the write lock: the decision about a record may be outdated."""


class Position(NamedTuple):
    """What decides when a queued request is taken."""

    priority: int
    """The highest is taken first."""
    date: float
    """The date of the page (seconds since the epoch): of equal priorities, the newest is taken first."""
    mandatory: bool
    """Whether it is taken even after the request limit is reached."""


class TakenRequest(NamedTuple):
    """A request taken from the queue."""

    key: bytes
    data: bytes
    tries: int
    """Earlier attempts in this run."""
    etag: str | None
    modified: str | None


class RequestEnd(NamedTuple):
    """How a request ended."""

    reason: str
    failed: bool
    """Whether it failed; the next crawl repeats it unless it is `final`."""
    final: bool
    complete: bool = False
    """Whether a complete page arrived, so that its validators may be sent with the next request."""
    etag: str | None = None
    modified: str | None = None
    seconds: float | None = None
    """From the request to the response; None without a response."""
    skipped: str | None = None
    """Why the page has no story."""


class FailedRequest(NamedTuple):
    """A request that failed."""

    url: str
    reason: str
    tries: int


class SkippedPage(NamedTuple):
    """A fetched page without a story."""

    url: str
    reason: str


class HostFailures(NamedTuple):
    """The recent failures of a host."""

    number: int = 0
    """Consecutive failures."""
    until: float = 0.0
    """No requests are sent before this time (seconds since the epoch)."""


class RequestQueue(Protocol):
    """The requests of a crawl, each under its key."""

    def add(self, key: bytes, url: str, host: str, position: Position, data: bytes) -> bool:
        """Queue a request unless its key is known; return whether it was queued.

        `url` is the URL that was requested first, before its redirects.
        """

    def requeue(self, key: bytes, data: bytes, *, tries: int = 0, due: float = 0.0) -> bool:
        """Queue a known request again, not to be sent before `due` (seconds since the epoch).

        Return False if it was queued already. Without `tries` it starts over: the validators of its page are deleted.
        """

    def refresh(self, key: bytes, since: float) -> bool:
        """Queue a closed request again if its page was last checked before `since`; return whether it was queued."""

    def data(self, key: bytes) -> bytes | None:
        """Return a request as it was stored; None for an unknown key."""

    def take(self, *, mandatory: bool = False) -> TakenRequest | None:
        """Remove and return the next due request of a host that may be contacted now; None if there is none."""

    def next_due(self, *, mandatory: bool = False) -> float | None:
        """Return the earliest time (seconds since the epoch) at which `take` may return a request; None for never."""

    def finish(self, key: bytes, end: RequestEnd) -> None:
        """Close a request that is in flight."""

    def release(self, key: bytes, reason: str) -> None:
        """Close a request that was taken but not sent; the next round may send it."""

    def postpone(self, key: bytes, priority: int, data: bytes) -> None:
        """Queue a request that was taken but not sent, with a lower priority."""

    def record_story(self, key: bytes, story: str, *, is_new: bool) -> None:
        """Record which story a request yielded, and whether it was new or changed."""

    def start_round(self) -> int:
        """Start the next round after a finished crawl; return the number of requests that are queued again.

        Pages without a story and failures are requested again. A story is requested again once the time since its last
        check reaches the time for which it had then been unchanged, or if that check lies far in the future because
        the clock was set back.
        """

    def requeue_lost(self) -> int:
        """Queue the requests again whose stories are no longer in the index; return their number."""

    def pending_count(self) -> int:
        """Return the number of requests that are queued or in flight."""

    def failures(self) -> Iterator[FailedRequest]:
        """Yield the requests that failed."""

    def skipped(self) -> Iterator[SkippedPage]:
        """Yield the pages that had no story when they were last fetched."""

    def count_sent(self, number: int) -> None:
        """Add a number, maybe negative, to the requests that count against the request limit of this run."""

    def sent_count(self) -> int:
        """Return the number of requests that were counted in this run."""


class StoryIndex(Protocol):
    """The stories of the records file; a `Known` of `scraper.stories.identity`."""

    is_stale: bool
    """Whether the index may have lost stories that the records file has."""

    def write_lock(self) -> AbstractContextManager[None]:
        """Hold the lock for deciding on and writing a record."""

    def remember(self, story: Story, file_size: int | None = None) -> None:
        """Store a new or changed story, and the size of the records file (bytes) with its record.

        Raise `WriteLockLost` if another worker holds the lock now.
        """

    def forget(self) -> None:
        """Delete the stories of the records file; their requests stay closed until `RequestQueue.requeue_lost`."""

    def file_size(self) -> int:
        """Return the size (bytes) up to which the records file is indexed."""

    def set_file_size(self, size: int) -> None:
        """Set the size (bytes) up to which the records file is indexed."""

    def is_written_elsewhere(self, story: Story) -> bool:
        """Return whether the records file of another worker has a story with the same text, be it at another URL."""

    def digest(self, story: str) -> str | None:
        """Return the digest of a story's text; None for an unknown story."""

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Yield id and signature of the stories that share a band, each once."""


class Hosts(Protocol):
    """The hosts that fail in this run."""

    def failures(self, host: str) -> HostFailures:
        """Return the recent failures of a host."""

    def set_failures(self, host: str, failures: HostFailures) -> None:
        """Set the recent failures of a host."""

    def pause(self, host: str, until: float) -> None:
        """Send no requests to a host before a time (seconds since the epoch)."""

    def block(self, host: str) -> bool:
        """Send no more requests to a host in this run; return False if it was blocked already."""

    def any_blocked(self) -> bool:
        """Return whether a host is blocked."""


class Marks(Protocol):
    """Named values of a crawl."""

    def get(self, name: str) -> str | int | None:
        """Return a value; None if it was never set."""

    def set(self, name: str, value: str | int) -> None:
        """Set a value."""


class Workers(Protocol):
    """The coordination of the workers of a shared crawl."""

    has_joined: bool
    """Whether this worker joined a crawl that others were running."""

    @property
    def connections(self) -> int:
        """How often this worker connected to the store; after a reconnection the last changes may be lost."""

    def heartbeat(self) -> None:
        """Renew the lease of this worker."""

    def reconcile(self, in_flight: Collection[bytes]) -> list[bytes]:
        """Report the requests in flight; return those that no longer belong to this worker."""

    def share_pace(self, host: str, delay: float, concurrent: int) -> None:
        """Set the delay (seconds) between requests to a host, and their number in flight, for all workers together."""

    def pop_damaged_count(self) -> int:
        """Return the number of damaged rows that were dropped since the last call by any worker."""

    def stop_waiting(self) -> None:
        """Fail at once from now on if the store is unreachable: this worker ends."""


class Store(Protocol):
    """The persistent state of a crawl; callers take the part that they need."""

    @property
    def requests(self) -> RequestQueue:
        """The requests."""

    @property
    def stories(self) -> StoryIndex:
        """The stories."""

    @property
    def hosts(self) -> Hosts:
        """The hosts."""

    @property
    def marks(self) -> Marks:
        """The named values."""

    @property
    def workers(self) -> Workers | None:
        """The coordination with other workers; None for a store of one worker."""

    def commit(self) -> None:
        """Write pending changes to disk, all or none."""

    def close(self) -> None:
        """Commit and close the store."""
