"""What is learned from a site's own pages, without gold: which parts of its template hold the story, and which do not.

The pages of a site share their frame, and their stories differ. A `Site` keeps summaries of a sample of its pages;
given to `extract`, the labeller weighs each page against them.
"""

from binascii import crc32
from codecs import BOM_UTF8
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from scraper.block import Document
from scraper.errors import ScraperError
from scraper.label import STORY, Label
from scraper.segment.page import read
from scraper.tagger import summarise
from scraper.tagger.page_summary import Count, PageSummary, PathSummary
from scraper.tagger.site_evidence import SiteIndex, index_pages
from scraper.templates.engine import recognise

__all__ = ["MAX_PAGES", "Region", "Site", "Sites", "host_of", "learn", "page_host", "summarise_document"]

MAX_PAGES = 18
"""The sample holds as many pages at most; with `page_summary.MAX_BYTES` for each, it is smaller than 200 kB."""
VERSION = 2
_MAX_JSON = 2_000_000
_MAX_HOSTS, _MAX_HOST = 4, 253
_LABELS = {str(label): label for label in Label}


class Region(NamedTuple):
    """An element path of a site, as its pages use it."""

    path: str
    """The innermost elements with their class words, the outermost first."""
    label: Label
    """What the blocks there are for the most part."""
    pages: int
    """On how many pages of the sample it occurs."""
    blocks: int
    story: float
    """The share of its blocks that belongs to the story."""
    repeated: float
    """The share of its texts that other pages have too."""
    texts: tuple[str, ...]
    """Its texts, those on the most pages first; long ones are shortened."""


