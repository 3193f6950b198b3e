"""What a segmenter yields: the blocks of a page in reading order, and what its head declares.

HTML and flattened text give the same types; a line of text is a block of the tag `line` with no ancestors and no links.
"""

import re

import msgspec

from scraper.article import Link
from scraper.label import Label

__all__ = [
    "Anchor",
    "Block",
    "Claims",
    "Document",
    "Element",
    "Head",
    "Labelled",
    "Picture",
    "Reading",
    "fold",
]

_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")


def fold(text: str) -> str:
    """Fold white space and drop invisible characters; text without either, but for single spaces, is printable."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_INVISIBLE.sub("", text).split())


class Element(msgspec.Struct, frozen=True, gc=False):
    """A block-level ancestor of blocks."""

    tag: str
    names: str
    """Its class and id words in lower case, between single spaces, with one before and one after: " con_text main "."""
    parent: int
    """Its own ancestor's index in `Document.elements`; -1 at the top."""


class Block(msgspec.Struct, frozen=True, gc=False):
    """A stretch of visible text that is set as one: a paragraph, a heading, a list item, a line."""

    text: str
    """White space folded, never empty."""
    tag: str = "line"
    """The block-level element that holds the text."""
    element: int = -1
    """That element's index in `Document.elements`; -1 in flattened text."""
    links: tuple[Link, ...] = ()
    """The links in it that have text, URLs absolute where the page's is known."""
    link_chars: int = 0
    """How many characters of the text are link text."""
    inline: str = ""
    """Class and id words of inline elements in the block, in the form of `Element.names`."""
    pieces: tuple[str, ...] = ()
    """The text as inline elements cut it, where they do and the text is short: "Jane Doe", "View"."""
    datetime: str | None = None
    """What a `time` element in it says to machines, or another that shows a date and bears it as an attribute."""
    hidden: bool = False
    """Declared invisible: `hidden`, `display:none`, a template or noscript twin."""
    aside: str = ""
    """What is not shown amid the text: words for screen readers ("Posted by"), hidden text, the signs of permalinks."""
    preformatted: str = ""
    """The text with its line breaks and indents, where `pre` holds it."""


class Picture(msgspec.Struct, frozen=True, gc=False):
    """An image that the page shows, as its element declares it; icons and pixels are left out."""

    url: str
    """Absolute where the page's URL is known."""
    block: int
    """The index in `Document.blocks` of the block that it is in or before."""
    element: int = -1
    """The innermost element with text around it, as an index in `Document.elements`; -1 where there is none."""
    names: str = " "
    """Its class and id words, in the form of `Element.names`."""
    link: str | None = None
    """The URL of the link that it is in."""


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """A link of the page, with or without text, in page order: what a crawl may follow."""

    url: str
    """Absolute where the page's URL is known; never a script or a fragment of the same page."""
    rel: str = ""


class Head(msgspec.Struct, frozen=True):
    """What the page declares of itself, unread."""

    title: str = ""
    meta: dict[str, str] = {}
    """First value of each `name`, `property` or `itemprop`, in lower case."""
    canonical: str | None = None
    language: str | None = None
    json_ld: tuple[str, ...] = ()
    """The text of each JSON-LD script."""
    state: tuple[str, ...] = ()
    """The text of other scripts that hold JSON, in bounds: the state from which a page is built."""
    stream: tuple[str, ...] = ()
    """The text of the scripts that hand over a stream of React's server components, in bounds."""
    feeds: tuple[str, ...] = ()
    """The URLs of the feeds that it names, absolute where the page's is known."""


class Claims(msgspec.Struct, frozen=True):
    """A page's declarations as plain strings, unparsed."""

    headline: str | None = None
    description: str | None = None
    text: str | None = None
    """The whole story, where JSON-LD holds it."""
    authors: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    """Those of the authors that are declared as organisations."""
    published: tuple[str, ...] = ()
    """Candidates for the date of publication, best first."""
    modified: tuple[str, ...] = ()
    site_name: str | None = None
    section: str | None = None
    image: str | None = None
    language: str | None = None
    keywords: tuple[str, ...] = ()
    kind: str | None = None
    """The JSON-LD type of the article, or the OpenGraph type."""
    free: bool | None = None
    """`isAccessibleForFree`, where it is declared."""


class Document(msgspec.Struct, frozen=True):
    """A page in blocks."""

    blocks: tuple[Block, ...]
    elements: tuple[Element, ...] = ()
    head: Head = Head()
    anchors: tuple[Anchor, ...] = ()
    names: tuple[str, ...] = ()
    """The distinct `Element.names` and `Block.inline` of the page."""
    url: str | None = None
    pictures: tuple[Picture, ...] = ()


class Labelled(msgspec.Struct, frozen=True, gc=False):
    """A verdict that is beside its block."""

    block: Block
    label: Label
    score: float
    """0 to 1: how surely."""
    reason: str
    """The rule or signal that decided, in a few words."""


class Reading(msgspec.Struct, frozen=True):
    """What a labeller says of a page."""

    labelled: tuple[Labelled, ...]
    confidence: float | None = None
    """0 to 1: how much of the body is expected to be right; None where a template labelled the page."""
    listing: float | None = None
    """The chance that the page is a list of stories; None where a template labelled the page."""
    warnings: tuple[str, ...] = ()
    """What `Extraction.warnings` should say."""
