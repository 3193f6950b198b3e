"""HTML to blocks: one pass over lexbor's tree in page order, each text node once, no recursion.

What a stretch of text belongs to is found by climbing from it: to its block, its link, and to what hides it. Each
element is climbed through once, and only those that hold text are looked at closely; that makes the pass quick.

A block ends where a block-level element begins or ends, at a rule, and at two line breaks in a row; single line breaks
end it where they set long sentences apart. White space is folded as a browser shows it: nothing is added between inline
elements, so that no word is glued or split. What a browser does not show amid visible text neither enters nor tears it:
it is beside it, in `Block.aside`. No node of the tree outlives the pass.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urljoin, urlsplit

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from scraper.article import Link
from scraper.block import Anchor, Block, Document, Element, Head, Picture, fold
from scraper.errors import ScraperError
from scraper.segment import image_sources, limits
from scraper.segment.lenient_json import MAX_SCRIPT

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
_UNSEEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|(?:content-)?visibility\s*:\s*hidden)", re.IGNORECASE)
# Styles and class words that leave an element to screen readers. `opacity: 0` is not among them: pages fade text in.
_OFF_SCREEN = re.compile(
    r"(?:^|[;\s])(?:clip\s*:\s*rect\(\s*[01](?:px)?[\s,]|clip-path\s*:\s*inset\(\s*(?:50|100)%|font-size\s*:\s*0(?![.\d])"
    r"|(?:left|right|top|text-indent|margin-left)\s*:\s*-(?:\d{3,}|\d\dr?em)|transform\s*:\s*scale\(\s*0\s*\))"
    r"|(?:^|[;\s])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:!important)?;(?:.*;)?\s*overflow\s*:\s*(?:hidden|clip)",
    re.IGNORECASE,
)
_READER_MARKS = ("hid", "screen", "sr-only", "sronly", "for-sr", "invisible", "accessibl", "assistive", " material-")
_FOR_READERS = re.compile(
    r"visually-?hidden|hid(?:e|den)-visually|vis-?hidden|accessibl[ey]-hid|access-hide|screen-only(?![a-z])|(?<![a-z])(?<!not-)sr-?only|screen-?reader|show-for-sr|element-invisible|a11y-hidden"
    r"|off-?screen(?![a-z])|assistive-text| material-(?:icons|symbols)"
)
_TELLING = frozenset(("hidden", "style", "aria-hidden", "itemprop"))
"""Attributes that tell whether an inline element is shown, and what it declares."""
_SIGNS, _HEADING_SIGNS = frozenset("¶🔗⚓"), frozenset("#§∞")
"""Texts of a link to its own place: anywhere, and in a heading or a term."""
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 dt".split())
_SHADOW_ROOT = "shadow-root"
_TEMPLATE = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:(script|style|textarea|title)\b.*?(?:</\1|\Z)|(?P<close>/?)(?P<tag>template)\b(?P<rest>[^<>]*)>)",
    re.IGNORECASE | re.DOTALL,
)
_SHADOW = frozenset(("shadowrootmode", "shadowroot"))
_IS_SHADOW = re.compile(r"\sshadowroot(?:mode)?\s*=\s*[\"']?(?:open|closed)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？؟۔।:;]\W*\Z")
_WORD = re.compile(r"\w")  # a sign for screen readers, as ": " behind a kicker, represents a visible line break
_WHOLE = ("https://", "http://")
_NO_PAGE = ("#", "javascript:", "mailto:", "tel:", "data:", "sms:", "whatsapp:", "about:", "[!--", "{{")
_INDENTED = re.compile(r"[\r\n\t ]*(?:\u3000|\xa0{2})")  # behind one line break an indent opens a paragraph too
_CELL_LIMIT, _SHORT = 300, 200
_PARAGRAPH, _PARAGRAPH_OF_MANY, _WIDE_PARAGRAPH, _TWO = 100, 75, 40, 2
"""From these lengths on a line is a paragraph: one of two, one of more, one of wide characters."""
_SHORTEST = 2 * _WIDE_PARAGRAPH
_UNSPLIT = frozenset("li dt dd h1 h2 h3 h4 h5 h6 pre address figcaption caption".split())
_PROSE, _MUCH_PROSE = 80, 250
_NOTICE = re.compile("javascript|browser", re.IGNORECASE)
_LONG_NAMES, _MAX_WORDS, _MAX_WORD = 256, 32, 64  # of an element's class and id
_MAX_INLINE, _MAX_CHAINS = 512, 32  # characters of names around an inline element; such chains in a block
_MAX_BASE = 4_096
_MAX_SOURCES, _MAX_ADDRESS, _MAX_CLIMB = 20, 2_048, 50  # of an image: its sources, its URL, the elements around it
_ISO_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d")
_SHORT_STATE, _MAX_STATES, _COMMENT_LEVELS, _LONG_NAME = 500, 50, 30, 60
_STREAM, _CALL = "__next_f.push(", "=(function("
_TEXT = 2  # lexbor's number for a text node

_Attributes = dict[str, str | None]
_Target = tuple[str | None, int]
"""A link's URL, and a number that tells it from another link to the same URL."""


