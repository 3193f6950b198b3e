"""A labelling without a model: the texts of the container with most of the page's prose.

It is worse than the model on nearly every page, but it fails on different pages. It replaces the model's result if that
keeps almost nothing of a dense region of prose.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block
from scraper.label import STORY, Label
from scraper.tagger.features import COLUMNS, Features

__all__ = ["main_part", "replacement"]

_INSIDE, _LINK_SHARE = (COLUMNS.index(name) for name in ("vote: in", "link share"))
_LEAST_WORDS, _MUCH_PROSE, _ALMOST_NOTHING = 12, 150, 0.2
_HEADINGS = frozenset(("h2", "h3", "h4"))


def main_part(blocks: Sequence[Block], features: Features, words: NDArray[np.floating]) -> list[Label | None]:
    """Return labels for the texts of the main container and the headings before them; None for other blocks."""
    dense = features.dense
    visible = np.array([not block.hidden for block in blocks])
    inside = (dense[:, _INSIDE] > 0) & (dense[:, _LINK_SHARE] < 0.5) & visible
    labels: list[Label | None] = [Label.BODY if text else None for text in (inside & (words >= _LEAST_WORDS)).tolist()]
    for index in range(len(blocks) - 2, -1, -1):
        if labels[index] is None and inside[index] and labels[index + 1] and blocks[index].tag in _HEADINGS:
            labels[index] = Label.SUBHEADING
    return labels


def replacement(
    blocks: Sequence[Block], features: Features, words: NDArray[np.floating], labels: Sequence[Label]
) -> list[Label] | None:
    """Return the labels with the main container as the body if the model keeps almost nothing of it, or None."""
    part = main_part(blocks, features, words)
    prose = np.array([label is Label.BODY for label in part])
    is_body = np.array([label in STORY for label in labels])
    total = float(words[prose].sum())
    if total < _MUCH_PROSE or float(words[is_body].sum()) >= _ALMOST_NOTHING * total:
        return None
    others = [Label.OTHER if label in STORY else label for label in labels]
    return [label or other for label, other in zip(part, others, strict=True)]
