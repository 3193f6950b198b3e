"""The lists of a page of a known template: those that headings open, and those known by their class."""

from scraper.block import HEADING_TAGS, Block
from scraper.label import LISTS, Label
from scraper.templates.labelling import Labelling, Verdict, is_linked

__all__ = ["LIST_LABELS", "label_lists"]

LIST_LABELS = frozenset((*LISTS, Label.COMMENT, Label.TAGS, Label.OTHER))
_MAX_SCRAP = 12


def label_lists(page: Labelling, headline: int | None, end: int) -> None:
    """Label the lists behind the story's end, and those beside the story in elements of their own."""
    story = _story_elements(page, headline, end)
    index = 0
    while index < len(page.blocks):
        following = index + 1
        if page.is_list_heading(index) and (index >= end or _scope(page, index) not in story):
            following = _label_list(page, index)
        index = following
    for index, region in enumerate(page.regions):
        if region in LIST_LABELS and page.verdicts[index] is None:
            page.decide(index, *_entry(page, page.blocks[index], region, "the class of its list"))


def _story_elements(page: Labelling, headline: int | None, end: int) -> set[int]:
    """Return the elements that contain the headline or the end of the story: no list is as wide as these, or as -1."""
    marks = [index for index in (headline, end) if index is not None and index < len(page.blocks)]
    return {-1, *(element for index in marks for element in page.ancestors(page.blocks[index].element))}


def _scope(page: Labelling, heading: int) -> int:
    """Return the smallest element around a heading that also contains the next block, or -1 if no element does."""
    if heading + 1 >= len(page.blocks):
        return -1
    below = set(page.ancestors(page.blocks[heading + 1].element))
    return next(element for element in page.ancestors(page.blocks[heading].element) if element in below)


def _label_list(page: Labelling, heading: int) -> int:
    """Label a heading and what it opens; return the index behind its list."""
    kind = page.opened_list(heading)
    assert kind is not None  # as `is_list_heading` has said
    page.decide(heading, Label.LIST_HEADING, 0.97, f"opens {kind}")
    scope = _scope(page, heading)
    index = heading + 1
    while index < len(page.blocks) and not page.is_list_heading(index):
        block = page.blocks[index]
        if scope not in page.ancestors(block.element):
            break
        if not block.links and (label := page.tail_label(index)):
            page.decide(index, label, 0.9, "its own text")
            if page.is_text:
                _label_scraps(page, heading, index)
                break
        else:
            page.decide(index, *_entry(page, block, kind, f"under {page.blocks[heading].text!r}"))
        index += 1
    return index


def _label_scraps(page: Labelling, heading: int, footer: int) -> None:
    """Label a word or two just above the footer of flattened text: a button or a caption, not a title."""
    for index in range(footer - 1, heading, -1):
        if len(page.blocks[index].text) > _MAX_SCRAP:
            break
        page.verdicts[index] = (Label.FOOTER, 0.6, "a scrap above the footer")


def _entry(page: Labelling, block: Block, kind: Label, reason: str) -> Verdict:
    """Return the verdict on a block of a list."""
    if block.tag in HEADING_TAGS and not block.links:
        return Label.LIST_HEADING, 0.8, "a heading of its list"
    summary = page.profile.summary
    is_summary = summary is not None and 90 <= len(block.text) <= 110 and bool(summary.match(block.text))
    if is_summary if page.is_text else not is_linked(block):
        return Label.OTHER, 0.7, "beside the titles of its list"
    return kind, 0.95, reason
