"""The spider for any portal of the family: from a start URL to one record a story."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias
from urllib.parse import urljoin, urlsplit

import msgspec
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.article import Article
from scraper.crawl import arguments
from scraper.crawl.discovery import feeds, sitemap, xml_stream
from scraper.crawl.discovery.entries import Entry
from scraper.crawl.discovery.priority import DEEP, FIRST, UrlPriority
from scraper.crawl.discovery.traps import TrapDetector
from scraper.crawl.downloader.outcome import IF_MISSING
from scraper.crawl.downloader.robots import RobotsMiddleware
from scraper.crawl.downloader.same_host import HOME, META
from scraper.crawl.fetch_time import fetched_at
from scraper.crawl.frontier.flights import OmittedItem
from scraper.crawl.frontier.request_codec import META as FLIGHT
from scraper.crawl.frontier.request_codec import NEWEST, SINCE, StoredError, checked_meta
from scraper.crawl.frontier.scheduler import STORE_ROLLED_BACK, Scheduler
from scraper.crawl.parsing.client import ParserClient
from scraper.crawl.parsing.worker import PageRequest, ParsedPage
from scraper.crawl.stats import UNFINISHED, add
from scraper.errors import RecordError
from scraper.fields.assemble import join
from scraper.stories import urls
from scraper.stories.identity import body_digest, truncated
from scraper.stories.parts import LONGEST, belongs

__all__ = ["NO_SITEMAP", "PortalSpider"]

NO_SITEMAP = "no sitemap"
"""Why a sitemap failed that the site was only guessed to have."""

_MOVED = "home"  # the ledger's mark for the start page's URL after its redirects
_RECENT = 10_000
_FEEDS, _ALL = 10, "/"  # in a row that may name nothing new; one pattern for all of them
_LOOPBACK = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
}


class _Chain(NamedTuple):
    """The parts of a split story that were read before a request, as the request carries them."""

    line: str
    """The last of them, as JSON."""
    before: str
    """The key of the request that brought it, and that carries the one before; empty for the first page."""
    headline: str
    bodies: list[str]
    """The digest of each part's body."""


Output: TypeAlias = Iterator[Request | dict[str, Any]]


