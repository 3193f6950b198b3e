"""The model in numpy: a few dilated convolutions over the blocks of a page, with means over containers between them."""

import importlib.resources
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Label
from scraper.tagger.features import Features, Vocabulary, up_the_tree

__all__ = ["DILATIONS", "KINDS", "NAME_SIZE", "STORY", "Model", "load", "predict"]

Floats = NDArray[np.floating]

NAME_SIZE = 12
"""The length of what is learnt of the names of an element, in each of its roles."""
KINDS = (
    Label.BODY, Label.STANDFIRST, Label.SUBHEADING,
    Label.HEADLINE, Label.BREADCRUMB, Label.BYLINE, Label.DATE, Label.CAPTION, Label.TAGS, Label.LIST_HEADING,
    Label.RELATED, Label.RANKING, Label.RECOMMENDATION, Label.LATEST, Label.PROMO, Label.COMMENT, Label.NAVIGATION,
    Label.FOOTER, Label.HIDDEN, Label.OTHER,
)  # fmt: skip
"""The kinds the model tells apart, those of the story first."""
STORY = 3
"""How many kinds are of the story."""

_AT_ONCE = 600_000
"""Multiplications in one product."""
_TABLES = ("names.weight", "words.weight")
DILATIONS = (1, 2, 4, 8)
"""How far apart the three blocks are that a convolution joins, layer by layer."""


class Model(NamedTuple):
    """A vocabulary, and nets of one shape whose logits are averaged."""

    vocabulary: Vocabulary
    weights: dict[str, Floats]
    """By name: matrices stacked as nets x in x out, tables as rows x nets x out, biases as nets x out."""
    calibration: Floats
    """Scale and shift by which a logit becomes a probability."""


@cache
def load(name: str = "html") -> Model:
    """Load the weights for pages ("html") or for flattened text ("text"); at first use."""
    with (
        importlib.resources.files("scraper.tagger").joinpath(f"{name}.npz").open("rb") as file,
        np.load(file) as stored,
    ):
        arrays = dict(stored)
    vocabulary = Vocabulary(*(_index(str(arrays.pop(key))) for key in ("classes", "words")))
    calibration = arrays.pop("calibration")[:2]
    nets: dict[str, dict[str, Floats]] = {}
    for key, array in arrays.items():
        number, _, weight = key.partition(" ")
        nets.setdefault(number, {})[weight] = np.ascontiguousarray(array, np.float32)
    ready = [_scaled(net) for net in nets.values()]
    stacked = {name: np.stack([net[name] for net in ready], axis=name in _TABLES) for name in ready[0]}
    return Model(vocabulary, stacked, calibration)


def _index(lines: str) -> dict[str, int]:
    """Read lines of a word and its index, of which there may be none; in a vocabulary a line break is -1."""
    pairs = (line.split(" ") for line in lines.split("\n") if line)
    return {"\n": -1} | {word: int(index) for word, index in pairs}


def _scaled(net: dict[str, Floats]) -> dict[str, Floats]:
    """Take the scaling of the features out of each page's way."""
    mean, scale, into = net.pop("mean"), net.pop("scale"), net["input.weight"]
    net["input.bias"] = net["input.bias"] - (mean * scale) @ into[: len(mean)]
    into[: len(mean)] *= scale[:, None]
    return net