def segment_html(html: str, url: str | None = None) -> Document:
    """Cut a page into its blocks; raise `ScraperError` for a page that cannot be parsed in reasonable time."""
    limits.check(html)
    walk = _walked(html, url)
    if walk.has_shadows:
        walk = _walked(_open_shadows(html), url)
    head = Head(
        walk.title,
        walk.meta,
        walk.canonical,
        walk.language,
        json_ld=tuple(walk.json_ld),
        state=tuple(walk.state),
        stream=tuple(walk.stream),
        feeds=tuple(walk.feeds),
    )
    _show_only_copies(walk.blocks, walk.unscripted)
    blocks = _with_rows(walk.blocks, walk.elements)
    limits.check_blocks(len(blocks))
    pictures = walk.placed_pictures(blocks)
    names = tuple(walk.names.values())
    return Document(tuple(blocks), tuple(walk.elements), head, tuple(walk.anchors), names, url, pictures)


def _walked(html: str, url: str | None) -> "_Walk":
    try:
        root = LexborHTMLParser(html).root
    except Exception as error:  # the parser names no common base for its errors
        raise ScraperError(f"the page cannot be parsed: {error}") from error
    walk = _Walk(url)
    if root is not None:
        walk.language = root.attributes.get("lang")
        walk.read(root)
    return walk


def _open_shadows(html: str) -> str:
    """Rename declarative shadow roots: a browser shows their content, but the parser puts it out of the tree."""
    opened: list[bool] = []

    def rename(found: re.Match[str]) -> str:
        if not found["tag"]:
            return found[0]
        if found["close"]:
            return f"</{_SHADOW_ROOT}>" if opened and opened.pop() else found[0]
        opened.append(_IS_SHADOW.search(found["rest"]) is not None)
        return f"<{_SHADOW_ROOT}{found['rest']}>" if opened[-1] else found[0]

    return _TEMPLATE.sub(rename, html)


class _Sight(msgspec.Struct, frozen=True, gc=False):
    """Whether a browser shows what is directly inside an element."""

    hidden: bool = False
    aside: int = 0
    """The number of the inline element that takes it out of the visible text: hidden, or for screen readers alone."""
    unscripted: bool = False
    """Hidden by a `noscript` alone."""
    unspoken: bool = False
    """Not for screen readers."""


_SHOWN = _Sight()


class _Place(msgspec.Struct, frozen=True, gc=False):
    """What text directly inside an element belongs to."""

    block: int
    """The number of its block, which tells one run of text from another."""
    element: int
    """The block's index in `Document.elements`."""
    tag: str
    inline: str
    """Class and id words of the inline elements around it."""
    link: _Target | None
    datetime: str | None
    sight: _Sight
    unread: bool


_TOP = _Place(-1, -1, "body", " ", None, None, _SHOWN, False)


