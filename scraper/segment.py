"""HTML to blocks: one pass over lexbor's tree in page order, each text node once, no recursion.

What a stretch of text belongs to is found by climbing from it: to its block, its link, and to what hides it. Each
element is climbed through once, and only those that hold text are looked at closely; that makes the pass quick.

A block ends where a block-level element begins or ends, at a rule, and at two line breaks in a row. White space is
folded as a browser shows it: nothing is added between inline elements, so that no word is glued or split. No node of
the tree outlives the pass.
"""

import functools
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper import limits
from scraper.article import Link
from scraper.block import Anchor, Block, Document, Element, Head, fold
from scraper.errors import ScraperError
from scraper.lenient import MAX_SCRIPT

__all__ = ["segment_html"]

_BLOCKS = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup html legend li main menu nav ol p pre search section summary"
    " table tbody td tfoot th thead tr ul"
).split()
_BLOCK_TAGS = frozenset(_BLOCKS)
# What these hold is no text of the page.
_UNREAD = frozenset(
    "iframe object embed svg canvas video audio textarea select datalist template noembed noframes xmp frameset"
    " head".split()
)
_FEED = re.compile(r"\s*application/(?:rss\+xml|atom\+xml|feed\+json)\b", re.IGNORECASE)
# Without attributes these say nothing of the text in them.
_PLAIN = frozenset("b big em font i small span strong u".split())
_UNSEEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_WHOLE = ("https://", "http://")
_NO_PAGE = ("#", "javascript:", "mailto:", "tel:", "data:", "sms:", "whatsapp:", "about:", "[!--", "{{")
_INDENTED = re.compile(r"[\r\n\t ]*(?:\u3000|\xa0{2})")  # behind one line break an indent opens a paragraph too
_CELL_LIMIT, _SHORT = 300, 200
_SHORT_STATE, _MAX_STATES, _COMMENT_LEVELS, _LONG_NAME = 500, 50, 30, 60
_TEXT = 2  # lexbor's number for a text node

_Attributes = dict[str, str | None]
_Target = tuple[str | None, int]
"""A link's address, and a number that tells it from another link to the same address."""


def segment_html(html: str, url: str | None = None) -> Document:
    """Cut a page into its blocks; raise `ScraperError` for a page that cannot be parsed in reasonable time."""
    limits.check(html)
    try:
        tree = LexborHTMLParser(html)
        root = tree.root
    except Exception as error:  # the parser names no common base for its errors
        raise ScraperError(f"the page cannot be parsed: {error}") from error
    walk = _Walk(url)
    if root is not None:
        walk.language = root.attributes.get("lang")
        walk.read(root)
    head = Head(
        walk.title,
        walk.meta,
        walk.canonical,
        walk.language,
        json_ld=tuple(walk.json_ld),
        state=tuple(walk.state),
        feeds=tuple(walk.feeds),
    )
    blocks = _with_rows(walk.blocks, walk.elements)
    limits.check_blocks(len(blocks))
    return Document(tuple(blocks), tuple(walk.elements), head, tuple(walk.anchors), tuple(walk.names.values()), url)


class _Place(msgspec.Struct, frozen=True, gc=False):
    """What text directly inside an element belongs to."""

    block: int
    """A number that tells one run of text from another: that of its block, or of what hides it."""
    element: int
    """The block's index in `Document.elements`."""
    tag: str
    inline: str
    """Class and id words of the inline elements around it."""
    link: _Target | None
    datetime: str | None
    hidden: bool
    unread: bool


_TOP = _Place(-1, -1, "body", " ", None, None, False, False)


