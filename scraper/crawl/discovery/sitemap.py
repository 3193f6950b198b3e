"""Sitemaps and sitemap indexes: XML or plain text, compressed or not, complete or truncated."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from scraper.crawl.discovery import xml_stream
from scraper.crawl.discovery.entries import Entry, latest

__all__ = ["Locations", "read"]

_MAX_BYTES = 50 * 2**20  # bytes after decompression, the limit of the sitemap protocol
_MAX_URLS = 50_000  # URLs, the limit of the protocol

_ROLES = {("loc",): "address", ("lastmod",): "date", ("news", "publication_date"): "date"}


class Locations(NamedTuple):
    """The URLs of a sitemap, as they are written there."""

    pages: tuple[Entry, ...] = ()
    sitemaps: tuple[Entry, ...] = ()


def read(body: bytes) -> Locations:
    """Return the URLs of a sitemap or sitemap index; a damaged one is read up to the damage."""
    text = xml_stream.text(xml_stream.unpacked(body, _MAX_BYTES))
    if not text.startswith("<"):
        return Locations(pages=tuple(islice(_lines(text), _MAX_URLS)))
    pages: list[Entry] = []
    sitemaps: list[Entry] = []
    for element in islice(xml_stream.elements(text, ("url", "sitemap")), _MAX_URLS):
        if entry := _entry(element):
            (pages if element.name == "url" else sitemaps).append(entry)
    return Locations(tuple(pages), tuple(sitemaps))


def _lines(text: str) -> Iterator[Entry]:
    for line in map(str.strip, text.splitlines()):
        if line.startswith(("https://", "http://")) and len(line.split()) == 1:
            yield Entry(line, None)


def _entry(element: xml_stream.Element) -> Entry | None:
    url = next((field.text for field in element.fields if _role(field.path) == "address"), "")
    dates = (field.text for field in element.fields if _role(field.path) == "date")
    return Entry(url, latest(*dates)) if url else None


@lru_cache(1024)  # all entries of a file have the same few
def _role(path: tuple[str, ...]) -> str | None:
    """Return the content of an element; a `loc` in another namespace than its parent belongs to an image or a video."""
    parent, own = (tag.removesuffix(xml_stream.local(tag)) for tag in path[-2:])
    return _ROLES.get(tuple(map(xml_stream.local, path[1:]))) if parent == own else None