_Aside = tuple[_Place, str, int]
"""Text that is not shown amid its block, where it is, and how many runs of shown text came before it."""


class _Addresses:
    """Makes links absolute: the common forms by hand, the rest by the standard library."""

    def __init__(self, url: str | None) -> None:
        self.base = url
        self.origin = self.scheme = ""
        self.known: dict[str, str | None] = {}
        self.rebase(url)

    def rebase(self, base: str | None) -> None:
        if base and len(base) > _MAX_BASE:
            return
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
        bracketed = "[" in plain or "]" in plain  # a URL of numbers, or none at all
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
        self.stream: list[str] = []
        self.streamed = 0
        self.feeds: list[str] = []
        self.pictures: list[tuple[LexborNode, Picture]] = []
        self.title = ""
        self.has_shadows = False
        self.canonical: str | None = None
        self.language: str | None = None
        self.places: dict[int, _Place] = {}
        self.targets: dict[int, _Target] = {}
        self.names: dict[tuple[str | None, str | None], str] = {(None, None): " "}
        self.unscripted: list[int] = []
        self.place = _TOP
        self.block = _TOP.block
        self.parts: list[str] = []
        self.asides: list[_Aside] = []
        self.cuts: list[tuple[int, int, int]] = []
        self.links: list[tuple[_Target, str]] = []
        self.inline: list[str] = []
        self.datetime: str | None = None
        self.breaks = 0
        self.runs = 0

    def read(self, root: LexborNode) -> None:
        """Visit the nodes in page order."""
        (boundaries, actions), parts, asides, unread = _actions(), self.parts, self.asides, False
        for node in root.traverse(include_text=True):
            tag = node.tag_id
            if tag in boundaries:
                if parts:
                    (self._flush if asides else self._finish)()
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
            self._space(text or " ")

    def _take(self, text: str, place: _Place) -> None:
        if place.unread:
            return
        if self.parts and self._ends_before(place, text):
            self._flush()
        if place is not self.place or place.sight is not _SHOWN:
            self.block = place.block
            is_sign = place.link is not None and ("#" in text or not text.isascii()) and _is_permalink(text, place.tag)
            is_plain = place.sight is _SHOWN and self.place.sight is _SHOWN
            if (is_sign or not is_plain) and self._is_beside(text, place, is_sign):
                return
        self._add(text, place)

    def _add(self, text: str, place: _Place) -> None:
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

    def _is_beside(self, text: str, place: _Place, is_sign: bool) -> bool:
        """Set aside hidden text, screen-reader text and permalinks; drop a twin of the preceding text."""
        sight = place.sight
        if is_sign or (sight.aside and (sight.hidden or _WORD.search(text))):
            self.asides.append((place, text, self.runs))
            if not self.parts:
                self.parts.append("")
            return True
        return sight.unspoken is not self.place.sight.unspoken and self._is_twin(text)

    def _ends_before(self, place: _Place, text: str) -> bool:
        return (
            place.block != self.block
            or self.breaks > 1
            or (self.breaks > 0 and not place.sight.aside and _INDENTED.match(text) is not None)
        )

    def _is_twin(self, text: str) -> bool:
        """Return whether the text repeats the run before it, of which one is for the eye alone."""
        before = next((part for part in reversed(self.parts[-2:]) if not part.isspace()), "")
        return len(before) < 2 * len(text) + _SHORT and fold(before) == fold(text)

    def _space(self, text: str) -> None:
        """White space in a block belongs to the link before it too: it is folded away where the link ends there."""
        if self.asides:
            self.asides.append((self.asides[-1][0], " ", self.runs))
        self.parts.append(text)
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
        elements, sight = self.elements, around.sight
        elements.append(Element(tag, self._names(attributes), around.element))
        hides = _is_hidden(attributes)
        if sight is not _SHOWN or hides:
            sight = (
                _Sight(hides or sight.hidden, 0, sight.unscripted and not hides) if hides or sight.hidden else _SHOWN
            )
        return _Place(node.mem_id, len(elements) - 1, tag, " ", around.link, None, sight, around.unread)

    def _inside_inline(self, node: LexborNode, tag: str, attributes: _Attributes, around: _Place) -> _Place:
        names, inline, sight = self._names(attributes), around.inline, around.sight
        if names != " " and len(inline) <= _MAX_INLINE:
            inline = inline[:-1] + names
        for_readers = names != " " and _is_for_readers(names)
        if for_readers or tag == "noscript" or not _TELLING.isdisjoint(attributes):
            sight = self._sight(node, attributes, for_readers, sight)
        moment = _moment(tag, attributes) or around.datetime
        link = self.targets.get(node.mem_id, (None, node.mem_id)) if tag == "a" else around.link
        return _Place(
            around.block, around.element, around.tag, inline, link, moment, sight, around.unread or tag in _UNREAD
        )

    def _sight(self, node: LexborNode, attributes: _Attributes, for_readers: bool, around: _Sight) -> _Sight:
        if "itemprop" in attributes and attributes.get("content"):
            self.meta.setdefault((attributes["itemprop"] or "").lower(), attributes["content"] or "")
        hides = _is_hidden(attributes)
        unscripted = not hides and (around.unscripted or (node.tag == "noscript" and not around.hidden))
        hidden, aside = around.hidden or hides or unscripted, around.aside
        off_screen = for_readers or _OFF_SCREEN.search(attributes.get("style") or "") is not None
        if not (around.hidden or aside) and (hidden or off_screen):
            aside = node.mem_id
        sight = _Sight(hidden, aside, unscripted, around.unspoken or attributes.get("aria-hidden") == "true")
        return around if sight == around else sight

    def _names(self, attributes: _Attributes) -> str:
        key = (attributes.get("class"), attributes.get("id"))
        if "itemprop" in attributes and (attributes["itemprop"] or "").startswith("date"):
            key = (f"{key[0] or ''} {attributes['itemprop']}", key[1])  # "datePublished", "dateModified"
        found = self.names.get(key)
        if found is None:
            found = self.names[key] = _spelt(key)
        return found

    # ------------------------------------------------------------------ what an element does when it is met

    def _break(self, _: LexborNode) -> None:
        self.breaks += 1
        if self.parts:
            self._space("\n")
            self.cuts.append((len(self.parts), len(self.links), len(self.inline)))

    def _anchor(self, node: LexborNode) -> None:
        attributes = node.attributes
        address, number = self.addresses.absolute(attributes.get("href")), node.mem_id
        self.targets[number] = (address, number)
        if address is not None:
            rel = attributes.get("rel")
            self.anchors.append(Anchor(address, rel.lower()) if rel else Anchor(address))

    def _option(self, node: LexborNode) -> None:
        """Read an option of a form: it is no text, but a pager may be a drop-down list whose values are URLs."""
        value = node.attributes.get("value")
        if value and ("/" in value or ".htm" in value) and (address := self.addresses.absolute(value)):
            self.anchors.append(Anchor(address))

    def _script(self, node: LexborNode) -> bool:
        text = node.text(deep=True)
        if "ld+json" in (node.attributes.get("type") or "").lower():
            if text.strip():
                self.json_ld.append(text)
        elif _STREAM in text[:_SHORT]:
            if self.streamed + len(text) <= MAX_SCRIPT:
                self.streamed += len(text)
                self.stream.append(text)
        elif (
            len(text) >= _SHORT_STATE
            and len(self.state) < _MAX_STATES
            and ('":' in text or '\\":' in text or _CALL in text[:_SHORT])
        ):
            self.state.append(text[: MAX_SCRIPT + 1])
        return node.child is not None

    def _author(self, node: LexborNode, around: _Place) -> None:
        """Return the name in the first element that microdata marks as the author's, unless it belongs to a comment."""
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
        content = attributes.get("content") or attributes.get("value")  # some pages write the one for the other
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

    def _template(self, node: LexborNode) -> None:
        self.has_shadows = self.has_shadows or not _SHADOW.isdisjoint(node.attributes)

    def _base(self, node: LexborNode) -> None:
        self.addresses.rebase(node.attributes.get("href"))

    # ------------------------------------------------------------------ images

    def _image(self, node: LexborNode) -> None:
        attributes = node.attributes
        if (
            len(self.pictures) >= image_sources.MAX_PICTURES
            or image_sources.is_icon(attributes)
            or _is_hidden(attributes)
        ):
            return
        if url := next(filter(None, map(self._image_address, self._sources(node, attributes))), None):
            if (self.parts or self.asides) and self._block_around(node) != self.block:
                self._flush()
            names = _spelt((attributes.get("class"), attributes.get("id")))
            self.pictures.append((node, Picture(url, len(self.blocks), names=names)))

    def _block_around(self, node: LexborNode) -> int:
        above = node.parent
        for _ in range(_MAX_CLIMB):
            if above is None or above.tag in _BLOCK_TAGS:
                break
            above = above.parent
        return above.mem_id if above is not None else _TOP.block

    def _sources(self, node: LexborNode, attributes: _Attributes) -> Iterator[str]:
        yield from image_sources.source_urls(attributes)
        around = node.parent
        if around is not None and around.tag == "picture":
            for source in itertools.islice(around.iter(), _MAX_SOURCES):
                yield from image_sources.source_urls(source.attributes)

    def _image_address(self, address: str) -> str | None:
        url = self.addresses.absolute(address) if len(address) <= _MAX_ADDRESS else None
        return url if url and (url.startswith(_WHOLE) or ":" not in url.partition("/")[0]) else None

    def placed_pictures(self, blocks: Sequence[Block]) -> tuple[Picture, ...]:
        """Return each image its place among the blocks of the page, and in the innermost element that holds text."""
        if not self.pictures:
            return ()
        at = {id(block): index for index, block in enumerate(blocks)}
        following = [len(blocks)] * (len(self.blocks) + 1)
        for index in range(len(self.blocks) - 1, -1, -1):  # cells may have been merged to rows
            following[index] = at.get(id(self.blocks[index]), following[index + 1])
        return tuple(
            Picture(picture.url, following[picture.block], *self._around(node, picture.names))
            for node, picture in self.pictures
        )

    def _around(self, node: LexborNode, names: str) -> tuple[int, str, str | None]:
        link, above = None, node.parent
        for _ in range(_MAX_CLIMB):
            if above is None or (place := self.places.get(above.mem_id)) is not None:
                break
            if above.tag == "a":
                link = self.targets.get(above.mem_id, (None, 0))[0]
            above = above.parent
        else:
            place = None
        if above is None or place is None:
            return -1, names, link
        return place.element, names, link or (place.link and place.link[0])

    # ------------------------------------------------------------------ blocks

    def _flush(self) -> None:
        """Finish the current block; hidden text after all of its text follows as a block."""
        asides = self.asides[:]
        self.asides.clear()
        behind = [each for each in asides if each[0].sight.hidden and each[2] == self.runs]
        beside = [each for each in asides if not each[0].sight.hidden or each[2] < self.runs]
        if self.runs:
            self._finish(fold("".join([text for _, text, _ in beside])))
        else:
            self._finish()
            self._add_all(beside)
            self._finish()
        for _, hidden in itertools.groupby(behind, lambda each: each[0].sight.aside):
            self._add_all(hidden)
            self._finish()

    def _add_all(self, asides: Iterable[_Aside]) -> None:
        for place, text, _ in asides:
            if not text.isspace():
                self._add(text, place)
            elif self.parts:
                self._space(text)

    def _finish(self, aside: str = "") -> None:
        """Turn the collected text into one block or several; `parts` starts with text, empty before a leading aside."""
        parts = self.parts
        if parts:
            text = fold(parts[0] if self.runs == 1 and parts[0] else "".join(parts))
            if text and not (self.cuts and len(text) > _SHORTEST and self._emit_paragraphs(aside)):
                self._emit(text, parts, self.links, self.inline, aside)
            if self.links:
                self.links.clear()
            if self.inline:
                self.inline.clear()
            parts.clear()
            self.runs = 0
        if self.cuts:
            self.cuts.clear()
        self.place = _TOP
        self.breaks = 0

    def _emit_paragraphs(self, aside: str) -> bool:
        """Emit a block a line where single line breaks set paragraphs apart; verse and URLs stay whole."""
        if self.place.tag in _UNSPLIT:
            return False
        parts, links, inline = self.parts, self.links, self.inline
        ends = [*self.cuts, (len(parts), len(links), len(inline))]
        starts = [(0, 0, 0), *self.cuts]
        texts = [fold("".join(parts[start[0] : end[0]])) for start, end in zip(starts, ends, strict=True)]
        if not _are_paragraphs(texts):
            return False
        for text, start, end in zip(texts, starts, ends, strict=True):
            own = parts[start[0] : end[0]]
            linked = itertools.dropwhile(lambda link: link[1].isspace(), links[start[1] : end[1]])
            self.runs = sum(not part.isspace() for part in own)
            if text:
                self._emit(text, own, list(linked), inline[start[2] : end[2]], aside)
                aside = ""
        return True

    def _emit(
        self, text: str, parts: list[str], links: list[tuple[_Target, str]], inline: list[str], aside: str = ""
    ) -> None:
        place, names, chars = self.place, " ", 0
        folded: tuple[Link, ...] = ()
        pieces: tuple[str, ...] = ()
        if links:
            folded = self._folded_links(text, links)
            chars = sum([len(link.text) for link in folded])
        if inline:
            names = "".join(list(dict.fromkeys(inline))[:_MAX_CHAINS])
        if self.runs > 1 and len(text) < _SHORT:
            pieces = tuple(filter(None, map(fold, parts)))
        if place.sight.unscripted:
            self.unscripted.append(len(self.blocks))
        block = Block(
            text, place.tag, place.element, folded, chars, names, pieces, self.datetime, place.sight.hidden, aside
        )
        if place.tag == "pre":
            block = msgspec.structs.replace(block, preformatted=_lines("".join(parts)))
        self.blocks.append(block)
        self.datetime = None

    def _folded_links(self, text: str, links: list[tuple[_Target, str]]) -> tuple[Link, ...]:
        if self.runs == 1:
            return (Link(text, links[0][0][0]),)
        texts: dict[_Target, list[str]] = {}
        for link, part in links:
            texts.setdefault(link, []).append(part)
        folded = ((link[0], fold("".join(parts))) for link, parts in texts.items())
        return tuple(Link(part, address) for address, part in folded if part)


