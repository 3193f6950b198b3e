"""Replay of an archive: its pages to the records of a crawl, by the crawl's rules and without its requests.

A split story is joined as in a crawl: its first page waits for the page that it links to, which an archived crawl
fetched later. If the pages are in another order, a later part is kept until all pages have been read.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from scraper.article import Article
from scraper.block import Document
from scraper.errors import ScraperError
from scraper.fields.assemble import join
from scraper.io.warc import Page
from scraper.pipeline import article, read
from scraper.segment.text import segment_text
from scraper.stories import urls
from scraper.stories.identity import Memory, body_digest, cut_short, judge, remembered, story_id, truncated
from scraper.stories.parts import LONGEST, Place, belongs, place

if TYPE_CHECKING:
    from scraper.site import Sites

__all__ = ["PageResult", "Replay", "articles", "document", "is_readable", "read_page"]

# Paths that a crawl does not read as pages.
_UNREAD = frozenset(("/robots.txt", "/sitemap.xml"))
_SITEMAP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:urlset|sitemapindex)\b", re.DOTALL
)
_NO_PAGE = re.compile(
    r"\s*(?:image|audio|video|font)/|\s*[\w.-]+/(?:css|javascript|ecmascript|json|pdf|zip|gzip|(?:rss\+|atom\+|rdf\+|feed\+)?(?:xml|json))\b"
)

OnSkipped = Callable[[Page, ScraperError], object]


class _Read(NamedTuple):
    """A page that holds a story, or a part of one."""

    article: Article
    place: Place = Place()


class PageResult(NamedTuple):
    """The result of reading a page."""

    story: _Read | None = None
    error: ScraperError | None = None
    """The reason why there is no story."""
    page: bool = True
    """Whether it is a page at all: no server error, no sitemap, no file of another type."""


def articles(pages: Iterable[Page], *, on_skipped: OnSkipped | None = None) -> Iterator[Article]:
    """Yield one record a story, and another when it has changed; duplicates under other URLs are omitted.

    Pages with a status other than 2xx, sitemaps and files of other types are skipped silently. `on_skipped` is called
    with each page without a story, and the reason.
    """
    replay = Replay(on_skipped)
    for page in pages:
        yield from replay.page(page, read_page(page))
    yield from replay.rest()


def read_page(page: Page, sites: "Sites | None" = None) -> PageResult:
    """Read one page, optionally with the knowledge of its site; without side effects, in any process."""
    if not is_readable(page):
        return PageResult(page=False)
    try:
        return PageResult(_read(page, sites))
    except ScraperError as error:
        return PageResult(error=error)


class Replay:
    """The rules of a crawl, applied to pages that have been read."""

    def __init__(self, on_skipped: OnSkipped | None) -> None:
        self._on_skipped = on_skipped
        self._memory = Memory()
        self._waiting: dict[str, list[list[_Read]]] = {}
        """The parts read so far of split stories, by the key of the page that they wait for."""
        self._later: dict[str, _Read] = {}

    def page(self, page: Page, result: PageResult) -> Iterator[Article]:
        """Yield the records that this page completes."""
        key = _key(page)
        if key is None:
            return
        if result.error is not None and self._on_skipped is not None:
            self._on_skipped(page, result.error)
        if _refused(page):
            yield from self._finish_one(key)
        elif result.page:
            part = result.story
            if key in self._waiting:
                yield from self._part(self._pop(key), part)
            elif part is not None and part.place.first is not None:
                self._later[key] = part
            elif part is not None:
                yield from self._continue([part], part.place.following)

    def rest(self) -> Iterator[Article]:
        """Yield the stories that still wait for a page, with the later parts read before them."""
        while self._waiting:
            key = next(iter(self._waiting))
            yield from self._part(self._pop(key), self._later.get(key))

    def _part(self, parts: list[_Read], part: _Read | None) -> Iterator[Article]:
        if part is None:
            yield from self._finish(parts, whole=False)
        elif belongs(parts[0].article.headline, {body_digest(earlier.article) for earlier in parts}, part.article):
            yield from self._continue([*parts, part], part.place.onward)
        else:  # another story whose URL has the number by chance
            yield from self._finish(parts)
            yield from self._continue([part], part.place.following)

    def _continue(self, parts: list[_Read], following: str | None) -> Iterator[Article]:
        if following is None or len(parts) == LONGEST:
            yield from self._finish(parts, whole=following is None)
        else:
            self._waiting.setdefault(urls.dedup_key(following), []).append(parts)

    def _pop(self, key: str) -> list[_Read]:
        waiting = self._waiting[key]
        parts = waiting.pop(0)
        if not waiting:
            del self._waiting[key]
        return parts

    def _finish_one(self, key: str) -> Iterator[Article]:
        if key in self._waiting:
            yield from self._finish(self._pop(key), whole=False)

    def _finish(self, parts: Sequence[_Read], *, whole: bool = True) -> Iterator[Article]:
        story = join([part.article for part in parts]) if len(parts) > 1 else parts[0].article
        if not whole:
            story = truncated(story)
        verdict = judge(remembered(story), self._memory)
        if verdict.story is not None:
            self._memory.remember(verdict.story)
        if verdict.left_out is None:
            yield dataclasses.replace(story, **verdict.more) if verdict.more else story


def _key(page: Page) -> str | None:
    """Return the key of the URL of a page; None if it is not a URL."""
    try:
        return urls.dedup_key(page.url) if page.url else ""
    except ValueError:
        return None


def _refused(page: Page) -> bool:
    """Return whether the server reported permanently that the page does not exist."""
    return page.status is not None and 400 <= page.status < 500 and page.status not in (408, 429)


def is_readable(page: Page) -> bool:
    """Return whether an archived response is a page: successful, and no sitemap, feed, image or script."""
    if _key(page) is None:
        return False
    if page.url is None or page.status is None:
        return True
    if not 200 <= page.status < 300 or urlsplit(page.url).path in _UNREAD:
        return False
    return not _SITEMAP.match(page.body[:4096]) and not _NO_PAGE.match((page.content_type or "").lower())


def _read(page: Page, sites: "Sites | None") -> _Read:
    blocks = document(page)
    identifier = story_id(page.url) if page.url else None
    story = dataclasses.replace(
        article(blocks, None if sites is None else sites.of(blocks)), id=identifier, fetched_at=page.fetched_at
    )
    if page.status is not None and cut_short(page.body):
        story = truncated(story)
    return _Read(story, place(blocks, page.url, urlsplit(page.url).scheme) if page.url else Place())


def document(page: Page) -> Document:
    """Return a page or flattened text in blocks; raise `ScraperError` for input that is not a page."""
    if page.status is None:
        return segment_text(page.body.decode("utf-8", "replace"), page.url)
    return read(page.body, url=page.url, content_type=page.content_type)
