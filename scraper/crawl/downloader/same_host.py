"""Requests stay on the host and port for which they were made: redirects to other hosts are refused."""

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from scraper.stories.urls import host

__all__ = ["HOME", "META", "OFF_HOST", "SameHostMiddleware"]

META = "own_host"
"""The key of `Request.meta` under which a request names its host; a redirect inherits it."""
HOME = "home"
"""The key of `Request.meta` for a start page, which may be redirected between example.com and www.example.com."""

OFF_HOST = "off the host"


class SameHostMiddleware:
    """Downloader middleware that refuses a request which has left the host named in its meta."""

    def process_request(self, request: Request) -> None:
        """Raise `IgnoreRequest` for a request to another host; its errback is called."""
        own_host = request.meta.get(META)
        if own_host is None or (target := host(request.url)) == own_host:
            return
        if not (request.meta.get(HOME) and target.removeprefix("www.") == own_host.removeprefix("www.")):
            raise IgnoreRequest(OFF_HOST)
