"""Training of the site layer: the pages of one host in the corpus are a site, of which each page knows some others.

The first stage reads every page with networks that have not seen its host, so that the site layer learns from readings
as faulty as those of new sites. In each epoch a page sees a random number of its siblings. Some of the time it sees
readings of networks that were denied all class names and words, as on sites of unknown languages.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scraper.label import Label
from scraper.tagger import read_output, word_counts
from scraper.tagger.features import Bags, Features, Vocabulary
from scraper.tagger.network import KINDS, Network, Output
from scraper.tagger.page_summary import PageSummary, path_keys, text_keys
from scraper.tagger.site_evidence import Evidence, evidence, index_pages
from scraper.tagger.site_layer import DILATIONS, FAR, INPUTS, adjusted, inputs, summary
from scraper.tagger.training.corpus import FOLDS, Example, fold_of_host
from scraper.tagger.training.evaluate import Answer, words_f1
from scraper.tagger.training.fit import BATCH, DECAY, LONGEST, RATE, build_targets, label_weights, total_loss
from scraper.tagger.training.net import neighbours

__all__ = ["EPOCHS", "SiteNet", "SitePage", "fit_sites", "report_sites", "site_pages", "without_words"]

EPOCHS = 20
WIDTH, DROP = 32, 0.3
_WORDLESS, _ALL_SIBLINGS = 0.3, 0.3
"""How often a page is read without words, and how often with all of its siblings."""
_REPEATS, _LEAST_NOTICE, _LONGEST_HEADING = 0.7, 40, 40
"""How often text of the story is repeated on other pages, and how many characters it has."""
_CURVE = (1, 2, 3, 5, 10, 20)
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
    """Return the pages of each host that has several; synthetic pages are left out."""
    hosts: dict[str, list[SitePage]] = defaultdict(list)
    for example, answers in zip(examples, readings, strict=True):
        if example.folder == "synthetic" or len(hosts[example.host]) >= _MOST_PAGES or example.features is None:
            continue
        words = word_counts(example.features)
        outputs = tuple(Output(out[:, 0], out[:, 1:], verdict) for out, verdict in answers)
        summaries = tuple(summary(example.document, output, words, calibration) for output in outputs)
        hosts[example.host].append(SitePage(example, words, outputs, summaries))
    return {host: pages for host, pages in hosts.items() if len(pages) > 1}


class SiteNet(nn.Module):
    """The site layer; its parameters have the names of the weights that `scraper.tagger.site_layer` reads."""

    def __init__(self, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.input = nn.Linear(INPUTS, WIDTH)
        self.convs = nn.ModuleList([nn.Linear(3 * WIDTH, WIDTH) for _ in DILATIONS])
        self.gates = nn.Linear(WIDTH, 2)
        self.output = nn.Linear(WIDTH, 1)
        self.drop = nn.Dropout(DROP)
        for layer, bias in ((self.gates, -1.5), (self.output, 0.0)):  # at first, little is corrected
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, bias)
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)

    def forward(self, rows: Tensor, labels: Tensor, known: Tensor, real: Tensor) -> Tensor:
        """Return what is added to the log-odds of the story and to the logits of the labels: n x (1 + KINDS).

        `rows` is n x INPUTS, `labels` 2 x n x KINDS; only rows that are `known` are corrected; `real` is the place of
        each row, with gaps between the pages.
        """
        hidden = self.drop(functional.relu(self.input(((rows - self.mean) * self.scale).clamp(-FAR, FAR))))
        for layer, dilation in enumerate(DILATIONS):
            hidden = hidden + self.drop(functional.relu(self.convs[layer](neighbours(hidden, real, dilation))))
        gates = functional.softplus(self.gates(hidden))
        correction = torch.cat([self.output(hidden), gates[:, :1] * labels[0] + gates[:, 1:] * labels[1]], 1)
        return correction * known[:, None]


class _Seen(NamedTuple):
    """A page beside some others of its site."""

    page: SitePage
    output: Output
    evidence: Evidence
    rows: NDArray[np.floating]


def _seen(page: SitePage, others: Sequence[SitePage], reading: int, calibration: NDArray[np.floating]) -> _Seen | None:
    output = page.outputs[reading]
    index = index_pages([other.summaries[reading] for other in others])
    known = evidence(page.example.document, page.words, index)
    return known and _Seen(page, output, known, inputs(output, page.words, known, calibration))


def _others(pages: Sequence[SitePage], page: SitePage) -> list[SitePage]:
    return [other for other in pages if other is not page]


def fit_sites(
    sites: Sequence[Sequence[SitePage]], calibration: NDArray[np.floating], seed: int, epochs: int = EPOCHS
) -> SiteNet | None:
    """Train a site layer on the pages with gold of some sites; None if no page has others of its site."""
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    learned = [
        (page, others)
        for pages in sites
        for page in pages
        if _has_gold(page.example)
        and (others := _others(pages, page))
        and _seen(page, others, 0, calibration) is not None
    ]
    if not learned:
        return None
    rows = np.concatenate([seen.rows for pair in learned if (seen := _seen(*pair, 0, calibration))])
    scale = 1 / (rows.std(0) + 0.05)
    net = SiteNet(torch.from_numpy(rows.mean(0)), torch.from_numpy(scale.astype(np.float32)))
    rare = label_weights([page.example for page, _ in learned])
    steps = epochs * -(-len(learned) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.15)
    for _ in range(epochs):
        net.train()
        shuffled = order.permutation(len(learned))
        for start in range(0, len(learned), BATCH):
            chosen = [_random_view(*learned[i], order, calibration) for i in shuffled[start : start + BATCH]]
            loss = _loss(net, [seen for seen in chosen if seen is not None], rare, calibration)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return net.eval()


def _has_gold(example: Example) -> bool:
    return len(example.kind) <= LONGEST and bool((example.target >= 0).any() or (example.kind >= 0).any())


def _random_view(
    page: SitePage, others: Sequence[SitePage], order: np.random.Generator, calibration: NDArray[np.floating]
) -> _Seen | None:
    reading = int(order.random() < _WORDLESS)
    number = len(others) if order.random() < _ALL_SIBLINGS else int(order.integers(1, len(others) + 1))
    chosen = [others[i] for i in order.choice(len(others), number, replace=False)]
    if number > 1 and order.random() < _REPEATS:
        page, chosen = _with_repeats(page, chosen, order)
    return _seen(page, chosen, reading, calibration)


def _with_repeats(
    page: SitePage, others: Sequence[SitePage], order: np.random.Generator
) -> tuple[SitePage, Sequence[SitePage]]:
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
        return page, others
    at = order.choice(places, min(len(places), int(order.integers(1, 4))), replace=False)
    if use == _NOTICE:
        page = _without(page, at)
    share = order.uniform(0.6, 1.0) if use == _NOTICE else order.uniform(0.2, 1.0) if use == _HEADING else 0.0
    chosen = order.random(len(others)) < share
    chosen[int(order.integers(len(others)))] = True
    keys, texts = path_keys(page.example.document)[0], text_keys(page.example.document)
    added = [(int(keys[i]), texts[i]) for i in at]
    return page, [
        _repeating(other, added) if is_chosen else other for other, is_chosen in zip(others, chosen, strict=True)
    ]


_NOTICE, _HEADING, _EXCERPT = range(3)
_USES = (0.25, 0.5, 0.25)
"""How often a repeated text is a notice, a common heading, an excerpt."""


def _without(page: SitePage, places: NDArray[np.intp]) -> SitePage:
    """Return a page of whose story some blocks are no part."""
    target, kind = page.example.target.copy(), page.example.kind.copy()
    target[places], kind[places] = 0.0, KINDS.index(Label.OTHER)
    return page._replace(example=page.example._replace(target=target, kind=kind))


def _repeating(page: SitePage, added: Sequence[tuple[int, str]]) -> SitePage:
    """Add texts to the summaries of a page: to the path of a key, or else to its first path."""
    summaries = []
    for before in page.summaries:
        paths = list(before.paths)
        numbers = {path.key: number for number, path in enumerate(paths)}
        for key, text in added if paths else ():
            number = numbers.get(key, 0)
            paths[number] = msgspec.structs.replace(paths[number], texts=(*paths[number].texts, text))
        summaries.append(msgspec.structs.replace(before, paths=tuple(paths)))
    return page._replace(summaries=tuple(summaries))


def _loss(net: SiteNet, pages: Sequence[_Seen], rare: NDArray[np.float32], calibration: NDArray[np.floating]) -> Tensor:
    sizes = [len(seen.rows) for seen in pages]
    page = np.repeat(np.arange(len(pages)), sizes)
    real = torch.from_numpy(np.arange(len(page)) + page * max(DILATIONS))
    rows = torch.from_numpy(np.concatenate([seen.rows for seen in pages]))
    labels = torch.from_numpy(np.concatenate([seen.evidence.labels for seen in pages], axis=1))
    known = torch.from_numpy(np.concatenate([seen.evidence.known for seen in pages]))
    first = [
        np.concatenate([(calibration[0] * seen.output.story + calibration[1])[:, None], seen.output.kinds], axis=1)
        for seen in pages
    ]
    out = torch.from_numpy(np.concatenate(first).astype(np.float32)) + net(rows, labels, known, real)
    aims = build_targets([seen.page.example._replace(verdict=-1, soft=None) for seen in pages], rare)
    return total_loss(out, torch.zeros(len(pages), 3), torch.from_numpy(page), aims)


def report_sites(
    hosts: dict[str, list[SitePage]], known: Vocabulary, calibration: NDArray[np.floating], seed: int, epochs: int
) -> Iterator[str]:
    """Yield the gain by the number of other pages, each page read by a site layer that has not seen its host."""
    scores: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    order = np.random.default_rng(seed)
    for fold in range(FOLDS):
        sites = [pages for host, pages in hosts.items() if fold_of_host(host) != fold]
        net = fit_sites(sites, calibration, seed, epochs)
        if net is None:
            continue
        for pages in (pages for host, pages in hosts.items() if fold_of_host(host) == fold):
            for page in pages:
                for key, pair in _scores(net, page, _others(pages, page), order, (known, calibration)):
                    scores[key].append(pair)
    for (name, key), pairs in sorted(scores.items()):
        alone, together = np.mean(pairs, axis=0)
        yield f"site, {name}, {key}: alone {alone:.4f}, with its site {together:.4f} ({len(pairs)} pages)"


def _scores(
    net: SiteNet,
    page: SitePage,
    others: Sequence[SitePage],
    order: np.random.Generator,
    scale: tuple[Vocabulary, NDArray[np.floating]],
) -> Iterator[tuple[tuple[str, str], tuple[float, float]]]:
    """Yield F1 by words without and with a number of other pages."""
    for reading, name in enumerate(("all features", "without words")):
        alone = _f1(page, reading, None, scale)
        if alone is None:
            return
        for number in sorted({*(number for number in _CURVE if number < len(others)), len(others)}):
            chosen = [others[i] for i in order.choice(len(others), number, replace=False)]
            seen = _seen(page, chosen, reading, scale[1])
            together = None if seen is None else _f1(page, reading, _answer(net, seen), scale)
            pair = (alone, alone if together is None else together)
            if number in _CURVE:
                yield (name, f"{number:2} other pages"), pair
            if number == len(others):
                yield (name, page.example.folder), pair


def _answer(net: SiteNet, seen: _Seen) -> NDArray[np.floating]:
    with torch.no_grad():
        rows, *others = map(torch.from_numpy, (seen.rows, seen.evidence.labels, seen.evidence.known))
        correction: NDArray[np.floating] = net(rows, *others, torch.arange(len(rows))).numpy()
    return correction


def _f1(
    page: SitePage,
    reading: int,
    correction: NDArray[np.floating] | None,
    scale: tuple[Vocabulary, NDArray[np.floating]],
) -> float | None:
    """Return the F1 by words of the body; None for a page without a gold body."""
    example, output = page.example, page.outputs[reading]
    if example.features is None:
        return None
    if correction is not None:
        output = adjusted(output, correction, scale[1])
    network = Network(scale[0], {}, scale[1])
    return words_f1(example, read_output(example.document, example.features, output, network))
