"""What a page declares of itself: metadata, canonical URL, feeds, and the scripts that hold data."""

import re

from selectolax.lexbor import LexborNode

from scraper.block import Anchor, Head, fold
from scraper.segment.html.links import Links
from scraper.segment.lenient_json import MAX_SCRIPT

__all__ = ["HeadReader"]

_FEED = re.compile(r"\s*application/(?:rss\+xml|atom\+xml|feed\+json)\b", re.IGNORECASE)
_MIN_STATE, _MAX_STATES = 500, 50  # characters of a script that may hold a page's state; such scripts of a page
_STREAM, _CALL, _OPENING = "__next_f.push(", "=(function(", 200


class HeadReader:
    """Gathers the declarations of a page as the walk meets them, wherever on the page they are."""

    def __init__(self, links: Links) -> None:
        self.meta: dict[str, str] = {}
        self.language: str | None = None
        self._links = links
        self._title = ""
        self._canonical: str | None = None
        self._feeds: list[str] = []
        self._json_ld: list[str] = []
        self._state: list[str] = []
        self._stream: list[str] = []
        self._stream_size = 0

    def head(self) -> Head:
        """Return what was declared so far."""
        return Head(
            self._title,
            self.meta,
            self._canonical,
            self.language,
            json_ld=tuple(self._json_ld),
            state=tuple(self._state),
            stream=tuple(self._stream),
            feeds=tuple(self._feeds),
        )

    def read_title(self, node: LexborNode) -> bool:
        """Read a `title` element; return whether a text node of its own follows, as the other methods do."""
        self._title = self._title or fold(node.text(deep=True))
        return node.child is not None

    def read_meta(self, node: LexborNode) -> None:
        """Read a `meta` element; the first value of a name holds."""
        attributes = node.attributes
        content = attributes.get("content") or attributes.get("value")  # some pages write the one for the other
        for key in ("property", "name", "itemprop", "http-equiv") if content else ():
            if name := attributes.get(key):
                self.meta.setdefault(name.strip().lower(), (content or "").strip())

    def read_link(self, node: LexborNode) -> None:
        """Read a `link` element: the canonical URL, the next page, a feed."""
        attributes = node.attributes
        rel = (attributes.get("rel") or "").lower().split()
        url = self._links.absolute(attributes.get("href"))
        if "canonical" in rel:
            self._canonical = self._canonical or url
        elif url and "next" in rel:
            self._links.anchors.append(Anchor(url, "next"))
        elif url and "alternate" in rel and _FEED.match(attributes.get("type") or ""):
            self._feeds.append(url)

    def read_script(self, node: LexborNode) -> bool:
        """Keep a script that holds data."""
        text = node.text(deep=True)
        if "ld+json" in (node.attributes.get("type") or "").lower():
            if text.strip():
                self._json_ld.append(text)
        elif _STREAM in text[:_OPENING]:
            if self._stream_size + len(text) <= MAX_SCRIPT:
                self._stream_size += len(text)
                self._stream.append(text)
        elif len(text) >= _MIN_STATE and len(self._state) < _MAX_STATES and _may_hold_json(text):
            self._state.append(text[: MAX_SCRIPT + 1])
        return node.child is not None


def _may_hold_json(script: str) -> bool:
    return '":' in script or '\\":' in script or _CALL in script[:_OPENING]