def _are_paragraphs(lines: list[str]) -> bool:
    """Return whether at least two lines, half of all, with most of the text, are long and end as a sentence does."""
    lines = [line for line in lines if line]
    least = _PARAGRAPH if len(lines) <= _TWO else _PARAGRAPH_OF_MANY
    long = [line for line in lines if _is_sentence(line, least, _WIDE_PARAGRAPH)]
    return len(long) > 1 and 2 * len(long) >= len(lines) and 5 * sum(map(len, long)) >= 4 * sum(map(len, lines))


def _is_sentence(text: str, least: int, least_wide: int) -> bool:
    wide = len(text) < least and text[:1] >= "\u2e80"
    return (
        len(text) >= (least_wide if wide else least) and _SENTENCE_END.search(text, max(0, len(text) - 8)) is not None
    )


def _is_permalink(text: str, tag: str) -> bool:
    sign = text.strip("\ufe0e\ufe0f \n\t\xa0")
    return sign in _SIGNS or (sign in _HEADING_SIGNS and tag in _HEADINGS)


def _show_only_copies(blocks: list[Block], unscripted: list[int]) -> None:
    """Unhide the content of `noscript` elements if it is prose that the page shows nowhere else."""
    if not unscripted:
        return
    openings = {block.text[:_PROSE] for block in blocks if not block.hidden}
    for _, run in itertools.groupby(enumerate(unscripted), lambda each: each[1] - each[0]):
        only = [index for _, index in run if blocks[index].text[:_PROSE] not in openings]
        texts = (blocks[index].text for index in only)
        if (
            sum(len(t) for t in texts if _is_sentence(t, _PROSE, _WIDE_PARAGRAPH) and not _NOTICE.search(t))
            < _MUCH_PROSE
        ):
            continue
        for index in only:
            if not (_NOTICE.search(blocks[index].text) and len(blocks[index].text) < _SHORT):
                blocks[index] = msgspec.structs.replace(blocks[index], hidden=False)


