"""The spider for any portal of the family: from a start address to one record a story."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeAlias
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper import addresses
from scraper.article import Article
from scraper.assemble import join
from scraper.block import Document
from scraper.errors import NotAnArticle, ScraperError
from scraper.pipeline import article, read
from scraper.stories import same_headline, story_id, truncated
from spiders import arguments, sitemap
from spiders.account import add
from spiders.frontier import Frontier
from spiders.host import HOME, META
from spiders.outcome import IF_MISSING
from spiders.robots import StrictRobots

__all__ = ["PortalSpider"]

_MOVED = "home"  # the ledger's mark for the start page's address after its redirects
_RECENT = 10_000
_LONGEST = 50  # parts of a split story: more is a trap
_LOOPBACK = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
}

Output: TypeAlias = Iterator[Request | dict[str, Any]]


class PortalSpider(Spider):
    """Crawls a portal: its home, sections, pagers and sitemaps, on its own host only.

    `-a site=https://host/` is the start address; `-a pages=N` asks for N addresses at most, beside the later parts of
    the stories begun; `-a fresh=true` forgets what earlier runs did.
    """

    name = "portal"
    embedded: ClassVar[bool] = False
    """Whether the embedded portal stands in where no site is given."""

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Raise `ArgumentError` for arguments that cannot be."""
        super().__init__(name)
        self._recent: dict[str, None] = {}  # links that need not be asked for once more: the frontier has them
        self.site, self.pages, self.fresh = arguments.parse(given, embedded=self.embedded)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make it for a crawl; one of the embedded portal need not wait between requests."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        told = {"PAGES": spider.pages or 0, "FRESH": spider.fresh, "SITE": spider.site or "the embedded portal"}
        crawler.settings.setdict(told | ({} if spider.site else _LOOPBACK), priority="spider")
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the home page and the sitemaps."""
        assert self.site is not None, "the embedded portal's address is given when the spider opens"
        ledger = Frontier.of(self.crawler).ledger
        assert ledger is not None, "a crawl without a ledger has not come to its start"
        self.site = str(ledger.mark(_MOVED) or self.site)
        self.crawler.stats.set_value("site", self.site)
        yield self._home()
        robots = self.crawler.get_downloader_middleware(StrictRobots)
        told = await robots.sitemaps(self._home()) if robots else ()
        named = [url for url in told if addresses.inside(url, self._host)]
        for url in named or (urljoin(self.site, "/sitemap.xml"),):
            request = self._ask(url, self.sitemap)
            request.meta[IF_MISSING] = "no sitemap"
            yield request

    def home(self, response: Response) -> Output:
        """Read the start page; the address to which it was redirected is the site's."""
        self.site = addresses.canonical(response.url)
        ledger = Frontier.of(self.crawler).ledger
        if ledger is not None:
            ledger.set_mark(_MOVED, self.site)
        yield from self.page(response)

    def page(self, response: Response) -> Output:
        """Read a page: its story, if it holds one, and its links."""
        document, found = self._read(response)
        links = self._links(document)
        if found is not None:
            yield from self._story(found, links)
        yield from self._follow(links, found)

    def part(self, response: Response, lines: Sequence[str]) -> Output:
        """Read a later part of a story; `lines` are the parts before it, as JSON."""
        parts = [Article.from_json(line) for line in lines]
        document, found = self._read(response)
        links = self._links(document)
        if found is None:
            yield from self._finish(parts, whole=False)
        elif (led := addresses.follows(str(parts[-1].url), response.url)) and same_headline(parts[0], found):
            yield from self._go_on([*parts, found], links)
        else:  # redirected, or another story that bears the number by chance
            yield from self._finish(parts, whole=led)
            yield from self._finish([found])
        yield from self._follow(links, found)

    def part_failed(self, failure: Failure) -> Output:
        """Write the story as far as it came."""
        lines: Sequence[str] = failure.request.cb_kwargs["lines"]  # type: ignore[attr-defined]
        yield from self._finish([Article.from_json(line) for line in lines], whole=False)

    def sitemap(self, response: Response) -> Output:
        """Read a sitemap or an index of sitemaps."""
        self._add("skipped/sitemap")
        found = sitemap.read(response.body)
        for url in found.sitemaps:
            if addresses.inside(url, self._host):
                yield self._ask(url, self.sitemap)
        yield from self._follow(url for url in found.pages if addresses.followable(url, "", self._host))

    def _read(self, response: Response) -> tuple[Document | None, Article | None]:
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        document = None
        try:
            document = read(response.body, url=response.url, content_type=kind)
            found = article(document)
        except NotAnArticle as error:
            self._add(f"skipped/{error.reason}")
        except ScraperError:
            self._add("skipped/unreadable")
        else:
            found = dataclasses.replace(found, id=story_id(response.url), fetched_at=datetime.now(UTC))
            return document, truncated(found) if _cut(response.body) else found
        return document, None

    def _story(self, found: Article, links: Sequence[str]) -> Output:
        first = addresses.first_part(str(found.url), links)
        if first is None:
            yield from self._go_on([found], links)
        else:
            self._add("skipped/later part of a story")
            yield from self._follow([first])

    def _go_on(self, parts: Sequence[Article], links: Sequence[str]) -> Output:
        following = next((link for link in links if addresses.follows(str(parts[-1].url), link)), None)
        if following is None or len(parts) == _LONGEST:
            yield from self._finish(parts, whole=following is None)
        else:
            request = self._ask(following, self.part, self.part_failed)
            yield request.replace(cb_kwargs={"lines": [part.to_json() for part in parts]}, dont_filter=True)

    def _finish(self, parts: Sequence[Article], *, whole: bool = True) -> Output:
        story = join(parts) if whole else truncated(join(parts))
        self._add("records")
        self._add("articles", len(parts))
        yield story.to_dict()

    def _links(self, document: Document | None) -> Sequence[str]:
        own = self._host
        anchors = document.anchors if document else ()
        good = (anchor.url for anchor in anchors if addresses.followable(anchor.url, anchor.rel, own))
        return tuple(dict.fromkeys(map(self._canonical, good)))

    def _follow(self, links: Iterable[str], story: Article | None = None) -> Output:
        """Ask for pages; the parts of a story are asked for by the story, in order."""
        others = (link for link in links if story is None or not addresses.same_story(str(story.url), link))
        for link in others:
            if link not in self._recent:
                self._recent[link] = None
                yield self._ask(link, self.page)
        while len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]

    def _home(self) -> Request:
        request = self._ask(str(self.site), self.home)
        request.meta[HOME] = True
        return request

    def _ask(self, url: str, then: Callable[..., Output], otherwise: Callable[..., Output] | None = None) -> Request:
        return Request(self._canonical(url), then, errback=otherwise, meta={META: self._host})

    def _canonical(self, url: str) -> str:
        return addresses.canonical(url, urlsplit(str(self.site)).scheme)

    @property
    def _host(self) -> str:
        return addresses.host(str(self.site))

    def _add(self, what: str, count: int = 1) -> None:
        add(self.crawler, what, count)


def _cut(body: bytes) -> bool:
    """Tell whether a page stops before its end: a server that counts wrongly cuts it, and nobody says so."""
    lower = body.lower()
    return b"<html" in lower and b"</html" not in lower
