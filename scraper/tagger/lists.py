"""Lists of other stories: a heading and its entries get one kind, by the words of the heading, else by the model."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block, Document, Element
from scraper.label import LISTS, STORY, Label
from scraper.tagger.headings import LONGEST_HEADING, list_kind, opener
from scraper.tagger.network import KINDS as LABELS

__all__ = ["is_cross_reference", "is_entry_title", "typed"]

_KIND_ORDER = tuple(label for label in LABELS if label in LISTS)
_COLUMNS = [LABELS.index(label) for label in _KIND_ORDER]
_STORY = STORY | {Label.HEADLINE}
_NEIGHBOUR = re.compile(
    r"\W*(?:(?:previous|prev|next|older|newer)(?: (?:post|story|article|entry))?|vorherige\w*(?: \w+)?"
    r"|nächste\w*(?: \w+)?|(?:article )?(?:précédent|suivant)e?|anterior|siguiente|próxim[ao]|precedente|successivo"
    r"|vorige|volgende|上一篇|下一篇)\s*[:：»›→]",
    re.IGNORECASE,
)
"""A link to the previous or next story, which is not an entry of an adjacent list."""
_REFERRING = frozenset((Label.RELATED, Label.RECOMMENDATION))
_LONGEST_REFERENCE, _LONGEST_LEAD, _MARKS = 250, 40, " :：–—-|>»•"
_UNSURE = frozenset((Label.OTHER, Label.NAVIGATION))
"""Labels that the model often gives to titles in lists; other labels stay unchanged."""
_LINKED_HEADING, _SHORTEST_TITLE = 40, 25
_GAP = 3
"""The most other blocks (dates, summaries, buttons) between two entries of a list."""


class _List(NamedTuple):
    """A list of other stories: the kind by its heading, if known, and the indices of its entries."""

    kind: Label | None
    entries: list[int]


def typed(document: Document, labels: Sequence[Label], kinds: NDArray[np.floating]) -> list[Label]:
    """Return the labels with a single kind for each list, and with titles under its heading as entries.

    `kinds` are the model's logits, blocks x labels; they decide if the words of the heading do not.
    """
    blocks, corrected = document.blocks, list(labels)
    headings = _headings(blocks, corrected)
    for index in headings:
        corrected[index] = Label.LIST_HEADING
    for group in _lists(document, corrected, headings):
        kind = group.kind or _likeliest(kinds[group.entries])
        for index in group.entries:
            corrected[index] = Label.MORE if _NEIGHBOUR.match(blocks[index].text) else kind
    return corrected


def _headings(blocks: Sequence[Block], labels: Sequence[Label]) -> dict[int, Label | None]:
    """Return the indices of headings of lists, with the kind that their words name, if any."""
    titles = [_is_entry(block, label) for block, label in zip(blocks, labels, strict=True)]
    headings: dict[int, Label | None] = {}
    for index, (block, label) in enumerate(zip(blocks, labels, strict=True)):
        if label in _STORY or len(block.text) > LONGEST_HEADING:
            continue
        if label is Label.LIST_HEADING:
            headings[index] = list_kind(block.text)
        elif label in _UNSURE and block.link_chars < _LINKED_HEADING and True in titles[index + 1 : index + 1 + _GAP]:
            kind = opener(block.text)
            if kind is not None and kind is not Label.MORE:
                headings[index] = kind
    return headings


def _is_entry(block: Block, label: Label) -> bool:
    return label in LISTS and is_entry_title(block)


def _lists(document: Document, labels: Sequence[Label], headings: dict[int, Label | None]) -> Iterator[_List]:
    """Yield the lists in page order; a heading, the story, a longer gap, or the end of the element ends a list."""
    current, since, scope = _List(None, []), 0, _Scope(document.elements)
    for index, (block, label) in enumerate(zip(document.blocks, labels, strict=True)):
        if index in headings or label in _STORY or since > _GAP or not scope.holds(block):
            if current.entries:
                yield current
            current, since = _List(headings.get(index), []), 0
            scope = _Scope(document.elements, block if index in headings else None)
        if label in LISTS or (scope.heading and label in _UNSURE and is_entry_title(block)):
            current.entries.append(index)
            scope.narrow(block)
            since = 0
        else:
            since += bool(current.entries)
    if current.entries:
        yield current


class _Scope:
    """The smallest element around a list's heading and its first entry; the list ends where the element does."""

    def __init__(self, elements: Sequence[Element], heading: Block | None = None) -> None:
        self.elements, self.heading = elements, heading
        self.element: int | None = None
        self.cache: dict[int, bool] = {}

    def narrow(self, entry: Block) -> None:
        """Set the element at the first entry of a list with a heading."""
        if self.heading is not None and self.element is None and entry.element >= 0:
            around = set(self._up(self.heading.element))
            self.element = next((element for element in self._up(entry.element) if element in around), -1)

    def holds(self, block: Block) -> bool:
        """Return whether a block is inside the element; True if no element is set."""
        if self.element is None or self.element < 0:
            return True
        if block.element not in self.cache:
            self.cache[block.element] = self.element in self._up(block.element)
        return self.cache[block.element]

    def _up(self, element: int) -> Iterator[int]:
        while element >= 0:
            yield element
            element = self.elements[element].parent


def _likeliest(logits: NDArray[np.floating]) -> Label:
    """Return the most probable kind for all entries together."""
    chosen = logits[:, _COLUMNS]
    odds = np.exp(chosen - chosen.max(axis=1, keepdims=True))
    return _KIND_ORDER[int((odds / odds.sum(axis=1, keepdims=True)).sum(axis=0).argmax())]


def is_cross_reference(block: Block) -> bool:
    """Return whether a block is a link to another story with words such as "Also read:" in or before the link."""
    if 5 * block.link_chars < 2 * len(block.text) or len(block.text) > _LONGEST_REFERENCE:
        return False
    lead = (block.text.partition(block.links[0].text)[0] or block.text.partition(":")[0] + ":").rstrip()
    is_lead = len(lead) <= _LONGEST_LEAD and lead[-1] in _MARKS
    return is_lead and opener(lead.strip(_MARKS)) in _REFERRING


def is_entry_title(block: Block) -> bool:
    """Return whether a block is a link with the length of a title."""
    length = len(block.text)
    return length >= _SHORTEST_TITLE and block.link_chars > 0.7 * length