class PortalSpider(Spider):
    """Crawls a portal: its home, sections, pagers and sitemaps, on its own host only.

    `-a site=https://host/` is the start URL; `-a pages=N` requests N URLs at most, beside the later parts of
    the stories begun; `-a fresh=true` forgets what earlier runs did.
    """

    name = "portal"
    embedded: ClassVar[bool] = False
    """Whether the embedded portal is used where no site is given."""
    meta_keys: ClassVar[frozenset[str]] = frozenset()
    """Further keys of `Request.meta` that a subclass uses: a stored request with any other key is dropped."""

    def __init__(self, name: str | None = None, **given: str) -> None:
        """Raise `ArgumentError` for arguments that cannot be."""
        super().__init__(name)
        self._recent: dict[str, None] = {}
        self._budget, self._ranking, self._feeds = TrapDetector(), UrlPriority(), TrapDetector(_FEEDS)
        self._reader = ParserClient()
        self.site, self.pages, self.fresh = arguments.parse(given, embedded=self.embedded)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create the spider for a crawl; the embedded portal needs no delay between requests."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = {"PAGES": spider.pages or 0, "FRESH": spider.fresh, "SITE": spider.site or "the embedded portal"}
        crawler.signals.connect(spider._reader.close, signals.spider_closed)
        crawler.signals.connect(spider._opened, signals.spider_opened)
        crawler.signals.connect(spider._forget, STORE_ROLLED_BACK)
        crawler.signals.connect(spider._wrote, signals.item_scraped)
        crawler.signals.connect(spider._left_out, signals.item_dropped)
        crawler.settings.setdict(settings | ({} if spider.site else _LOOPBACK), priority="spider")
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Request the home page and the sitemaps."""
        assert self.site is not None, "the embedded portal's address is given when the spider opens"
        self.site = str(Scheduler.of(self.crawler).session.mark(_MOVED) or self.site)
        self.crawler.stats.set_value("site", self.site)
        yield self._home()
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        sitemaps = await robots.sitemaps(self._home()) if robots else ()
        named = [url for url in sitemaps if urls.on_host(url, self._host)]
        for url in named or (urljoin(self.site, "/sitemap.xml"),):
            yield self._ask(url, self.listed).replace(meta={META: self._host, IF_MISSING: NO_SITEMAP})

    def _opened(self) -> None:
        """Let the scheduler validate and rank stored requests with this spider."""
        scheduler = Scheduler.of(self.crawler)
        scheduler.rank, scheduler.validate = self._ranked, self._vouched

    async def home(self, response: Response) -> AsyncIterator[Request | dict[str, Any]]:
        """Read the start page; the URL to which it was redirected is the site's."""
        self.site = urls.canonical(response.url)
        Scheduler.of(self.crawler).session.set_mark(_MOVED, self.site)
        async for each in self.page(response):
            yield each

    async def page(self, response: Response) -> AsyncIterator[Request | dict[str, Any]]:
        """Read a page: its story, if it holds one, its links and its feeds; or a feed or sitemap that was linked to."""
        if _kind(response) is not None:
            async for request in self.listed(response):
                yield request
            return
        for each in self._page(response, await self._read(response)):
            yield each

    def _page(self, response: Response, parsed: ParsedPage) -> Output:
        found = self._found(response, parsed)
        self._budget.read(response.url, parsed.links, story=found is not None)
        self._ranking.learn(response.url, story=found is not None)
        if found is not None:
            yield from self._story(response, found, parsed)
        yield from self._follow(parsed, found)
        for feed in parsed.feeds:
            if self._is_new(feed) and urls.on_host(feed, self._host):
                yield self._ask(feed, self.fed)

    async def part(self, response: Response, **chain: Any) -> AsyncIterator[Request | dict[str, Any]]:
        """Read a later part of a story; `chain` holds the fields of the `_Chain` of the parts before it."""
        for each in self._part(response, await self._read(response), _Chain(**chain)):
            yield each

    def _part(self, response: Response, parsed: ParsedPage, chain: "_Chain") -> Output:
        found, led = self._found(response, parsed), _was_led(response)
        if found is None:
            yield from self._finish(self._parts(chain), whole=False)
        elif led and belongs(chain.headline, chain.bodies, found):
            yield from self._go_on(response, found, parsed.place.onward, chain)
        else:  # redirected, or another story that bears the number by chance
            yield from self._finish(self._parts(chain), whole=led)
            yield from self._go_on(response, found, parsed.place.following if led else None)
        yield from self._follow(parsed, found)

    def part_failed(self, failure: Failure) -> Output:
        """Write the story as far as it came."""
        self.lost(failure)
        chain = _Chain(**failure.request.cb_kwargs)  # type: ignore[attr-defined]
        yield from self._finish(self._parts(chain), whole=False)

    async def fed(self, response: Response) -> AsyncIterator[Request]:
        """Read a feed that a page declares."""
        async for request in self.listed(response):
            yield request

    async def listed(self, response: Response) -> AsyncIterator[Request]:
        """Read a sitemap, an index of sitemaps, or a feed; beside the crawl, as large ones take seconds."""
        if _kind(response) == "feed":
            self._tell(response, "skipped/feed")
            found = sitemap.Locations(await asyncio.to_thread(feeds.read, response.body, response.url))
        else:
            self._tell(response, "skipped/sitemap")
            found = await asyncio.to_thread(sitemap.read, response.body)
        for entry in found.sitemaps:
            if urls.on_host(entry.url, self._host):
                yield self._ask(entry.url, self.listed, entry)
        pages = [entry for entry in found.pages if urls.is_crawlable(entry.url, "", self._host)]
        fresh = [entry for entry in pages if self._is_new(self._canonical(entry.url))]
        if response.request is not None and response.request.callback == self.fed:
            (self._feeds.fruitful if fresh else self._feeds.barren)(_ALL)
        for entry in pages:
            if not self._budget.spent(entry.url):
                yield self._ask(entry.url, self.page, entry)

    def lost(self, failure: Failure) -> None:
        """Report a failure that the scheduler could not see; it counts failures."""
        Scheduler.of(self.crawler).flights.note_failure(failure.request, failure.value)  # type: ignore[attr-defined]

    async def _read(self, response: Response) -> ParsedPage:
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        scheme = urlsplit(str(self.site)).scheme
        moment = fetched_at(response.request)
        return await self._reader.read(PageRequest(response.url, kind, response.body, moment, self._host, scheme))

    def _found(self, response: Response, parsed: ParsedPage) -> Article | None:
        if parsed.record is not None:
            return Article.from_json(parsed.record)
        self._tell(response, f"skipped/{parsed.reason}")
        return None

    def _story(self, response: Response, found: Article, parsed: ParsedPage) -> Output:
        if parsed.place.first is None:
            yield from self._go_on(response, found, parsed.place.following)
        else:
            self._tell(response, "skipped/later part of a story")
            yield self._ask(parsed.place.first, self.page)

    def _go_on(
        self, response: Response, found: Article, following: str | None, chain: "_Chain | None" = None
    ) -> Output:
        """Request the next part of a story, or write the story after its last part."""
        earlier = len(chain.bodies) if chain else 0
        if following is None or earlier + 1 >= LONGEST:
            parts = [*(self._parts(chain) if chain else ()), found]
            yield from self._finish(parts, whole=following is None and len(parts) == earlier + 1, earlier=earlier)
            return
        self._tell(response, UNFINISHED)
        chain = _Chain(
            found.to_json(),
            response.request.meta[FLIGHT] if chain and response.request else "",
            chain.headline if chain else found.headline,
            [*(chain.bodies if chain else ()), body_digest(found)],
        )
        request = self._ask(following, self.part)
        yield request.replace(errback=self.part_failed, cb_kwargs=chain._asdict(), dont_filter=True)

    def _parts(self, chain: "_Chain") -> list[Article]:
        """Return the parts of a story that were read so far; each request has kept the one before its own."""
        parts = [Article.from_json(chain.line)]
        before = chain.before
        while before and len(parts) < len(chain.bodies):
            kept = Scheduler.of(self.crawler).callback_arguments(before)
            if "line" not in kept:
                break
            parts.append(Article.from_json(kept["line"]))
            before = kept["before"]
        return parts[::-1]

    def _finish(self, parts: Sequence[Article], *, whole: bool = True, earlier: int | None = None) -> Output:
        """Yield a story; `earlier` of its pages, all of them unless said otherwise, are not counted yet."""
        story = join(parts) if whole else truncated(join(parts))
        add(self.crawler, "articles", len(parts) if earlier is None else earlier)
        yield story.to_dict()

    def _follow(self, parsed: ParsedPage, story: Article | None = None) -> Output:
        """Request pages; the parts of a story are requested by the story, in order."""
        own = frozenset(parsed.place.parts if story is not None else ())
        for link in parsed.links:
            if link not in own and self._is_new(link) and not self._budget.spent(link):
                yield self._ask(link, self.page)

    def _is_new(self, link: str) -> bool:
        """Return whether a link was not met lately; the frontier knows all of them, but at a price."""
        if link in self._recent:
            return False
        self._recent[link] = None
        if len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]
        return True

    def _forget(self) -> None:
        self._recent.clear()

    def _home(self) -> Request:
        request = self._ask(str(self.site), self.home)
        request.meta[HOME] = True
        return request

    def _ask(self, url: str, then: Callable[..., Any], entry: Entry | None = None) -> Request:
        meta: dict[str, Any] = {META: self._host}
        if entry is not None and entry.modified is not None:
            meta[NEWEST] = meta[SINCE] = entry.modified.timestamp()
        url = self._canonical(url)
        level = FIRST if then != self.page else self._ranking.level(url)
        return Request(url, then, errback=self.lost, meta=meta, priority=level * DEEP)

    def _ranked(self, request: Request) -> int | None:
        """Return the priority of a request whose turn has come, by what was learnt meanwhile; None to spare it."""
        if request.callback == self.fed:
            return None if self._feeds.spent(_ALL) else request.priority
        if request.callback != self.page:
            return request.priority
        depth = int(request.meta.get("depth", 0))
        return None if self._budget.spent(request.url) else self._ranking.level(request.url) * DEEP - depth

    def _vouched(self, request: Request) -> None:
        """Raise `StoredError` for a request that this spider cannot have made."""
        meta = checked_meta(request, self.meta_keys)
        for method, own in ((request.callback, self._callbacks), (request.errback, (self.lost, self.part_failed))):
            if method is None or (hasattr(PortalSpider, method.__name__) and method not in own):
                raise StoredError("its callback is not one of this spider")
        if meta.own_host.removeprefix("www.") != self._host.removeprefix("www."):
            raise StoredError("it is for another host")
        if request.callback == self.part:
            _checked(request.cb_kwargs, self._host)
        elif request.cb_kwargs and request.callback in self._callbacks:
            raise StoredError("it has callback arguments")

    @property
    def _callbacks(self) -> tuple[Callable[..., Any], ...]:
        return self.home, self.page, self.part, self.fed, self.listed

    def _wrote(self, item: Any, response: Response | Failure | None) -> None:
        if isinstance(response, Response) and isinstance(item, dict):
            original = item.get("duplicate_of")
            if original is None:
                self._budget.wrote(response.url)
            else:
                self._budget.copied(response.url, original)

    def _left_out(self, response: Response | Failure | None, exception: Exception) -> None:
        if isinstance(response, Response) and isinstance(exception, OmittedItem) and exception.original is not None:
            self._budget.copied(response.url, exception.original)

    def _canonical(self, url: str) -> str:
        return urls.canonical(url, urlsplit(str(self.site)).scheme)

    @property
    def _host(self) -> str:
        return urls.host(str(self.site))

    def _tell(self, response: Response, what: str) -> None:
        Scheduler.of(self.crawler).flights.classify(response.request, what)


def _checked(arguments: Mapping[str, Any], host: str) -> None:
    """Raise `StoredError` for what is no `_Chain` of a page of the host."""
    try:
        chain = msgspec.convert([arguments.get(name) for name in _Chain._fields], _Chain)
        first = Article.from_json(chain.line)
    except (msgspec.ValidationError, RecordError) as error:
        raise StoredError(str(error)) from error
    if arguments.keys() - set(_Chain._fields) or not urls.on_host(str(first.url), host):
        raise StoredError("it is not a part of a story of this site")


def _was_led(response: Response) -> bool:
    """Return whether an answer is that of the URL that was requested, and not of one to which that led."""
    assert response.request is not None
    asked = response.request.meta.get("redirect_urls", [response.url])[0]
    return urls.dedup_key(asked) == urls.dedup_key(response.url)


def _kind(response: Response) -> Literal["sitemap", "feed"] | None:
    """Return whether a response is a feed or a sitemap, not a page."""
    declared = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return None if "html" in declared.lower() else xml_stream.kind(response.body, declared)
