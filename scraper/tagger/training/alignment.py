"""Alignment of gold bodies with blocks: the share of each block's words that belongs to the story.

A body is aligned in page order, so that a heading in both the menu and the story counts once, in the story. Marked
segments (which the body must or must not contain) cover a few blocks only; the others stay unknown.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Document

__all__ = ["UNKNOWN", "align", "targets", "words"]

UNKNOWN = -1.0
_WORD = re.compile(r"\w+")
_SHINGLE = 4
_MANY = 40
"""The most occurrences in the gold body of a run of words that is used for the alignment."""
_DRIFT = 8
"""The most words missing or added between two parts of a paragraph."""


class _Match(NamedTuple):
    start: int
    end: int
    words: int


def targets(document: Document, gold: dict[str, Any]) -> NDArray[np.float32]:
    """Return for each block the share of its words that the body has, 0 to 1, or -1 if unknown."""
    texts = [block.text for block in document.blocks]
    if gold.get("body"):
        return align(texts, gold["body"])
    return _marked(texts, gold["with"], gold["without"])


def _marked(texts: Sequence[str], required: Sequence[str], forbidden: Sequence[str]) -> NDArray[np.float32]:
    shares = np.full(len(texts), UNKNOWN, np.float32)
    for segment in forbidden:
        for index, text in enumerate(texts):
            if segment in text:
                shares[index] = 0.0
    for segment in required:
        matches = [index for index, text in enumerate(texts) if segment in text]
        if len(matches) == 1:
            shares[matches[0]] = 1.0
    return shares


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return _WORD.findall(text.lower())


# ---------------------------------------------------------------- alignment


def align(texts: Sequence[str], body: str) -> NDArray[np.float32]:
    """Return for each text the share of its words that the body has, in the body's order where possible."""
    gold = _Gold(body)
    blocks = [words(text) for text in texts]
    options = [gold.matches(block) for block in blocks]
    chain = _best_chain(options, len(gold.words))
    covered = np.zeros(len(gold.words) + 1, bool)
    for match in chain.values():
        covered[match.start : match.end] = True
    for index, block in enumerate(blocks):
        if index not in chain and (fallback := _out_of_order(options[index], covered, len(block))):
            chain[index] = fallback
            covered[fallback.start : fallback.end] = True
    shares = [chain[i].words / len(block) if i in chain else 0.0 for i, block in enumerate(blocks)]
    return np.array(shares, np.float32)


class _Gold:
    """A gold body with an index of its runs of words."""

    def __init__(self, body: str) -> None:
        lines = [words(line) for line in body.splitlines()]
        self.words = [word for line in lines for word in line]
        ends = np.cumsum([len(line) for line in lines]).tolist()
        self.edges = {0, *ends}
        self.places: dict[tuple[str, ...], list[int]] = {}
        for size in range(1, _SHINGLE + 1):
            for place in range(len(self.words) - size + 1):
                self.places.setdefault(tuple(self.words[place : place + size]), []).append(place)

    def matches(self, block: list[str]) -> list[_Match]:
        """Return the possible positions of a block."""
        size = len(block)
        if not size:
            return []
        if size <= _SHINGLE:
            places = self.places.get(tuple(block), ())
            matches = [_Match(place, place + size, size) for place in places]
            at_edges = [match for match in matches if match.start in self.edges or match.end in self.edges]
            return (at_edges or (matches if size > 2 else []))[:_MANY]
        return self._fuzzy(block)

    def _fuzzy(self, block: list[str]) -> list[_Match]:
        shingles = zip(*(block[i:] for i in range(_SHINGLE)), strict=False)
        hits = [
            (place - at, at)
            for at, shingle in enumerate(shingles)
            if len(places := self.places.get(shingle, ())) <= _MANY
            for place in places
        ]
        shifts = Counter(shift // _DRIFT for shift, _ in hits).most_common(4)
        matches = [self._around(top * _DRIFT, hits, len(block)) for top, _ in shifts]
        return [match for match in dict.fromkeys(matches) if match.words * 4 >= len(block)]

    def _around(self, shift: int, hits: list[tuple[int, int]], size: int) -> _Match:
        neighbours = [(s, at) for s, at in hits if abs(s - shift - _DRIFT // 2) <= 2 * _DRIFT]
        covered = np.zeros(size, bool)
        for _, at in neighbours:
            covered[at : at + _SHINGLE] = True
        start = min(s + at for s, at in neighbours)
        end = max(s + at + _SHINGLE for s, at in neighbours)
        return _Match(start, min(end, len(self.words)), int(covered.sum()))


def _best_chain(options: Sequence[Sequence[_Match]], size: int) -> dict[int, _Match]:
    """Return at most one match a block, in order and without overlaps, so that they cover the most words."""
    ends, scores = [0], [0.0]  # the best score of a chain that ends at or before a place; both rise
    back: list[Any] = [None]
    for index, matches in enumerate(options):
        news = []
        for match in matches:
            at = bisect_right(ends, match.start + 1) - 1
            news.append((match.end, scores[at] + match.words, (index, match, back[at])))
        for new in news:
            _put(ends, scores, back, new)
    chain: dict[int, _Match] = {}
    link: Any = back[-1]
    while link is not None:
        index, match, link = link
        chain[index] = match
    return chain


def _put(ends: list[int], scores: list[float], back: list[Any], new: tuple[int, float, Any]) -> None:
    end, score, link = new
    at = bisect_right(ends, end)
    if scores[at - 1] >= score:
        return
    after = at
    while after < len(scores) and scores[after] <= score:
        after += 1
    if ends[at - 1] == end:
        at -= 1
    ends[at:after], scores[at:after], back[at:after] = [end], [score], [link]


def _out_of_order(matches: Sequence[_Match], covered: NDArray[np.bool_], size: int) -> _Match | None:
    """Return a match out of order for a text that is too long to match by chance, or None."""
    for match in matches:
        free = (match.end - match.start) - int(covered[match.start : match.end].sum())
        if size >= 3 and match.words >= 0.7 * size and free >= 0.8 * (match.end - match.start):
            return match
    return None
