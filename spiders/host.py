"""A request stays on the host, port included, for which it was made: redirects and strays are refused."""

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from scraper.addresses import host

__all__ = ["META", "OFF_HOST", "OwnHost"]

META = "own_host"
"""The key of `Request.meta` under which a request names its host; a redirect inherits it."""

OFF_HOST = "off the host"


class OwnHost:
    """Downloader middleware that refuses a request which has left the host named in its meta."""

    def process_request(self, request: Request) -> None:
        """Raise `IgnoreRequest`, so that the request's errback hears of it."""
        own = request.meta.get(META)
        if own is not None and host(request.url) != own:
            raise IgnoreRequest(OFF_HOST)
