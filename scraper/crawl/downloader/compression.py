"""Decompression of responses; errors are reported in their flags.

Scrapy's own middleware accepts truncated bodies, and raises for other errors. But no other middleware sees what is
raised while a response is processed, so the request could not be retried.
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
# A truncated body that ends like this has its whole text, and lacks the checksum only.
_END = re.compile(rb"</(?:html|urlset|sitemapindex|rss|feed|rdf:rdf)\s*>(?:\s|<!--[^>]{0,200}>)*\Z", re.IGNORECASE)


class CompressionMiddleware:
    """Downloader middleware that replaces Scrapy's own; its settings are COMPRESSION_ENABLED and DOWNLOAD_MAXSIZE."""

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
        """Decompress the body, or flag the response; unknown content codings are left alone."""
        labels = codings(b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1"))
        if not labels or not response.body or request.method == "HEAD":
            return response
        limit = request.meta.get("download_maxsize", self._limit) or sys.maxsize - 1
        return _replaced(response, unpack_all(response.body, labels, limit))


def _replaced(response: Response, unpacked: Unpacked) -> Response:
    body, flag = unpacked.body, unpacked.flag
    is_whole = flag == CUT_SHORT and _END.search(body, max(0, len(body) - _TAIL))
    flags = [*response.flags, flag] if flag and not is_whole else response.flags
    if flag == BAD_COMPRESSION:
        return response.replace(flags=flags)
    headers = response.headers.copy()
    del headers["Content-Encoding"]
    kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
    # The encoding is detected again, from the decompressed body.
    encoding: dict[str, Any] = {"encoding": None} if issubclass(kind, TextResponse) else {}
    return response.replace(cls=kind, body=body, headers=headers, flags=flags, **encoding)
