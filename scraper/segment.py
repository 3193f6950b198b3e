"""HTML to blocks: one walk over lexbor's tree, each text node once, no recursion.

A block ends where a block-level element begins or ends, at a rule, and at two line breaks in a row. White space is
folded as a browser shows it: nothing is added between inline elements, so that no word is glued or split. No node of
the tree outlives the walk.
"""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper import limits
from scraper.article import Link
from scraper.block import Anchor, Block, Document, Element, Head
from scraper.errors import ScraperError

__all__ = ["segment_html"]

_BLOCKS = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hgroup html legend li main menu nav ol p pre search section summary"
    " table tbody td tfoot th thead ul"
).split()
_UNREAD = "style iframe object embed svg math canvas video audio map frameset textarea datalist head".split()
_GONE = re.compile("[\u200b\u2060\ufeff\u00ad]")
_UNSEEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_WHOLE = ("https://", "http://")
_NO_PAGE = ("#", "javascript:", "mailto:", "tel:", "data:", "sms:", "whatsapp:", "about:", "[!--", "{{")
_CELL_LIMIT = 300
_END_OF_SENTENCE = tuple(".!?…。！？»”\"'’:;；：")


def segment_html(html: str, url: str | None = None) -> Document:
    """Cut a page into its blocks; raise `ScraperError` for a page that cannot be parsed in reasonable time."""
    limits.check(html)
    try:
        tree = LexborHTMLParser(html)
    except Exception as error:  # the parser names no common base for its errors
        raise ScraperError(f"the page cannot be parsed: {error}") from error
    walk = _Walk(url)
    root = tree.root
    if root is not None:
        walk.read_head(tree.head, root.attributes.get("lang"))
        walk.read_body(root)
    return walk.document()


