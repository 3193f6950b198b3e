"""Sitemaps: lists of pages, and lists of such lists; plain or gzipped, whole or torn."""

import zlib
from typing import NamedTuple

from scrapy.utils.sitemap import Sitemap

__all__ = ["Locations", "read"]

_GZIP = b"\x1f\x8b\x08"
_LARGEST = 50 * 2**20  # bytes unpacked, the limit of the sitemap protocol


class Locations(NamedTuple):
    """The addresses that a sitemap names, as they stand there."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read(body: bytes) -> Locations:
    """Read a sitemap or an index of sitemaps; what is neither, or broken, gives what it holds up to there."""
    try:
        text = _unpacked(body)
        found = Sitemap(text)
        addresses = tuple(entry["loc"] for entry in found if entry["loc"])
    except (SyntaxError, StopIteration, zlib.error):  # lxml's XMLSyntaxError is a SyntaxError
        return Locations()
    if not text.rstrip().endswith(b">"):
        addresses = addresses[:-1]  # torn in the middle of it
    return Locations(sitemaps=addresses) if found.type == "sitemapindex" else Locations(pages=addresses)


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    return zlib.decompressobj(wbits=31).decompress(body, _LARGEST)
