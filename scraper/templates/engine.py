"""The engine for known templates: recognises a page's profile, and gives each block its one label by that profile.

The order of the decisions is the order of the functions here: the regions of elements, the headline, the line that
ends the story, the lists that headings open, the lines of author and date, the body, and what trails behind it.
"""

import re
from collections.abc import Iterator, Sequence

from scraper.block import Block, Document, Labelled
from scraper.label import LISTS, Label
from scraper.templates import PROFILES, Profile, Table
from scraper.templates.template import NEVER

__all__ = ["label", "recognise"]

_LISTS = frozenset(
    (
        *LISTS,
        Label.COMMENT,
        Label.TAGS,
        Label.OTHER,
    )
)
_SEEN_LATER = _LISTS | {Label.BODY, Label.HEADLINE, Label.LIKE}
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SUBHEADINGS = _HEADINGS[1:]
_TAGS = {"footer": Label.FOOTER, "nav": Label.NAVIGATION, "figcaption": Label.CAPTION, "caption": Label.CAPTION}
_BYLINE = re.compile(r"By [A-Z][^\s,]*(?:[ ,]+(?:and |de |van |von |the )?[A-Z][^\s,]*){0,9}$")
_LONG_LINE, _LONG_HEADING, _LONG_NAME, _META_LINES, _SCRAP = 200, 60, 60, 6, 12
_SENTENCE = (".", "!", "?", "…", "。", "！", "？", ".”", '."', "”", "。”")

Verdict = tuple[Label, float, str]


def recognise(document: Document) -> Profile | None:
    """Return the profile whose signals on this page are strongest, or None where none reaches its threshold."""
    words = set(" ".join(document.names).split())
    lines = "\n".join(["", *[block.text for block in document.blocks if len(block.text) <= 2 * _LONG_LINE]])
    scored = [(_signals(words, lines, profile) - profile.threshold, -order) for order, profile in enumerate(PROFILES)]
    margin, order = max(scored)
    return PROFILES[-order] if margin >= 0 else None


def _signals(words: set[str], lines: str, profile: Profile) -> int:
    total = sum(profile.classes[word] for word in profile.classes.keys() & words)
    if total >= profile.threshold:
        return total
    said = (line for line in profile.lines if any(word in lines for word in line.words))
    return total + sum(line.weight for line in said if line.pattern.search(lines))


def label(document: Document, profile: Profile) -> tuple[Labelled, ...]:
    """Label every block of a page of a known template."""
    verdicts = _Labeller(document, profile).verdicts()
    return tuple(Labelled(block, *verdict) for block, verdict in zip(document.blocks, verdicts, strict=True))


