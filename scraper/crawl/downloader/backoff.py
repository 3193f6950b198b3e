"""Retries with exponential back-off: pauses grow with each failure, Retry-After is obeyed, and hosts can be blocked.

Scrapy's own retries are sent at once and ignore Retry-After. Here all requests to the host wait, and the failed request
is queued in the frontier, where it needs no slot and survives the process. After too many consecutive failures, a host
is blocked: nothing more is requested from it in this run, and its queued requests are left for the next one.
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
"""The reason with which a crawl ends that has blocked a host."""

_STATUSES = frozenset((408, 429, 500, 502, 503, 504, 522, 524))
_BUSY = frozenset((429, 503))
_HOST_ERRORS = (
    DownloadTimeoutError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    ResponseDataLossError,
    CannotResolveHostError,
)

_DIGITS = 12  # of a Retry-After that count; the others cannot matter

logger = logging.getLogger(__name__)


def retry_after(value: bytes | None, now: float) -> float | None:
    """Return the seconds from `now` that a Retry-After header asks for; None if it is missing or malformed."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_DIGITS])
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


class BackoffMiddleware:
    """Downloader middleware that replaces Scrapy's retries.

    A request is retried RETRY_TIMES times if RETRY_ENABLED: after BACKOFF seconds, doubled at each failure, and at most
    BACKOFF_LONGEST seconds, also for Retry-After. After HOST_FAILURES consecutive failures, the host is blocked.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._max_retries = settings.getint("RETRY_TIMES") if settings.getbool("RETRY_ENABLED") else 0
        self._first, self._longest = settings.getfloat("BACKOFF"), settings.getfloat("BACKOFF_LONGEST")
        self._max_failures = settings.getint("HOST_FAILURES")
        crawler.signals.connect(self._idle, signals.spider_idle)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Return the response, or the next attempt of a request whose response is an error of the host."""
        if response.status not in _STATUSES and CUT_SHORT not in response.flags:
            Scheduler.of(self._crawler).hosts.set_failures(host(request.url), HostFailures())
            return response
        pause = retry_after(response.headers.get("Retry-After"), time.time())
        if pause is None and response.status in _BUSY:
            pause = 0.0
        return await self._retry(request, pause) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Return the next attempt of a request that got no response; None for other errors."""
        return await self._retry(request, None) if isinstance(exception, _HOST_ERRORS) else None

    async def _retry(self, request: Request, pause: float | None) -> Request | None:
        """Return the next attempt of a failed request; None after the last one."""
        tries = request.meta.get("retry_times", 0) + 1
        due = self._record_failure(host(request.url), tries, pause)
        if tries > self._max_retries:
            return None
        retry: Request = request.replace(dont_filter=True)
        retry.meta["retry_times"] = tries
        retry.meta[DUE] = due
        if META not in request.meta:  # robots.txt is not queued, and the other requests wait for it anyway
            await asyncio.sleep(max(due - steady(), 0.0))
        return retry

    def _record_failure(self, name: str, tries: int, pause: float | None) -> float:
        """Record a failure of a host; return the time (seconds since the epoch) of the next attempt.

        A single failure may concern the page only, so the other requests do not wait, unless the host asked for a
        `pause` (seconds).
        """
        hosts = Scheduler.of(self._crawler).hosts
        now = steady()
        failures, until = hosts.failures(name)
        failures += now >= until  # requests in progress when the pause began are not counted
        wait = max(self._first * 2.0 ** (max(failures, tries) - 1), pause or 0.0)
        due = max(until, now + min(wait, self._longest))
        if pause is not None or failures > 1:
            until = due
            hosts.pause(name, until)
        hosts.set_failures(name, HostFailures(failures, until))
        if failures >= self._max_failures and hosts.block(name):
            logger.warning("%s: no more requests in this run after %d consecutive failures", name, failures)
        return due

    def _idle(self) -> None:
        """End the crawl with `RATE_LIMITED` if only requests to blocked hosts are left."""
        if Scheduler.of(self._crawler).hosts.has_blocked_requests():
            raise CloseSpider(RATE_LIMITED)