@dataclass(frozen=True)
class Site:
    """What is known of a site. `Site()` knows nothing, and changes nothing.

    The sample is the same for any order of the pages: articles come before lists, and the pages with the smallest
    digests are kept. It is bounded by `MAX_PAGES`.
    """

    hosts: tuple[str, ...] = ()
    """The hosts of its pages, where their URLs are known."""
    pages: int = 0
    """The number of pages that it was learned from."""
    sample: tuple[PageSummary, ...] = ()

    def __hash__(self) -> int:
        return hash((self.hosts, self.pages, tuple(page.digest for page in self.sample)))

    def update(self, page: bytes | str, *, url: str | None = None, content_type: str | None = None) -> Self:
        """Return what is known after a further page; pages of a known template teach nothing.

        Raise `ScraperError` for input that is no page.
        """
        document = read(page, url=url, content_type=content_type)
        summary = summarise_document(document)
        return self if summary is None else self.add(summary, page_host(document))

    def add(self, summary: PageSummary, host: str | None = None) -> Self:
        """Return what is known after a page that is already summarised."""
        return self.merge(Site((host,) if host else (), 1, (summary,)))

    def merge(self, other: "Site") -> Self:
        """Return what is known after the pages of both."""
        hosts = tuple(sorted({*self.hosts, *other.hosts})[:_MAX_HOSTS])
        sample = _bounded((*self.sample, *other.sample))
        return replace(self, hosts=hosts, pages=self.pages + other.pages, sample=sample)

    def renew(self, recent: "Site") -> Self:
        """Return what is known after more recent pages, of which up to half of the sample is kept in any case.

        The others are chosen from both as if at random, so that a template which is no longer used is forgotten.
        """
        kept = recent.sample[: MAX_PAGES // 2]
        own = {page.digest for page in kept}
        salt = "".join(sorted(own))
        others = [page for page in _unique((*self.sample, *recent.sample)) if page.digest not in own]
        others.sort(key=lambda page: (page.is_list, crc32((salt + page.digest).encode())))
        return replace(self.merge(recent), sample=_bounded((*kept, *others[: MAX_PAGES - len(kept)])))

    @cached_property
    def index(self) -> SiteIndex | None:
        """The sample in the form that the labeller reads; None for an empty sample."""
        return index_pages(self.sample) if self.sample else None

    def familiarity(self, summary: PageSummary) -> float:
        """Return the share of a page's words, 0 to 1, that is at element paths which the sample has too."""
        known = {path.key for page in self.sample for path in page.paths if page.digest != summary.digest}
        words = sum(path.words for path in summary.paths)
        return sum(path.words for path in summary.paths if path.key in known) / max(words, 1)

    def regions(self) -> tuple[Region, ...]:
        """Return the element paths of the sample, those on the most pages first."""
        return tuple(sorted(self._regions().values(), key=lambda region: (-region.pages, -region.blocks, region.path)))

    def typical_page(self) -> tuple[Region, ...]:
        """Return the regions, from top to bottom, of the page that shares most with the others."""
        regions = self._regions()
        best = max(self.sample, key=lambda page: sum(regions[path.key].pages for path in page.paths), default=None)
        return () if best is None else tuple(regions[path.key] for path in best.paths)

    def _regions(self) -> dict[int, Region]:
        rows: dict[int, list[PathSummary]] = defaultdict(list)
        on_pages = Counter(
            text for page in self.sample for text in {text for path in page.paths for text in path.texts}
        )
        for page in self.sample:
            for path in page.paths:
                rows[path.key].append(path)
        return {key: _region(paths, on_pages) for key, paths in rows.items()}

    def to_json(self) -> str:
        """Return the site as one JSON object of less than 200 kB."""
        return msgspec.json.encode(_Stored(VERSION, self.hosts, self.pages, self.sample)).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return a site from JSON; raise `ScraperError` for other input, and for an unknown version."""
        if not isinstance(text, (str, bytes)):
            raise ScraperError(f"a site's JSON must be str or bytes, not {type(text).__name__}")
        if len(text) > _MAX_JSON:
            raise ScraperError("a site's JSON is limited to 2 MB")
        try:
            encoded = text.encode() if isinstance(text, str) else text
            stored = msgspec.json.decode(encoded.removeprefix(BOM_UTF8), type=_Stored)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ScraperError(f"not a site in JSON: {error}") from error
        if stored.version != VERSION:
            raise ScraperError(f"a site of version {stored.version}; this library reads version {VERSION}")
        return cls(stored.hosts[:_MAX_HOSTS], stored.pages, _bounded(stored.sample))


@dataclass(frozen=True)
class Sites:
    """The sites of pages of several hosts."""

    by_host: Mapping[str, Site]
    default: Site | None = None
    """For pages of other hosts, and for pages of no known URL."""

    def of(self, document: Document) -> Site | None:
        """Return the site of a page."""
        return self.by_host.get(page_host(document) or "", self.default)


class _Stored(msgspec.Struct, frozen=True):
    version: int
    hosts: tuple[str, ...]
    pages: Count
    sample: tuple[PageSummary, ...]


def _bounded(pages: Iterable[PageSummary]) -> tuple[PageSummary, ...]:
    """Return the sample of some pages."""
    return tuple(sorted(_unique(pages), key=lambda page: (page.is_list, page.digest))[:MAX_PAGES])


def _unique(pages: Iterable[PageSummary]) -> Iterable[PageSummary]:
    """Return the pages of different texts; of several with the same texts, the one whose summary sorts first."""
    chosen: dict[str, PageSummary] = {}
    for page in pages:
        other = chosen.get(page.digest)
        chosen[page.digest] = page if other in (None, page) else min(page, other, key=msgspec.json.encode)
    return chosen.values()


def _region(paths: Sequence[PathSummary], on_pages: Mapping[str, int]) -> Region:
    """Return the region of a path, from what each page has there."""
    blocks = sum(path.blocks for path in paths)
    story = min(sum(path.story for path in paths) / blocks, 1.0)
    labels: dict[Label, float] = defaultdict(float)
    for path in paths:
        for name, number in path.labels.items():
            if name in _LABELS:
                labels[_LABELS[name]] += number
    texts = sorted({text for path in paths for text in path.texts}, key=lambda text: (-on_pages[text], text))
    repeated = sum(on_pages[text] > 1 for path in paths for text in path.texts)
    number = sum(len(path.texts) for path in paths)
    return Region(
        paths[0].path, _main_label(labels, story), len(paths), blocks, story, repeated / max(number, 1), tuple(texts)
    )


def _main_label(labels: Mapping[Label, float], story: float) -> Label:
    """Return the likeliest label of the side, story or not, on which most blocks are."""
    side = [label for label in sorted(labels) if (label in STORY) == (story >= 0.5)]
    return max(side, key=labels.__getitem__, default=Label.OTHER)


def learn(pages: Iterable[bytes | str | tuple[bytes | str, str | None]]) -> Site:
    """Return what the pages of one site have in common: articles and lists, in any order, each a page or (page, URL).

    Raise `ScraperError` with the number of the page, from 1, for input that is no page.
    """
    if isinstance(pages, (bytes, str)) or not isinstance(pages, Iterable):
        raise ScraperError(f"pages must be several pages, not {type(pages).__name__}")
    site = Site()
    for number, page in enumerate(pages, 1):
        html, url = page if isinstance(page, tuple) and len(page) == 2 else (page, None)
        try:
            site = site.update(html, url=url)
        except ScraperError as error:
            raise ScraperError(f"page {number}: {error}") from error
    return site


def summarise_document(document: Document) -> PageSummary | None:
    """Return what a segmented page says about its site; None for an empty page, and for one of a known template."""
    return None if not document.elements or recognise(document) is not None else summarise(document)


def page_host(document: Document) -> str | None:
    """Return the host of a page: that of its URL, or else that of the URL which it names as its own."""
    return host_of(document.url or document.head.canonical or document.head.meta.get("og:url"))


def host_of(url: str | None) -> str | None:
    """Return the host of a URL without `www.`; None if it has none."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:
        return None
    return host.removeprefix("www.")[:_MAX_HOST].encode("utf-8", "replace").decode() if host else None
