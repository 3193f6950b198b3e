"""The network in numpy: dilated convolutions over the blocks of a page, with means over groups and the whole page.

Inputs are bounded so that no part of a page can outweigh all others: dense features are clipped to the range seen in
training, and sums of word vectors are normalised by the number of words.
"""

import importlib.resources
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.label import Label
from scraper.tagger.features import Bags, Features, Vocabulary, up_the_tree

__all__ = [
    "ARTICLE",
    "DILATIONS",
    "FAR",
    "KINDS",
    "LISTING",
    "NAMES",
    "NAME_SIZE",
    "OTHER",
    "SLOTS",
    "STORY",
    "WORD_SIZE",
    "Network",
    "Output",
    "dense_layer",
    "load",
    "neighbours",
    "predict",
    "product",
    "softmax",
]

Floats = NDArray[np.floating]

KINDS = (
    Label.BODY, Label.STANDFIRST, Label.SUBHEADING,
    Label.HEADLINE, Label.KICKER, Label.BYLINE, Label.DATE, Label.CAPTION, Label.LIST_HEADING, Label.RELATED,
    Label.RANKING, Label.RECOMMENDATION, Label.LATEST, Label.MORE, Label.SPONSORED, Label.PROMO, Label.COMMENT,
    Label.AUTHOR_BIO, Label.TAGS, Label.SHARE, Label.BREADCRUMB, Label.NAVIGATION, Label.FOOTER, Label.OTHER,
)  # fmt: skip
"""The labels that the network predicts, those of the story first."""
STORY = 3
"""The number of labels that belong to the story."""
ARTICLE, LISTING, OTHER = range(3)
"""The kinds of pages."""
NAMES = 4
"""The number of elements whose names describe a block: its own, two ancestors, and the inline ones."""
NAME_SIZE, WORD_SIZE = 12, 16
"""The lengths of the vectors of names and of words."""
SLOTS = 8
"""The number of summaries of the page that blocks attend to."""
DILATIONS = (1, 2, 4, 8, 16)
"""The distance between the three blocks that a convolution joins, layer by layer."""
FAR = 4.0
"""The range of a dense feature around its mean, in standard deviations; values beyond are clipped."""
_MANY_WORDS, _MANY_ELEMENTS = 4, 9
"""From these numbers on, sums over words or elements are means times the square root of the number."""
_AT_ONCE = 600_000
"""The most multiplications in one matrix product."""


class Network(NamedTuple):
    """A vocabulary and weights: matrices as in x out, tables as rows x out."""

    vocabulary: Vocabulary
    weights: dict[str, Floats]
    calibration: Floats
    """Scale and shift that turn a logit of the story into log-odds, then a shift for each label's logit."""


class Output(NamedTuple):
    """The output of the network for a page of n blocks."""

    story: Floats
    """n logits of belonging to the story."""
    kinds: Floats
    """n x len(KINDS) logits."""
    verdict: Floats
    """The logits of the kinds of pages: article, list of stories, other."""


@cache
def load(name: str = "html") -> Network:
    """Return the weights for pages ("html") or for flattened text ("text"), read at first use."""
    with (
        importlib.resources.files("scraper.tagger").joinpath(f"{name}.npz").open("rb") as file,
        np.load(file) as stored,
    ):
        arrays = dict(stored)
    vocabulary = Vocabulary(*(_index(str(arrays.pop(key))) for key in Vocabulary._fields))
    calibration = arrays.pop("calibration")
    return Network(
        vocabulary, {key: np.ascontiguousarray(array, np.float32) for key, array in arrays.items()}, calibration
    )


def _index(lines: str) -> dict[str, int]:
    """Parse lines of a word and its index; in a vocabulary a line break is -1."""
    pairs = (line.split(" ") for line in lines.split("\n") if line)
    return {"\n": -1} | {word: int(index) for word, index in pairs}


def predict(features: Features, weights: dict[str, Floats]) -> Output:
    """Run the network over the features of a page."""
    groups = _grouped(features.groups)
    hidden = dense_layer(_inputs(features, weights), weights, "input")
    for layer, dilation in enumerate(DILATIONS):
        hidden += dense_layer(neighbours(hidden, dilation), weights, f"convs.{layer}")
        if layer % 2:
            messages = product(hidden, weights[f"say.{layer // 2}.weight"])
            hidden += dense_layer(_means(messages, groups), weights, f"hear.{layer // 2}")
    page = _page(hidden, features.page, weights)
    hidden += dense_layer(
        np.concatenate([hidden, _attended(hidden, page[0], weights), page[1]], axis=1), weights, "join"
    )
    out = product(hidden, weights["output.weight"]) + weights["output.bias"]
    return Output(out[:, 0], out[:, 1:], _verdict(hidden, out[:, 0], page[1][0], weights))