class _Addresses:
    """Makes links absolute: the common forms by hand, the rest by the standard library."""

    def __init__(self, url: str | None) -> None:
        self.base = url
        self.origin = self.scheme = ""
        self.known: dict[str, str | None] = {}
        self.rebase(url)

    def rebase(self, base: str | None) -> None:
        try:
            parts = urlsplit(urljoin(self.base or "", base or ""))
        except ValueError:
            return
        if parts.scheme in ("http", "https") and parts.netloc:
            self.base = parts.geturl()
            self.scheme, self.origin = parts.scheme, f"{parts.scheme}://{parts.netloc}"

    def absolute(self, href: str | None) -> str | None:
        if href is None:
            return None
        if href not in self.known:
            self.known[href] = self._absolute(href.strip())
        return self.known[href]

    def _absolute(self, href: str) -> str | None:
        if not href or (href[0] not in "/h" and href.lower().startswith(_NO_PAGE)):
            return None
        plain = href.partition("#")[0]
        bracketed = "[" in plain or "]" in plain  # an address of numbers, or none at all
        if not bracketed and plain.startswith(_WHOLE) and "/." not in plain[8:]:
            return plain
        if "/." in plain or bracketed or not self.origin:
            return self._joined(plain)
        if plain.startswith("//"):
            return f"{self.scheme}:{plain}"
        if plain.startswith("/"):
            return self.origin + plain
        return self._joined(plain)

    def _joined(self, href: str) -> str | None:
        try:
            return urlsplit(urljoin(self.base or "", href)).geturl()
        except ValueError:
            return None


