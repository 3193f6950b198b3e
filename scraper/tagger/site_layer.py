"""The second stage of the labeller: it weighs what the network reads on a page against the other pages of the site.

A small convolutional network over the blocks corrects the logits of the first stage. It sees the page's own
probabilities beside the evidence of the other pages; learned gates say how far the labels at the same path count.
Blocks of which the other pages say nothing stay as they are; without other pages the second stage is skipped.
"""

import importlib.resources
import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import HEADING_TAGS, Document, is_link
from scraper.io.wording import count
from scraper.label import LISTS
from scraper.tagger.network import KINDS, LISTING, Output, dense_layer, neighbours, product
from scraper.tagger.page_summary import PageSummary, label_shares, summarise
from scraper.tagger.site_evidence import EVIDENCE_COLUMNS, Evidence, SiteIndex, evidence

__all__ = [
    "DILATIONS",
    "FAR",
    "INPUTS",
    "Adjusted",
    "adjust",
    "adjusted",
    "constrained",
    "decisions",
    "inputs",
    "load",
    "reasons",
    "summary",
]

Floats = NDArray[np.floating]

INPUTS = 3 + len(KINDS) + len(EVIDENCE_COLUMNS)
DILATIONS = (1, 2)
"""How far apart the three blocks are that a convolution joins, layer by layer."""
FAR = 4.0
"""How many standard deviations an input may lie from its mean; what lies further is clipped."""
_SURE, _LEAST_SHARE = 8.0, 1e-4
_FARTHEST = 30.0
_NOTABLE = 1.0
"""A correction of the log-odds of the story from which on it is the reason for a label."""
_MOST_PAGES = 0.5
"""The share of the other pages on which a text is that belongs to the frame."""
_SHORT = 60
"""The most characters of a short text, such as a question or an ingredient."""
_LEAST_STORY, _LEAST_KEPT = 10, 0.3
"""The expected number of words from which on a page has a story of its own, and the least share of it that it keeps."""
_IS_LIST = np.array([False, *(label in LISTS for label in KINDS)])
"""The columns of a correction for the labels of lists."""
_ON_PAGES, _STORY = (EVIDENCE_COLUMNS.index(name) for name in ("text: share of stories", "path: story"))


class Adjusted(NamedTuple):
    """The output of the network after the second stage."""

    output: Output
    correction: Floats
    """What was added to the log-odds of the story of each block."""
    evidence: Evidence


@cache
def load() -> dict[str, Floats]:
    """Return the weights of the second stage, read at first use."""
    with importlib.resources.files("scraper.tagger").joinpath("site.npz").open("rb") as file, np.load(file) as stored:
        return {name: np.ascontiguousarray(array, np.float32) for name, array in stored.items()}


def log_odds(story: Floats, calibration: Floats) -> Floats:
    """Return the calibrated log-odds of belonging to the story."""
    odds: Floats = calibration[0] * story + calibration[1]
    return odds


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(odds, -_FARTHEST, _FARTHEST)))
    return chance


def decisions(output: Output, calibration: Floats) -> tuple[Floats, Floats]:
    """Return for each block whether it belongs to the story, 0 or 1, and the probabilities of its labels, given that.

    A site counts decisions: with probabilities, pages that are hard to read would confirm each other's doubt.
    """
    story = (log_odds(output.story, calibration) > 0).astype(np.float64)
    return story, label_shares(story, output.kinds + calibration[2:])


def summary(document: Document, output: Output, words: Floats, calibration: Floats) -> PageSummary:
    """Summarise a page for its site, as the network reads it."""
    story, shares = decisions(output, calibration)
    return summarise(document, story, shares, words, is_list=bool(output.verdict.argmax() == LISTING))


def inputs(document: Document, output: Output, words: Floats, known: Evidence, calibration: Floats) -> Floats:
    """Return what the second stage sees of each block: n x INPUTS."""
    links = [block.link_chars / max(len(block.text), 1) for block in document.blocks]
    odds = log_odds(output.story, calibration)
    shares = label_shares(_chance(odds), output.kinds + calibration[2:])
    own = np.column_stack(
        [np.clip(odds, -_SURE, _SURE) / 3, np.log(np.maximum(shares, _LEAST_SHARE)) / 4, np.log1p(words) / 3, links]
    )
    return np.concatenate([own, known.columns], axis=1, dtype=np.float32)


