"""What a server sends packed is unpacked, and what went wrong there is said in the response's flags.

Scrapy's own middleware takes the beginning of a torn page for the page, and raises for the rest; but what is raised on
the way back reaches no other middleware, so that nobody could ask again.
"""

import re
import sys
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response, TextResponse
from scrapy.responsetypes import responsetypes

from scraper.io.content_encoding import ACCEPTED, BAD_COMPRESSION, CUT_SHORT, Unpacked, codings, unpack_all

__all__ = ["CompressionMiddleware"]

_TAIL = 1024  # bytes
# All of the text is there: what the packed body lacks is the checksum behind it.
_END = re.compile(rb"</(?:html|urlset|sitemapindex|rss|feed|rdf:rdf)\s*>(?:\s|<!--[^>]{0,200}>)*\Z", re.IGNORECASE)


class CompressionMiddleware:
    """Downloader middleware in the place of Scrapy's own; its settings are COMPRESSION_ENABLED and DOWNLOAD_MAXSIZE."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the component for a crawl; not configured unless COMPRESSION_ENABLED."""
        if not crawler.settings.getbool("COMPRESSION_ENABLED"):
            raise NotConfigured
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_request(self, request: Request) -> None:
        """Set the Accept-Encoding header."""
        request.headers.setdefault("Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Response:
        """Unpack the body, or flag the response; a label that is not known is left to whichever caller reads on."""
        labels = codings(b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1"))
        if not labels or not response.body or request.method == "HEAD":
            return response
        limit = request.meta.get("download_maxsize", self._limit) or sys.maxsize - 1
        return _replaced(response, unpack_all(response.body, labels, limit))


def _replaced(response: Response, found: Unpacked) -> Response:
    whole = found.flag == CUT_SHORT and _END.search(found.body, max(0, len(found.body) - _TAIL))
    flags = [*response.flags, found.flag] if found.flag and not whole else response.flags
    if found.flag == BAD_COMPRESSION:
        return response.replace(flags=flags)
    headers = response.headers.copy()
    del headers["Content-Encoding"]
    kind = responsetypes.from_args(headers=headers, url=response.url, body=found.body)
    more: dict[str, Any] = {"encoding": None} if issubclass(kind, TextResponse) else {}  # told by the unpacked body
    return response.replace(cls=kind, body=found.body, headers=headers, flags=flags, **more)