class _Walk:
    """The state of one pass: the places that are known, and what has been gathered."""

    def __init__(self, url: str | None) -> None:
        self.addresses = _Addresses(url)
        self.blocks: list[Block] = []
        self.elements: list[Element] = []
        self.anchors: list[Anchor] = []
        self.meta: dict[str, str] = {}
        self.json_ld: list[str] = []
        self.state: list[str] = []
        self.feeds: list[str] = []
        self.title = ""
        self.canonical: str | None = None
        self.language: str | None = None
        self.places: dict[int, _Place] = {}
        self.targets: dict[int, _Target] = {}
        self.names: dict[tuple[str | None, str | None], str] = {(None, None): " "}
        self.place = _TOP
        self.parts: list[str] = []
        self.links: list[tuple[_Target, str]] = []
        self.inline: list[str] = []
        self.datetime: str | None = None
        self.breaks = 0
        self.runs = 0

    def read(self, root: LexborNode) -> None:
        """Take the nodes in page order."""
        (boundaries, actions), parts, unread = _actions(), self.parts, False
        for node in root.traverse(include_text=True):
            tag = node.tag_id
            if tag in boundaries:
                if parts:
                    self._flush()
            elif tag == _TEXT:
                if not unread:
                    self._text(node)
            elif tag in actions:
                unread = actions[tag](self, node) is True
                continue
            unread = False
        self._flush()

    def _text(self, node: LexborNode) -> None:
        text = node.text_content
        if text and not text.isspace():
            parent = node.parent
            if parent is not None:
                self._take(text, self.places.get(parent.mem_id) or self._find(parent))
        elif self.parts:
            self._space()

    def _take(self, text: str, place: _Place) -> None:
        if place.unread:
            return
        if self.parts and self._ends_before(place, text):
            self._flush()
        if place is not self.place:
            self.place = place
            if place.inline != " ":
                self.inline.append(place.inline)
            self.datetime = self.datetime or place.datetime
        self.breaks = 0
        self.runs += 1
        self.parts.append(text)
        if place.link is not None:
            self.links.append((place.link, text))

    def _ends_before(self, place: _Place, text: str) -> bool:
        return (
            place.block != self.place.block
            or self.breaks > 1
            or (self.breaks > 0 and _INDENTED.match(text) is not None)
        )

    def _space(self) -> None:
        """White space in a block belongs to the link before it too: it is folded away where the link ends there."""
        self.parts.append(" ")
        if self.links:
            self.links.append((self.links[-1][0], " "))

    # ------------------------------------------------------------------ places

    def _find(self, node: LexborNode) -> _Place:
        """Climb to the nearest known place, and come down again making the places between."""
        places, unknown, above = self.places, [node], node.parent
        found: _Place | None = None
        while above is not None and (found := places.get(above.mem_id)) is None:
            unknown.append(above)
            above = above.parent
        place = found or _TOP
        for each in reversed(unknown):
            place = places[each.mem_id] = self._inside(each, place)
        return place

    def _inside(self, node: LexborNode, around: _Place) -> _Place:
        tag, attributes = node.tag or "", node.attributes
        if attributes.get("itemprop") == "author" and "itemprop:author" not in self.meta:
            self._author(node, around)
        if tag not in _BLOCK_TAGS:
            return self._inside_inline(node, tag, attributes, around) if attributes or tag not in _PLAIN else around
        elements, hidden = self.elements, around.hidden or _is_hidden(attributes)
        elements.append(Element(tag, self._names(attributes), around.element))
        return _Place(node.mem_id, len(elements) - 1, tag, " ", around.link, None, hidden, around.unread)

    def _inside_inline(self, node: LexborNode, tag: str, attributes: _Attributes, around: _Place) -> _Place:
        names, hides = self._names(attributes), tag == "noscript" or _is_hidden(attributes)
        block = node.mem_id if hides else around.block
        inline = around.inline if names == " " else around.inline[:-1] + names
        moment = attributes.get("datetime") if tag == "time" else around.datetime
        link = self.targets.get(node.mem_id, (None, node.mem_id)) if tag == "a" else around.link
        if "itemprop" in attributes and attributes.get("content"):
            self.meta.setdefault((attributes["itemprop"] or "").lower(), attributes["content"] or "")
        hidden, unread = hides or around.hidden, around.unread or tag in _UNREAD
        return _Place(block, around.element, around.tag, inline, link, moment, hidden, unread)

    def _names(self, attributes: _Attributes) -> str:
        key = (attributes.get("class"), attributes.get("id"))
        found = self.names.get(key)
        if found is None:
            words = " ".join([word for word in key if word]).lower().split()
            found = self.names[key] = f" {' '.join(words)} " if words else " "
        return found

    # ------------------------------------------------------------------ what an element does when it is met

    def _break(self, _: LexborNode) -> None:
        self.breaks += 1
        if self.parts:
            self._space()

    def _anchor(self, node: LexborNode) -> None:
        attributes = node.attributes
        address, number = self.addresses.absolute(attributes.get("href")), node.mem_id
        self.targets[number] = (address, number)
        if address is not None:
            rel = attributes.get("rel")
            self.anchors.append(Anchor(address, rel.lower()) if rel else Anchor(address))

    def _option(self, node: LexborNode) -> None:
        """A form's choices are no text; but a pager may be a drop-down list, whose values are addresses."""
        value = node.attributes.get("value")
        if value and ("/" in value or ".htm" in value) and (address := self.addresses.absolute(value)):
            self.anchors.append(Anchor(address))

    def _script(self, node: LexborNode) -> bool:
        text = node.text(deep=True)
        if "ld+json" in (node.attributes.get("type") or "").lower():
            if text.strip():
                self.json_ld.append(text)
        elif len(text) >= _SHORT_STATE and len(self.state) < _MAX_STATES and ('":' in text or '\\":' in text):
            self.state.append(text[: MAX_SCRIPT + 1])
        return node.child is not None

    def _author(self, node: LexborNode, around: _Place) -> None:
        """Take the name in the first element that is marked as the author's by microdata, unless a comment's."""
        index, levels = around.element, _COMMENT_LEVELS
        while index >= 0 and levels > 0:
            element = self.elements[index]
            if "comment" in element.names or element.tag in ("figure", "figcaption"):
                return
            index, levels = element.parent, levels - 1
        name = fold(node.text(deep=True, separator=" ")[:_SHORT])
        self.meta["itemprop:author"] = name if len(name) <= _LONG_NAME else ""

    def _style(self, node: LexborNode) -> bool:
        return node.child is not None

    def _title(self, node: LexborNode) -> bool:
        self.title = self.title or fold(node.text(deep=True))
        return node.child is not None

    def _meta(self, node: LexborNode) -> None:
        attributes = node.attributes
        content = attributes.get("content")
        for key in ("property", "name", "itemprop", "http-equiv") if content else ():
            if name := attributes.get(key):
                self.meta.setdefault(name.strip().lower(), (content or "").strip())

    def _declared_link(self, node: LexborNode) -> None:
        attributes = node.attributes
        rel = (attributes.get("rel") or "").lower().split()
        address = self.addresses.absolute(attributes.get("href"))
        if "canonical" in rel:
            self.canonical = self.canonical or address
        elif address and "next" in rel:
            self.anchors.append(Anchor(address, "next"))
        elif address and "alternate" in rel and _FEED.match(attributes.get("type") or ""):
            self.feeds.append(address)

    def _base(self, node: LexborNode) -> None:
        self.addresses.rebase(node.attributes.get("href"))

    # ------------------------------------------------------------------ blocks

    def _flush(self) -> None:
        """End the block that is being gathered, if it has text; `parts` opens with text wherever it is not empty."""
        parts = self.parts
        if parts:
            text = fold(parts[0] if self.runs == 1 else "".join(parts))
            if text:
                self._emit(text)
            if self.links:
                self.links.clear()
            parts.clear()
            self.runs = 0
        self.place = _TOP
        self.breaks = 0

    def _emit(self, text: str) -> None:
        place, inline, chars = self.place, " ", 0
        links: tuple[Link, ...] = ()
        pieces: tuple[str, ...] = ()
        if self.links:
            links = self._folded_links(text)
            chars = sum([len(link.text) for link in links])
        if self.inline:
            inline = "".join(dict.fromkeys(self.inline))
            self.inline.clear()
        if self.runs > 1 and len(text) < _SHORT:
            pieces = tuple(filter(None, map(fold, self.parts)))
        self.blocks.append(
            Block(text, place.tag, place.element, links, chars, inline, pieces, self.datetime, place.hidden)
        )
        self.datetime = None

    def _folded_links(self, text: str) -> tuple[Link, ...]:
        links = self.links
        if self.runs == 1:
            return (Link(text, links[0][0][0]),)
        texts: dict[_Target, list[str]] = {}
        for link, part in links:
            texts.setdefault(link, []).append(part)
        folded = ((link[0], fold("".join(parts))) for link, parts in texts.items())
        return tuple(Link(part, address) for address, part in folded if part)