def adjust(document: Document, output: Output, words: Floats, site: SiteIndex, calibration: Floats) -> Adjusted | None:
    """Return the output of the network as the other pages of the site correct it; None if there are none."""
    known = evidence(document, words, site)
    if known is None:
        return None
    rows = inputs(document, output, words, known, calibration)
    correction = constrained(
        _correction(rows, known.labels, load()), document, log_odds(output.story, calibration), words, known
    )
    return Adjusted(adjusted(output, correction, calibration), correction[:, 0], known)


def constrained(correction: Floats, document: Document, alone: Floats, words: Floats, known: Evidence) -> Floats:
    """Return a correction without what other pages cannot tell.

    Blocks of which they say nothing stay as they are. An entry of a list is a link, so that a text without links is
    none. Nothing becomes part of the story at a path that seldom has any. Headings and short texts stay in the story
    between longer texts of it that no other page has, even if all pages have the same. A page that would lose nearly
    all of its own story is of another kind than the others, and stays as it is. `alone` are the log-odds of the story
    without other pages.
    """
    correction = correction * known.known[:, None]
    blocks = document.blocks
    is_linked = np.array([bool(block.links) for block in blocks])
    on_pages = known.columns[:, _ON_PAGES]
    correction[(~is_linked & (on_pages >= _MOST_PAGES))[:, None] & _IS_LIST] -= _SURE
    seldom = known.columns[:, _STORY] < 0
    correction[seldom, 0] = np.minimum(correction[seldom, 0], 0)
    is_short = ~is_linked & np.array([len(block.text) <= _SHORT or block.tag in HEADING_TAGS for block in blocks])
    is_prose = ~is_short & np.array([not is_link(block.text, block.link_chars) for block in blocks])
    is_within = is_short & (alone > 0) & _within(alone + correction[:, 0] > 0, is_prose & (on_pages == 0))
    correction[is_within, 0] = np.maximum(correction[is_within, 0], 0)
    own = words * (on_pages == 0)
    story_words = own @ _chance(alone)
    if story_words >= _LEAST_STORY and own @ _chance(alone + correction[:, 0]) < _LEAST_KEPT * story_words:
        correction[:] = 0
    return correction


def _within(story: NDArray[np.bool_], is_own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the blocks after a page's own text of the story of which the next own text is part of the story, too."""
    texts = np.flatnonzero(is_own)
    after = np.searchsorted(texts, np.arange(len(story)))
    is_above = np.append(story[texts], False)[after]
    is_within: NDArray[np.bool_] = is_above & (np.cumsum(story & is_own) > 0)
    return is_within


def adjusted(output: Output, correction: Floats, calibration: Floats) -> Output:
    """Return the output of the network with corrections of the log-odds of the story and of the labels' logits."""
    return Output(output.story + correction[:, 0] / calibration[0], output.kinds + correction[:, 1:], output.verdict)


def reasons(read: Adjusted) -> list[str | None]:
    """Return for each block what the other pages of the site say, where that counted."""
    columns, known = read.evidence.columns, read.evidence
    return [
        _reason(round(float(share) * known.stories), float(story), known) if abs(correction) >= _NOTABLE else None
        for correction, share, story in zip(
            read.correction.tolist(), columns[:, _ON_PAGES], columns[:, _STORY], strict=True
        )
    ]


def _reason(on_pages: int, story: float, known: Evidence) -> str:
    if on_pages:
        return f"site: on {on_pages} of {count(known.stories, 'other page')}"
    share = 1 / (1 + math.exp(-2 * story))
    return f"site: {share:.0%} story at this path on {count(known.pages, 'other page')}"


def _correction(rows: Floats, labels: Floats, weights: dict[str, Floats]) -> Floats:
    """Return what is added to the log-odds of the story and to the logits of the labels."""
    rows = np.clip((rows - weights["mean"]) * weights["scale"], -FAR, FAR)
    hidden = dense_layer(rows, weights, "input")
    for layer, dilation in enumerate(DILATIONS):
        hidden += dense_layer(neighbours(hidden, dilation), weights, f"convs.{layer}")
    gates = np.logaddexp(0, product(hidden, weights["gates.weight"]) + weights["gates.bias"])
    correction: Floats = product(hidden, weights["output.weight"]) + weights["output.bias"]
    for level, level_labels in enumerate(labels):  # faster than einsum
        correction[:, 1:] += gates[:, level, None] * level_labels
    return correction
