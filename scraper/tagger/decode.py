"""What the network says of each block, turned into one label a block.

Story or not comes first, for the page as a whole; then the likeliest label of that side.
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
"""A block counts as this many words beside its own, so that short blocks matter a little."""
_LEAST_CHANCE = 0.1
_FEW_WORDS, _LIKELY = 5, 0.5
"""A word or two ("Advertisement") changes no page's F1, but spoils the text: it is kept only when it is likely."""
_LONG = 60
"""A paragraph of this length is kept once, though the page repeat it for another width of screen."""
_FAR = 30.0
_HEADLINE = KINDS.index(Label.HEADLINE)


class Decoded(NamedTuple):
    """The labels of a page's blocks, how probable each is, and the F1 by words that the body is expected to reach."""

    labels: list[Label]
    scores: list[float]
    expected_f1: float


def decode(blocks: Sequence[Block], logits: tuple[Floats, Floats], words: Floats, calibration: Floats) -> Decoded:
    """Label blocks by their logits of belonging to the story and those of their kinds.

    `words` is the number of words of each block; `calibration` holds the scale and shift of the story's logits, then
    what is added to the logits of the labels.
    """
    story, kinds = logits[0], logits[1] + calibration[2:]
    scale, shift = calibration[:2]
    chance = 1 / (1 + np.exp(-np.clip(scale * story + shift, -_FAR, _FAR)))
    chance = np.where(_repeated(blocks, chance), 0.0, chance)
    kept, expected_f1 = _best_body(chance, words)
    odds = np.concatenate(
        [softmax(kinds[:, :STORY]) * chance[:, None], softmax(kinds[:, STORY:]) * (1 - chance)[:, None]], axis=1
    )
    allowed = np.where((np.arange(len(KINDS)) < STORY) == kept[:, None], odds, 0)
    headlines = allowed[:, _HEADLINE].copy()
    allowed[:, _HEADLINE] = 0
    best = int(headlines.argmax())
    allowed[best, _HEADLINE] = headlines[best]
    chosen = allowed.argmax(axis=1)
    labels = [KINDS[number] for number in chosen.tolist()]
    return Decoded(labels, odds[np.arange(len(chosen)), chosen].astype(np.float32).tolist(), expected_f1)


def _repeated(blocks: Sequence[Block], chance: Floats) -> NDArray[np.bool_]:
    """Mark long texts that repeat a text of the story."""
    seen: set[str] = set()
    marks = np.zeros(len(blocks), bool)
    for index, block in enumerate(blocks):
        text = block.text
        if len(text) >= _LONG:
            marks[index] = text in seen
            if chance[index] >= _LIKELY:
                seen.add(text)
    return marks


def _best_body(chance: Floats, words: Floats) -> tuple[NDArray[np.bool_], float]:
    """Choose the blocks that together have the best expected F1 by words; return them and that F1.

    On a page that is clear the limit is a chance of a half; the less is sure, the lower it lies.
    """
    weights = words + _BLOCK_WORDS
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum((chance * weights)[order])
    expected = 2 * right / (np.cumsum(weights[order]) + right[-1])
    best = int(expected.argmax())
    limit = max(float(chance[order[best]]), _LEAST_CHANCE)
    kept: NDArray[np.bool_] = (chance >= limit) & ((chance >= _LIKELY) | (words >= _FEW_WORDS))
    return kept, float(expected[best])