class _Labeller:
    """One page's way through the decisions; a decision that is made is not made again."""

    def __init__(self, document: Document, profile: Profile) -> None:
        self.document, self.profile = document, profile
        self.blocks = document.blocks
        self.found: list[Verdict | None] = [None] * len(self.blocks)
        self.is_text = not document.elements
        self.regions = _block_regions(document, profile)

    def verdicts(self) -> list[Verdict]:
        self._by_region()
        headline = self._headline()
        end = self._end(headline)
        self._lists(headline, end)
        self._story(headline, end)
        rest: Verdict = (Label.OTHER, 0.7, "outside the story and its lists")
        return [verdict or rest for verdict in self.found]

    def _decide(self, index: int, label: Label, score: float, reason: str) -> None:
        if self.found[index] is None:
            self.found[index] = (label, score, reason)

    def _by_region(self) -> None:
        """Label blocks by the class of their element; the story and the lists follow later."""
        for index, (block, region) in enumerate(zip(self.blocks, self.regions, strict=True)):
            if block.hidden:
                self.found[index] = (Label.HIDDEN, 1.0, "declared invisible")
            elif own := _match(self.profile.own, block.text):
                self.found[index] = (own, 0.98, "its own text")
            elif block.text[-1] in ")）" and self.profile.caption.search(block.text):
                self.found[index] = (Label.CAPTION, 0.9, "names a photographer at its end")
            elif region is not None and region not in _SEEN_LATER:
                self.found[index] = (region, 0.95, "the class of its element")

    # ------------------------------------------------------------------ headline and end

    def _headline(self) -> int | None:
        open_blocks = [i for i, verdict in enumerate(self.found) if verdict is None]
        attempts = (
            next((i for i in open_blocks if self.regions[i] is Label.HEADLINE), None),
            self._repeated(open_blocks),
            next((i for i in open_blocks if self.blocks[i].tag == "h1"), None),
            self._first_line(open_blocks) if self.is_text else None,
        )
        index = next((i for i in attempts if i is not None), None)
        if index is not None:
            self._decide(index, Label.HEADLINE, 0.95, "the headline's place")
        return index

    def _first_line(self, candidates: list[int]) -> int | None:
        """Return the headline of flattened text: the line after the breadcrumb, else the longest before the date."""
        trail = next((i for i, verdict in enumerate(self.found) if verdict and verdict[0] is Label.BREADCRUMB), None)
        if trail is not None:
            return next((i for i in candidates if i > trail), None)
        dated = next((i for i in candidates if self._is_meta(self.blocks[i].text)), 0)
        above = [i for i in candidates if dated - _META_LINES < i < dated] or candidates[:1]
        return max(above, key=lambda i: len(self.blocks[i].text), default=None)

    def _repeated(self, candidates: list[int]) -> int | None:
        """Return whether the headline is repeated in the page's title, or in the breadcrumb line above it."""
        trail = next((i for i, verdict in enumerate(self.found) if verdict and verdict[0] is Label.BREADCRUMB), -1)
        glued = self.blocks[trail].text if trail >= 0 else ""
        for index in candidates:
            text = self.blocks[index].text
            if index > trail and len(text) > 8 and (text in glued or self.document.head.title.startswith(text)):
                return index
        return None

    def _end(self, headline: int | None) -> int:
        """Return the index of the line that ends the story, else of the first list, else the number of blocks."""
        start = headline or 0
        ends = [
            i
            for i in range(start + 1, len(self.blocks))
            if self.found[i] is None and (self.regions[i] is Label.LIKE or self.profile.end.match(self.blocks[i].text))
        ]
        if ends:
            last = ends[-1]
            for index in ends:
                if index == last or self.regions[index] is Label.LIKE:
                    label = Label.LIKE if self.profile.fields.get("like_count") else Label.NAVIGATION
                    self._decide(index, label, 0.98, "the line that ends a story")
            return last
        behind = range(start + 1, len(self.blocks))
        footer = next((i for i in behind if self._is_footer(i)), len(self.blocks))
        if not self.is_text:
            return next((i for i in behind if self._is_heading(i) and self._is_linked(i + 1)), footer)
        return self._first_list(start, footer)

    def _first_list(self, start: int, stop: int) -> int:
        """Without a line that ends the story, the lists are read from the page's end, as far as they look like titles.

        A heading word that is twice opens its list the second time: the first time it is the story's own.
        """
        first, seen = stop, set[Label | None]()
        for index in range(stop - 1, start, -1):
            if self._is_heading(index):
                kind, below = self._opens(self.blocks[index]), self.blocks[index + 1 : first]
                if kind in seen or not _are_titles(below):
                    break
                first = index
                seen.add(kind)
        return first

    def _is_footer(self, index: int) -> bool:
        return self.is_text and _match(self.profile.tail, self.blocks[index].text) is Label.FOOTER

    def _is_linked(self, index: int) -> bool:
        return index < len(self.blocks) and _is_linked(self.blocks[index])

    # ------------------------------------------------------------------ lists

    def _opens(self, block: Block) -> Label | None:
        """Return the list that a block's words open; behind a heading's own words there may be a link to more."""
        if len(block.text) > _LONG_HEADING:
            return None
        words = block.pieces[0] if block.pieces and block.tag in _HEADINGS else block.text
        return self.profile.headings.get(words.rstrip(" :：»>").lower())

    def _is_heading(self, index: int) -> bool:
        """Return whether a block is a heading of a list: the word alone, not a link, not part of the story."""
        block = self.blocks[index]
        open_ = self.found[index] is None and self._opens(block) is not None
        return open_ and self.regions[index] is not Label.BODY

    def _lists(self, headline: int | None, end: int) -> None:
        story = self._story_elements(headline, end)
        index = 0
        while index < len(self.blocks):
            following = index + 1
            if self._is_heading(index) and (index >= end or self._stands_apart(index, story)):
                following = self._fill(index)
            index = following
        for index, region in enumerate(self.regions):
            if region in _LISTS and self.found[index] is None:
                self._decide(index, *self._member(self.blocks[index], region, "the class of its list"))

    def _story_elements(self, headline: int | None, end: int) -> set[int]:
        """Return the elements that contain the headline or the end of the story: no list is as wide as these."""
        marks = [index for index in (headline, end) if index is not None and index < len(self.blocks)]
        return {element for index in marks for element in self._ancestors(self.blocks[index].element)}

    def _stands_apart(self, index: int, story: set[int]) -> bool:
        if self.is_text:
            return False
        scope = self._scope(index)
        return scope >= 0 and scope not in story

    def _ancestors(self, element: int) -> Iterator[int]:
        while element >= 0:
            yield element
            element = self.document.elements[element].parent

    def _scope(self, index: int) -> int:
        """Return the smallest element around a heading that also contains the next block."""
        if index + 1 >= len(self.blocks):
            return -1
        below = set(self._ancestors(self.blocks[index + 1].element))
        own = self.blocks[index].element
        return next((element for element in self._ancestors(own) if element in below), -1)

    def _fill(self, heading: int) -> int:
        """Label a heading and what it opens; return the index behind its list."""
        kind = self._opens(self.blocks[heading])
        assert kind is not None  # the caller asked `_is_heading`
        self._decide(heading, Label.LIST_HEADING, 0.97, f"opens {kind}")
        scope = self._scope(heading)
        index = heading + 1
        while index < len(self.blocks) and not self._is_heading(index):
            block = self.blocks[index]
            if not self.is_text and scope not in self._ancestors(block.element):
                break
            if not block.links and (tail := _match(self.profile.tail, block.text)):
                self._decide(index, tail, 0.9, "its own text")
                if self.is_text:
                    self._drop_scraps(heading, index)
                    break
            else:
                self._decide(index, *self._member(block, kind, f"under {self.blocks[heading].text!r}"))
            index += 1
        return index

    def _drop_scraps(self, heading: int, footer: int) -> None:
        """Label a word or two just above the footer of flattened text: a button or a caption, not a title."""
        for index in range(footer - 1, heading, -1):
            if len(self.blocks[index].text) > _SCRAP:
                break
            self.found[index] = (Label.FOOTER, 0.6, "a scrap above the footer")

    def _member(self, block: Block, kind: Label, reason: str) -> Verdict:
        if block.tag in _HEADINGS and not block.links:
            return Label.LIST_HEADING, 0.8, "a heading of its list"
        summary = self.profile.summary
        is_summary = summary is not None and 90 <= len(block.text) <= 110 and bool(summary.match(block.text))
        if is_summary if self.is_text else not _is_linked(block):
            return Label.OTHER, 0.7, "beside the titles of its list"
        return kind, 0.95, reason

    # ------------------------------------------------------------------ the story

    def _story(self, headline: int | None, end: int) -> None:
        start = 0 if headline is None else headline + 1
        start = self._meta_lines(start, min(end, start + _META_LINES))
        marked = [i for i, region in enumerate(self.regions) if region is Label.BODY and self.found[i] is None]
        reason = "the class of its element" if marked else "between the headline and the story's end"
        inside = marked or [i for i in range(start, end) if self.found[i] is None]
        inside = self._without_byline(self._without_tail(inside))
        for index in inside:
            is_subheading = self.blocks[index].tag in _SUBHEADINGS
            self._decide(index, Label.SUBHEADING if is_subheading else Label.BODY, 0.95, reason)
        for index in range(end, len(self.blocks)):
            if self.found[index] is None and (tail := _match(self.profile.tail, self.blocks[index].text)):
                self._decide(index, tail, 0.9, "its own text")

    def _meta_lines(self, start: int, stop: int) -> int:
        """Label the lines of author, date and counts behind the headline; return the index behind the last of them."""
        behind = start
        for index in range(start, stop):
            if self._is_meta(self.blocks[index].text):
                for before in range(behind, index):
                    self._decide(before, Label.BYLINE, 0.6, "between the headline and the date")
                dated = self.profile.fields.get("date", NEVER).search(self.blocks[index].text)
                self._decide(index, Label.DATE if dated else Label.BYLINE, 0.95, "its own text")
                behind = index + 1
        return behind

    def _is_meta(self, text: str) -> bool:
        """Return whether a line has author, date or counts: without its noise no more than a name is left."""
        if len(text) >= _LONG_LINE or text.endswith(_SENTENCE):
            return False
        if text.isdigit():
            return True
        name, noise = self.profile.noise.subn("", text)
        return noise > 0 and len(name) <= _LONG_NAME and not name.rstrip().endswith(_SENTENCE)

    def _without_tail(self, inside: list[int]) -> list[int]:
        """Remove tags, notices and pagers at the end of the story."""
        while inside and (tail := _match(self.profile.tail, self.blocks[inside[-1]].text)):
            self._decide(inside[-1], tail, 0.9, "its own text, behind the story")
            inside = inside[:-1]
        return inside

    def _without_byline(self, inside: list[int]) -> list[int]:
        """Remove a line such as "By Jane Doe, Associated Press" that opens the story."""
        while inside and len(self.blocks[inside[0]].text) < 120 and _BYLINE.match(self.blocks[inside[0]].text):
            self._decide(inside[0], Label.BYLINE, 0.9, "opens with By and names")
            inside = inside[1:]
        return inside


