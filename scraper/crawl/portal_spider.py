"""The spider for any portal of the family: from a start URL to one record a story."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from scraper.article import Article
from scraper.crawl import arguments, split_story
from scraper.crawl.discovery import feeds, sitemap, xml_stream
from scraper.crawl.discovery.entries import Entry
from scraper.crawl.discovery.priority import DEEP, FIRST
from scraper.crawl.downloader.outcome import IF_MISSING
from scraper.crawl.downloader.robots import RobotsMiddleware
from scraper.crawl.downloader.same_host import HOME, META
from scraper.crawl.fetch_time import fetched_at
from scraper.crawl.frontier.request_codec import META as FLIGHT
from scraper.crawl.frontier.request_codec import NEWEST, SINCE, StoredError, checked_meta
from scraper.crawl.frontier.scheduler import STORE_ROLLED_BACK, Scheduler
from scraper.crawl.parsing.worker import PageRequest, ParsedPage
from scraper.crawl.site_learning import Postponed, SiteLearner
from scraper.crawl.split_story import Chain
from scraper.crawl.stats import UNFINISHED, add
from scraper.crawl.url_policy import UrlPolicy
from scraper.stories import urls
from scraper.stories.parts import LONGEST

__all__ = ["NO_SITEMAP", "PortalSpider"]

NO_SITEMAP = "no sitemap"
"""Why a sitemap failed that the site was only guessed to have."""

_LATER_PART = "skipped/later part of a story"
_POSTPONED = "skipped/postponed to the next run"
_MOVED = "home"  # the ledger's mark for the start page's URL after its redirects
_LOOPBACK = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
}

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

    def __init__(self, name: str | None = None, **kwargs: str) -> None:
        """Raise `ArgumentError` for arguments that are unknown, missing or malformed."""
        super().__init__(name)
        self.site, self.pages, self.fresh = arguments.parse(kwargs, embedded=self.embedded)
        self._policy = UrlPolicy()
        self._learner: SiteLearner

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create the spider for a crawl; the embedded portal needs no delay between requests."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = {
            "PAGES": spider.pages or 0,
            "FRESH": spider.fresh,
            "START_URL": spider.site or "the embedded portal",
        }
        spider._learner = SiteLearner(crawler)
        crawler.signals.connect(spider._learner.close, signals.spider_closed)
        crawler.signals.connect(spider._opened, signals.spider_opened)
        crawler.signals.connect(spider._policy.forget, STORE_ROLLED_BACK)
        crawler.signals.connect(spider._policy.item_scraped, signals.item_scraped)
        crawler.signals.connect(spider._policy.item_dropped, signals.item_dropped)
        crawler.settings.setdict(settings | ({} if spider.site else _LOOPBACK), priority="spider")
        return spider

    def _opened(self) -> None:
        """Let the scheduler validate and rank stored requests with this spider."""
        scheduler = Scheduler.of(self.crawler)
        scheduler.rank, scheduler.validate = self._rank, self._validate
        self._learner.open()

    async def start(self) -> AsyncIterator[Request]:
        """Request the home page and the sitemaps."""
        assert self.site is not None, "the embedded portal's address is given when the spider opens"
        self.site = str(Scheduler.of(self.crawler).session.mark(_MOVED) or self.site)
        self.crawler.stats.set_value("site", self.site)
        yield self._request(self.site, self.home)
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        sitemaps = await robots.sitemaps(self._request(self.site, self.home)) if robots else ()
        own = [url for url in sitemaps if urls.on_host(url, _host(self.site))]
        for url in own or (urljoin(self.site, "/sitemap.xml"),):
            yield self._request(url, self.listed).replace(meta={META: _host(self.site), IF_MISSING: NO_SITEMAP})

    async def home(self, response: Response) -> AsyncIterator[Request | dict[str, Any]]:
        """Read the start page; the URL to which it was redirected is the site's."""
        self.site = urls.canonical(response.url)
        Scheduler.of(self.crawler).session.set_mark(_MOVED, self.site)
        async for result in self.page(response):
            yield result

    async def page(self, response: Response) -> AsyncIterator[Request | dict[str, Any]]:
        """Read a page: its story, if it holds one, its links and its feeds; or a feed or sitemap that was linked to."""
        if _kind(response) is not None:
            async for request in self.listed(response):
                yield request
            return
        parsed = await self._parse_page(response)
        for result in self._postpone(response) if parsed is None else self._read_page(response, parsed):
            yield result

    async def part(self, response: Response, **chain: Any) -> AsyncIterator[Request | dict[str, Any]]:
        """Read a later part of a story; `chain` holds the fields of the `Chain` of the parts before it."""
        parsed = await self._parse_page(response)
        for result in self._postpone(response) if parsed is None else self._read_part(response, parsed, Chain(**chain)):
            yield result

    def part_failed(self, failure: Failure) -> Output:
        """Write the story as far as it came."""
        self.lost(failure)
        chain = Chain(**failure.request.cb_kwargs)  # type: ignore[attr-defined]
        yield from self._finish(chain, complete=False)

    async def fed(self, response: Response) -> AsyncIterator[Request]:
        """Read a feed that a page declares."""
        async for request in self.listed(response):
            yield request

    async def listed(self, response: Response) -> AsyncIterator[Request]:
        """Read a sitemap, an index of sitemaps, or a feed; beside the crawl, as large ones take seconds."""
        if _kind(response) == "feed":
            _classify(self.crawler, response, "skipped/feed")
            locations = sitemap.Locations(await asyncio.to_thread(feeds.read, response.body, response.url))
        else:
            _classify(self.crawler, response, "skipped/sitemap")
            locations = await asyncio.to_thread(sitemap.read, response.body)
        for entry in locations.sitemaps:
            if urls.on_host(entry.url, _host(self.site)):
                yield self._request(entry.url, self.listed, entry)
        pages = [entry for entry in locations.pages if urls.is_crawlable(entry.url, "", _host(self.site))]
        fresh = [entry for entry in pages if self._policy.is_new(_canonical(entry.url, self.site))]
        if response.request is not None and response.request.callback == self.fed:
            self._policy.feed_read(fresh=bool(fresh))
        for entry in pages:
            if not self._policy.is_spent(entry.url):
                yield self._request(entry.url, self.page, entry)

    def lost(self, failure: Failure) -> None:
        """Report a failure that the scheduler could not see; it counts failures."""
        Scheduler.of(self.crawler).flights.note_failure(failure.request, failure.value)  # type: ignore[attr-defined]

    async def _parse_page(self, response: Response) -> ParsedPage | None:
        """Return what a page holds, or None if it is postponed; one without a story is counted as skipped."""
        content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
        scheme = urlsplit(str(self.site)).scheme
        moment = fetched_at(response.request)
        page = PageRequest(response.url, content_type, response.body, moment, _host(self.site), scheme)
        try:
            parsed = await self._learner.read(page)
        except Postponed:
            return None
        if parsed.record is None:
            _classify(self.crawler, response, f"skipped/{parsed.reason}")
        return parsed

    def _read_page(self, response: Response, parsed: ParsedPage) -> Output:
        article = parsed.article()
        self._policy.page_read(response.url, parsed.links, story=article is not None)
        if article is not None and parsed.place.first is not None:
            _classify(self.crawler, response, _LATER_PART)
            yield self._request(parsed.place.first, self.page)
        elif article is not None:
            yield from self._continue(response, article, parsed.place.following)
        yield from self._follow(parsed)
        for feed in parsed.feeds:
            if self._policy.is_new(feed) and urls.on_host(feed, _host(self.site)):
                yield self._request(feed, self.fed)

    def _read_part(self, response: Response, parsed: ParsedPage, chain: Chain) -> Output:
        article, redirected = parsed.article(), _is_redirected(response)
        if article is None:
            yield from self._finish(chain, complete=False)
        elif not redirected and split_story.continues(chain, article):
            yield from self._continue(response, article, parsed.place.onward, chain)
        else:  # redirected, or another story that bears the number by chance
            yield from self._finish(chain, complete=not redirected)
            yield from self._continue(response, article, None if redirected else parsed.place.following)
        yield from self._follow(parsed)

    def _continue(
        self, response: Response, article: Article, following: str | None, chain: Chain | None = None
    ) -> Output:
        """Request the next part of a story, or write the story after its last part."""
        number = len(chain.bodies) + 1 if chain else 1
        if following is None or number >= LONGEST:
            yield from self._finish(chain, article, complete=following is None, response=response)
            return
        _classify(self.crawler, response, UNFINISHED)
        key = response.request.meta[FLIGHT] if chain and response.request else ""
        request = self._request(following, self.part)
        extended = split_story.extend(chain, article, key)
        yield request.replace(errback=self.part_failed, cb_kwargs=extended._asdict(), dont_filter=True)

    def _finish(
        self, chain: Chain | None, last: Article | None = None, *, complete: bool, response: Response | None = None
    ) -> Output:
        """Write a story from the parts of its chain and a last one, whose page the scheduler counts itself."""
        parts = split_story.earlier_parts(chain, Scheduler.of(self.crawler).callback_arguments) if chain else []
        if chain and chain.first and len(parts) < len(chain.bodies):
            yield self._read_again(chain, response)
            return
        uncounted = len(parts)
        if last is not None:
            uncounted = len(chain.bodies) if chain else 0
            complete = complete and len(parts) == uncounted
            parts.append(last)
        record = split_story.record(parts, complete=complete)
        add(self.crawler, "articles", uncounted)
        yield record

    def _read_again(self, chain: Chain, response: Response | None) -> Request:
        """Request a story again whose earlier parts the store has lost, as Redis may lose the last second."""
        add(self.crawler, _LATER_PART, len(chain.bodies))
        if response is not None:
            _classify(self.crawler, response, _LATER_PART)
        return self._request(chain.first, self.page).replace(dont_filter=True)

    def _postpone(self, response: Response) -> Output:
        """Request a page again, in the next run."""
        assert response.request is not None
        _classify(self.crawler, response, _POSTPONED)
        yield response.request.replace(dont_filter=True)

    def _follow(self, parsed: ParsedPage) -> Output:
        """Request the pages that are linked to; the parts of a story are requested by the story, in order."""
        parts = frozenset(parsed.place.parts)
        for link in parsed.links:
            if link not in parts and self._policy.is_new(link) and not self._policy.is_spent(link):
                yield self._request(link, self.page)

    def _request(self, url: str, callback: Callable[..., Any], entry: Entry | None = None) -> Request:
        meta: dict[str, Any] = {META: _host(self.site)}
        if callback == self.home:
            meta[HOME] = True
        if entry is not None and entry.modified is not None:
            meta[NEWEST] = meta[SINCE] = entry.modified.timestamp()
        url = _canonical(url, self.site)
        level = FIRST if callback != self.page else self._policy.level(url)
        return Request(url, callback, errback=self.lost, meta=meta, priority=level * DEEP)

    def _rank(self, request: Request) -> int | None:
        """Return the priority of a request whose turn has come, by what was learnt meanwhile; None to spare it."""
        if request.callback == self.fed:
            return None if self._policy.are_feeds_spent() else request.priority
        if request.callback != self.page:
            return request.priority
        depth = int(request.meta.get("depth", 0))
        return None if self._policy.is_spent(request.url) else self._policy.level(request.url) * DEEP - depth

    def _validate(self, request: Request) -> None:
        """Raise `StoredError` for a request that this spider cannot have made."""
        meta = checked_meta(request, self.meta_keys)
        callbacks = (self.home, self.page, self.part, self.fed, self.listed)
        for method, own in ((request.callback, callbacks), (request.errback, (self.lost, self.part_failed))):
            if method is None or (hasattr(PortalSpider, method.__name__) and method not in own):
                raise StoredError("its callback is not one of this spider")
        if meta.own_host.removeprefix("www.") != _host(self.site).removeprefix("www."):
            raise StoredError("it is for another host")
        if request.callback == self.part:
            split_story.validate(request.cb_kwargs, _host(self.site))
        elif request.cb_kwargs and request.callback in callbacks:
            raise StoredError("it has callback arguments")


def _host(site: str | None) -> str:
    return urls.host(str(site))


def _canonical(url: str, site: str | None) -> str:
    """Return the canonical form of a URL, with the scheme of the site."""
    return urls.canonical(url, urlsplit(str(site)).scheme)


def _classify(crawler: Crawler, response: Response, category: str) -> None:
    """Set the category under which a page is counted."""
    Scheduler.of(crawler).flights.classify(response.request, category)


def _is_redirected(response: Response) -> bool:
    """Return whether a response is for another URL than the one requested."""
    assert response.request is not None
    requested = response.request.meta.get("redirect_urls", [response.url])[0]
    return urls.dedup_key(requested) != urls.dedup_key(response.url)


def _kind(response: Response) -> Literal["sitemap", "feed"] | None:
    """Return whether a response is a feed or a sitemap, not a page."""
    declared = (response.headers.get("Content-Type") or b"").decode("latin-1")
    return None if "html" in declared.lower() else xml_stream.kind(response.body, declared)
