"""The text of a page, run by run, to blocks."""

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from scraper.article import Link
from scraper.block import Block, fold, is_title
from scraper.segment.html.contexts import TOP, Context
from scraper.segment.html.links import Target
from scraper.segment.html.paragraphs import MIN_SPLIT, are_paragraphs
from scraper.segment.html.visibility import SHOWN

__all__ = ["BlockBuilder"]

_SIGNS, _HEADING_SIGNS = frozenset("¶🔗⚓"), frozenset("#§∞")
"""Texts of a link to its own place: anywhere, and in a heading or a term."""
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 dt".split())
_UNSPLIT = frozenset("li dt dd h1 h2 h3 h4 h5 h6 pre address figcaption caption".split())
_WORD = re.compile(r"\w")  # a sign for screen readers, as ": " behind a kicker, represents a visible line break
_INDENT = re.compile(r"[\r\n\t ]*(?:\u3000|\xa0{2})")  # behind one line break an indent opens a paragraph too
_TITLES = 2
"""From so many lines on that are titles of other stories, each of them is a block."""
_SHORT, _MAX_INLINE = 200, 32  # characters of a text with pieces; inline elements whose names a block has


class _Aside(NamedTuple):
    """Text that is not shown amid its block."""

    text: str
    context: Context
    runs: int
    """The runs of shown text before it."""


class _Marks(NamedTuple):
    """The sizes of the lists of a block, where a line of it ends."""

    parts: int = 0
    links: int = 0
    inline: int = 0


_START = _Marks()


