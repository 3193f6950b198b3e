"""Training of the site layer: the pages of one host in the corpus are a site, of which each page knows some others.

The first stage reads every page with networks that have not seen its host, so that the site layer learns from readings
as faulty as those of new sites. In each epoch a page sees a random number of its siblings. Some of the time it sees
readings of networks that were denied all class names and words, as on sites of unknown languages.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scraper.label import Label
from scraper.tagger import word_counts
from scraper.tagger.features import Bags, Features
from scraper.tagger.network import KINDS, STORY, Output
from scraper.tagger.page_summary import PageSummary, path_keys, text_keys
from scraper.tagger.site_evidence import LEVELS, Evidence, evidence, index_pages
from scraper.tagger.site_layer import DILATIONS, FAR, INPUTS, inputs, log_odds, summary
from scraper.tagger.training.corpus import Example
from scraper.tagger.training.evaluate import Answer
from scraper.tagger.training.fit import BATCH, DECAY, RATE, Recipe, build_targets, is_usable, total_loss
from scraper.tagger.training.net import neighbours
from scraper.tagger.training.simulated_site import sibling, template

__all__ = ["EPOCHS", "SiteNet", "SitePage", "correct", "fit_sites", "others_of", "see", "site_pages", "without_words"]

EPOCHS = 16
WIDTH, DROP = 32, 0.3
_WORDLESS, _ALL_SIBLINGS = 0.4, 0.3
"""How often a page is read without words, and how often with all of its siblings."""
_SIMULATED, _MOST_SIMULATED = 0.2, 17
"""How often the siblings are simulated, and how many at most; for pages without siblings they always are."""
_REPEATS, _LEAST_NOTICE, _LONGEST_HEADING = 0.8, 40, 40
"""How often text of the story is repeated on other pages, and how many characters it has."""
_MOST_PAGES = 60
"""Pages of a host that are used: compiled sites have hundreds."""


class SitePage(NamedTuple):
    """A page of a site of several pages, as the first stage reads it: with all features, then without words."""

    example: Example
    words: NDArray[np.floating]
    outputs: tuple[Output, ...]
    summaries: tuple[PageSummary, ...]


def without_words(features: Features) -> Features:
    """Return the features of a page without class names, texts' words and links' words."""
    return features._replace(
        names=_emptied(features.names),
        first=_emptied(features.first),
        last=_emptied(features.last),
        links=_emptied(features.links),
    )


def _emptied(bags: Bags) -> Bags:
    return Bags(np.zeros_like(bags.flat), bags.starts)


def site_pages(
    examples: Sequence[Example], readings: Sequence[Sequence[Answer]], calibration: NDArray[np.floating]
) -> dict[str, list[SitePage]]:
    """Return the pages of each host; synthetic pages are left out."""
    hosts: dict[str, list[SitePage]] = defaultdict(list)
    for example, answers in zip(examples, readings, strict=True):
        if example.folder == "synthetic" or len(hosts[example.host]) >= _MOST_PAGES or example.features is None:
            continue
        words = word_counts(example.features)
        outputs = tuple(Output(out[:, 0], out[:, 1:], verdict) for out, verdict in answers)
        summaries = tuple(summary(example.document, output, words, calibration) for output in outputs)
        hosts[example.host].append(SitePage(example, words, outputs, summaries))
    return hosts


class SiteNet(nn.Module):
    """The site layer; its parameters have the names of the weights that `scraper.tagger.site_layer` reads."""

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.input = nn.Linear(INPUTS, WIDTH)
        self.convs = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in DILATIONS])
        self.gates = nn.Linear(WIDTH, LEVELS)
        self.output = nn.Linear(WIDTH, 1 + len(KINDS))
        self.drop = nn.Dropout(DROP)
        for layer, bias in ((self.gates, -1.5), (self.output, 0.0)):  # at first, little is corrected
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, bias)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, rows: Tensor, labels: Tensor, known: Tensor, real: Tensor) -> Tensor:
        """Return what is added to the log-odds of the story and to the logits of the labels: n x (1 + KINDS).

        `rows` is n x INPUTS, `labels` LEVELS x n x KINDS; only rows that are `known` are corrected; `real` is the place
        of each row, with gaps between the pages.
        """
        hidden = self.drop(functional.relu(self.input(((rows - self.mean) * self.scale).clamp(-FAR, FAR))))
        for layer, dilation in enumerate(DILATIONS):
            hidden = hidden + self.drop(functional.relu(self.convs[layer](neighbours(hidden, real, dilation))))
        gates = functional.softplus(self.gates(hidden))
        out = self.output(hidden)
        kinds = out[:, 1:] + torch.einsum("nl,lnk->nk", gates, labels)
        return torch.cat([out[:, :1], kinds], 1) * known[:, None]


class Seen(NamedTuple):
    """A page beside some others of its site."""

    page: SitePage
    output: Output
    evidence: Evidence
    rows: NDArray[np.floating]


def see(page: SitePage, others: Sequence[PageSummary], reading: int, calibration: NDArray[np.floating]) -> Seen | None:
    """Return a page beside others, in one of its readings; None if they are all copies of it."""
    output = page.outputs[reading]
    known = evidence(page.example.document, page.words, index_pages(others))
    return known and Seen(page, output, known, inputs(page.example.document, output, page.words, known, calibration))


def others_of(pages: Sequence[SitePage], page: SitePage) -> list[SitePage]:
    """Return the other pages of a host."""
    return [other for other in pages if other is not page]


def fit_sites(sites: Sequence[Sequence[SitePage]], calibration: NDArray[np.floating], recipe: Recipe) -> SiteNet | None:
    """Train a site layer on the pages with gold of some sites; None if there are none.

    An epoch has all pages with others of their site, and half of the pages without.
    """
    torch.manual_seed(recipe.seed)
    order = np.random.default_rng(recipe.seed)
    learned = [(page, others_of(pages, page)) for pages in sites for page in pages if _has_labels(page.example)]
    first = [_random_view(*pair, order, calibration) for pair in learned]
    if not any(first):
        return None
    rows = np.concatenate([view.rows for view in first if view is not None])
    scale = 1 / (rows.std(0) + 0.05)
    net = SiteNet(torch.from_numpy(rows.mean(0)), torch.from_numpy(scale.astype(np.float32)))
    beside = [i for i, (_, others) in enumerate(learned) if others]
    alone = [i for i, (_, others) in enumerate(learned) if not others]
    used = (len(alone) + 1) // 2
    steps = recipe.epochs * -(-(len(beside) + used) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.15)
    for _ in range(recipe.epochs):
        net.train()
        shuffled = order.permutation([*beside, *order.choice(alone, used, replace=False)])
        for start in range(0, len(shuffled), BATCH):
            batch = (_random_view(*learned[i], order, calibration) for i in shuffled[start : start + BATCH])
            views = [view for view in batch if view is not None]
            if not views:
                continue
            loss = _loss(net, views, calibration)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return net.eval()


def _has_labels(example: Example) -> bool:
    return is_usable(example) and bool((example.target >= 0).any() or (example.kind >= 0).any())


def _random_view(
    page: SitePage, others: Sequence[SitePage], order: np.random.Generator, calibration: NDArray[np.floating]
) -> Seen | None:
    """Return a page beside some others of its site, or beside simulated ones; None if they are read as copies."""
    reading = int(order.random() < _WORDLESS)
    if not others or order.random() < _SIMULATED:
        number = int(order.integers(1, _MOST_SIMULATED + 1))
        chosen = _simulated(page, number, order, calibration)
    else:
        number = len(others) if order.random() < _ALL_SIBLINGS else int(order.integers(1, len(others) + 1))
        chosen = [others[i].summaries[reading] for i in order.choice(len(others), number, replace=False)]
    if number > 1 and order.random() < _REPEATS:
        page, chosen = _with_repeats(page, chosen, order)
    return see(page, chosen, reading, calibration)


def _simulated(
    page: SitePage, number: int, order: np.random.Generator, calibration: NDArray[np.floating]
) -> list[PageSummary]:
    example, output = page.example, page.outputs[0]
    is_story = np.where(example.target >= 0, example.target > 0.5, log_odds(output.story, calibration) > 0)
    predicted = STORY + output.kinds[:, STORY:].argmax(axis=1)
    kinds = np.where(example.kind >= 0, example.kind, predicted)
    site = template(example.document, page.words, is_story, kinds, order)
    readings = order.integers(len(page.outputs), size=number)
    return [sibling(site, page.outputs[reading], order, calibration) for reading in readings]


def _with_repeats(
    page: SitePage, others: Sequence[PageSummary], order: np.random.Generator
) -> tuple[SitePage, list[PageSummary]]:
    """Return a page of which some text of the story is on other pages too, as on many sites, but rarely in the corpus.

    A paragraph on most pages is a notice, and no part of the story. A short text on most pages is a common heading
    ("Conclusion"), and a text on one page is an excerpt in a list of stories: both stay parts of the story.
    """
    lengths = np.array([len(block.text) for block in page.example.document.blocks])
    story = page.example.target > 0.5
    use = int(order.choice(3, p=_USES))
    wanted = (lengths >= _LEAST_NOTICE, lengths <= _LONGEST_HEADING, lengths >= _LEAST_NOTICE)[use]
    places = np.flatnonzero(story & wanted)
    if not len(places):
        return page, list(others)
    most = len(places) if use == _HEADING else 3
    at = order.choice(places, min(len(places), int(order.integers(1, most + 1))), replace=False)
    if use == _NOTICE:
        page = _without(page, at)
    least, most_pages = _SHARES[use]
    share = 1.0 if use == _HEADING and order.random() < _ON_ALL else order.uniform(least, most_pages)
    chosen = order.random(len(others)) < share
    chosen[int(order.integers(len(others)))] = True
    keys, texts = path_keys(page.example.document)[0], text_keys(page.example.document)
    added = [(int(keys[i]), texts[i]) for i in at]
    return page, [
        _repeating(other, added) if is_chosen else other for other, is_chosen in zip(others, chosen, strict=True)
    ]


_NOTICE, _HEADING, _EXCERPT = range(3)
_USES = (0.25, 0.6, 0.15)
"""How often a repeated text is a notice, a common heading, an excerpt."""
_SHARES, _ON_ALL = ((0.6, 1.0), (0.2, 1.0), (0.0, 0.0)), 0.5
"""On what share of the pages it is, and how often a common heading is on all."""


def _without(page: SitePage, places: NDArray[np.intp]) -> SitePage:
    """Return a page of whose story some blocks are no part."""
    target, kind = page.example.target.copy(), page.example.kind.copy()
    target[places], kind[places] = 0.0, KINDS.index(Label.OTHER)
    return page._replace(example=page.example._replace(target=target, kind=kind))


def _repeating(page: PageSummary, added: Sequence[tuple[int, str]]) -> PageSummary:
    """Add texts to a page: to the path of a key, or else to its first path."""
    paths = list(page.paths)
    numbers = {path.key: number for number, path in enumerate(paths)}
    for key, text in added if paths else ():
        number = numbers.get(key, 0)
        paths[number] = msgspec.structs.replace(paths[number], texts=(*paths[number].texts, text))
    return msgspec.structs.replace(page, paths=tuple(paths))


def _loss(net: SiteNet, pages: Sequence[Seen], calibration: NDArray[np.floating]) -> Tensor:
    """Return the loss of the calibrated answers, in which each label is as frequent as among the readers' labels."""
    sizes = [len(seen.rows) for seen in pages]
    page = np.repeat(np.arange(len(pages)), sizes)
    real = torch.from_numpy(np.arange(len(page)) + page * max(DILATIONS))
    rows = torch.from_numpy(np.concatenate([seen.rows for seen in pages]))
    labels = torch.from_numpy(np.concatenate([seen.evidence.labels for seen in pages], axis=1))
    known = torch.from_numpy(np.concatenate([seen.evidence.known for seen in pages]))
    first = [
        np.column_stack([log_odds(seen.output.story, calibration), seen.output.kinds + calibration[2:]])
        for seen in pages
    ]
    out = torch.from_numpy(np.concatenate(first).astype(np.float32)) + net(rows, labels, known, real)
    examples = [seen.page.example._replace(verdict=-1, soft=None) for seen in pages]
    aims = build_targets(examples, np.ones(len(KINDS), np.float32))
    return total_loss(out, torch.zeros(len(pages), 3), torch.from_numpy(page), aims)


def correct(net: SiteNet, seen: Seen) -> NDArray[np.floating]:
    """Return what a site layer adds to the log-odds of the story and to the logits of the labels of a page."""
    arrays = map(torch.from_numpy, (seen.rows, seen.evidence.labels, seen.evidence.known))
    with torch.no_grad():
        correction: NDArray[np.floating] = net(*arrays, torch.arange(len(seen.rows))).numpy()
    return correction
