"""The outcomes of downloads, recorded for the frontier by the outermost downloader middleware."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from scraper.crawl.failures import reason
from scraper.crawl.frontier.flights import FETCHED
from scraper.crawl.frontier.scheduler import Scheduler
from scraper.io.content_encoding import FLAWS

__all__ = ["IF_MISSING", "UNCHANGED", "OutcomeMiddleware"]

UNCHANGED = "unchanged"
IF_MISSING = "if_missing"
"""The key of `Request.meta` for the reason to report if a URL that was only guessed is missing."""


class OutcomeMiddleware:
    """Downloader middleware that records each outcome; unchanged pages do not reach the spider."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the response; raise `IgnoreRequest` for a page that is unchanged or incomplete."""
        flight = Scheduler.of(self._crawler).flights.get(request)
        if flight is None:
            return response
        flight.seconds = request.meta.get("download_latency")
        if response.status == 304:
            flight.reason, flight.failed = UNCHANGED, False
            raise IgnoreRequest(UNCHANGED)
        if flaw := next((flag for flag in response.flags if flag in FLAWS), None):
            flight.reason = flaw
            raise IgnoreRequest(flaw)
        if 200 <= response.status < 300:
            flight.reason, flight.failed = FETCHED, False
            flight.validators = _header(response, "ETag"), _header(response, "Last-Modified")
        else:
            flight.reason = request.meta.get(IF_MISSING) or str(response.status)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Record why there is no response."""
        flight = Scheduler.of(self._crawler).flights.get(request)
        if flight is not None:
            flight.reason = reason(exception)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
