"""The model in numpy: a few dilated convolutions over the blocks of a page, with means over containers between them."""

import importlib.resources
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scraper.block import Label
from scraper.tagger.features import Bags, Features, Vocabulary, up_the_tree

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
DILATIONS = (1, 2, 4, 8)
"""How far apart the three blocks are that a convolution joins, layer by layer."""


class Model(NamedTuple):
    """A vocabulary, and nets whose logits are averaged, each as its weights by name."""

    vocabulary: Vocabulary
    nets: tuple[dict[str, Floats], ...]
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
    return Model(vocabulary, tuple(map(_ready, nets.values())), calibration)


def _index(lines: str) -> dict[str, int]:
    """Read lines of a word and its index, of which there may be none; in a vocabulary a line break is -1."""
    pairs = (line.split(" ") for line in lines.split("\n") if line)
    return {"\n": -1} | {word: int(index) for word, index in pairs}


def _ready(net: dict[str, Floats]) -> dict[str, Floats]:
    """Take what can be worked out once out of each page's way: the scaling of features, the order of the kernels."""
    mean, scale, into = net.pop("mean"), net.pop("scale"), net["input.weight"]
    net["input.bias"] = net["input.bias"] - (mean * scale) @ into[: len(mean)]
    into[: len(mean)] *= scale[:, None]
    for layer in range(len(DILATIONS)):
        kernel = net[f"conv{layer}.weight"]
        net[f"conv{layer}.weight"] = np.concatenate(np.split(kernel, 3), axis=1)
    return net


class _Group(NamedTuple):
    """The blocks of a page in groups: their order, where each group starts, its size, and each block's group."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: Floats
    of: NDArray[np.int64]


def predict(features: Features, model: Model) -> tuple[Floats, Floats]:
    """Give each block's logit of belonging to the story, and the logits of its kinds."""
    groups = [_grouped(group) for group in features.groups]
    out = sum((_forward(features, groups, net) for net in model.nets[1:]), _forward(features, groups, model.nets[0]))
    out /= len(model.nets)
    return out[:, 0], out[:, 1:]


def _grouped(numbers: NDArray[np.int64]) -> _Group:
    order = np.argsort(numbers, kind="stable")
    ranked = numbers[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sizes = np.diff(starts, append=len(order))
    of = np.empty(len(order), np.int64)
    of[order] = np.repeat(np.arange(len(starts)), sizes)
    return _Group(order, starts, sizes.astype(np.float32)[:, None], of)


def _forward(features: Features, groups: list[_Group], weights: dict[str, Floats]) -> Floats:
    hidden = np.maximum(_times(_inputs(features, weights), weights["input.weight"]) + weights["input.bias"], 0)
    for layer, dilation in enumerate(DILATIONS):
        hidden += np.maximum(
            _convolved(hidden, weights[f"conv{layer}.weight"], dilation) + weights[f"conv{layer}.bias"], 0
        )
        if layer % 2:
            hidden += _mixed(hidden, groups, weights, layer // 2)
    out: Floats = _times(hidden, weights["output.weight"]) + weights["output.bias"]
    return out


def _times(rows: Floats, matrix: Floats) -> Floats:
    """Multiply in runs of rows that are too small for the linear algebra library to start threads for.

    On matrices as small as these its threads cost a hundred times what they save.
    """
    size = max(1, _AT_ONCE // matrix.size)
    out = np.empty((len(rows), matrix.shape[1]), np.float32)
    for start in range(0, len(rows), size):
        np.matmul(rows[start : start + size], matrix, out=out[start : start + size])
    return out


def _summed(bags: Bags, table: Floats) -> Floats:
    """Add up the vectors of each bag."""
    return np.add.reduceat(table[bags.flat], bags.starts, axis=0)


def _inputs(features: Features, weights: dict[str, Floats]) -> Floats:
    names = _summed(features.names, weights["names.weight"])
    around = features.parent[features.leaf]
    elements = (features.leaf, around, features.parent[around])
    at = [*(features.name_of[each] for each in elements), features.inline]
    size = NAME_SIZE
    named = [names[of, slot * size : (slot + 1) * size] for slot, of in enumerate(at)]
    inherited = names[features.name_of, len(at) * size :]
    inherited[0] = 0
    above = up_the_tree(inherited, features.parent)[around]
    words = _summed(features.words, weights["words.weight"])
    heading = np.where(features.heading[:, None] < 0, 0, words[features.heading])
    return np.concatenate([features.dense, *named, above, words, heading], axis=1, dtype=np.float32)


def _convolved(hidden: Floats, kernel: Floats, dilation: int) -> Floats:
    """`kernel` is C x 3C: what a block says to the one `dilation` behind it, to itself, to the one before."""
    size = hidden.shape[1]
    said = _times(hidden, kernel)
    heard: Floats = said[:, size : 2 * size].copy()
    if dilation >= len(hidden):
        return heard
    heard[dilation:] += said[:-dilation, :size]
    heard[:-dilation] += said[dilation:, 2 * size :]
    return heard


def _mixed(hidden: Floats, groups: list[_Group], weights: dict[str, Floats], number: int) -> Floats:
    """Tell each block the mean of the blocks in its containers and of those on its path."""
    said = _times(hidden, weights[f"say{number}.weight"])
    heard = [(np.add.reduceat(said[each.order], each.starts, axis=0) / each.sizes)[each.of] for each in groups]
    joined = np.concatenate(heard, axis=1)
    return np.maximum(_times(joined, weights[f"hear{number}.weight"]) + weights[f"hear{number}.bias"], 0)
