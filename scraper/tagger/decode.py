"""Decoding of the network's output into one label a block.

The body is chosen first, for the page as a whole; then each block gets the most probable label in or outside the body.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block
from scraper.label import Label
from scraper.tagger.network import KINDS, STORY, softmax

__all__ = ["Decoded", "decode"]

Floats = NDArray[np.floating]

_BLOCK_WORDS = 0.3
"""Words added to those of each block, so that short blocks have some weight."""
_LEAST_CHANCE = 0.1
_FEW_WORDS, _LIKELY = 5, 0.5
"""Very short texts ("Advertisement") hardly change F1 but spoil the text: they need a chance of a half."""
_LONG = 60
"""From this length on a paragraph is kept once, even if the page repeats it for another screen width."""
_FAR = 30.0
_HEADLINE = KINDS.index(Label.HEADLINE)


class Decoded(NamedTuple):
    """The labels of a page's blocks, their probabilities, and the expected F1 of the body by words."""

    labels: list[Label]
    scores: list[float]
    expected_f1: float


def decode(blocks: Sequence[Block], logits: tuple[Floats, Floats], words: Floats, calibration: Floats) -> Decoded:
    """Label blocks by the logits of the story and of the labels.

    `words` is the number of words of each block; `calibration` holds the scale and shift of the story's logits, then
    the shifts of the labels' logits.
    """
    story, kinds = logits[0], logits[1] + calibration[2:]
    scale, shift = calibration[:2]
    chance = 1 / (1 + np.exp(-np.clip(scale * story + shift, -_FAR, _FAR)))
    chance = np.where(_repeated(blocks, chance), 0.0, chance)
    is_body, expected_f1 = _best_body(chance, words)
    odds = np.concatenate(
        [softmax(kinds[:, :STORY]) * chance[:, None], softmax(kinds[:, STORY:]) * (1 - chance)[:, None]], axis=1
    )
    allowed = np.where((np.arange(len(KINDS)) < STORY) == is_body[:, None], odds, 0)
    headlines = allowed[:, _HEADLINE].copy()
    allowed[:, _HEADLINE] = 0
    best = int(headlines.argmax())
    allowed[best, _HEADLINE] = headlines[best]
    indices = allowed.argmax(axis=1)
    labels = [KINDS[number] for number in indices.tolist()]
    return Decoded(labels, odds[np.arange(len(indices)), indices].astype(np.float32).tolist(), expected_f1)


def _repeated(blocks: Sequence[Block], chance: Floats) -> NDArray[np.bool_]:
    """Return a mask of the long texts that repeat a text of the story."""
    texts: set[str] = set()
    marks = np.zeros(len(blocks), bool)
    for index, block in enumerate(blocks):
        text = block.text
        if len(text) >= _LONG:
            marks[index] = text in texts
            if chance[index] >= _LIKELY:
                texts.add(text)
    return marks


def _best_body(chance: Floats, words: Floats) -> tuple[NDArray[np.bool_], float]:
    """Return a mask of the blocks with the best expected F1 by words, and that F1.

    The threshold is a chance of about a half on a clear page, and lower the less certain the page is.
    """
    weights = words + _BLOCK_WORDS
    order = np.argsort(-chance, kind="stable")
    hits = np.cumsum((chance * weights)[order])
    expected = 2 * hits / (np.cumsum(weights[order]) + hits[-1])
    best = int(expected.argmax())
    limit = max(float(chance[order[best]]), _LEAST_CHANCE)
    mask: NDArray[np.bool_] = (chance >= limit) & ((chance >= _LIKELY) | (words >= _FEW_WORDS))
    return mask, float(expected[best])