def _block_regions(document: Document, profile: Profile) -> list[Label | None]:
    """Return each block's region: by an inline element's class word, else by its nearest element with a known one."""
    known: dict[str, Label | None] = {" ": None}
    elements: list[Label | None] = []
    for element in document.elements:
        own = _region(element.names, profile, known) or _TAGS.get(element.tag)
        elements.append(own or (elements[element.parent] if element.parent >= 0 else None))
    return [
        _region(block.inline, profile, known) or (elements[block.element] if block.element >= 0 else None)
        for block in document.blocks
    ]


def _region(names: str, profile: Profile, known: dict[str, Label | None]) -> Label | None:
    if names not in known:
        known[names] = next((profile.regions[word] for word in names.split() if word in profile.regions), None)
    return known[names]


def _match(table: Table, text: str) -> Label | None:
    """Return the label of the first pattern that fits; a long text is no line of a page's frame."""
    if len(text) > 2 * _LONG_LINE:
        return None
    found = table.pattern.match(text)
    return table.labels[found.lastgroup] if found and found.lastgroup else None


def _are_titles(blocks: Sequence[Block]) -> bool:
    sentences = sum(block.text.endswith(_SENTENCE) for block in blocks)
    return bool(blocks) and sentences * 3 <= len(blocks) and all(len(block.text) <= _LONG_LINE for block in blocks)


def _is_linked(block: Block) -> bool:
    return bool(block.links) and block.link_chars * 2 >= len(block.text)
