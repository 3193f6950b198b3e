"""The output of segmenters: the blocks of a page in reading order, and the declarations in its head.

HTML and flattened text have the same types; a line of text is a block with the tag `line`, without ancestors and links.
"""

import re

import msgspec

from scraper.article import Link
from scraper.label import Label

__all__ = [
    "HEADING_TAGS",
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
    "is_link",
    "is_title",
]

HEADING_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_TITLE, _WIDE_TITLE = 20, 10
"""The least characters of a title, and of one in Chinese or Japanese."""
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad]")


def fold(text: str) -> str:
    """Return a text with single spaces and without invisible characters."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_INVISIBLE.sub("", text).split())


def is_link(text: str, linked: int) -> bool:
    """Return whether a text is a link: nearly all of its characters are linked."""
    return linked > 0 and 5 * linked >= 4 * len(text)


def is_title(text: str, linked: int) -> bool:
    """Return whether a text may be the title of another story: a link that is long enough."""
    return len(text) >= (_WIDE_TITLE if text[:1] >= "\u2e80" else _TITLE) and is_link(text, linked)


class Element(msgspec.Struct, frozen=True, gc=False):
    """A block-level ancestor of blocks."""

    tag: str
    names: str
    """Its class and id words in lower case, between single spaces, with one before and one after: " con_text main "."""
    parent: int
    """Its own ancestor's index in `Document.elements`; -1 at the top."""


class Block(msgspec.Struct, frozen=True, gc=False):
    """A unit of text in the layout: a paragraph, a heading, a list item, a line."""

    text: str
    """With single spaces, never empty."""
    tag: str = "line"
    """The tag of the block-level element around the text."""
    element: int = -1
    """That element's index in `Document.elements`; -1 in flattened text."""
    links: tuple[Link, ...] = ()
    """The links with text; URLs are absolute if the page's is known."""
    link_chars: int = 0
    """The number of characters of link text."""
    inline: str = ""
    """Class and id words of inline elements in the block, in the form of `Element.names`."""
    pieces: tuple[str, ...] = ()
    """The pieces of a short text between inline elements: "Jane Doe", "View"."""
    datetime: str | None = None
    """The machine-readable date of a `time` element, or of another one with a date as text and attribute."""
    hidden: bool = False
    """Whether it is declared invisible: `hidden`, `display:none`, a template or a duplicate in `noscript`."""
    aside: str = ""
    """Text not shown within the block: words for screen readers ("Posted by"), hidden text, permalink signs."""
    preformatted: str = ""
    """The text with its line breaks and indents, if it is in `pre`."""


class Picture(msgspec.Struct, frozen=True, gc=False):
    """An image of the page, as its element declares it; icons and pixels are omitted."""

    url: str
    """Absolute if the page's URL is known."""
    block: int
    """The index in `Document.blocks` of the block that it is in or before."""
    element: int = -1
    """The innermost element with text around it, as an index in `Document.elements`; -1 if there is none."""
    names: str = " "
    """Its class and id words, in the form of `Element.names`."""
    link: str | None = None
    """The URL of the link around it."""


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """A link of the page, with or without text, that a crawl may follow; in page order."""

    url: str
    """Absolute if the page's URL is known; never a script or a fragment of the same page."""
    rel: str = ""


class Head(msgspec.Struct, frozen=True):
    """The declarations of the page, unparsed."""

    title: str = ""
    meta: dict[str, str] = {}
    """The first value of each `name`, `property` or `itemprop`, which is in lower case."""
    canonical: str | None = None
    language: str | None = None
    json_ld: tuple[str, ...] = ()
    """The text of each JSON-LD script."""
    state: tuple[str, ...] = ()
    """The text of other scripts with JSON, which is limited: the state from which a page is built."""
    stream: tuple[str, ...] = ()
    """The text of the scripts with a stream of React server components, which is limited."""
    feeds: tuple[str, ...] = ()
    """The URLs of its feeds, absolute if the page's is known."""


class Claims(msgspec.Struct, frozen=True):
    """The declarations of a page as plain strings; dates and names are unparsed."""

    headline: str | None = None
    description: str | None = None
    text: str | None = None
    """The whole story, if JSON-LD has it."""
    authors: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    """The authors that are declared as organisations."""
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
    """`isAccessibleForFree`, if it is declared."""


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
    """A block with its label."""

    block: Block
    label: Label
    score: float
    """The confidence in the label, 0 to 1."""
    reason: str
    """The rule or feature that decided, in a few words."""


class Reading(msgspec.Struct, frozen=True):
    """The result of labelling a page."""

    labelled: tuple[Labelled, ...]
    confidence: float | None = None
    """The expected accuracy of the body, 0 to 1; None if a template labelled the page."""
    listing: float | None = None
    """The probability that the page is a list of stories; None if a template labelled the page."""
    warnings: tuple[str, ...] = ()
    """The warnings for `Extraction.warnings`."""
