"""Page parsing: bytes in, story and links out. Run as a module, it is the process that `ParserClient` talks to.

A hostile page may hang the parser, or kill it. In a process of its own it does not stop the crawl, and where there is
a second core, it takes no time of the crawl.
"""

import dataclasses
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin

import msgspec

from scraper.article import Article
from scraper.block import Anchor, Document
from scraper.errors import NotAnArticle, ScraperError
from scraper.io.workers import confine
from scraper.pipeline import article, read
from scraper.site import Site, summarise_document
from scraper.stories import urls
from scraper.stories.identity import cut_short, story_id, truncated
from scraper.stories.parts import Place, place
from scraper.tagger.page_summary import PageSummary

__all__ = ["UNREADABLE", "PageRequest", "ParsedPage", "decoder", "frame", "parse_page"]

UNREADABLE = "unreadable"

_FEEDS = 10  # of one page
_REFRESH = re.compile(r"[\s\d.]{0,20}[;,]\s{0,9}(?:url\s{0,9}=)?([^;]{1,2000})", re.IGNORECASE)
_LENGTH = 4  # bytes before each message: its length, big-endian

T = TypeVar("T")


class PageRequest(msgspec.Struct, frozen=True, array_like=True):
    """A page as it was received, and the host and scheme whose links are followed."""

    url: str
    content_type: str
    body: bytes
    fetched_at: datetime
    host: str
    scheme: str
    site: str | None = None
    """The file with what is known of the site."""
    summarise: bool = False
    """Whether to return what the page says about its site."""


class ParsedPage(msgspec.Struct, frozen=True, array_like=True):
    """What a page holds."""

    record: str | None = None
    """The article as a line of JSON: msgpack would lose the zones of its dates."""
    reason: str = UNREADABLE
    """Why it holds none."""
    links: tuple[str, ...] = ()
    """The pages of the host that may be requested, each once, in order."""
    feeds: tuple[str, ...] = ()
    """The first feeds that the page declares."""
    place: Place = Place()
    """Where it is in a story that may be split."""
    summary: PageSummary | None = None
    """What the page says about its site, if that is requested and it holds a story of an unknown template."""

    def article(self) -> Article | None:
        """Parse the record."""
        return None if self.record is None else Article.from_json(self.record)


def parse_page(page: PageRequest) -> ParsedPage:
    """Read a page; an unreadable one raises nothing, and its reason is `UNREADABLE`."""
    document = None
    try:
        document = read(page.body, url=page.url, content_type=page.content_type)
        site = _site(page.site) if page.site else None
        story = dataclasses.replace(article(document, site), id=story_id(page.url), fetched_at=page.fetched_at)
        record, reason = (truncated(story) if cut_short(page.body) else story).to_json(), ""
    except NotAnArticle as error:
        record, reason = None, error.reason
    except (ScraperError, MemoryError):
        record, reason = None, UNREADABLE
    if document is None:
        return ParsedPage(record, reason)
    feeds = tuple(dict.fromkeys(document.head.feeds))[:_FEEDS]
    at = place(document, page.url, page.scheme) if record is not None else Place()
    summary = summarise_document(document) if page.summarise and record is not None else None
    return ParsedPage(record, reason, _links(document, page), feeds, at, summary)


@lru_cache(maxsize=1)
def _site(path: str) -> Site:
    """Return the site of a file, which stays the same for a run; raise `ScraperError` if it cannot be read."""
    try:
        return Site.from_json(Path(path).read_bytes())
    except OSError as error:
        raise ScraperError(f"{path}: {error}") from error


def _links(document: Document, page: PageRequest) -> tuple[str, ...]:
    anchors = (*_refreshed(document, page.url), *document.anchors)
    crawlable = (anchor.url for anchor in anchors if urls.is_crawlable(anchor.url, anchor.rel, page.host))
    return tuple(dict.fromkeys(urls.canonical(url, page.scheme) for url in crawlable))


def _refreshed(document: Document, url: str) -> Iterator[Anchor]:
    """Yield the URL to which a `refresh` sends a browser."""
    refresh = _REFRESH.match(document.head.meta.get("refresh", ""))
    if refresh:
        with suppress(ValueError):
            yield Anchor(urljoin(url, refresh[1].strip().strip("\"'")))


def frame(message: PageRequest | ParsedPage) -> bytes:
    """Return a message as it is sent: its length, then its bytes."""
    packed = msgspec.msgpack.encode(message)
    return len(packed).to_bytes(_LENGTH, "big") + packed


def decoder(kind: type[T]) -> "msgspec.msgpack.Decoder[T]":
    """Return the decoder of a message without its length."""
    return msgspec.msgpack.Decoder(kind)


def main() -> None:
    """Answer pages with readings, in order, over the socket that is the standard input, until it is closed."""
    confine()
    decode = decoder(PageRequest).decode
    with (
        socket.socket(fileno=sys.stdin.fileno()) as wire,
        wire.makefile("rb") as pages,
        suppress(BrokenPipeError, ConnectionResetError),  # the crawl was killed
    ):
        while len(length := pages.read(_LENGTH)) == _LENGTH:
            size = int.from_bytes(length, "big")
            packed = pages.read(size)
            if len(packed) < size:
                break
            wire.sendall(frame(parse_page(decode(packed))))


if __name__ == "__main__":
    main()