def _moment(tag: str, attributes: _Attributes) -> str | None:
    """Return what an element says to machines of the date that it shows."""
    if "datetime" in attributes and tag not in ("ins", "del"):
        return attributes["datetime"]
    title = attributes.get("title") if tag in ("abbr", "span", "time") else None
    return title if title and _ISO_DAY.match(title) else None


@functools.lru_cache(4096)
def _is_for_readers(names: str) -> bool:
    return bool([mark for mark in _READER_MARKS if mark in names]) and _FOR_READERS.search(names) is not None


def _is_hidden(attributes: _Attributes) -> bool:
    return "hidden" in attributes or ("style" in attributes and _UNSEEN.search(attributes["style"] or "") is not None)


def _lines(text: str) -> str:
    """Return preformatted text without empty lines around it and spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _spelt(key: tuple[str | None, str | None]) -> str:
    """Return the words of an element's class and id in the form of `Element.names`."""
    words = " ".join([word for word in key if word]).lower()
    if len(words) > _LONG_NAMES:
        words = " ".join([word[:_MAX_WORD] for word in words.split(None, _MAX_WORDS)[:_MAX_WORDS]])
    words = " ".join(words.split())
    return f" {words} " if words else " "


_Action = Callable[[_Walk, LexborNode], bool | None]
"""What to do with an element when it is met; True: the text next to come is not read."""


