"""A request stays on the host, port included, for which it was made: redirects and strays are refused."""

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from scraper.stories.urls import host

__all__ = ["HOME", "META", "OFF_HOST", "SameHostMiddleware"]

META = "own_host"
"""The key of `Request.meta` under which a request names its host; a redirect inherits it."""
HOME = "home"
"""The key of `Request.meta` that is set for a start page: it may be moved between example.com and www.example.com."""

OFF_HOST = "off the host"


class SameHostMiddleware:
    """Downloader middleware that refuses a request which has left the host named in its meta."""

    def process_request(self, request: Request) -> None:
        """Raise `IgnoreRequest`, so that the request's errback hears of it."""
        own = request.meta.get(META)
        if own is None or (here := host(request.url)) == own:
            return
        if not (request.meta.get(HOME) and here.removeprefix("www.") == own.removeprefix("www.")):
            raise IgnoreRequest(OFF_HOST)
