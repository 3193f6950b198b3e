"""Feeds: the newest stories of a site or a section, as RSS, Atom or JSON Feed.

feedparser knows what the kinds of feeds mean by a link. It is given the few elements that tell of one, made anew: a
feed of a stranger unchanged can cost it minutes. It fetches nothing, and dates are read here, as it would take what
they lack from the clock.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape, quoteattr

import feedparser

from scraper.crawl.discovery import xml_stream
from scraper.crawl.discovery.entries import Entry, latest

__all__ = ["read"]

_LARGEST = 5 * 2**20  # bytes unpacked
_MOST = 2000  # entries; feeds have 10 to 500
_WIDEST = 30  # elements of one entry
_LONGEST = 2000  # characters of a URL or a date

_DATES = ("published", "updated", "created")
_KEPT = frozenset(("link", "guid", "id", "pubDate", "date", "published", "issued", "updated", "modified", "created"))
_ATTRIBUTES = ("href", "rel", "type", "isPermaLink")
_KNOWN = ("{http://www.w3.org/2005/Atom}", "{http://purl.org/")
_FRAMES = {
    "item": '<rss version="2.0"><channel>{}</channel></rss>',
    "entry": '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>',
}


def read(body: bytes, url: str) -> tuple[Entry, ...]:
    """Read a feed that came from `url`: its stories, URLs absolute, each once; what is broken up to there."""
    text = xml_stream.text(xml_stream.unpacked(body, _LARGEST))
    found = _json(text) if text.startswith("{") else _xml(text, url)
    entries: dict[str, Entry] = {}
    for link, dates in found:
        if address := _joined(url, link):
            entries.setdefault(address, Entry(address, latest(*dates)))
    return tuple(entries.values())


_Found = tuple[str, Iterable[str | None]]
"""The URL of an entry, and its dates."""


def _xml(text: str, url: str) -> Iterator[_Found]:
    made: dict[str, list[str]] = {name: [] for name in _FRAMES}
    for element in islice(xml_stream.elements(text, _FRAMES), _MOST):
        inside = "".join(islice(_kept(element, url), _WIDEST))
        made[element.name].append(f"<{element.name}>{inside}</{element.name}>")
    for name, frame in _FRAMES.items():
        for entry in _parsed(frame.format("".join(made[name]))):
            # Asked in its own way, "updated" warns where there is only "published".
            yield dict.get(entry, "link") or "", [dict.get(entry, date) for date in _DATES]


def _parsed(feed: str) -> list[Any]:
    with suppress(Exception):  # a third party's parser: whatever it cannot read is no feed
        file = io.BytesIO(feed.encode())  # a text might be taken for a URL, and requested
        return list(feedparser.parse(file, sanitize_html=False, resolve_relative_uris=False).entries)
    return []


def _kept(element: xml_stream.Element, url: str) -> Iterator[str]:
    for given in element.fields:
        name = _name(given.path)
        field = _absolute(given, (url, *element.bases)) if name == "link" else given
        said = field.text or field.attributes.get("href")
        if not name or not said or not _is_plain(said) or (name in ("guid", "id") and not _is_address(said)):
            continue
        pairs = ((key, field.attributes.get(key, "")) for key in _ATTRIBUTES)
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in pairs if value and _is_plain(value))
        yield f"<{name}{attributes}>{escape(field.text)}</{name}>"


@lru_cache(1024)  # all entries of a file have the same few
def _name(path: tuple[str, ...]) -> str | None:
    """Return the name of an element that tells of its entry; what is deeper tells of something else."""
    if len(path) != 2:
        return None
    entry, tag = path
    name = xml_stream.local(tag)
    space = tag.removesuffix(name)
    known = space == entry.removesuffix(xml_stream.local(entry)) or space.startswith(_KNOWN)
    return name if known and name in _KEPT else None


def _json(text: str) -> Iterator[_Found]:
    items: Any = None
    with suppress(ValueError, RecursionError):
        items = json.loads(text).get("items")
    for item in items[:_MOST] if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            texts = {key: value for key, value in item.items() if isinstance(value, str)}
            own = texts.get("id", "")
            link = texts.get("url") or (own if _is_address(own) else "")
            yield link, (texts.get("date_published"), texts.get("date_modified"))


def _is_plain(text: str) -> bool:
    return len(text) <= _LONGEST and text.isprintable()


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://"))


def _absolute(field: xml_stream.Field, bases: Iterable[str]) -> xml_stream.Field:
    """Return a link with its URLs absolute; each base is relative to the one before it."""
    chain = [*bases, field.attributes.get(xml_stream.BASE, "")]
    href = field.attributes.get("href")
    attributes = dict(field.attributes) | ({"href": _joined(*chain, href) or ""} if href else {})
    return field._replace(attributes=attributes, text=(_joined(*chain, field.text) or "") if field.text else "")


def _joined(*chain: str) -> str | None:
    """Return the URL at the end of a chain, each relative to the one before; None if it is not a web URL."""
    *bases, link = (each.strip() for each in chain)
    found = ""
    try:
        for each in (*bases, link):
            found = urljoin(found, each)
    except ValueError:
        return None
    return found if link and _is_address(found) else None