@functools.cache
def _actions() -> tuple[frozenset[int], dict[int, _Action]]:
    """Return the elements that end a block, and the actions of others, by lexbor's numbers for their tags."""
    named: dict[str, _Action] = {
        "br": _Walk._break,
        "a": _Walk._anchor,
        "img": _Walk._image,
        "option": _Walk._option,
        "script": _Walk._script,
        "style": _Walk._style,
        "title": _Walk._title,
        "meta": _Walk._meta,
        "link": _Walk._declared_link,
        "base": _Walk._base,
        "template": _Walk._template,
    }
    tree = LexborHTMLParser("")
    boundaries = frozenset(tree.create_node(name).tag_id for name in (*_BLOCKS, "hr"))
    return boundaries, {tree.create_node(name).tag_id: action for name, action in named.items()}


# ---------------------------------------------------------------- tables


def _with_rows(blocks: list[Block], elements: list[Element]) -> list[Block]:
    """Join the cells of a table row with a few words each into one block; rows of layout tables stay as they are."""
    if not any(block.tag in ("td", "th") for block in blocks):
        return blocks
    within = _rows(elements)
    rows = [within[block.element] for block in blocks]
    result: list[Block] = []
    start = 0
    for index in range(1, len(blocks) + 1):
        if index == len(blocks) or rows[index] != rows[start]:
            result += _merged(blocks[start:index], rows[start], elements)
            start = index
    return result


def _rows(elements: list[Element]) -> list[int]:
    """For each element the index of the table row that holds it, or -1; one more -1 for text outside of elements."""
    rows: list[int] = []
    for index, element in enumerate(elements):
        above = rows[element.parent] if element.parent >= 0 else -1
        rows.append(index if element.tag == "tr" else above)
    return [*rows, -1]


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
