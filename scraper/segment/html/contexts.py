"""What a text belongs to: its block, its link, and what the elements around it are called."""

import re

import msgspec
from selectolax.lexbor import LexborNode

from scraper.block import Element, fold
from scraper.segment.html.links import Links, Target
from scraper.segment.html.visibility import (
    SHOWN,
    Visibility,
    inside_block,
    inside_inline,
    is_for_screen_readers,
    is_hidden,
)

__all__ = ["BLOCK_TAGS", "MAX_CLIMB", "TOP", "Context", "Contexts", "element_names", "enclosing_block"]

BLOCK_TAGS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup html legend li main menu nav ol p pre search section summary"
    " table tbody td tfoot th thead tr ul".split()
)
MAX_CLIMB = 50
"""Elements around an image that are looked at."""
# What these hold is no text of the page.
_NO_TEXT = frozenset(
    "iframe object embed svg canvas video audio textarea select datalist template noembed noframes xmp frameset"
    " head".split()
)
# Without attributes these say nothing of the text in them.
_PLAIN = frozenset("b big em font i small span strong u".split())
_VISIBILITY_ATTRIBUTES = frozenset(("hidden", "style", "aria-hidden", "itemprop"))
"""Attributes of inline elements that may hide them, or declare a value beside their text."""
_MAX_NAMES, _MAX_WORDS, _MAX_WORD = 256, 32, 64  # of an element's class and id
_MAX_INLINE = 512  # characters of names around an inline element
_ISO_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d")
_COMMENT_LEVELS, _MAX_NAME, _MAX_AUTHOR_TEXT = 30, 60, 200

_Attributes = dict[str, str | None]


class Context(msgspec.Struct, frozen=True, gc=False):
    """What text directly inside an element belongs to."""

    block: int
    """The number of its block, which tells one run of text from another."""
    element: int
    """The block's index in `Document.elements`."""
    tag: str
    inline: str
    """Class and id words of the inline elements around it."""
    link: Target | None
    datetime: str | None
    visibility: Visibility
    skipped: bool
    """Whether it is no text of the page: a fallback of an `iframe`, an entry of a form."""


TOP = Context(-1, -1, "body", " ", None, None, SHOWN, False)


class Contexts:
    """The contexts of the elements that hold text; each element is looked at once."""

    def __init__(self, links: Links, meta: dict[str, str]) -> None:
        self.known: dict[int, Context] = {}
        """By the number of the element."""
        self.elements: list[Element] = []
        self.names: dict[tuple[str | None, str | None], str] = {(None, None): " "}
        """`Element.names` by class and id."""
        self._links = links
        self._meta = meta  # microdata adds to what the head declares

    def find(self, node: LexborNode) -> Context:
        """Climb to the nearest known context, and come down again making those between."""
        unknown, above = [node], node.parent
        known: Context | None = None
        while above is not None and (known := self.known.get(above.mem_id)) is None:
            unknown.append(above)
            above = above.parent
        context = known or TOP
        for element in reversed(unknown):
            context = self.known[element.mem_id] = self._inside(element, context)
        return context

    def _inside(self, node: LexborNode, around: Context) -> Context:
        tag, attributes = node.tag or "", node.attributes
        if attributes.get("itemprop") == "author" and "itemprop:author" not in self._meta:
            self._read_author(node, around)
        if tag not in BLOCK_TAGS:
            return self._inside_inline(node, tag, attributes, around) if attributes or tag not in _PLAIN else around
        elements = self.elements
        elements.append(Element(tag, self._names(attributes), around.element))
        visibility = around.visibility
        if visibility is not SHOWN or is_hidden(attributes):  # rare, so that most blocks cost no call
            visibility = inside_block(attributes, visibility)
        return Context(node.mem_id, len(elements) - 1, tag, " ", around.link, None, visibility, around.skipped)

    def _inside_inline(self, node: LexborNode, tag: str, attributes: _Attributes, around: Context) -> Context:
        names, inline, visibility = self._names(attributes), around.inline, around.visibility
        if names != " " and len(inline) <= _MAX_INLINE:
            inline = inline[:-1] + names
        spoken = names != " " and is_for_screen_readers(names)
        if spoken or tag == "noscript" or not _VISIBILITY_ATTRIBUTES.isdisjoint(attributes):
            if "itemprop" in attributes and attributes.get("content"):
                self._meta.setdefault((attributes["itemprop"] or "").lower(), attributes["content"] or "")
            visibility = inside_inline(tag, node.mem_id, attributes, visibility, spoken=spoken)
        datetime = _datetime(tag, attributes) or around.datetime
        link = self._links.target(node.mem_id) if tag == "a" else around.link
        skipped = around.skipped or tag in _NO_TEXT
        return Context(around.block, around.element, around.tag, inline, link, datetime, visibility, skipped)

    def _names(self, attributes: _Attributes) -> str:
        key = (attributes.get("class"), attributes.get("id"))
        if "itemprop" in attributes and (attributes["itemprop"] or "").startswith("date"):
            key = (f"{key[0] or ''} {attributes['itemprop']}", key[1])  # "datePublished", "dateModified"
        names = self.names.get(key)
        if names is None:
            names = self.names[key] = element_names(*key)
        return names

    def _read_author(self, node: LexborNode, around: Context) -> None:
        """Read the name in the first element that microdata marks as the author's, unless it belongs to a comment."""
        index, levels = around.element, _COMMENT_LEVELS
        while index >= 0 and levels > 0:
            element = self.elements[index]
            if "comment" in element.names or element.tag in ("figure", "figcaption"):
                return
            index, levels = element.parent, levels - 1
        name = fold(node.text(deep=True, separator=" ")[:_MAX_AUTHOR_TEXT])
        self._meta["itemprop:author"] = name if len(name) <= _MAX_NAME else ""


def enclosing_block(node: LexborNode) -> int:
    """Return the number of the block-level element around a node, as in `Context.block`."""
    above = node.parent
    for _ in range(MAX_CLIMB):
        if above is None or above.tag in BLOCK_TAGS:
            break
        above = above.parent
    return above.mem_id if above is not None else TOP.block


def element_names(classes: str | None, id: str | None) -> str:
    """Return the words of an element's class and id in the form of `Element.names`."""
    words = " ".join([word for word in (classes, id) if word]).lower()
    if len(words) > _MAX_NAMES:
        words = " ".join([word[:_MAX_WORD] for word in words.split(None, _MAX_WORDS)[:_MAX_WORDS]])
    words = " ".join(words.split())
    return f" {words} " if words else " "


def _datetime(tag: str, attributes: _Attributes) -> str | None:
    """Return the machine-readable form of the date that an element shows."""
    if "datetime" in attributes and tag not in ("ins", "del"):
        return attributes["datetime"]
    title = attributes.get("title") if tag in ("abbr", "span", "time") else None
    return title if title and _ISO_DAY.match(title) else None