def _is_hidden(attributes: _Attributes) -> bool:
    return "hidden" in attributes or ("style" in attributes and _UNSEEN.search(attributes["style"] or "") is not None)


_Action = Callable[[_Walk, LexborNode], bool | None]
"""What to do with an element when it is met; True: the text next to come is not read."""


@functools.cache
def _actions() -> tuple[frozenset[int], dict[int, _Action]]:
    """Give the elements that end a block, and the actions of others, by lexbor's numbers for their tags."""
    named: dict[str, _Action] = {
        "br": _Walk._break,
        "a": _Walk._anchor,
        "option": _Walk._option,
        "script": _Walk._script,
        "style": _Walk._style,
        "title": _Walk._title,
        "meta": _Walk._meta,
        "link": _Walk._declared_link,
        "base": _Walk._base,
    }
    tree = LexborHTMLParser("")
    boundaries = frozenset(tree.create_node(name).tag_id for name in (*_BLOCKS, "hr"))
    return boundaries, {tree.create_node(name).tag_id: action for name, action in named.items()}


# ---------------------------------------------------------------- tables


def _with_rows(blocks: list[Block], elements: list[Element]) -> list[Block]:
    """A row whose cells hold a few words each is one entry; a row that lays a page out stays as it is."""
    if not any(block.tag in ("td", "th") for block in blocks):
        return blocks
    rows = [_row(block.element, elements) for block in blocks]
    result: list[Block] = []
    start = 0
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or rows[index] != rows[start]:
            result += _merged(blocks[start:index], rows[start], elements)
            start = index
    return result


def _row(element: int, elements: list[Element]) -> int:
    while element >= 0 and elements[element].tag != "tr":
        element = elements[element].parent
    return element


def _merged(cells: list[Block], row: int, elements: list[Element]) -> list[Block]:
    apart = len({cell.element for cell in cells}) == len(cells) > 1
    if row < 0 or not apart or any(elements[cell.element].parent != row for cell in cells):
        return cells
    text = " | ".join(cell.text for cell in cells)
    if len(text) > _CELL_LIMIT:
        return cells
    links = tuple(link for cell in cells for link in cell.links)
    chars = sum(cell.link_chars for cell in cells)
    return [Block(text, "tr", row, links, chars, hidden=cells[0].hidden)]