class BlockBuilder:
    """The blocks built so far, and the text of the one being built.

    `parts` starts with text, which is empty before an aside that leads the block.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.noscript: list[int] = []
        """The indexes of the blocks that only a `noscript` hides."""
        self.parts: list[str] = []
        self.block = TOP.block
        """The number of the block-level element whose text is being gathered."""
        self._context = TOP
        self._asides: list[_Aside] = []
        self._line_ends: list[_Marks] = []
        self._links: list[tuple[Target, str]] = []
        self._inline: list[str] = []
        self._datetime: str | None = None
        self._breaks = 0  # line breaks since the last text
        self._runs = 0

    def add_text(self, text: str, context: Context) -> None:
        """Add a run of text, which begins a block where it belongs to another one than the text before it."""
        if context.skipped:
            return
        if self.parts and self._ends_before(context, text):
            self.finish()
        if context is not self._context or context.visibility is not SHOWN:
            self.block = context.block
            is_sign = context.link is not None and ("#" in text or not text.isascii()) and _is_sign(text, context.tag)
            is_plain = context.visibility is SHOWN and self._context.visibility is SHOWN
            if (is_sign or not is_plain) and self._is_unseen(text, context, is_sign):
                return
        self._add(text, context)

    def add_space(self, text: str) -> None:
        """Add white space, which belongs to the link before it too: it is folded away where the link ends there."""
        if self._asides:
            self._asides.append(_Aside(" ", self._asides[-1].context, self._runs))
        self.parts.append(text)
        if self._links:
            self._links.append((self._links[-1][0], " "))

    def add_line_break(self) -> None:
        """Add a line break, which may end a paragraph."""
        self._breaks += 1
        if self.parts:
            self.add_space("\n")
            self._line_ends.append(_Marks(len(self.parts), len(self._links), len(self._inline)))

    def finish(self) -> None:
        """Finish the current block; hidden text after all of its text follows as a block."""
        if not self._asides:
            self._finish()
            return
        asides = self._asides[:]
        self._asides.clear()
        behind = [aside for aside in asides if aside.context.visibility.hidden and aside.runs == self._runs]
        beside = [aside for aside in asides if not aside.context.visibility.hidden or aside.runs < self._runs]
        if self._runs:
            self._finish(fold("".join([aside.text for aside in beside])))
        else:
            self._finish()
            self._add_asides(beside)
            self._finish()
        for _, hidden in itertools.groupby(behind, lambda aside: aside.context.visibility.aside):
            self._add_asides(hidden)
            self._finish()

    def _add(self, text: str, context: Context) -> None:
        if context is not self._context:
            self._context = context
            if context.inline != " ":
                self._inline.append(context.inline)
            self._datetime = self._datetime or context.datetime
        self._breaks = 0
        self._runs += 1
        self.parts.append(text)
        if context.link is not None:
            self._links.append((context.link, text))

    def _add_asides(self, asides: Iterable[_Aside]) -> None:
        for aside in asides:
            if not aside.text.isspace():
                self._add(aside.text, aside.context)
            elif self.parts:
                self.add_space(aside.text)

    def _is_unseen(self, text: str, context: Context, is_sign: bool) -> bool:
        """Set aside hidden text, screen-reader text and permalinks; drop a twin of the preceding text."""
        visibility = context.visibility
        if is_sign or (visibility.aside and (visibility.hidden or _WORD.search(text))):
            self._asides.append(_Aside(text, context, self._runs))
            if not self.parts:
                self.parts.append("")
            return True
        return visibility.aria_hidden is not self._context.visibility.aria_hidden and self._is_twin(text)

    def _is_twin(self, text: str) -> bool:
        """Return whether the text repeats the run before it, of which one is for the eye alone."""
        before = next((part for part in reversed(self.parts[-2:]) if not part.isspace()), "")
        return len(before) < 2 * len(text) + _SHORT and fold(before) == fold(text)

    def _ends_before(self, context: Context, text: str) -> bool:
        return (
            context.block != self.block
            or self._breaks > 1
            or (self._breaks > 0 and not context.visibility.aside and _INDENT.match(text) is not None)
        )

    def _finish(self, aside: str = "") -> None:
        """Turn the gathered text into one block or several."""
        parts = self.parts
        if parts:
            text = fold(parts[0] if self._runs == 1 and parts[0] else "".join(parts))
            if text and not (self._line_ends and self._build_lines(text, aside)):
                self._build(text, parts, self._links, self._inline, aside)
            if self._links:
                self._links.clear()
            if self._inline:
                self._inline.clear()
            parts.clear()
            self._runs = 0
        if self._line_ends:
            self._line_ends.clear()
        self._context = TOP
        self._breaks = 0

    def _build_lines(self, text: str, aside: str) -> bool:
        """Build several blocks where single line breaks set paragraphs or titles apart; verse and URLs stay whole."""
        if self._context.tag in _UNSPLIT or (len(text) <= MIN_SPLIT and not self._links):
            return False
        parts, links, inline = self.parts, self._links, self._inline
        marks = [_START, *self._line_ends, _Marks(len(parts), len(links), len(inline))]
        lines = list(itertools.pairwise(marks))
        texts = [fold("".join(parts[start.parts : end.parts])) for start, end in lines]
        if not are_paragraphs(texts):
            linked = [fold("".join(text for _, text in links[start.links : end.links])) for start, end in lines]
            lines = _titles_apart(lines, list(map(is_title, texts, map(len, linked))))
            if len(lines) == 1:
                return False
        for start, end in lines:
            own = parts[start.parts : end.parts]
            text = fold("".join(own))
            shown = itertools.dropwhile(lambda link: link[1].isspace(), links[start.links : end.links])
            self._runs = sum(not part.isspace() for part in own)
            if text:
                self._build(text, own, list(shown), inline[start.inline : end.inline], aside)
                aside = ""
        return True

    def _build(
        self, text: str, parts: list[str], links: list[tuple[Target, str]], inline: list[str], aside: str
    ) -> None:
        context, names, chars = self._context, " ", 0
        folded: tuple[Link, ...] = ()
        pieces: tuple[str, ...] = ()
        if links:
            folded = (Link(text, links[0][0].url),) if self._runs == 1 else _folded(links)
            chars = sum([len(link.text) for link in folded])
        if inline:
            names = "".join(list(dict.fromkeys(inline))[:_MAX_INLINE])
        if self._runs > 1 and len(text) < _SHORT:
            pieces = tuple(filter(None, map(fold, parts)))
        visibility = context.visibility
        if visibility.noscript:
            self.noscript.append(len(self.blocks))
        hidden = visibility.hidden
        block = Block(text, context.tag, context.element, folded, chars, names, pieces, self._datetime, hidden, aside)
        if context.tag == "pre":
            block = msgspec.structs.replace(block, preformatted=_trimmed("".join(parts)))
        self.blocks.append(block)
        self._datetime = None


def _titles_apart(lines: Sequence[tuple[_Marks, _Marks]], titles: Sequence[bool]) -> list[tuple[_Marks, _Marks]]:
    """Join the lines between titles; all lines if fewer than two are titles."""
    if sum(titles) < _TITLES:
        return [(lines[0][0], lines[-1][1])]
    joined = []
    for is_alone, run in itertools.groupby(zip(lines, titles, strict=True), lambda line: line[1]):
        own = [line for line, _ in run]
        joined += own if is_alone else [(own[0][0], own[-1][1])]
    return joined


def _folded(runs: Sequence[tuple[Target, str]]) -> tuple[Link, ...]:
    """Return the links that have text."""
    texts: dict[Target, list[str]] = {}
    for target, text in runs:
        texts.setdefault(target, []).append(text)
    folded = ((target.url, fold("".join(parts))) for target, parts in texts.items())
    return tuple(Link(text, url) for url, text in folded if text)


def _is_sign(text: str, tag: str) -> bool:
    """Return whether the text of a link is the sign of a permalink."""
    sign = text.strip("\ufe0e\ufe0f \n\t\xa0")
    return sign in _SIGNS or (sign in _HEADING_SIGNS and tag in _HEADINGS)


def _trimmed(text: str) -> str:
    """Return preformatted text without empty lines around it and spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
