"""Augmentation: pages with less text, unknown names, no declarations, more wrappers, or parts of other pages.

The network must learn the look of a story, not the markup of the sites in the corpus.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block, Document, Element, Head
from scraper.label import Label
from scraper.tagger.features import Vocabulary, featurise
from scraper.tagger.network import KINDS, STORY
from scraper.tagger.training.corpus import UNKNOWN_KIND, Example

__all__ = ["augment"]

SHARE = 0.6
"""The share of pages that are changed in each epoch."""
_DROP_RUN, _UNNAME, _NO_HEAD, _WRAP, _GRAFT = 0.4, 0.35, 0.25, 0.15, 0.25
_LONGEST_GRAFT = 80
_MORE = KINDS.index(Label.MORE)


def augment(example: Example, donor: Example, vocabulary: Vocabulary, order: np.random.Generator) -> Example:
    """Return a page with random changes and its new features, or the page unchanged."""
    if order.random() > SHARE:
        return example
    if order.random() < _GRAFT:
        example = _grafted(example, donor, order)
    document = example.document
    story = example.target > 0.5
    mask = _with_gap(story, order) & _with_gap(~story, order)
    if not mask.any():
        return example
    blocks = tuple(block for block, is_kept in zip(document.blocks, mask.tolist(), strict=True) if is_kept)
    elements = document.elements
    if order.random() < _UNNAME:
        elements = _unnamed(elements, order)
    if elements and order.random() < _WRAP:
        blocks, elements = _wrapped(blocks, elements, order)
    head = Head() if order.random() < _NO_HEAD else document.head
    document = Document(blocks, elements, head, url=document.url if order.random() < 0.7 else None)
    return example._replace(
        document=document,
        target=example.target[mask],
        kind=example.kind[mask],
        soft=None if example.soft is None else example.soft[mask],
        features=featurise(document, vocabulary),
    )


def _with_gap(side: NDArray[np.bool_], order: np.random.Generator) -> NDArray[np.bool_]:
    """Return a mask of the blocks to keep, which randomly drops a run of those marked."""
    mask = np.ones(len(side), bool)
    places = np.flatnonzero(side)
    if len(places) > 4 and order.random() < _DROP_RUN:
        number = int(len(places) * order.uniform(0.15, 0.75))
        start = int(order.integers(0, len(places) - number + 1))
        mask[places[start : start + number]] = False
    return mask


def _unnamed(elements: Sequence[Element], order: np.random.Generator) -> tuple[Element, ...]:
    """Return the elements without the names of a random share of them."""
    share = order.choice([0.3, 0.6, 1.0])
    removed = {names for names in sorted({element.names for element in elements}) if order.random() < share}
    return tuple(
        Element(element.tag, " ", element.parent) if element.names in removed else element for element in elements
    )


def _wrapped(
    blocks: Sequence[Block], elements: Sequence[Element], order: np.random.Generator
) -> tuple[tuple[Block, ...], tuple[Element, ...]]:
    """Return blocks and elements with unnamed wrappers around a random share of the elements."""
    share = order.uniform(0.05, 0.3)
    place: list[int] = []
    wrapped: list[Element] = []
    for element in elements:
        parent = place[element.parent] if element.parent >= 0 else -1
        if order.random() < share:
            wrapped.append(Element("div", " ", parent))
            parent = len(wrapped) - 1
        wrapped.append(Element(element.tag, element.names, parent))
        place.append(len(wrapped) - 1)
    return tuple(_moved(block, place[block.element] if block.element >= 0 else -1) for block in blocks), tuple(wrapped)


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
    """Return the page with a part of another page after the story: a list, comments, or another story."""
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
    """Return the range of a random run of the donor's blocks, in or outside its story, and their labels."""
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
    """Return the position after the element of the story's last block, and the parent for the inserted part."""
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
    """Copy an element and its ancestors, each once; return the index of the copy."""
    chain = []
    while element >= 0 and element not in place and source[element].tag not in ("html", "body"):
        chain.append(element)
        element = source[element].parent
    copy_index = place.get(element, parent)
    for index in reversed(chain):
        into.append(Element(source[index].tag, source[index].names, copy_index))
        copy_index = place[index] = len(into) - 1
    return copy_index
