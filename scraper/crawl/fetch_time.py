"""When a response came: one moment for the record and for the archive; and a clock that waits are measured by."""

import time
from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Response

__all__ = ["FetchTimeMiddleware", "fetched_at", "steady"]

_META = "fetched_at"
_START = time.time() - time.monotonic()


def steady() -> float:
    """Return the seconds of the epoch as they were when the process began, and as many more as have passed since.

    Nobody can set this clock: what waits until a moment of it does not wait for days when the clock is put right.
    """
    return _START + time.monotonic()


class FetchTimeMiddleware:
    """Downloader middleware that notes in a request's meta when its response came."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the time as text, because `Request.meta` may be stored."""
        request.meta[_META] = datetime.now(UTC).isoformat()
        return response


def fetched_at(request: Request | None) -> datetime:
    """Return the moment, in UTC, at which the response to a request came; now, where nobody noted it."""
    noted = request.meta.get(_META) if request is not None else None
    return datetime.fromisoformat(noted) if noted else datetime.now(UTC)