class _Groups(NamedTuple):
    """The blocks of a page in groups: their order, where each group starts, its size, and the groups of each block."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: Floats
    of: NDArray[np.int64]


def predict(features: Features, model: Model) -> tuple[Floats, Floats]:
    """Give each block's logit of belonging to the story, and the logits of its kinds.

    All nets are worked out at once: what they say of the blocks is blocks x nets x values.
    """
    weights = model.weights
    groups = _grouped(features.groups)
    hidden = _layer(_inputs(features, weights), weights, "input")
    for layer, dilation in enumerate(DILATIONS):
        hidden += _layer(_neighbours(hidden, dilation), weights, f"conv{layer}")
        if layer % 2:
            said = _times(hidden, weights[f"say{layer // 2}.weight"])
            hidden += _layer(_means(said, groups), weights, f"hear{layer // 2}")
    out = (_times(hidden, weights["output.weight"]) + weights["output.bias"]).mean(axis=1)
    return out[:, 0], out[:, 1:]


def _grouped(numbers: NDArray[np.integer]) -> _Groups:
    """Order the blocks by their groups, those of all ways to group them in turn."""
    ways, n = numbers.shape
    apart = (numbers + np.arange(ways)[:, None] * (numbers.max() + 1)).ravel()
    order = np.argsort(apart, kind="stable")
    is_first = np.diff(apart[order], prepend=-1) != 0
    of = np.empty(ways * n, np.int64)
    of[order] = np.cumsum(is_first) - 1
    sizes = np.bincount(of).astype(np.float32)
    return _Groups(order % n, np.flatnonzero(is_first), sizes[:, None, None], of.reshape(ways, n).T)


def _layer(rows: Floats, weights: dict[str, Floats], name: str) -> Floats:
    out = _times(rows, weights[f"{name}.weight"])
    out += weights[f"{name}.bias"]
    return np.maximum(out, np.zeros_like(out), out=out)  # against a number it takes three times as long


def _times(rows: Floats, matrices: Floats) -> Floats:
    """Multiply in runs of rows that are too small for the linear algebra library to start threads for.

    On matrices as small as these its threads cost a hundred times what they save.
    """
    nets, inner, outer = matrices.shape
    size = max(1, _AT_ONCE // (inner * outer))
    out = np.empty((len(rows), nets, outer), np.float32)
    of_nets, into = rows.swapaxes(0, 1), out.swapaxes(0, 1)
    for start in range(0, len(rows), size):
        np.matmul(of_nets[:, start : start + size], matrices, out=into[:, start : start + size])
    return out


def _summed(rows: Floats, starts: NDArray[np.integer]) -> Floats:
    """Add up the runs of rows that begin at `starts`."""
    sums: Floats = np.add.reduceat(rows.reshape(len(rows), -1), starts, axis=0)
    return sums.reshape(-1, *rows.shape[1:])


def _inputs(features: Features, weights: dict[str, Floats]) -> Floats:
    names, words = (
        _summed(weights[f"{table}.weight"][bags.flat], bags.starts)
        for table, bags in (("names", features.names), ("words", features.words))
    )
    around = features.parent[features.leaf]
    elements = (features.leaf, around, features.parent[around])
    at = [*(features.name_of[each] for each in elements), features.inline]
    size = NAME_SIZE
    named = [names[:, :, slot * size : (slot + 1) * size][of] for slot, of in enumerate(at)]
    inherited = names[:, :, len(at) * size :][features.name_of]
    inherited[0] = 0
    above = up_the_tree(inherited, features.parent)[around]
    heading = words[features.heading]
    heading[features.heading < 0] = 0
    dense = np.broadcast_to(features.dense[:, None], (*words.shape[:2], features.dense.shape[1]))
    return np.concatenate([dense, *named, above, words, heading], axis=2, dtype=np.float32)


def _neighbours(hidden: Floats, distance: int) -> Floats:
    """Give each block what is known of the one `distance` before it, of itself, and of the one behind it."""
    n, nets, size = hidden.shape
    joined = np.zeros((n, nets, 3, size), np.float32)
    joined[distance:, :, 0] = hidden[:-distance]
    joined[:, :, 1] = hidden
    joined[:-distance, :, 2] = hidden[distance:]
    return joined.reshape(n, nets, 3 * size)


def _means(said: Floats, groups: _Groups) -> Floats:
    """Tell each block the mean of the blocks in its containers and of those on its path."""
    means = _summed(said[groups.order], groups.starts) / groups.sizes
    return means[groups.of].swapaxes(1, 2).reshape(*said.shape[:2], -1)
