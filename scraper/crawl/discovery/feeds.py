"""Feeds: the newest stories of a site or a section, as RSS, Atom or JSON Feed.

feedparser knows which link of an entry is its page in each kind of feed. It parses a reduced copy with the few elements
that matter, because a hostile feed could take it minutes. It fetches nothing. Dates are parsed here, because feedparser
completes partial dates from the clock.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache, reduce
from itertools import islice
from typing import Any
from urllib.parse import urljoin
from xml.sax.saxutils import escape, quoteattr

import feedparser

from scraper.crawl.discovery import xml_stream
from scraper.crawl.discovery.entries import Entry, latest

__all__ = ["read"]

_MAX_BYTES = 5 * 2**20  # bytes after decompression
_MAX_ENTRIES = 2000  # entries; feeds have 10 to 500
_MAX_FIELDS = 30  # elements of one entry
_MAX_LENGTH = 2000  # characters of a URL or a date

_DATES = ("published", "updated", "created")
_COPIED = frozenset(("link", "guid", "id", "pubDate", "date", "published", "issued", "updated", "modified", "created"))
_ATTRIBUTES = ("href", "rel", "type", "isPermaLink")
_NAMESPACES = ("{http://www.w3.org/2005/Atom}", "{http://purl.org/")
_FRAMES = {
    "item": '<rss version="2.0"><channel>{}</channel></rss>',
    "entry": '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>',
}


def read(body: bytes, url: str) -> tuple[Entry, ...]:
    """Return the entries of a feed fetched from `url`, with absolute URLs, each once.

    A damaged feed is read up to the damage.
    """
    text = xml_stream.text(xml_stream.unpacked(body, _MAX_BYTES))
    links = _json(text) if text.startswith("{") else _xml(text, url)
    entries: dict[str, Entry] = {}
    for link, dates in links:
        if address := _joined(url, link):
            entries.setdefault(address, Entry(address, latest(*dates)))
    return tuple(entries.values())


_DatedLink = tuple[str, Iterable[str | None]]
"""The URL of an entry, and its dates as text."""


def _xml(text: str, url: str) -> Iterator[_DatedLink]:
    copies: dict[str, list[str]] = {name: [] for name in _FRAMES}
    for element in islice(xml_stream.elements(text, _FRAMES), _MAX_ENTRIES):
        content = "".join(islice(_copies(element, url), _MAX_FIELDS))
        copies[element.name].append(f"<{element.name}>{content}</{element.name}>")
    for name, frame in _FRAMES.items():
        for entry in _parsed(frame.format("".join(copies[name]))):
            # feedparser's own `get` warns about "updated" in an entry that has only "published".
            yield dict.get(entry, "link") or "", [dict.get(entry, date) for date in _DATES]


def _parsed(feed: str) -> list[Any]:
    with suppress(Exception):  # of any kind: an input on which a third-party parser fails is not a feed
        file = io.BytesIO(feed.encode())  # feedparser would fetch a text that looks like a URL
        return list(feedparser.parse(file, sanitize_html=False, resolve_relative_uris=False).entries)
    return []


def _copies(element: xml_stream.Element, url: str) -> Iterator[str]:
    """Yield the fields of an entry that feedparser needs, as XML."""
    for original in element.fields:
        name = _name(original.path)
        field = _absolute(original, (url, *element.bases)) if name == "link" else original
        value = field.text or field.attributes.get("href")
        if not name or not value or not _is_plain(value) or (name in ("guid", "id") and not _is_address(value)):
            continue
        pairs = ((key, field.attributes.get(key, "")) for key in _ATTRIBUTES)
        attributes = "".join(f" {key}={quoteattr(value)}" for key, value in pairs if value and _is_plain(value))
        yield f"<{name}{attributes}>{escape(field.text)}</{name}>"


@lru_cache(1024)  # all entries of a file have the same few
def _name(path: tuple[str, ...]) -> str | None:
    """Return the name of an element to copy; None for others, and for elements below the first level of an entry."""
    if len(path) != 2:
        return None
    entry, tag = path
    name = xml_stream.local(tag)
    namespace = tag.removesuffix(name)
    is_known = namespace == entry.removesuffix(xml_stream.local(entry)) or namespace.startswith(_NAMESPACES)
    return name if is_known and name in _COPIED else None


def _json(text: str) -> Iterator[_DatedLink]:
    items: Any = None
    with suppress(ValueError, RecursionError):
        items = json.loads(text).get("items")
    for item in items[:_MAX_ENTRIES] if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            texts = {key: value for key, value in item.items() if isinstance(value, str)}
            item_id = texts.get("id", "")
            link = texts.get("url") or (item_id if _is_address(item_id) else "")
            yield link, (texts.get("date_published"), texts.get("date_modified"))


def _is_plain(text: str) -> bool:
    return len(text) <= _MAX_LENGTH and text.isprintable()


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
    references = [reference.strip() for reference in chain]
    try:
        url = reduce(urljoin, references, "")
    except ValueError:
        return None
    return url if references[-1] and _is_address(url) else None
