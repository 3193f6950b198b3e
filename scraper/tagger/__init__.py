"""The trained labeller for pages without a known template: `read` labels the blocks of a document and rates the page.

For a known site it reads in two stages: the network reads the page, and the site layer corrects the result with the
evidence of other pages of the site. `summarise` returns the evidence that a page gives about its site.
"""

import numpy as np
from numpy.typing import NDArray

from scraper.block import Block, Document, Labelled, Reading
from scraper.label import LISTS, STORY, Label
from scraper.tagger import lists, site_layer
from scraper.tagger.decode import Decoded, decode
from scraper.tagger.features import COLUMNS, Features, featurise
from scraper.tagger.network import LISTING, Network, Output, load, predict
from scraper.tagger.page_summary import PageSummary
from scraper.tagger.second_opinion import replacement
from scraper.tagger.site_evidence import SiteIndex
from scraper.tagger.site_layer import Adjusted
from scraper.vocabulary import PROMOS

__all__ = ["UNSURE", "read", "read_output", "summarise", "word_counts"]

Floats = NDArray[np.floating]

_SIGNS = (
    ("hidden", 1.0, "declared invisible"),
    ("in the declared text", 1.0, "in the text that the page declares"),
    ("repeated before", 1.0, "repeats an earlier text"),
    ("all link", 0.9, "made of links"),
    ("level 1: link density", 1.1, "among links"),
    ("level 1: prose share", 1.0, "among the page's prose"),
    ("path: prose share", 0.95, "marked up as the page's prose is"),
    ("vote: in", 0.3, "inside the page's main part"),
    ("vote: before", 0.35, "before the page's main part"),
    ("vote: after", 0.35, "after the page's main part"),
)
"""Features that are given as reasons: column, weight and text."""
_SIGN_COLUMNS = [COLUMNS.index(name) for name, _, _ in _SIGNS]
_SIGN_WEIGHTS = np.array([weight for _, weight, _ in _SIGNS], np.float32)
_REASONS = tuple(f"model: {words}" for _, _, words in _SIGNS)
UNSURE = 0.85
"""The confidence below which a record has the warning `unsure`."""
_SHORT, _SURE = 120, 0.7
"""The most characters of an appeal, and the score of the story below which a text may be one."""
_OPINION = 0.5
"""The most confidence in a body that the second opinion chose."""
_WORDS, _EASTERN, _LENGTH = (COLUMNS.index(name) for name in ("words", "share of east", "length"))
_EASTERN_WORD = 4.0
"""Units of length per word in scripts without spaces; a character counts two."""


def read(document: Document, site: SiteIndex | None = None) -> Reading:
    """Label the blocks of a page or of flattened text, in order, and rate the page.

    A score is the estimated probability that the label is right. A reason names the most prominent feature, or the
    evidence of the other pages of the site; the model weighs all features.
    """
    if not document.blocks:
        return Reading((), 0.0, 0.0)
    network = load("html" if document.elements else "text")
    features = featurise(document, network.vocabulary)
    output = predict(features, network.weights)
    adjusted = None
    if site is not None and document.elements:
        adjusted = site_layer.adjust(document, output, word_counts(features), site, network.calibration)
    return read_output(document, features, adjusted or output, network)


def summarise(document: Document) -> PageSummary:
    """Return the evidence that a page of at least one block gives about its site."""
    network = load()
    features = featurise(document, network.vocabulary)
    output = predict(features, network.weights)
    return site_layer.summary(document, output, word_counts(features), network.calibration)


def read_output(document: Document, features: Features, read: Output | Adjusted, network: Network) -> Reading:
    """Return the reading from the output of the network, or of both stages."""
    output = read.output if isinstance(read, Adjusted) else read
    words = word_counts(features)
    decoded = decode(document.blocks, (output.story, output.kinds), words, network.calibration)
    odds = np.exp(output.verdict - output.verdict.max())
    listing = float(odds[LISTING] / odds.sum())
    confidence = decoded.expected_f1
    warnings: tuple[str, ...] = ()
    if labels := replacement(document.blocks, features, words, decoded.labels):
        decoded, confidence, warnings = decoded._replace(labels=labels), min(confidence, _OPINION), ("second_opinion",)
    if confidence < UNSURE:
        warnings = (*warnings, "unsure")
    labelled = _labelled(document, features, decoded, output.kinds)
    if isinstance(read, Adjusted):
        labelled = tuple(map(_with_site_reason, labelled, site_layer.reasons(read)))
    return Reading(labelled, confidence, listing, warnings)


def _with_site_reason(labelled: Labelled, reason: str | None) -> Labelled:
    return labelled if reason is None else Labelled(labelled.block, labelled.label, labelled.score, reason)


def word_counts(features: Features) -> Floats:
    """Return the number of words of each block, estimated for scripts without spaces."""
    dense = features.dense
    spaced = np.expm1(dense[:, _WORDS] * 3)
    eastern: Floats = np.expm1(dense[:, _LENGTH] * 4) * (dense[:, _EASTERN] > 0.3) / _EASTERN_WORD
    return np.maximum(spaced, eastern)


def _labelled(document: Document, features: Features, decoded: Decoded, kinds: Floats) -> tuple[Labelled, ...]:
    signs = (features.dense[:, _SIGN_COLUMNS] * _SIGN_WEIGHTS).argmax(axis=1)
    reasons = [_REASONS[sign] for sign in signs.tolist()]
    labels = lists.typed(document, decoded.labels, kinds)
    return tuple(map(_one, document.blocks, decoded.labels, labels, decoded.scores, reasons))


def _one(block: Block, model: Label, label: Label, score: float, reason: str) -> Labelled:
    if label in STORY and score < _SURE and len(block.text) < _SHORT and block.text.lower().startswith(PROMOS):
        return Labelled(block, Label.PROMO, score, "begins as an appeal does")
    if label in STORY and lists.is_cross_reference(block):
        return Labelled(block, Label.RELATED, score, "a cross-reference amid the story")
    if block.hidden and label not in STORY and label not in LISTS:
        return Labelled(block, Label.HIDDEN, score, "declared invisible")
    return Labelled(block, label, score, reason if label is model else "a list, by its heading")
