"""When a response came: one moment for the record and for the archive."""

from datetime import UTC, datetime

from scrapy import Request
from scrapy.http import Response

__all__ = ["Clock", "fetched_at"]

_META = "fetched_at"


class Clock:
    """Downloader middleware that notes in a request's meta when its response came."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the time, as text, since what is in the meta may be stored."""
        request.meta[_META] = datetime.now(UTC).isoformat()
        return response


def fetched_at(request: Request | None) -> datetime:
    """Give the moment, in UTC, at which the response to a request came; now, where nobody noted it."""
    noted = request.meta.get(_META) if request is not None else None
    return datetime.fromisoformat(noted) if noted else datetime.now(UTC)
