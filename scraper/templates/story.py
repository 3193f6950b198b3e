"""The story of a page of a known template: its headline, its end, its lines of author and date, its body."""

import re
from collections.abc import Sequence

from scraper.block import HEADING_TAGS, Block
from scraper.label import Label
from scraper.templates.labelling import LONG_LINE, SENTENCE_ENDS, Labelling, is_linked
from scraper.templates.template import NEVER

__all__ = ["label_end", "label_headline", "label_story"]

_SUBHEADINGS = HEADING_TAGS - {"h1"}
_BYLINE = re.compile(r"By [A-Z][^\s,]*(?:[ ,]+(?:and |de |van |von |the )?[A-Z][^\s,]*){0,9}$")
_META_LINES = 6  # lines of author, date and counts that a story has at most


def label_headline(page: Labelling) -> int | None:
    """Label the headline, and return its index."""
    candidates = page.open_blocks()
    attempts = (
        next((i for i in candidates if page.regions[i] is Label.HEADLINE), None),
        _repeated(page, candidates),
        next((i for i in candidates if page.blocks[i].tag == "h1"), None),
        _first_line(page, candidates) if page.is_text else None,
    )
    index = next((i for i in attempts if i is not None), None)
    if index is not None:
        page.decide(index, Label.HEADLINE, 0.95, "the headline's place")
    return index


def _repeated(page: Labelling, candidates: Sequence[int]) -> int | None:
    """Return the headline that the page's title repeats, or the breadcrumb line above it."""
    breadcrumb = page.breadcrumb()
    trail = page.blocks[breadcrumb].text if breadcrumb is not None else ""
    for index in candidates:
        text = page.blocks[index].text
        is_below = breadcrumb is None or index > breadcrumb
        if is_below and len(text) > 8 and (text in trail or page.document.head.title.startswith(text)):
            return index
    return None


def _first_line(page: Labelling, candidates: Sequence[int]) -> int | None:
    """Return the headline of flattened text: the line after the breadcrumb, else the longest before the date."""
    breadcrumb = page.breadcrumb()
    if breadcrumb is not None:
        return next((i for i in candidates if i > breadcrumb), None)
    dated = next((i for i in candidates if page.is_meta(i)), 0)
    above = [i for i in candidates if dated - _META_LINES < i < dated] or candidates[:1]
    return max(above, key=lambda i: len(page.blocks[i].text), default=None)


def label_end(page: Labelling, headline: int | None) -> int:
    """Label the line that ends the story and return its index, else that of the first list, or the number of blocks."""
    start = headline or 0
    ends = [
        i
        for i in range(start + 1, len(page.blocks))
        if page.verdicts[i] is None and (page.regions[i] is Label.LIKE or page.profile.end.match(page.blocks[i].text))
    ]
    if not ends:
        return _end_before_lists(page, start)
    label = Label.LIKE if page.profile.fields.get("like_count") else Label.NAVIGATION
    for index in ends:
        if index == ends[-1] or page.regions[index] is Label.LIKE:
            page.decide(index, label, 0.98, "the line that ends a story")
    return ends[-1]


def _end_before_lists(page: Labelling, start: int) -> int:
    size = len(page.blocks)
    behind = range(start + 1, size)
    if page.is_text:
        footer = next((i for i in behind if page.tail_label(i) is Label.FOOTER), size)
        return _first_list(page, start, footer)
    headings = (i for i in behind if page.is_list_heading(i))
    return next((i for i in headings if i + 1 < size and is_linked(page.blocks[i + 1])), size)


def _first_list(page: Labelling, start: int, stop: int) -> int:
    """Without a line that ends the story, the lists are read from the page's end, as far as they look like titles.

    A heading word that is twice opens its list the second time: the first time it is the story's own.
    """
    first, seen = stop, set[Label | None]()
    for index in range(stop - 1, start, -1):
        if page.is_list_heading(index):
            kind = page.opened_list(index)
            if kind in seen or not _are_titles(page.blocks[index + 1 : first]):
                break
            first = index
            seen.add(kind)
    return first


def _are_titles(blocks: Sequence[Block]) -> bool:
    sentences = sum(block.text.endswith(SENTENCE_ENDS) for block in blocks)
    return bool(blocks) and sentences * 3 <= len(blocks) and all(len(block.text) <= LONG_LINE for block in blocks)


def label_story(page: Labelling, headline: int | None, end: int) -> None:
    """Label the lines of author and date, the body, and what trails behind it."""
    start = 0 if headline is None else headline + 1
    start = _label_meta_lines(page, start, min(end, start + _META_LINES))
    marked = [i for i in page.open_blocks() if page.regions[i] is Label.BODY]
    reason = "the class of its element" if marked else "between the headline and the story's end"
    inside = marked or [i for i in page.open_blocks() if start <= i < end]
    for index in _without_byline(page, _without_tail(page, inside)):
        is_subheading = page.blocks[index].tag in _SUBHEADINGS
        page.decide(index, Label.SUBHEADING if is_subheading else Label.BODY, 0.95, reason)
    for index in page.open_blocks():
        if index >= end and (label := page.tail_label(index)):
            page.decide(index, label, 0.9, "its own text")


def _label_meta_lines(page: Labelling, start: int, stop: int) -> int:
    """Label the lines of author, date and counts behind the headline; return the index behind the last of them."""
    behind = start
    for index in range(start, stop):
        if page.is_meta(index):
            for before in range(behind, index):
                page.decide(before, Label.BYLINE, 0.6, "between the headline and the date")
            date = page.profile.fields.get("date", NEVER).search(page.blocks[index].text)
            page.decide(index, Label.DATE if date else Label.BYLINE, 0.95, "its own text")
            behind = index + 1
    return behind


def _without_tail(page: Labelling, inside: list[int]) -> list[int]:
    """Remove tags, notices and pagers at the end of the story."""
    while inside and (label := page.tail_label(inside[-1])):
        page.decide(inside[-1], label, 0.9, "its own text, behind the story")
        inside = inside[:-1]
    return inside


def _without_byline(page: Labelling, inside: list[int]) -> list[int]:
    """Remove a line such as "By Jane Doe, Associated Press" that opens the story."""
    while inside and len(page.blocks[inside[0]].text) < 120 and _BYLINE.match(page.blocks[inside[0]].text):
        page.decide(inside[0], Label.BYLINE, 0.9, "opens with By and names")
        inside = inside[1:]
    return inside
