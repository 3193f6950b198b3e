"""Pages as another site might have them: less text, unknown names, no declarations, more wrappers, other stories added.

The network must learn what a story looks like, not how the sites of the corpus are built.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block, Document, Element, Head
from scraper.label import Label
from scraper.tagger.features import Vocabulary, featurise
from scraper.tagger.network import KINDS, STORY
from scraper.tagger.training.corpus import UNKNOWN_KIND, Example

__all__ = ["changed"]

SHARE = 0.6
"""The share of pages that are changed each time they are learned from."""
_DROP_RUN, _UNNAME, _NO_HEAD, _WRAP, _GRAFT = 0.4, 0.35, 0.25, 0.15, 0.25
_LONGEST_GRAFT = 80
_MORE = KINDS.index(Label.MORE)


def changed(example: Example, donor: Example, known: Vocabulary, order: np.random.Generator) -> Example:
    """Return the page as it might be elsewhere, with features of its own; most changes happen now and then."""
    if order.random() > SHARE:
        return example
    if order.random() < _GRAFT:
        example = _grafted(example, donor, order)
    document = example.document
    story = example.target > 0.5
    keep = _with_gap(story, order) & _with_gap(~story, order)
    if not keep.any():
        return example
    blocks = tuple(block for block, kept in zip(document.blocks, keep.tolist(), strict=True) if kept)
    elements = document.elements
    if order.random() < _UNNAME:
        elements = _unnamed(elements, order)
    if elements and order.random() < _WRAP:
        blocks, elements = _wrapped(blocks, elements, order)
    head = Head() if order.random() < _NO_HEAD else document.head
    document = Document(blocks, elements, head, url=document.url if order.random() < 0.7 else None)
    return example._replace(
        document=document,
        target=example.target[keep],
        kind=example.kind[keep],
        soft=None if example.soft is None else example.soft[keep],
        features=featurise(document, known),
    )


def _with_gap(side: NDArray[np.bool_], order: np.random.Generator) -> NDArray[np.bool_]:
    """Return a mask that sometimes drops a run of the blocks of one side."""
    keep = np.ones(len(side), bool)
    places = np.flatnonzero(side)
    if len(places) > 4 and order.random() < _DROP_RUN:
        number = int(len(places) * order.uniform(0.15, 0.75))
        start = int(order.integers(0, len(places) - number + 1))
        keep[places[start : start + number]] = False
    return keep


def _unnamed(elements: Sequence[Element], order: np.random.Generator) -> tuple[Element, ...]:
    """Return the elements without some or all of their class names."""
    share = order.choice([0.3, 0.6, 1.0])
    gone = {names for names in sorted({each.names for each in elements}) if order.random() < share}
    return tuple(Element(each.tag, " ", each.parent) if each.names in gone else each for each in elements)


def _wrapped(
    blocks: Sequence[Block], elements: Sequence[Element], order: np.random.Generator
) -> tuple[tuple[Block, ...], tuple[Element, ...]]:
    """Return the elements with an element without names around some of them."""
    share = order.uniform(0.05, 0.3)
    place: list[int] = []
    made: list[Element] = []
    for each in elements:
        parent = place[each.parent] if each.parent >= 0 else -1
        if order.random() < share:
            made.append(Element("div", " ", parent))
            parent = len(made) - 1
        made.append(Element(each.tag, each.names, parent))
        place.append(len(made) - 1)
    return tuple(_moved(block, place[block.element] if block.element >= 0 else -1) for block in blocks), tuple(made)


def _moved(block: Block, element: int) -> Block:
    return Block(
        block.text,
        block.tag,
        element,
        block.links,
        block.link_chars,
        block.inline,
        block.pieces,
        block.datetime,
        block.hidden,
    )


def _grafted(example: Example, donor: Example, order: np.random.Generator) -> Example:
    """Add a part of another page behind the story: a list, comments, or another story, which is not this page's."""
    story = np.flatnonzero(example.target > 0.5)
    part = _part(donor, order)
    if not len(story) or part is None or not example.document.elements:
        return example
    first, last, kind = part
    blocks, elements = example.document.blocks, list(example.document.elements)
    at, parent = _place(example.document, int(story[-1]))
    place: dict[int, int] = {}
    added = []
    for block in donor.document.blocks[first:last]:
        added.append(_moved(block, _copied(block.element, donor.document.elements, place, elements, parent)))
    document = Document(
        (*blocks[:at], *added, *blocks[at:]), tuple(elements), example.document.head, url=example.document.url
    )
    zero = np.zeros(len(added), np.float32)
    return example._replace(
        document=document,
        target=np.concatenate([example.target[:at], zero, example.target[at:]]),
        kind=np.concatenate([example.kind[:at], kind, example.kind[at:]]),
        soft=None,
    )


def _part(donor: Example, order: np.random.Generator) -> tuple[int, int, NDArray[np.int64]] | None:
    """Choose a run of the donor's blocks, all of the story or none, and their labels in the new place."""
    story = donor.target > 0.5
    if order.random() < 0.5:
        places = np.flatnonzero(story)
        if not len(places):
            return None
        number = int(order.integers(1, 1 + min(len(places), 15)))
        first = int(places[0])
        last = min(first + number, len(story))
        return first, last, np.full(last - first, _MORE, np.int64)
    places = np.flatnonzero(~story & (donor.kind >= STORY))
    if not len(places):
        return None
    first = int(order.choice(places))
    ends = np.flatnonzero(story[first:] | (donor.kind[first:] == UNKNOWN_KIND))
    last = min(
        first + (int(ends[0]) if len(ends) else len(story)), first + int(order.integers(3, _LONGEST_GRAFT)), len(story)
    )
    return first, last, donor.kind[first:last].copy()


def _place(document: Document, last: int) -> tuple[int, int]:
    """Return where the part goes: behind the element that holds the story's last block, or the one around it."""
    elements, blocks = document.elements, document.blocks
    element = blocks[last].element
    inside = {element}
    at = last + 1
    while at < len(blocks) and _is_inside(blocks[at].element, inside, elements):
        at += 1
    return at, elements[element].parent if element >= 0 else -1


def _is_inside(element: int, inside: set[int], elements: Sequence[Element]) -> bool:
    while element >= 0:
        if element in inside:
            return True
        element = elements[element].parent
    return False


def _copied(element: int, source: Sequence[Element], place: dict[int, int], into: list[Element], parent: int) -> int:
    """Copy an element and those around it, once; return where it is now."""
    chain = []
    while element >= 0 and element not in place and source[element].tag not in ("html", "body"):
        chain.append(element)
        element = source[element].parent
    above = place.get(element, parent)
    for each in reversed(chain):
        into.append(Element(source[each].tag, source[each].names, above))
        above = place[each] = len(into) - 1
    return above
