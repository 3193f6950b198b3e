"""Stories that are split over several pages: which page follows which, and which pages are one story.

The URL of a later page has one of several forms: `a_2.html`, `a-2.html`, `a/2/`, `a/page/2/`, `a?page=2`. Only the
first is unambiguous. The others are as often URLs of separate stories, so the page must also link to them as pagers do:
with `rel=next`, or with a number or "next" as the text.
"""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from scraper.article import Article
from scraper.block import Document
from scraper.stories import urls
from scraper.stories.identity import body_digest, same_headline

__all__ = ["LONGEST", "Place", "belongs", "place"]

LONGEST = 50
"""The most parts of a split story: more are a crawler trap."""

_NUMBER = r"(?P<number>[1-9]\d{0,2})"
_SURE = re.compile(rf"(?P<stem>.*/[^/]+?)_{_NUMBER}(?P<ending>\.\w{{2,5}})")
_FORMS = (
    re.compile(rf"(?P<stem>.*/[^/]+?)[-_]{_NUMBER}(?P<ending>\.\w{{2,5}}|/?)"),
    re.compile(rf"(?P<stem>.*?/[^/]+?)/(?:(?:page|index)[/_-]?)?{_NUMBER}(?:\.s?html?)?/?"),
)
_PARAMETER = re.compile(rf"(?:page|p|pg|paged|pageno|page_no|seite|pagina)={_NUMBER}", re.IGNORECASE)
# `index_2.html` is the second page of a list, or of its folder.
_LISTS = frozenset(("index", "default", "list", "page"))
_FOLDER = re.compile(r"/(?:(?:index|default)\.\w{2,5})?$")
_ENDING = re.compile(r"(?:\.\w{2,5}|/)$")
_PAGER = re.compile(
    r"\W*(?:(?:page|seite|página|стр)\W*)?\d{1,3}\W*|\W*(?:next|prev|first|下一?页|上一?页|首页|weiter|suivante?|siguiente|далее)\b.{0,20}|[«»‹›<>→←]{1,2}",
    re.IGNORECASE,
)


class _Reading(NamedTuple):
    """A URL parsed as a later page of a story."""

    story: str
    """The key of the story's first page, independent of how its URL ends."""
    number: int
    first: str
    """The URL of that page."""
    sure: bool
    """Whether the form of the URL is unambiguous."""


class Place(NamedTuple):
    """The position of a page in a story that may be split."""

    following: str | None = None
    """The URL of the next page if this is the first, or has an unambiguous URL."""
    onward: str | None = None
    """The URL of the next page if this one was requested as a later page."""
    first: str | None = None
    """The URL of the story's first page if this is certainly a later one."""
    parts: tuple[str, ...] = ()
    """The links that lead to pages of the same story."""


def belongs(headline: str, bodies: Collection[str], part: Article) -> bool:
    """Return whether a page requested as the next part of a story is one, by the story's headline and body digests.

    For an unknown URL a server may return an earlier part, or another story.
    """
    return same_headline(headline, part.headline) and body_digest(part) not in bodies


def place(document: Document, url: str, scheme: str | None = None) -> Place:
    """Return the place of a page by its URL and its links; `scheme` replaces that of the URLs."""
    page_url = urls.canonical(url, scheme)
    readings = _readings(page_url)
    shortest = min((reading.story for reading in readings), key=len, default=_story(page_url))
    links = _links(document, page_url, _ENDING.sub("", shortest.partition("?")[0]), scheme)
    if not links:
        return Place()
    paged = _pager(document, set(links), scheme)
    candidates = [(link, reading) for link in links for reading in _readings(link) if reading.sure or link in paged]
    certain = {(reading.story, reading.number) for reading in readings if reading.sure}
    positions = certain or {(_story(page_url), 1)}
    all_positions = {(reading.story, reading.number) for reading in readings}
    stories = {story for story, _ in positions}
    return Place(
        _next_page(candidates, positions),
        _next_page(candidates, all_positions),
        _first(page_url, readings, links, paged),
        tuple(dict.fromkeys(link for link, reading in candidates if reading.story in stories)),
    )


def _next_page(candidates: Iterable[tuple[str, _Reading]], positions: set[tuple[str, int]]) -> str | None:
    return next((link for link, reading in candidates if (reading.story, reading.number - 1) in positions), None)


def _first(page_url: str, readings: Iterable[_Reading], links: Sequence[str], paged: set[str]) -> str | None:
    """Return the URL of the story's first page if the page is a later one: it links to the other pages."""
    for reading in readings:
        others = [link for link in links if link != page_url]
        if reading.sure and any(_is_of(reading.story, link) for link in others):
            return reading.first
        linked = next((link for link in others if _story(link) == reading.story and link in paged), None)
        if linked is not None:
            return linked
    return None


def _is_of(story: str, link: str) -> bool:
    return _story(link) == story or any(reading.story == story for reading in _readings(link) if reading.sure)


@lru_cache(8192)  # consecutive pages repeat most links
def _readings(url: str) -> tuple[_Reading, ...]:
    """Parse a URL as a later page in all forms that match, the unambiguous one first."""
    return tuple(_read(url))


def _read(url: str) -> Iterator[_Reading]:
    parts = urlsplit(url)
    sure = _SURE.fullmatch(parts.path)
    if sure and posixpath.basename(sure["stem"]).lower() not in _LISTS and int(sure["number"]) > 1:
        first = urlunsplit(parts._replace(path=sure["stem"] + sure["ending"]))
        yield _Reading(_story(first), int(sure["number"]), first, sure=True)
        return
    for form in _FORMS:
        match = form.fullmatch(parts.path)
        if match and int(match["number"]) > 1:
            first = urlunsplit(parts._replace(path=match["stem"] + match.groupdict().get("ending", "")))
            yield _Reading(_story(first), int(match["number"]), first, sure=False)
    pairs = parts.query.split("&")
    for pair in pairs:
        match = _PARAMETER.fullmatch(pair)
        if match and int(match["number"]) > 1:
            first = urlunsplit(parts._replace(query="&".join(other for other in pairs if other != pair)))
            yield _Reading(_story(first), int(match["number"]), first, sure=False)


@lru_cache(8192)
def _story(url: str) -> str:
    """Return the key of a page as the first of a story, with or without a slash or `index.html` at its end."""
    page, mark, query = urls.dedup_key(url).partition("?")
    return _FOLDER.sub("", page) + mark + query


def _links(document: Document, url: str, stem: str, scheme: str | None) -> list[str]:
    """Return the links that may lead to pages of the same story; parsing all would take as long as reading the page."""
    host = urls.host(url)
    anchors = (anchor for anchor in document.anchors if "%" in stem or stem in anchor.url)
    candidates = (anchor.url for anchor in anchors if urls.is_crawlable(anchor.url, anchor.rel, host))
    return list(dict.fromkeys(urls.canonical(link, scheme) for link in candidates))


def _pager(document: Document, links: set[str], scheme: str | None) -> set[str]:
    """Return the links that the page marks up as a pager."""
    related = {anchor.url for anchor in document.anchors if {"next", "prev"} & set(anchor.rel.split())}
    numbered = {
        link.url
        for block in document.blocks
        for link in block.links
        if link.url and _PAGER.fullmatch(link.text.strip())
    }
    pages = set()
    for url in related | numbered:
        try:
            pages.add(urls.canonical(url, scheme))
        except ValueError:
            continue
    return pages & links
