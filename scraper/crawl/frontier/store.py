"""What the scheduler and the record pipeline keep about requests and stories, whatever the process dies of.

A request is queued, then in flight, then closed with a reason. Requests in flight when a process dies are queued again.
A story is known by its id, by the keys it shares with its copies, and by the bands of its signature. `SqliteStore`
serves one worker, `RedisStore` several.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from scraper.stories.identity import Story

__all__ = [
    "LONGEST_WAIT",
    "SHORTEST_WAIT",
    "FailedRequest",
    "HostTrouble",
    "RequestEnd",
    "SkippedPage",
    "Store",
    "StoreError",
    "TakenRequest",
    "WriteLockLost",
]

SHORTEST_WAIT, LONGEST_WAIT = 90 * 60, 90 * 24 * 3600
"""Seconds between two visits to a story that did not change."""


class StoreError(Exception):
    """The store cannot be used."""


class WriteLockLost(Exception):
    """Another worker holds the write lock: the decision about a record may be outdated."""


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
    whole: bool = False
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


class HostTrouble(NamedTuple):
    """The recent failures of a host."""

    failures: int = 0
    """Consecutive failures."""
    until: float = 0.0
    """No requests are sent before this time (seconds since the epoch)."""


class Store(Protocol):
    """The persistent state of a crawl.

    Methods raise `StoreError` or `sqlite3.OperationalError` if nothing more can be stored.
    """

    stale: bool
    """Whether the store has forgotten stories that the records file has."""
    connections: int
    """How often the store was connected to; after a reconnection the last changes may be lost."""

    @property
    def owner(self) -> str:
        """The name of this worker; empty for a store of one worker."""

    @property
    def joined(self) -> bool:
        """Whether other workers were at the crawl already."""

    def commit(self) -> None:
        """Commit pending changes to disk."""

    def close(self) -> None:
        """Commit and close the store."""

    def mark(self, name: str) -> str | int | None:
        """Return a value that was set, or None."""

    def set_mark(self, name: str, value: str | int) -> None:
        """Set a value."""

    def add(self, key: bytes, url: str, host: str, place: tuple[int, float, bool], data: bytes) -> bool:
        """Queue a request unless its key is known; `place` is its priority, its date, and whether it must be made.

        `url` is the URL that was requested first, before its redirects.
        """

    def requeue(self, key: bytes, data: bytes, *, tries: int = 0, due: float = 0.0) -> bool:
        """Queue a known request again, to be made not before `due` (seconds of the epoch); False where it was queued.

        Without `tries` it is made afresh: what the last answer said of itself is forgotten.
        """

    def data(self, key: bytes) -> bytes | None:
        """Return a request as it was stored; None for one that is not known."""

    def renew(self, key: bytes, since: float) -> bool:
        """Queue a closed request again if its page was last looked at before `since`; True if so."""

    def take(self, barred: Collection[str] = (), *, must: bool = False) -> TakenRequest | None:
        """Pop the next due request of a host that is not excluded; with `must`, only a mandatory one."""

    def next_due(self, barred: Collection[str] = (), *, must: bool = False) -> float | None:
        """Return the earliest time at which `take` will have something to give; None for never."""

    def finish(self, key: bytes, end: RequestEnd) -> None:
        """Close a request that is in flight."""

    def spare(self, key: bytes, reason: str) -> None:
        """Close a request that was taken and is not made; the next round may make it."""

    def postpone(self, key: bytes, priority: int, data: bytes) -> None:
        """Queue a request that was taken and is not made yet, with a lower priority."""

    def gave(self, key: bytes, story: str, *, news: bool) -> None:
        """Record that a request gave a story, and whether it was new or changed."""

    def renew_all(self) -> int:
        """Start the next round after a finished crawl; return the number of requests that are queued again.

        Pages without a story and failures are requested again; a story when it has been unchanged as long as it had
        when it was last looked at, or when that is far ahead, as the clock was set back.
        """

    def left(self) -> int:
        """Return the number of requests that are queued or in flight."""

    def failures(self) -> Iterator[FailedRequest]:
        """Return the requests that came to nothing."""

    def skipped(self) -> Iterator[SkippedPage]:
        """Return the pages that held no story when they came last."""

    def beat(self) -> None:
        """Renew the lease of this worker."""

    def agree(self, under_way: Collection[bytes]) -> list[bytes]:
        """Report the requests in flight; return those that no longer belong to this worker."""

    def give_up(self) -> None:
        """Return all requests in flight to the queue."""

    def damaged(self) -> int:
        """Return how many damaged rows were dropped since the last call."""

    def given_up(self) -> bool:
        """Return that no other worker has given up a host."""

    def rest(self, host: str, until: float) -> None:
        """Pause requests to a host from all workers until a time (seconds since the epoch)."""

    def bar(self, host: str) -> None:
        """Stop requests to a host from all workers."""

    def trouble(self, host: str) -> HostTrouble:
        """Return the recent failures of a host."""

    def set_trouble(self, host: str, trouble: HostTrouble) -> None:
        """Record the recent failures of a host."""

    def pace(self, host: str, seconds: float, concurrent: int) -> None:
        """Set the delay between requests to a host, and their number in flight, for all workers."""

    def made(self, count: int = 0) -> int:
        """Count requests that were made; give how many."""

    def write_lock(self) -> AbstractContextManager[None]:
        """Hold the lock for deciding on and writing a record."""

    def elsewhere(self, story: str) -> bool:
        """Return that a story is in no other file."""

    def remember(self, story: Story, mark: tuple[str, int] | None = None) -> None:
        """Store a new or changed story, and set a mark."""

    def digest(self, story: str) -> str | None:
        """Return the digest of a story's text; None for a story that is not known."""

    def sharing(self, keys: Iterable[str]) -> str | None:
        """Return the id of a story that has one of these keys."""

    def near(self, bands: Collection[int]) -> Iterator[tuple[str, bytes]]:
        """Return id and signature of the stories that share a band, each once."""

    def forget_stories(self) -> None:
        """Delete all stories because their records are gone; their requests stay closed until `lose`."""

    def lose(self) -> int:
        """Queue the requests again whose stories are not known any more; give their number."""
