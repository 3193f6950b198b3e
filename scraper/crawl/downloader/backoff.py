"""A host in trouble is left in peace: tries wait longer and longer, Retry-After is kept, at last the host is given up.

Scrapy's own retries go out at once and know no Retry-After. Here the whole host waits, and the waiting request is
in the frontier, so that it takes no place and survives the process. A host that failed too often in a row is requested
nothing more in this run; what is queued for it is the next run's.
"""

import asyncio
import email.utils
import logging
import time
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    CloseSpider,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from scraper.crawl.fetch_time import steady
from scraper.crawl.frontier.request_codec import DUE, META
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.crawl.frontier.store import HostFailures
from scraper.io.content_encoding import CUT_SHORT
from scraper.stories.urls import host

__all__ = ["RATE_LIMITED", "BackoffMiddleware", "retry_after"]

RATE_LIMITED = "rate_limited"
"""The reason with which a crawl ends that had to give up a host."""

_STATUSES = frozenset((408, 429, 500, 502, 503, 504, 522, 524))
_BUSY = frozenset((429, 503))
_TROUBLES = (
    DownloadTimeoutError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    ResponseDataLossError,
    CannotResolveHostError,
)

_DIGITS = 12  # of a number of seconds: nobody waits that long

logger = logging.getLogger(__name__)


def retry_after(value: bytes | None, now: float) -> float | None:
    """Read a Retry-After header as seconds from now on; None for none, or one that is neither a number nor a date."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


class BackoffMiddleware:
    """Downloader middleware in the place of Scrapy's retries.

    Settings: RETRY_TIMES more tries a request, if RETRY_ENABLED; BACKOFF seconds before the first, doubled each time,
    BACKOFF_LONGEST at most, for Retry-After too; HOST_FAILURES failed tries in a row, and a host is given up.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._tries = settings.getint("RETRY_TIMES") if settings.getbool("RETRY_ENABLED") else 0
        self._first, self._longest = settings.getfloat("BACKOFF"), settings.getfloat("BACKOFF_LONGEST")
        self._patience = settings.getint("HOST_FAILURES")
        crawler.signals.connect(self._idle, signals.spider_idle)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Return the answer, or the next try of a request that a host in trouble has answered."""
        if response.status not in _STATUSES and CUT_SHORT not in response.flags:
            Scheduler.of(self._crawler).hosts.set_failures(host(request.url), HostFailures())
            return response
        asked = retry_after(response.headers.get("Retry-After"), time.time())
        if asked is None and response.status in _BUSY:
            asked = 0.0
        return await self._again(request, asked) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Return the next try of a request that failed on its way."""
        return await self._again(request, None) if isinstance(exception, _TROUBLES) else None

    async def _again(self, request: Request, asked: float | None) -> Request | None:
        tries = request.meta.get("retry_times", 0) + 1
        due = self._failed(host(request.url), tries, asked)
        if tries > self._tries:
            return None
        again: Request = request.replace(dont_filter=True)
        again.meta["retry_times"] = tries
        again.meta[DUE] = due
        if META not in request.meta:  # robots.txt: the host's other requests wait for it anyway
            await asyncio.sleep(max(due - steady(), 0.0))
        return again

    def _failed(self, name: str, tries: int, asked: float | None) -> float:
        """Record a failure of a host; return until when the request waits.

        One failure alone may be its page's own, and only the page waits, unless the host has `asked` for peace.
        """
        hosts = Scheduler.of(self._crawler).hosts
        now = steady()
        failures, until = hosts.failures(name)
        failures += now >= until  # what was in progress when it began to rest tells nothing new
        wait = max(self._first * 2.0 ** (max(failures, tries) - 1), asked or 0.0)
        due = max(until, now + min(wait, self._longest))
        if asked is not None or failures > 1:
            until = due
            hosts.pause(name, until)
        hosts.set_failures(name, HostFailures(failures, until))
        if failures >= self._patience and hosts.block(name):
            logger.warning("%s is given up after %d consecutive failures", name, failures)
        return due

    def _idle(self) -> None:
        """Set the reason with which a crawl ends that still has URLs to request."""
        if Scheduler.of(self._crawler).hosts.has_blocked_requests():
            raise CloseSpider(RATE_LIMITED)
