"""The network of `scraper.tagger.network` in torch, for training."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scraper.tagger.features import COLUMNS, GROUPS, PAGE_COLUMNS, Bags, Features, Vocabulary
from scraper.tagger.network import DILATIONS, FAR, KINDS, NAME_SIZE, NAMES, SLOTS, WORD_SIZE

__all__ = ["Batch", "Net", "join"]

GAP = max(DILATIONS)
WIDTH, MESSAGE, ABOVE, LINK, PAGE, JUDGE = 72, 16, 16, 12, 48, 32
DROP, FORGET, MASK, MASK_DECLARED = 0.2, 0.15, 0.12, 0.3
_MANY_WORDS, _MANY_ELEMENTS = 4, 9

_COLUMN_GROUPS = (
    r"share of|first is|last is",
    r"level 1",
    r"level 2",
    r"level 3|level 4",
    r"(?:before|in|after) 0",
    r"vote",
    r"path",
    r"title|in the title",
    r".*desc",
    r".*declared",
    r"opens a list|in a list",
    r"place|prose (?:before|share of)|length before|from|after the|before the",
    r"link:",
    r"link|all link|.*heading",
)
"""Groups of related columns; in training random groups are masked for a page."""
_GROUP_OF = torch.tensor(
    [next((i for i, pattern in enumerate(_COLUMN_GROUPS, 1) if re.match(pattern, column)), 0) for column in COLUMNS]
)
_URL_FROM = PAGE_COLUMNS.index("URL: none")


class Batch(NamedTuple):
    """Concatenated pages; convolutions see `GAP` empty rows between them."""

    dense: Tensor
    declared: Tensor
    real: Tensor
    names: tuple[Tensor, Tensor]
    name_of: Tensor
    parent: Tensor
    leaf: Tensor
    inline: Tensor
    first: tuple[Tensor, Tensor]
    last: tuple[Tensor, Tensor]
    links: tuple[Tensor, Tensor]
    heading: Tensor
    groups: Tensor
    page: Tensor
    pages: int


def join(pages: Sequence[Features]) -> Batch:
    """Return the features of several pages as one batch."""
    fields: dict[str, list[Any]] = {name: [] for name in Batch._fields}
    sizes = Counter[str]()
    for number, f in enumerate(pages):
        n = len(f.dense)
        fields["real"].append(np.arange(n) + sizes["spread"])
        fields["dense"].append(f.dense)
        fields["declared"].append(f.page[None])
        for name in ("names", "first", "last", "links"):
            bags: Bags = getattr(f, name)
            flat, starts = (bags.flat, bags.starts) if name != "links" else _without_last(bags)
            fields[name].append(
                (flat, np.repeat(np.arange(len(starts)), np.diff(starts, append=len(flat))) + sizes[name])
            )
            sizes[name] += len(starts)
        fields["name_of"].append(f.name_of + sizes["names"] - len(f.names.starts))
        fields["inline"].append(f.inline + sizes["names"] - len(f.names.starts))
        fields["leaf"].append(f.leaf + sizes["elements"])
        fields["parent"].append(f.parent + sizes["elements"])
        fields["heading"].append(np.where(f.heading < 0, -1, f.heading + sizes["rows"]))
        fields["groups"].append(f.groups.T + sizes["groups"])
        sizes.update({"elements": len(f.parent), "rows": n, "spread": n + GAP, "groups": int(f.groups.max()) + 1})
        fields["page"].append(np.full(n, number))
    bags = ("names", "first", "last", "links")
    joined: dict[str, Any] = {k: torch.from_numpy(np.concatenate(v)) for k, v in fields.items() if k not in bags and v}
    for name in bags:
        joined[name] = tuple(torch.from_numpy(np.concatenate(arrays)) for arrays in zip(*fields[name], strict=True))
    return Batch(**joined, pages=len(pages))


def _without_last(bags: Bags) -> tuple[NDArray[Any], NDArray[Any]]:
    return bags.flat[: bags.starts[-1]], bags.starts[:-1]


class Net(nn.Module):
    """The network; its parameters have the names of `scraper.tagger.network`'s weights."""

    def __init__(self, vocabulary: Vocabulary, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        classes, words, links = (max(0, *index.values()) + 1 for index in vocabulary)
        self.names = _table(classes, NAMES * NAME_SIZE + ABOVE)
        self.words = _table(words, 2 * WORD_SIZE)
        self.links = _table(links, LINK)
        size = len(COLUMNS) + NAMES * NAME_SIZE + ABOVE + 3 * WORD_SIZE + LINK
        self.input = nn.Linear(size, WIDTH)
        self.convs = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in DILATIONS])
        self.say = nn.ModuleList([nn.Linear(WIDTH, MESSAGE, bias=False) for _ in range(len(DILATIONS) // 2)])
        self.hear = nn.ModuleList([nn.Linear(GROUPS * MESSAGE, WIDTH) for _ in range(len(DILATIONS) // 2)])
        self.slots = nn.Linear(WIDTH, SLOTS, bias=False)
        self.value = nn.Linear(WIDTH, MESSAGE, bias=False)
        self.query = nn.Linear(WIDTH, SLOTS, bias=False)
        self.page = nn.Linear(SLOTS * MESSAGE + len(PAGE_COLUMNS), PAGE)
        self.join = nn.Linear(WIDTH + MESSAGE + PAGE, WIDTH)
        self.output = nn.Linear(WIDTH, 1 + len(KINDS))
        self.judge = nn.Linear(PAGE + 2 * WIDTH, JUDGE)
        self.verdict = nn.Linear(JUDGE, 3)
        self.drop = nn.Dropout(DROP)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, b: Batch) -> tuple[Tensor, Tensor]:
        """Return for each block the logit of the story and those of the labels, and for each page those of its kind."""
        hidden = self.drop(functional.relu(self.input(self.inputs(b))))
        for layer, dilation in enumerate(DILATIONS):
            hidden = hidden + self.drop(functional.relu(self.convs[layer](neighbours(hidden, b.real, dilation))))
            if layer % 2:
                messages = self.say[layer // 2](hidden)
                means = torch.cat([group_mean(messages, b.groups[:, g]) for g in range(GROUPS)], 1)
                hidden = hidden + self.drop(functional.relu(self.hear[layer // 2](means)))
        slots, page = self.summaries(hidden, b)
        shares = torch.softmax(self.query(hidden), 1)
        attended = torch.einsum("ns,nsv->nv", shares, slots[b.page])
        joined = self.join(torch.cat([hidden, attended, page[b.page]], 1))
        hidden = hidden + self.drop(functional.relu(joined))
        out = self.output(hidden)
        return out, self.verdicts(hidden, out[:, 0], page, b)

    def summaries(self, hidden: Tensor, b: Batch) -> tuple[Tensor, Tensor]:
        logits = self.slots(hidden)
        top = logits.new_full((b.pages, SLOTS), -1e9).scatter_reduce(
            0, b.page[:, None].expand_as(logits), logits, "amax"
        )
        odds = torch.exp(logits - top[b.page])
        total = odds.new_zeros((b.pages, SLOTS)).index_add(0, b.page, odds)
        shares = odds / total[b.page]
        value = self.value(hidden)
        slots = value.new_zeros((b.pages, SLOTS, MESSAGE)).index_add(0, b.page, shares[:, :, None] * value[:, None])
        declared = b.declared
        if self.training:
            hide = torch.rand(b.pages, 2) < MASK_DECLARED
            hidden_columns = torch.where(torch.arange(len(PAGE_COLUMNS)) < _URL_FROM, hide[:, :1], hide[:, 1:])
            declared = torch.where(hidden_columns, 0.0, declared)
        return slots, self.drop(functional.relu(self.page(torch.cat([slots.flatten(1), declared], 1))))

    def verdicts(self, hidden: Tensor, story: Tensor, page: Tensor, b: Batch) -> Tensor:
        chance = torch.sigmoid(story.detach().clamp(-20, 20))
        weight = chance.new_zeros(b.pages).index_add(0, b.page, chance) + 1
        story_mean = hidden.new_zeros((b.pages, WIDTH)).index_add(0, b.page, hidden * chance[:, None]) / weight[:, None]
        number = torch.bincount(b.page, minlength=b.pages)
        mean = hidden.new_zeros((b.pages, WIDTH)).index_add(0, b.page, hidden) / number[:, None]
        return self.verdict(self.drop(functional.relu(self.judge(torch.cat([page, story_mean, mean], 1)))))

    def inputs(self, b: Batch) -> Tensor:
        names = self.vectors(self.names.weight, b.names)
        first = self.vectors(self.words.weight[:, :WORD_SIZE], b.first)
        last = self.vectors(self.words.weight[:, WORD_SIZE:], b.last)
        links = self.vectors(self.links.weight, b.links)
        parents = b.parent[b.leaf]
        at = (b.name_of[b.leaf], b.name_of[parents], b.name_of[b.parent[parents]], b.inline)
        named = [names[of, s * NAME_SIZE : (s + 1) * NAME_SIZE] for s, of in enumerate(at)]
        ancestors = _inherited(names[b.name_of, NAMES * NAME_SIZE :], b.parent)[parents]
        heading = torch.where(b.heading[:, None] < 0, 0.0, first[b.heading.clamp(min=0)])
        dense = ((b.dense - self.mean) * self.scale).clamp(-FAR, FAR)
        if self.training:
            dense = dense * (torch.rand(b.pages, int(_GROUP_OF.max()) + 1) >= MASK)[:, _GROUP_OF][b.page]
            visible = (torch.rand(b.pages, 6) >= MASK)[b.page].float()
            named, ancestors = [name * visible[:, :1] for name in named], ancestors * visible[:, 1:2]
            first, last, heading, links = (
                first * visible[:, 2:3],
                last * visible[:, 3:4],
                heading * visible[:, 4:5],
                links * visible[:, 5:],
            )
        return torch.cat([dense, *named, ancestors, first, last, heading, links], 1)

    def vectors(self, table: Tensor, bags: tuple[Tensor, Tensor]) -> Tensor:
        """Return the normalised sum of the vectors of each bag; in training, random words are dropped."""
        flat, of = bags
        if self.training:
            flat = torch.where(torch.rand(len(flat)) < FORGET, 0, flat)
        sums = table.new_zeros((int(of[-1]) + 1, table.shape[1])).index_add(0, of, functional.embedding(flat, table))
        number = table.new_zeros(len(sums)).index_add(0, of, (flat > 0).float())
        return sums * _scale(number, _MANY_WORDS)[:, None]


def _table(rows: int, size: int) -> nn.Embedding:
    table = nn.Embedding(rows, size, padding_idx=0)
    nn.init.normal_(table.weight, std=0.15)
    with torch.no_grad():
        table.weight[0] = 0
    return table


def _scale(number: Tensor, many: int) -> Tensor:
    number = number.clamp(min=1)
    return number.clamp(max=many).sqrt() / number


def _inherited(values: Tensor, parent: Tensor) -> Tensor:
    """Return for each element the normalised sum of its value and its ancestors', without the page's own."""
    top = parent == torch.arange(len(parent))
    total = torch.cat([values, values.new_ones((len(values), 1))], 1)
    total = torch.where(top[:, None], 0.0, total)
    while not top[parent].all():
        total = total + total[parent]
        parent = parent[parent]
    return total[:, :-1] * _scale(total[:, -1], _MANY_ELEMENTS)[:, None]


def neighbours(hidden: Tensor, real: Tensor, dilation: int) -> Tensor:
    """Join each row with those `dilation` before and after on its page."""
    spread = hidden.new_zeros((int(real[-1]) + 1 + 2 * GAP, hidden.shape[1]))
    spread = spread.index_copy(0, real + GAP, hidden)
    return torch.cat([spread[real + GAP - dilation], hidden, spread[real + GAP + dilation]], 1)


def group_mean(values: Tensor, group: Tensor) -> Tensor:
    """Return for each row the mean of its group."""
    size = int(group.max()) + 1
    total = values.new_zeros((size, values.shape[1])).index_add(0, group, values)
    number = torch.bincount(group, minlength=size).clamp(min=1)
    return (total / number[:, None])[group]
