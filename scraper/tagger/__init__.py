"""The learned labeller for pages of no known template: `tag` labels every block of a document."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from scraper import lists, people
from scraper.block import Document, Label, Labelled
from scraper.tagger.features import COLUMNS, Features, featurise
from scraper.tagger.model import KINDS, STORY, load, predict
from scraper.vocabulary import PROMOS

__all__ = ["OF_STORY", "read_out", "tag"]

Floats = NDArray[np.float32]

_SIGNS = (
    ("hidden", 1.0, "declared invisible"),
    ("in the declared text", 1.0, "in the text the page declares"),
    ("repeated before", 1.0, "repeats an earlier text"),
    ("all link", 0.9, "made of links"),
    ("level 1: link density", 1.1, "among links"),
    ("level 1: prose share", 1.0, "among the page's prose"),
    ("path: prose share", 0.95, "set as the page's prose is"),
    ("in 0.5", 0.3, "inside the page's main part"),
    ("before 0.5", 0.35, "before the page's main part"),
    ("after 0.5", 0.35, "after the page's main part"),
)
"""Features that can be told as a reason, how much each counts, and in which words."""
_SIGN_COLUMNS = [COLUMNS.index(name) for name, _, _ in _SIGNS]
_SIGN_WEIGHTS = np.array([weight for _, weight, _ in _SIGNS], np.float32)
_REASONS = tuple(f"model: {words}" for _, _, words in _SIGNS)


def tag(document: Document) -> tuple[Labelled, ...]:
    """Label every block, in order; works for pages and for flattened text.

    The score is the probability that the label is right, as far as the model knows. The reason names the feature that
    stands out most; the model weighs all of them.
    """
    if not document.blocks:
        return ()
    model = load("html" if document.elements else "text")
    features = featurise(document, model.vocabulary)
    return read_out(document, features, predict(features, model), model.calibration)


def read_out(
    document: Document, features: Features, out: tuple[Floats, Floats], calibration: Floats
) -> tuple[Labelled, ...]:
    """Turn what the model says of each block (a logit of the story, logits of kinds) into labels."""
    words = np.expm1(features.dense[:, _WORDS] * 3)
    labels, scores = _decoded(*out, words, calibration)
    signs = (features.dense[:, _SIGN_COLUMNS] * _SIGN_WEIGHTS).argmax(axis=1)
    told = map(
        Labelled,
        document.blocks,
        [KINDS[label] for label in labels.tolist()],
        scores.tolist(),
        [_REASONS[sign] for sign in signs.tolist()],
    )
    return _with_lists(document, list(_corrected(told)))


def _corrected(told: Iterable[Labelled]) -> Iterator[Labelled]:
    """Take out of the story what cannot be of it, however likely it looked."""
    seen: set[str] = set()
    for each in told:
        text, label, reason = each.block.text, each.label, each.reason
        length = len(text)
        if label in OF_STORY:
            label, reason = _verdict(each, seen)
        if length < _SHORT and text.startswith(_RIGHTS):
            label, reason = Label.FOOTER, "says who holds the rights"
        yield each if label is each.label else Labelled(each.block, label, each.score, reason)
        if length >= _LONG:
            seen.add(text)


def _verdict(each: Labelled, seen: set[str]) -> tuple[Label, str]:
    """A paragraph is of the story once, though it stand there again for another width of screen; an appeal never."""
    text = each.block.text
    if text in seen:
        return Label.OTHER, "repeats an earlier paragraph"
    if len(text) < _SHORT and each.score < _SURE and text.lower().startswith(PROMOS):
        return Label.PROMO, "begins as an appeal does"
    if len(text) < _SHORT and text.startswith(_BY) and not text.endswith(".") and people.names([text]):
        return Label.BYLINE, "names its writers"
    return each.label, each.reason


def _with_lists(document: Document, told: Sequence[Labelled]) -> tuple[Labelled, ...]:
    """Type the lists by their headings, which say it better than the model can."""
    labels = [each.label for each in told]
    typed = lists.typed(document.blocks, labels, [label in OF_STORY for label in labels])
    return tuple(
        each if label is each.label else Labelled(each.block, label, each.score, "a list, by its heading")
        for each, label in zip(told, typed, strict=True)
    )


def _decoded(logits: Floats, kinds: Floats, words: Floats, calibration: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Story or not first, then the likeliest kind of that side; one headline at most."""
    scale, shift = calibration
    chance = 1 / (1 + np.exp(-np.clip(scale * logits + shift, -_FAR, _FAR)))
    kept = _kept(chance, words)
    odds = np.concatenate(
        [_shares(kinds[:, :STORY]) * chance[:, None], _shares(kinds[:, STORY:]) * (1 - chance)[:, None]], axis=1
    )
    allowed = np.where((np.arange(len(KINDS)) < STORY) == kept[:, None], odds, 0)
    headlines = allowed[:, _HEADLINE].copy()
    allowed[:, _HEADLINE] = 0
    best = int(headlines.argmax())
    allowed[best, _HEADLINE] = headlines[best]
    labels = allowed.argmax(axis=1)
    return labels, odds[np.arange(len(labels)), labels].astype(np.float32)


def _shares(logits: Floats) -> Floats:
    """Give what each kind's chance is among its own."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


def _kept(chance: Floats, words: Floats) -> NDArray[np.bool_]:
    """Choose the blocks that have together the best F1 by words that is to be expected.

    On a page that is clear the limit is a chance of a half; the less is sure, the lower it lies.
    """
    weights = words + _A_BLOCK
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum((chance * weights)[order])
    expected = 2 * right / (np.cumsum(weights[order]) + right[-1])
    limit = max(chance[order[expected.argmax()]], _TOO_UNSURE)
    kept: NDArray[np.bool_] = (chance >= limit) & ((chance >= _LIKELY) | (words >= _FEW_WORDS))
    return kept


OF_STORY = frozenset(KINDS[:STORY])
"""The labels of the story's own blocks."""
_LONG, _SHORT, _SURE = 60, 120, 0.7
_RIGHTS = ("©", "Copyright ", "COPYRIGHT ", "(c) ")
_BY = ("By ", "BY ", "by ", "Von ", "Par ", "Por ", "Door ")
_A_BLOCK = 0.3
"""A block counts as that many words beside its own, for those who count paragraphs."""
_TOO_UNSURE = 0.1
_FAR = 30.0
"""A logit as far from 0 as this is certainty enough."""
_FEW_WORDS, _LIKELY = 5, 0.5
"""A word or two ("Advertisement") changes no page's F1, but spoils the text: it is kept only when it is likely."""
_WORDS = COLUMNS.index("words")
_HEADLINE = KINDS.index(Label.HEADLINE)
