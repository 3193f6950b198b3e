"""Untrusted XML as a stream of entries: no tree is built, no entity resolved, nothing fetched, no error raised.

Obvious faults are repaired, and others skipped. Incomplete entries are not yielded.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Literal, NamedTuple

from lxml import etree
from w3lib.encoding import read_bom, resolve_encoding, to_unicode

from scraper.io.compression import GZIP, gunzip_start

__all__ = ["BASE", "Element", "Field", "elements", "kind", "local", "text", "unpacked"]

_CHUNK_SIZE = 64 * 1024
_MAX_MARKS = 2_000_000  # characters `<` and `&`: a full sitemap of 50,000 pages with 10 elements has half as many
_MAX_DEPTH = 3  # url/news/publication_date: deeper elements are skipped
_MAX_FIELDS = 5000  # elements of an entry: a page can have a thousand images
_PREFIX_SIZE = 4096  # bytes from which the kind is recognised
BASE = "{http://www.w3.org/XML/1998/namespace}base"
"""The attribute with the base URL of an element."""
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARK = re.compile("[<&]")
# Markup that is invalid in XML is text: `?a=1&b=2`, `a < b`, and `&name;` of any entity.
_BARE = re.compile(
    r"(?P<cdata><!\[CDATA\[.*?(?:\]\]>|\Z))|<(?![A-Za-z_:!?/])"
    r"|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\dA-Fa-f]{1,6});)",
    re.DOTALL,
)

# The first element, after declarations, comments and a document type.
_ROOT = re.compile(r"(?:\s++|\ufeff|<!--.*?-->|<(?!!--)[?!][^>]*+>|\]\s*+>)*+<(?:[\w.-]+:)?(\w+)", re.DOTALL)
_KINDS: Mapping[str, Literal["sitemap", "feed"]] = {
    "urlset": "sitemap",
    "sitemapindex": "sitemap",
    "rss": "feed",
    "rdf": "feed",
    "feed": "feed",
}
_JSON_FEED = re.compile(r"\s*+\{.{0,2000}?jsonfeed\.org\\?/version", re.DOTALL)
_LIST = re.compile(r"\s*+https?://\S++\s*+(?:\Z|https?://)")


class Field(NamedTuple):
    """An element within an entry, or within such an element."""

    path: tuple[str, ...]
    """The tags from the entry's own down to this one, each "name" or "{namespace}name"."""
    attributes: Mapping[str, str]
    text: str


class Element(NamedTuple):
    """A complete entry."""

    name: str
    fields: tuple[Field, ...]
    bases: tuple[str, ...]
    """The `xml:base` of the root and its own, if present: the latter is relative to the former."""


def kind(body: bytes, content_type: str = "") -> Literal["sitemap", "feed"] | None:
    """Return the kind of a response by its first bytes; a list of URLs is a sitemap only if it is served as text."""
    start = text(unpacked(body, _PREFIX_SIZE))
    root = _ROOT.match(start)
    if root:
        return _KINDS.get(root[1].lower())
    if _JSON_FEED.match(start):
        return "feed"
    plain = content_type.partition(";")[0].strip().lower() in ("", "text/plain")
    return "sitemap" if plain and _LIST.match(start) else None


def unpacked(body: bytes, limit: int) -> bytes:
    """Return the first `limit` bytes of a body; a gzip body is decompressed, up to any damage."""
    return gunzip_start(body, limit) if body.startswith(GZIP) else body[:limit]


def text(body: bytes) -> str:
    """Decode by the byte order mark, else as declared, else as UTF-8, without characters that XML forbids."""
    marked, mark = read_bom(body)
    declared = _DECLARED.match(body)
    label = declared[1].decode() if declared else "utf-8"
    if label.lower().startswith(("utf-16", "utf-32")):  # wrong, as the declaration was read as ASCII
        label = "utf-8"
    decoded = to_unicode(body[len(mark or b"") :], marked or resolve_encoding(label) or "utf-8")
    return _FORBIDDEN.sub("", decoded).lstrip("\ufeff \t\r\n")


def local(tag: str) -> str:
    """Return the name of a tag without its namespace."""
    return tag.rpartition("}")[2]


def elements(markup: str, names: Collection[str]) -> Iterator[Element]:
    """Yield the entries with these names, in order."""
    target = _Target(frozenset(names))
    parser = etree.XMLParser(
        target=target, recover=True, resolve_entities=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    data = _BARE.sub(_escaped, _bounded(markup)).encode("utf-8", "ignore")
    for start in range(0, len(data), _CHUNK_SIZE):
        with suppress(etree.XMLSyntaxError):
            parser.feed(data[start : start + _CHUNK_SIZE])
        yield from target.entries
        target.entries.clear()
    # The parser is not closed: that would complete a truncated entry.


def _bounded(markup: str) -> str:
    if markup.count("<") + markup.count("&") <= _MAX_MARKS:
        return markup
    return markup[: next(islice(_MARK.finditer(markup), _MAX_MARKS, None)).start()]


def _escaped(markup: re.Match[str]) -> str:
    return markup["cdata"] or {"<": "&lt;", "&": "&amp;"}[markup[0]]


class _Target:
    """A parser target that collects entries."""

    def __init__(self, names: frozenset[str]) -> None:
        self.entries: list[Element] = []
        self._names = names
        self._base: str | None = None
        self._own = ""
        self._path: list[str] = []
        """The open tags from the entry down; empty outside an entry."""
        self._fields: list[Field] = []
        self._open: list[tuple[dict[str, str], list[str]]] = []
        self._deeper = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._base is None:
            self._base = attributes.get(BASE, "")
        if local(tag) in self._names:  # even if the one before it was not closed
            self._path, self._fields, self._open, self._deeper = [tag], [], [({}, [])], 0
            self._own = attributes.get(BASE, "")
        elif self._path and len(self._path) + self._deeper < _MAX_DEPTH:
            self._path.append(tag)
            self._open.append((dict(attributes), []))
        elif self._path:
            self._deeper += 1

    def data(self, data: str) -> None:
        if self._path and not self._deeper:
            self._open[-1][1].append(data)

    def end(self, tag: str) -> None:
        if self._deeper or not self._path:
            self._deeper = max(0, self._deeper - 1)
            return
        attributes, parts = self._open.pop()
        if self._open and len(self._fields) < _MAX_FIELDS:
            self._fields.append(Field(tuple(self._path), attributes, "".join(parts).strip()))
        elif not self._open and tag == self._path[0]:  # else a surrounding element ends
            bases = tuple(filter(None, (self._base, self._own)))
            self.entries.append(Element(local(tag), tuple(self._fields), bases))
        self._path.pop()

    def close(self) -> None:
        """Do nothing: the parser requires this method but never calls it."""
