"""The time of a response, the same for the record and the archive; and a clock for pauses."""

import time
from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Response

__all__ = ["FetchTimeMiddleware", "fetched_at", "steady"]

_META = "fetched_at"
_START = time.time() - time.monotonic()


def steady() -> float:
    """Return the time in seconds since the epoch, by a clock that is not affected when the system clock is set.

    Otherwise setting the system clock back could delay a waiting request for days.
    """
    return _START + time.monotonic()


class FetchTimeMiddleware:
    """Downloader middleware that records in the meta of a request when its response arrived."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the time as text, because `Request.meta` may be stored."""
        request.meta[_META] = datetime.now(UTC).isoformat()
        return response


def fetched_at(request: Request | None) -> datetime:
    """Return when the response to a request arrived, in UTC; the current time if that was not recorded."""
    time_text = request.meta.get(_META) if request is not None else None
    return datetime.fromisoformat(time_text) if time_text else datetime.now(UTC)