def _fold(text: str) -> str:
    if not text.isascii():
        text = _GONE.sub("", text)
    return " ".join(text.split())


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
        if not href or href.lower().startswith(_NO_PAGE):
            return None
        plain = href.partition("#")[0]
        if "[" not in plain and plain.startswith(_WHOLE) and "/." not in plain[8:]:
            return plain
        if "/." in plain or "[" in plain or not self.origin:
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
    """The state of one walk: what is open, and what has been gathered."""

    def __init__(self, url: str | None) -> None:
        self.url = url
        self.addresses = _Addresses(url)
        self.blocks: list[Block] = []
        self.elements: list[Element] = []
        self.anchors: list[Anchor] = []
        self.names: dict[tuple[str | None, str | None], str] = {(None, None): " "}
        self.meta: dict[str, str] = {}
        self.json_ld: list[str] = []
        self.title = ""
        self.canonical: str | None = None
        self.language: str | None = None
        self.element = -1
        self.hidden = 0
        self.link: tuple[str | None, int] | None = None
        self.parts: list[str] = []
        self.links: list[tuple[tuple[str | None, int], str]] = []
        self.inline: list[str] = []
        self.datetime: str | None = None
        self.breaks = 0
        self.full = False

    def document(self) -> Document:
        head = Head(self.title, self.meta, self.canonical, self.language, tuple(self.json_ld))
        return Document(tuple(self.blocks), tuple(self.elements), head, tuple(self.anchors), self.url)

    # ------------------------------------------------------------------ the head

    def read_head(self, head: LexborNode | None, language: str | None) -> None:
        self.language = language
        node = head.child if head is not None else None
        while node is not None:
            if node.tag in _DECLARING:
                _ENTER[node.tag](self, node)
            elif node.tag == "base":
                self.addresses.rebase(node.attributes.get("href"))
            node = node.next

    def _meta(self, node: LexborNode) -> None:
        attributes = node.attributes
        if node.tag == "link":
            rel = (attributes.get("rel") or "").lower().split()
            if "canonical" in rel and self.canonical is None:
                self.canonical = self.addresses.absolute(attributes.get("href"))
            elif "next" in rel and (address := self.addresses.absolute(attributes.get("href"))):
                self.anchors.append(Anchor(address, "next"))
            return
        content = attributes.get("content")
        for key in ("property", "name", "itemprop", "http-equiv"):
            name = attributes.get(key)
            if name and content:
                self.meta.setdefault(name.strip().lower(), content.strip())

    def _script(self, node: LexborNode) -> None:
        if "ld+json" in (node.attributes.get("type") or "").lower():
            text = node.text(deep=True)
            if text and text.strip():
                self.json_ld.append(text)

    def _title(self, node: LexborNode) -> None:
        if not self.title:
            self.title = _fold(node.text(deep=True))

    # ------------------------------------------------------------------ the body

    def read_body(self, root: LexborNode) -> None:
        """Walk in page order; `stack` holds what is to be undone when an element is left."""
        stack: list[tuple[LexborNode, Any]] = []
        node: LexborNode | None = root
        while node is not None:
            if node.tag_id == _TEXT:
                self._text(node.text_content)
            elif (undo := _ENTER.get(node.tag, _Walk._enter_inline)(self, node)) is not None:
                child = node.child
                if child is not None:
                    stack.append((node, undo))
                    node = child
                    continue
                undo[0](self, *undo[1:])
            following = node.next
            while following is None and stack:
                node, undo = stack.pop()
                undo[0](self, *undo[1:])
                following = node.next if stack else None
            node = following
        self._flush()

    def _text(self, text: str | None) -> None:
        if not text or text.isspace():
            self.parts.append(" ")
            return
        if self.breaks > 1:
            self._flush()
        self.breaks = 0
        self.full = True
        self.parts.append(text)
        if self.link is not None:
            self.links.append((self.link, text))

    def _enter_inline(self, node: LexborNode) -> Any:
        attributes = node.attributes
        if not attributes:
            return _NOTHING
        names = self._names(attributes)
        if names != " ":
            self.inline.append(names)
        if "datetime" in attributes and node.tag == "time":
            self.datetime = self.datetime or attributes["datetime"]
        if "itemprop" in attributes and attributes.get("content"):
            self.meta.setdefault((attributes["itemprop"] or "").lower(), attributes["content"] or "")
        if _is_hidden(attributes):
            self._flush()
            self.hidden += 1
            return _LEAVE_HIDDEN
        return _NOTHING

    def _enter_block(self, node: LexborNode) -> Any:
        self._flush()
        attributes = node.attributes
        hidden = 1 if attributes and _is_hidden(attributes) else 0
        undo = (_Walk._leave_block, self.element, hidden)
        self.hidden += hidden
        self.elements.append(Element(node.tag or "", self._names(attributes), self.element))
        self.element = len(self.elements) - 1
        return undo

    def _leave_block(self, element: int, hidden: int) -> None:
        self._flush()
        self.element = element
        self.hidden -= hidden

    def _enter_row(self, node: LexborNode) -> Any:
        undo = self._enter_block(node)
        return (_Walk._leave_row, len(self.blocks), *undo[1:])

    def _leave_row(self, first: int, element: int, hidden: int) -> None:
        """A row whose cells hold a few words each is one entry; a row that lays a page out stays as it is."""
        self._flush()
        cells, row = self.blocks[first:], self.element
        apart = len({cell.element for cell in cells}) == len(cells) > 1
        if apart and all(self._is_cell(cell, row) for cell in cells):
            text = " | ".join(cell.text for cell in cells)
            if len(text) <= _CELL_LIMIT:
                links = tuple(link for cell in cells for link in cell.links)
                chars = sum(cell.link_chars for cell in cells)
                self.blocks[first:] = [Block(text, "tr", row, links, chars, hidden=cells[0].hidden)]
        self._leave_block(element, hidden)

    def _is_cell(self, block: Block, row: int) -> bool:
        return block.tag in ("td", "th") and self.elements[block.element].parent == row

    def _enter_anchor(self, node: LexborNode) -> Any:
        attributes = node.attributes
        before = self.link
        address = self.addresses.absolute(attributes.get("href"))
        if address is not None:
            self.anchors.append(Anchor(address, (attributes.get("rel") or "").lower(), self.element))
        self.link = (address, len(self.anchors) + len(self.links))
        undo = self._enter_inline(node)
        return (_Walk._leave_anchor, before, undo)

    def _leave_anchor(self, before: tuple[str | None, int] | None, undo: Any) -> None:
        undo[0](self, *undo[1:])
        self.link = before

    def _option(self, node: LexborNode) -> None:
        """A form's choices are no text; but a pager may be a drop-down list, whose values are addresses."""
        value = node.attributes.get("value") or ""
        if "/" in value or ".htm" in value:
            address = self.addresses.absolute(value)
            if address is not None:
                self.anchors.append(Anchor(address, "", self.element))

    def _enter_noscript(self, _: LexborNode) -> Any:
        self._flush()
        self.hidden += 1
        return _LEAVE_HIDDEN

    def _leave_hidden(self) -> None:
        self._flush()
        self.hidden -= 1

    def _leave_nothing(self) -> None:
        pass

    def _break(self, _: LexborNode) -> None:
        self.breaks += 1
        self.parts.append("\n")

    def _rule(self, _: LexborNode) -> None:
        self._flush()

    def _skip(self, _: LexborNode) -> None:
        pass

    # ------------------------------------------------------------------ blocks

    def _names(self, attributes: dict[str, str | None]) -> str:
        if not attributes:
            return " "
        key = (attributes.get("class"), attributes.get("id"))
        found = self.names.get(key)
        if found is None:
            found = self.names[key] = f" {' '.join(' '.join(word or '' for word in key).lower().split())} "
        return found

    def _flush(self) -> None:
        """End the block that is being gathered, if it has text."""
        if self.full:
            text = _fold("".join(self.parts))
            if text:
                self._emit(text)
                self.inline.clear()
                self.datetime = None
            self.links.clear()
            self.full = False
        self.parts.clear()
        self.breaks = 0

    def _emit(self, text: str) -> None:
        links = self._folded_links() if self.links else ()
        chars = sum(len(link.text) for link in links)
        inline = "".join(self.inline) if self.inline else " "
        tag = self.elements[self.element].tag if self.element >= 0 else "body"
        self.blocks.append(Block(text, tag, self.element, links, chars, inline, self.datetime, self.hidden > 0))

    def _folded_links(self) -> tuple[Link, ...]:
        texts: dict[tuple[str | None, int], list[str]] = {}
        for link, text in self.links:
            texts.setdefault(link, []).append(text)
        folded = ((link[0], _fold("".join(parts))) for link, parts in texts.items())
        return tuple(Link(text, address) for address, text in folded if text)


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    return "hidden" in attributes or ("style" in attributes and bool(_UNSEEN.search(attributes["style"] or "")))


_TEXT = 2  # lexbor's number for a text node
_NOTHING = (_Walk._leave_nothing,)
_LEAVE_HIDDEN = (_Walk._leave_hidden,)
_DECLARING = ("script", "meta", "link", "title")
_ENTER: dict[str | None, Any] = {
    **dict.fromkeys(_BLOCKS, _Walk._enter_block),
    **dict.fromkeys((*_UNREAD, "-comment"), _Walk._skip),
    **dict.fromkeys(("noscript", "template", "noframes"), _Walk._enter_noscript),
    "a": _Walk._enter_anchor,
    "br": _Walk._break,
    "hr": _Walk._rule,
    "option": _Walk._option,
    "script": _Walk._script,
    "meta": _Walk._meta,
    "link": _Walk._meta,
    "title": _Walk._title,
    "tr": _Walk._enter_row,
}