class _Groups(NamedTuple):
    """The blocks of a page in groups: their order, where each group starts, its size, and the groups of each block."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: Floats
    of: NDArray[np.int64]


def _grouped(numbers: NDArray[np.integer]) -> _Groups:
    """Return the blocks in order of their groups, one grouping after the other."""
    ways, n = numbers.shape
    distinct = (numbers + np.arange(ways)[:, None] * (numbers.max() + 1)).ravel()
    order = np.argsort(distinct, kind="stable")
    is_first = np.diff(distinct[order], prepend=-1) != 0
    of = np.empty(ways * n, np.int64)
    of[order] = np.cumsum(is_first) - 1
    sizes = np.bincount(of).astype(np.float32)
    return _Groups(order % n, np.flatnonzero(is_first), sizes[:, None], of.reshape(ways, n).T)


def dense_layer(rows: Floats, weights: dict[str, Floats], name: str) -> Floats:
    """Return the output of a layer for some rows: a product with its weights, its bias, and no negative numbers."""
    out = product(rows, weights[f"{name}.weight"])
    out += weights[f"{name}.bias"]
    return np.maximum(out, np.zeros_like(out), out=out)  # three times as fast as with a number


def product(rows: Floats, matrix: Floats) -> Floats:
    """Return a matrix product, computed in chunks too small for the linear algebra library to start threads.

    On matrices of this size threads cost a hundred times what they save.
    """
    inner, outer = matrix.shape
    size = max(1, _AT_ONCE // (inner * outer))
    out = np.empty((len(rows), outer), np.float32)
    for start in range(0, len(rows), size):
        np.matmul(rows[start : start + size], matrix, out=out[start : start + size])
    return out


def _vectors(bags: Bags, table: Floats) -> Floats:
    """Return the normalised sum of the vectors of each bag."""
    number = np.diff(bags.starts, append=len(bags.flat)) - 1
    sums: Floats = np.add.reduceat(table[bags.flat], bags.starts, axis=0)
    vectors: Floats = sums * _scale(number, _MANY_WORDS)[:, None]
    return vectors


def _scale(number: NDArray[np.integer], many: int) -> Floats:
    """Return the factor from a sum to the mean times the square root of the number, which is capped at `many`."""
    number = np.maximum(number, 1)
    scale: Floats = (np.sqrt(np.minimum(number, many)) / number).astype(np.float32)
    return scale


def _inputs(features: Features, weights: dict[str, Floats]) -> Floats:
    names = _vectors(features.names, weights["names.weight"])
    words = weights["words.weight"]
    first = _vectors(features.first, words[:, :WORD_SIZE])
    last = _vectors(features.last, words[:, WORD_SIZE:])
    links = _vectors(features.links, weights["links.weight"])
    parents = features.parent[features.leaf]
    elements = (features.leaf, parents, features.parent[parents])
    at = [*(features.name_of[element] for element in elements), features.inline]
    named = [names[of, slot * NAME_SIZE : (slot + 1) * NAME_SIZE] for slot, of in enumerate(at)]
    heading = first[features.heading]
    heading[features.heading < 0] = 0
    dense = np.clip((features.dense - weights["mean"]) * weights["scale"], -FAR, FAR)
    return np.concatenate(
        [dense, *named, _inherited(names, features)[parents], first, last, heading, links[:-1]],
        axis=1,
        dtype=np.float32,
    )


def _inherited(names: Floats, features: Features) -> Floats:
    """Return for each element the normalised sum of the inherited vectors of its names and its ancestors'."""
    vectors = np.ones((len(features.parent), names.shape[1] - NAMES * NAME_SIZE + 1), np.float32)
    vectors[:, :-1] = names[features.name_of, NAMES * NAME_SIZE :]
    vectors[0] = 0
    total = up_the_tree(vectors, features.parent)
    return total[:, :-1] * _scale(total[:, -1].astype(np.int64), _MANY_ELEMENTS)[:, None]


def neighbours(hidden: Floats, distance: int) -> Floats:
    """Join each row with the one `distance` before it and the one `distance` after it."""
    n, size = hidden.shape
    joined = np.zeros((n, 3, size), np.float32)
    joined[distance:, 0] = hidden[:-distance]
    joined[:, 1] = hidden
    joined[:-distance, 2] = hidden[distance:]
    return joined.reshape(n, 3 * size)


def _means(messages: Floats, groups: _Groups) -> Floats:
    """Return for each block the means of its groups."""
    means = np.add.reduceat(messages[groups.order], groups.starts, axis=0) / groups.sizes
    return means[groups.of].reshape(len(messages), -1)


def _page(hidden: Floats, declared: Floats, weights: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Return the summaries of the page, and one vector of all of them, a row for each block."""
    shares = softmax(product(hidden, weights["slots.weight"]), axis=0)
    slots = shares.T @ product(hidden, weights["value.weight"])
    summary = dense_layer(np.concatenate([slots.ravel(), declared])[None].astype(np.float32), weights, "page")
    return slots, np.broadcast_to(summary, (len(hidden), summary.shape[1]))


def _attended(hidden: Floats, slots: Floats, weights: dict[str, Floats]) -> Floats:
    """Return for each block the page summaries weighted by attention."""
    shares = softmax(product(hidden, weights["query.weight"]), axis=1)
    attended: Floats = shares @ slots
    return attended


def _verdict(hidden: Floats, story: Floats, page: Floats, weights: dict[str, Floats]) -> Floats:
    """Return the logits of the kinds of pages."""
    chance = 1 / (1 + np.exp(-np.clip(story, -20, 20)))
    story_mean = chance @ hidden / (chance.sum() + 1)
    rows = np.concatenate([page, story_mean, hidden.mean(axis=0)])[None].astype(np.float32)
    judged = dense_layer(rows, weights, "judge")
    verdict: Floats = (product(judged, weights["verdict.weight"]) + weights["verdict.bias"])[0]
    return verdict


def softmax(logits: Floats, axis: int = 1) -> Floats:
    """Return the shares of rows or columns of logits."""
    odds = np.exp(logits - logits.max(axis=axis, keepdims=True))
    shares: Floats = odds / odds.sum(axis=axis, keepdims=True)
    return shares
