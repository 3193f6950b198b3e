"""The authors of a story: the declared ones, checked against the visible bylines.

The attempts are made in this order, and the first that yields a name decides:

1. declared people;
2. people in a byline near the headline: behind a word such as "by", in a link to an author's page, in an element whose
   class says so, in a block that is labelled a byline;
3. declared names that are not full names ("Katie"), except those of the site or of an office;
4. one such name in the author slot near the headline;
5. people in a byline elsewhere, if no author is declared;
6. a declared organisation or office, or one in the author slot.

Comments, lists of other stories, and credits of translators and photographers are ignored.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from scraper.block import Block, Claims, Document, Labelled
from scraper.fields import person_names
from scraper.label import Label

__all__ = ["authors"]

_LONG, _LONG_NAME = 150, 60
_ABOVE, _NEAR, _AT_ONCE, _NEXT = 3, 40, 8, 4
_BYLINE_CLASS = re.compile(
    r"(?<![a-z])(?:by-?lines?|author(?:s|ed|name)?|autor(?:en?)?|writers?|contributors?|redakteur|verfasser|auteurs?|firma|reporter)"
    r"(?![a-z])"
)
_COMMENT_CLASS = re.compile(
    r"(?:^|[ _])(?<!has-)(?<!no-)(?:[a-z]{1,12}[-_]{1,2})?(?:comments?|cmts?|commentlist|replies|reply|respond|disqus"
    r"|cbox|kommentare|commentaires|comentarios|commenti|reacties|pinglun|huifu|liuyan|guestbook|댓글|评论|評論"
    r"|コメント|留言|回复|回覆)(?:$|[ _-])"
)
_COMMENTER_CLASS = re.compile(r"comment(?:er|ator)?[-_]{0,2}(?:author|name|user|nick|writer)")
_WHOLE_PAGE = frozenset(("html", "body", "main", "article"))
_AUTHOR_PATH = re.compile(
    r"/(?:authors?|autor(?:en|es|i|in)?|auteurs?|profiles?|people|staff|contributors?|by|writers?|journalists?|reporters?"
    r"|columnists?|redaktion|team|users?|members?|u|profil)/[^/?#]|[?&]author=",
    re.IGNORECASE,
)
_NOT_OURS = frozenset(
    "comment caption related latest more list_heading ranking recommendation sponsored listing footer".split()
)
_Reader = Callable[[Block], tuple[str, ...]]
_FRAME = frozenset("navigation footer breadcrumb promo share tags".split())


def authors(document: Document, labelled: Sequence[Labelled], claims: Claims) -> tuple[str, ...]:
    """Return the people who wrote the story, or a brand if only a brand is named."""
    host = _host(document.url or document.head.canonical or "")
    declared = person_names.declared(claims.authors)
    candidates = [name for name in declared if not person_names.is_office(name) and name not in claims.brands]
    named = [name for name in candidates if not person_names.is_brand(name, claims.site_name, host)]
    bylines = _Bylines(document, labelled)
    near = bylines.near()
    visible = _without_brand(near, claims, host)
    if any(map(person_names.is_person, named)):
        return tuple(named)
    if visible or named:
        return visible or tuple(named)
    handle = bylines.handle()
    if handle and not person_names.is_office(handle) and not person_names.is_brand(handle, claims.site_name, host):
        return (handle,)
    far = () if claims.authors else bylines.far()
    return _without_brand(far, claims, host) or declared or near or far or ((handle,) if handle else ())


def _without_brand(names: Iterable[str], claims: Claims, host: str) -> tuple[str, ...]:
    return tuple(name for name in names if not person_names.is_brand(name, claims.site_name, host))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # the caller's URL may be malformed
        return ""


def _is_bare(line: str) -> bool:
    """Return whether a line may consist of a name only."""
    return len(line) <= _LONG_NAME and person_names.CUT not in line


class _Bylines:
    """The short blocks of a page that may name an author, in the order of their distance after the headline."""

    def __init__(self, document: Document, labelled: Sequence[Labelled]) -> None:
        self.document, self.labelled = document, labelled
        at = next((i for i, item in enumerate(labelled) if item.label is Label.HEADLINE), None)
        if at is None:
            at = next((i for i, item in enumerate(labelled) if item.block.tag == "h1"), 0)
        start = max(0, at - _ABOVE)
        self.behind = range(at, min(len(labelled), start + _NEAR))
        self.above = range(at - 1, start - 1, -1)
        self.others = (*range(start + _NEAR, len(labelled)), *range(start))

    def near(self) -> tuple[str, ...]:
        """Return the people of the first byline near the headline."""
        places = [*self.behind, *self.above]
        named = [i for i in places if self.labelled[i].label is Label.BYLINE]
        dated = [i for i in places if self.labelled[i].label is Label.DATE]
        return (
            self._first(places, self._signed)
            or self._introduced(places)
            or self._first(named, self._labelled)
            or self._first(dated, lambda block: block.pieces)
        )

    def far(self) -> tuple[str, ...]:
        """Return the people of the first byline elsewhere."""
        places = [i for i in self.others if self.labelled[i].label not in _FRAME]
        labelled = [i for i in places if self.labelled[i].label is Label.BYLINE]
        return self._first(places, self._signed) or self._first(labelled, self._labelled)

    def handle(self) -> str | None:
        """Return the partial name in the author slot next to the headline, or None."""
        for index in [*self.behind[: _AT_ONCE + 1], *self.above]:
            block = self.labelled[index].block
            if self._may_name(index):
                lines = self._signed(block) or self._introduced_line(index)
                handles = (person_names.handle(line) for line in lines if person_names.opens(line) or _is_bare(line))
                if name := next(filter(None, handles), None):
                    return name
        return None

    def _introduced(self, places: Iterable[int]) -> tuple[str, ...]:
        """Return the people named by a block that follows a separate block such as "Written by"."""
        people = (person_names.names(self._introduced_line(index)) for index in places if self._may_name(index))
        return next(filter(None, people), ())

    def _introduced_line(self, index: int) -> tuple[str, ...]:
        block = self.labelled[index].block
        previous = self.labelled[index - 1].block.text if index else ""
        return (block.text,) if person_names.is_opening(previous) else ()

    def _first(self, places: Iterable[int], read: _Reader) -> tuple[str, ...]:
        for index in places:
            if self._may_name(index) and (names := self._names(read, index)):
                return tuple(dict.fromkeys((*names, *self._following_names(read, index))))
        return ()

    def _names(self, read: _Reader, index: int) -> tuple[str, ...]:
        return next((names for line in read(self.labelled[index].block) if (names := person_names.names([line]))), ())

    def _following_names(self, read: _Reader, index: int) -> Iterator[str]:
        """Yield the names in the next blocks of the same kind of element, as each author may have a separate block."""
        kind = self._kind(self.labelled[index].block)
        if person_names.opens(self.labelled[index].block.text):  # the next such line credits another role
            return
        for following in range(index + 1, min(index + 1 + _NEXT, len(self.labelled))):
            if self._kind(self.labelled[following].block) != kind or not self._may_name(following):
                return
            yield from self._names(read, following)

    def _kind(self, block: Block) -> object:
        if block.element < 0:
            return block.element
        element = self.document.elements[block.element]
        return element.tag, element.names

    def _may_name(self, index: int) -> bool:
        item = self.labelled[index]
        return (
            item.label not in _NOT_OURS
            and not item.block.hidden
            and len(item.block.text) <= (_LONG_NAME if item.label is Label.BODY else _LONG)
            and not self._is_comment(item.block)
        )

    def _signed(self, block: Block) -> tuple[str, ...]:
        """Return the lines to parse of a block with a sign of authorship: a word, a link to an author page, a class."""
        line = person_names.CUT.join(block.pieces) or block.text
        linked = tuple(link.text for link in block.links if _AUTHOR_PATH.search(link.url or ""))
        if person_names.opens(line) or person_names.opens(block.text):
            return line, block.text, *linked
        if linked:
            return (person_names.CUT.join(linked),)
        return (*block.pieces, line, block.text) if _BYLINE_CLASS.search(self._class(block)) else ()

    def _labelled(self, block: Block) -> tuple[str, ...]:
        return (person_names.CUT.join(block.pieces) or block.text, block.text)

    def _class(self, block: Block) -> str:
        if block.element < 0:
            return block.inline
        elements = self.document.elements
        element = elements[block.element]
        parent_names = elements[element.parent].names if element.parent >= 0 else ""
        return element.names + parent_names + block.inline

    def _is_comment(self, block: Block) -> bool:
        """Return whether a block is among comments, by the classes of its ancestors, but not of the whole page."""
        if _COMMENTER_CLASS.search(block.inline):
            return True
        index = block.element
        while index >= 0:
            element = self.document.elements[index]
            if element.tag not in _WHOLE_PAGE and _COMMENT_CLASS.search(element.names):
                return True
            index = element.parent
        return False
