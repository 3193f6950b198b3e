"""The state of the decisions on one page, and what they all ask of it."""

from collections.abc import Iterator

from scraper.block import HEADING_TAGS, Block, Document
from scraper.label import Label
from scraper.templates.regions import block_regions
from scraper.templates.template import Profile, Table

__all__ = ["LONG_LINE", "SENTENCE_ENDS", "Labelling", "Verdict", "is_linked", "match"]

LONG_LINE = 200
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", ".”", '."', "”", "。”")
_LONG_HEADING, _LONG_NAME = 60, 60

Verdict = tuple[Label, float, str]
"""A label, its score, and the reason for it."""


class Labelling:
    """One page's way through the decisions; a decision that is made is not made again."""

    def __init__(self, document: Document, profile: Profile) -> None:
        self.document, self.profile = document, profile
        self.blocks = document.blocks
        self.verdicts: list[Verdict | None] = [None] * len(self.blocks)
        self.is_text = not document.elements
        self.regions = block_regions(document, profile)

    def decide(self, index: int, label: Label, score: float, reason: str) -> None:
        """Label a block, unless it has a label."""
        if self.verdicts[index] is None:
            self.verdicts[index] = (label, score, reason)

    def open_blocks(self) -> list[int]:
        """Return the indexes of the blocks without a label."""
        return [index for index, verdict in enumerate(self.verdicts) if verdict is None]

    def breadcrumb(self) -> int | None:
        """Return the index of the first breadcrumb line."""
        verdicts = enumerate(self.verdicts)
        return next((index for index, verdict in verdicts if verdict and verdict[0] is Label.BREADCRUMB), None)

    def tail_label(self, index: int) -> Label | None:
        """Return the label of a block that is known by its own text where nothing of the story follows it."""
        return match(self.profile.tail, self.blocks[index].text)

    def is_meta(self, index: int) -> bool:
        """Return whether a line has author, date or counts: without its noise no more than a name is left."""
        text = self.blocks[index].text
        if len(text) >= LONG_LINE or text.endswith(SENTENCE_ENDS):
            return False
        if text.isdigit():
            return True
        name, noise = self.profile.noise.subn("", text)
        return noise > 0 and len(name) <= _LONG_NAME and not name.rstrip().endswith(SENTENCE_ENDS)

    def opened_list(self, index: int) -> Label | None:
        """Return the list that a block's words open; behind a heading's own words there may be a link to more."""
        block = self.blocks[index]
        if len(block.text) > _LONG_HEADING:
            return None
        words = block.pieces[0] if block.pieces and block.tag in HEADING_TAGS else block.text
        return self.profile.headings.get(words.rstrip(" :：»>").lower())

    def is_list_heading(self, index: int) -> bool:
        """Return whether a block is a heading of a list: the word alone, not a link, not part of the story."""
        is_open = self.verdicts[index] is None and self.opened_list(index) is not None
        return is_open and self.regions[index] is not Label.BODY

    def ancestors(self, element: int) -> Iterator[int]:
        """Yield the indexes of an element and of those around it, and last -1: all that flattened text has."""
        while element >= 0:
            yield element
            element = self.document.elements[element].parent
        yield -1


def match(table: Table, text: str) -> Label | None:
    """Return the label of the first pattern that fits; a long text is no line of a page's frame."""
    if len(text) > 2 * LONG_LINE:
        return None
    row = table.pattern.match(text)
    return table.labels[row.lastgroup] if row and row.lastgroup else None


def is_linked(block: Block) -> bool:
    """Return whether half of a block's text is link text."""
    return bool(block.links) and block.link_chars * 2 >= len(block.text)
